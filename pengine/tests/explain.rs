//! `pengine explain` as a program: its JSON is as the schema says, and its exit statuses tell what was wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod schema_check;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use schema_check::assert_valid;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name).join("cib.xml")
}

fn explain(name: &str, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pengine"));
    command.arg("explain").arg("-x").arg(fixture(name)).args(words).output().unwrap()
}

fn answer(name: &str, words: &[&str]) -> Value {
    let output = explain(name, &[words, &["--output-as=json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let answer = serde_json::from_slice(&output.stdout).unwrap();
    assert_valid("explain", &answer, name);
    answer
}

#[track_caller]
#[test]
fn answers_are_as_the_schema_says() {
    let questions = [
        ("web-standby", "webserver"),
        ("web-location-n", "webip"),
        ("web-start-fails-everywhere", "webserver"),
        ("web-no-quorum-stop", "webserver"),
        ("web-target-role-stopped", "webip"),
        ("web-group", "web"),
        ("clone-min-too-few", "web"),
        ("promotable-failover", "ip"),
        ("promotable-failover", "db-clone"),
        ("bundle-primitive", "httpd"),
        ("failure-block", "web"),
        ("asymmetric-cluster", "db"),
        ("removed-resource", "old"),
        ("ticket-stop", "web"),
        ("maintenance-node", "web"),
    ];
    for (name, resource) in questions {
        answer(name, &[resource]);
    }
    for key in ["webserver_start_0", "webserver_stop_0", "webip_monitor_30000", "webip_promote_0"] {
        answer("web-standby", &["--action", key]);
    }
    answer("web-first-start", &["--diff", fixture("web-standby").to_str().unwrap()]);
}

#[test]
fn a_nodes_score_is_told_with_what_it_is_made_of() {
    let told = answer("web-location-n", &["webip"]);
    assert_eq!((&told["active_on"], &told["assigned_to"]), (&json!(["snn.abc.com"]), &json!("snn.abc.com")));
    let node = &told["nodes"][1];
    assert_eq!((&node["node"], &node["score"]), (&json!("datanode4.abc.com"), &json!(200)));
    let made_of = &node["contributions"][0];
    assert_eq!(
        (&made_of["cause"], &made_of["id"], &made_of["score"]),
        (&json!("location"), &json!("webip-prefers-datanode4"), &json!(200))
    );
    assert_eq!(
        told["change"]["change"],
        json!({"kind": "prefer", "resource": "webip", "node": "datanode4.abc.com", "score": 101})
    );
}

#[test]
fn one_node_can_be_asked_for() {
    let told = answer("web-standby", &["webip", "--node", "snn.abc.com"]);
    assert_eq!(told["nodes"].as_array().unwrap().len(), 1);
    let found = answer("web-standby", &["--action", "webip_start_0", "--node", "datanode4.abc.com"]);
    assert_eq!(found["found"][0]["verdict"], "planned");
}

#[test]
fn what_there_is_none_of_is_told() {
    for words in [&["nothing"][..], &["webip", "--node", "nowhere"], &["--action", "nothing_start_0"]] {
        let output = explain("web-standby", words);
        assert_eq!(output.status.code(), Some(105), "{words:?}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("pengine: there is no "), "{words:?}");
    }
    assert_eq!(explain("web-standby", &[]).status.code(), Some(64));
    assert_eq!(explain("no-such-fixture", &["webip"]).status.code(), Some(65));
}
