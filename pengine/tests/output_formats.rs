//! The machine-readable output formats: JSON as its schema says, XML in the field's form.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod schema_check;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use schema_check::assert_valid;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name).join("cib.xml")
}

fn simulate(file: &Path, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pengine"));
    command.arg("simulate").arg("-x").arg(file).args(options).output().unwrap()
}

fn text(file: &Path, options: &[&str]) -> String {
    String::from_utf8(simulate(file, options).stdout).unwrap()
}

fn json(file: &Path, options: &[&str]) -> Value {
    let options: Vec<&str> = std::iter::once(&"--output-as=json").chain(options).copied().collect();
    serde_json::from_str(&text(file, &options)).unwrap()
}

/// A CIB with a utilization, a group, a promotable clone, a bundle, a guest node and a ping resource.
const EVERY_KIND: &str = r#"<cib validate-with="pacemaker-3.9" admin_epoch="0" epoch="1" num_updates="0" have-quorum="1" dc-uuid="1">
  <configuration>
    <crm_config><cluster_property_set id="o"><nvpair id="o1" name="stonith-enabled" value="false"/>
      <nvpair id="o2" name="placement-strategy" value="utilization"/></cluster_property_set></crm_config>
    <nodes>
      <node id="1" uname="n1"><utilization id="u1"><nvpair id="u11" name="cpu cores" value="4"/></utilization></node>
      <node id="2" uname="n2"/>
    </nodes>
    <resources>
      <group id="g"><primitive id="a" class="ocf" provider="pacemaker" type="Dummy">
        <utilization id="ua"><nvpair id="ua1" name="cpu cores" value="1"/></utilization></primitive></group>
      <clone id="c"><meta_attributes id="cm"><nvpair id="cm1" name="promotable" value="true"/></meta_attributes>
        <primitive id="p" class="ocf" provider="pacemaker" type="Stateful">
          <operations><op id="pm" name="monitor" interval="10s"/></operations></primitive></clone>
      <bundle id="b"><podman image="img" replicas="2"/><network ip-range-start="10.0.0.1" control-port="3121"/>
        <primitive id="i" class="ocf" provider="pacemaker" type="Dummy"/></bundle>
      <primitive id="vm" class="ocf" provider="heartbeat" type="VirtualDomain">
        <meta_attributes id="vmm"><nvpair id="vmm1" name="remote-node" value="guest"/></meta_attributes></primitive>
    </resources>
    <constraints/>
  </configuration>
  <status>
    <node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member">
      <transient_attributes id="1"><instance_attributes id="ta"><nvpair id="ta1" name="fail-count-a#monitor_10000" value="INFINITY"/>
        <nvpair id="ta2" name="last-failure-a#monitor_10000" value="1700000000"/><nvpair id="ta3" name="color" value="red"/>
        </instance_attributes></transient_attributes>
      <lrm id="1"><lrm_resources><lrm_resource id="a" class="ocf" provider="pacemaker" type="Dummy">
        <lrm_rsc_op id="a_last_0" operation_key="a_start_0" operation="start" call-id="1" rc-code="0" op-status="0" interval="0"
          transition-key="1:1:0:x" transition-magic="0:0;1:1:0:x" on_node="n1"/>
        <lrm_rsc_op id="a_last_failure_0" operation_key="a_monitor_10000" operation="monitor" call-id="2" rc-code="1" op-status="0"
          interval="10000" transition-key="2:1:0:x" transition-magic="0:1;2:1:0:x" on_node="n1" exit-reason="broken"
          last-rc-change="1700000000" exec-time="5" queue-time="0"/>
      </lrm_resource></lrm_resources></lrm>
    </node_state>
    <node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member"/>
  </status>
</cib>"#;

/// Writes the CIB with a resource of every kind, for one test.
fn every_kind(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.xml"));
    fs::write(&path, EVERY_KIND).unwrap();
    path
}

const EVERYTHING: [&str; 8] = ["-S", "-s", "-U", "-A", "-c", "-d", "n2", "-tnow"];

#[test]
fn fixtures_are_as_the_schema_says() {
    for name in
        ["web-standby", "web-node-lost-fencing", "web-start-fails-everywhere", "active-active", "n-to-m", "web-first-start"]
    {
        assert_valid("simulate", &json(&fixture(name), &["-S", "-s", "-U", "-A", "-c"]), name);
        assert_valid("simulate", &json(&fixture(name), &[]), name);
        assert_valid("simulate", &json(&fixture(name), &["-R", "-Q"]), name);
    }
}

