//! `pengine audit` as a program: its JSON is as the schema says, the same however many scenarios are tried at a time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod schema_check;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use schema_check::assert_valid;

fn audit(name: &str, words: &[&str]) -> Output {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name).join("cib.xml");
    Command::new(env!("CARGO_BIN_EXE_pengine")).arg("audit").arg("-x").arg(file).args(words).output().unwrap()
}

#[track_caller]
#[test]
fn reports_are_as_the_schema_says() {
    for name in ["web-standby", "active-active", "colocation-apart", "promotable-scores", "clone-interleave", "guest-start"] {
        let output = audit(name, &["--depth=2", "--output-as=json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_valid("audit", &report, name);
        let entries = report["scenarios"].as_array().unwrap();
        assert!(entries.iter().any(|entry| entry["scenario"]["kind"] == "pair_failure"), "{name}");
        assert!(output.stderr.is_empty(), "nobody looks on");
    }
}

#[test]
fn the_exit_status_tells_whether_each_service_survives() {
    assert_eq!(audit("web-location-n", &[]).status.code(), Some(0));
    assert_eq!(audit("asymmetric-cluster", &[]).status.code(), Some(1));
    assert_eq!(audit("web-location-n", &["--depth=3"]).status.code(), Some(64));
    assert_eq!(audit("no-such-fixture", &[]).status.code(), Some(65));
}

#[test]
fn the_order_does_not_depend_on_how_many_are_tried_at_a_time() {
    let alone = audit("active-active", &["--depth=2", "--jobs=1"]);
    assert!(!alone.stdout.is_empty());
    assert_eq!(alone.stdout, audit("active-active", &["--depth=2", "--jobs=7"]).stdout);
}