#[test]
fn every_kind_of_resource_and_step_is_as_the_schema_says() {
    let file = every_kind("kinds");
    assert_valid("simulate", &json(&file, &EVERYTHING), "everything");
    let changes = ["-S", "-u", "n3", "-f", "n2", "-g", "t", "-r", "t", "-b", "t", "-e", "t", "-q", "true", "-w", "true"];
    let changes =
        [&changes[..], &["-i", "a_monitor_0@n1=1", "-i", "x", "-F", "p:0_monitor_0@n1=1", "-F", "p_monitor_0@n1=1"]].concat();
    assert_valid("simulate", &json(&file, &changes), "changes");
}

#[test]
fn a_report_tells_what_the_text_tells() {
    let report = json(&every_kind("report"), &EVERYTHING);
    let status = &report["current_status"];
    assert_eq!(status["nodes"][0]["name"], "b-0");
    assert_eq!(status["nodes"][0]["kind"], "guest");
    let kinds: Vec<&str> = status["resources"].as_array().unwrap().iter().map(|at| at["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["group", "clone", "bundle", "primitive"]);
    assert_eq!(status["failed_actions"][0]["exit_reason"], "broken");
    assert_eq!(status["fail_counts"][0]["failures"][0]["fail_count"], "INFINITY");
    assert_eq!(status["node_attributes"][0]["attributes"][0]["name"], "color");
    assert_eq!(report["modifications"][0]["change"], "offline");
    assert_eq!(report["status"]["code"], 0);
    let scores = report["scores"].as_array().unwrap();
    assert!(scores.iter().any(|at| at["score"] == "-INFINITY") && scores.iter().any(|at| at["score"].is_number()));
}

#[test]
fn reasons_have_a_kind_and_inputs_are_numbers_of_actions() {
    let report = json(&fixture("web-standby"), &["-R"]);
    let synapses = report["transition"]["synapses"].as_array().unwrap();
    let numbers: Vec<&Value> = synapses.iter().map(|synapse| &synapse["action"]["number"]).collect();
    let inputs: Vec<&Value> = synapses.iter().flat_map(|synapse| synapse["inputs"].as_array().unwrap()).collect();
    assert!(!inputs.is_empty() && inputs.iter().all(|input| numbers.contains(input)));
    let fencing = json(&fixture("web-node-lost-fencing"), &["-R"]);
    let reason = &fencing["actions"][0]["reason"];
    assert!(reason["kind"].is_string() && reason["text"].is_string(), "{reason}");
}

#[test]
fn what_was_not_asked_for_is_nothing() {
    let report = json(&fixture("web-standby"), &[]);
    for part in ["modifications", "scores", "utilization", "actions", "transition", "execution", "revised_status"] {
        assert!(report[part].is_null(), "{part}");
    }
    assert!(json(&fixture("web-standby"), &["-R", "-Q"])["current_status"].is_null());
}

#[test]
fn a_program_gets_a_document_even_of_a_failure() {
    let output = simulate(Path::new("/nonexistent"), &["--output-as=json"]);
    assert_eq!(output.status.code(), Some(65));
    assert!(!output.stderr.is_empty());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_valid("simulate", &report, "failure");
    assert_eq!((&report["status"]["code"], &report["status"]["message"]), (&65.into(), &"Invalid data given".into()));
    let xml = text(Path::new("/nonexistent"), &["--output-as=xml"]);
    assert!(xml.contains("  <status code=\"65\" message=\"Invalid data given\"/>\n</pacemaker-result>\n"), "{xml}");
}

#[test]
fn xml_has_the_sections_of_the_field() {
    let options: Vec<&str> = std::iter::once(&"--output-as=xml").chain(&EVERYTHING).copied().collect();
    let xml = text(&every_kind("xml"), &options);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let names: Vec<&str> =
        document.root_element().children().filter(|at| at.is_element()).map(|at| at.tag_name().name()).collect();
    let expected = [
        "cluster_status",
        "modifications",
        "allocations_utilizations",
        "actions",
        "transition",
        "revised_cluster_status",
        "status",
    ];
    assert_eq!(names, expected);
    for line in [
        "<modify_node action=\"Offline\" node=\"n2\"/>",
        "<cpu.cores>4</cpu.cores>",
        "<group id=\"g\" number_resources=\"1\" maintenance=\"false\" managed=\"true\" disabled=\"false\">",
        "<replica id=\"1\">",
        "<attribute name=\"color\" value=\"red\"/>",
        "id_as_resource=\"vm\"",
        "  <status code=\"0\" message=\"OK\"/>\n</pacemaker-result>\n",
    ] {
        assert!(xml.contains(line), "{line} is missing in:\n{xml}");
    }
}

#[test]
fn complaints_are_errors_of_the_document() {
    let file = every_kind("complaints");
    let report = json(&file, &["-R", "-i", "x"]);
    assert_eq!(report["errors"][0], "Invalid operation spec: x.  Only found 1 fields");
    let xml = text(&file, &["-R", "-i", "x", "--output-as=xml"]);
    assert!(xml.contains("      <error>Invalid operation spec: x.  Only found 1 fields</error>\n"), "{xml}");
}
