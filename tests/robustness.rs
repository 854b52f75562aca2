//! Whatever a document says, nothing panics: every fixture, damaged in many ways, is simulated to its end or refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use pengine::Cib;
use pengine::simulate::{SessionOptions, simulate};
use pengine_tests::REAL_NOW;

/// Values that are wrong almost anywhere, or too large, or mean something else.
const ODD_VALUES: [&str; 12] =
    ["", "-1", "0", "99999999999999999999999", "INFINITY", "-INFINITY", "true", "Stopped", "P1Y", "\u{fc}:%1(", "webip", "1"];

/// How many times each fixture is damaged.
const TIMES: u64 = 12;

/// A container whose history says that it runs inside of itself.
const INSIDE_ITSELF: &str = r#"<cib validate-with="pacemaker-4.0" crm_feature_set="3.20.5" have-quorum="1"><configuration>
    <crm_config><cluster_property_set id="options">
        <nvpair id="fencing" name="fencing-enabled" value="false"/><nvpair id="stop" name="stop-all-resources" value="true"/>
    </cluster_property_set></crm_config>
    <nodes><node id="1" uname="alice"/></nodes>
    <resources><bundle id="web"><podman image="web"/><network ip-range-start="192.0.2.1"/>
        <primitive id="httpd" class="ocf" provider="heartbeat" type="apache"/></bundle></resources>
    <constraints/></configuration><status>
    <node_state id="1" uname="alice" in_ccm="1" crmd="1" join="member" expected="member"><lrm id="1"><lrm_resources>
        <lrm_resource id="web-podman-0" class="ocf" provider="heartbeat" type="podman">
            <lrm_rsc_op id="web-podman-0_monitor_60000" operation="monitor" interval="60000" rc-code="7" op-status="0"/>
        </lrm_resource><lrm_resource id="web-0" class="ocf" provider="pacemaker" type="remote">
            <lrm_rsc_op id="web-0_monitor_30000" operation="monitor" interval="30000" rc-code="0" op-status="0"/>
        </lrm_resource></lrm_resources></lrm></node_state>
    <node_state id="web-0" uname="web-0" remote_node="true"><lrm id="web-0"><lrm_resources>
        <lrm_resource id="web-podman-0" class="ocf" provider="heartbeat" type="podman">
            <lrm_rsc_op id="web-podman-0_monitor_60000" operation="monitor" interval="60000" rc-code="7" op-status="0"/>
        </lrm_resource></lrm_resources></lrm></node_state></status></cib>"#;

/// A sequence of numbers that is the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % end.max(1)
    }
}

/// The document with some values replaced and some elements taken out or doubled.
fn damaged(text: &str, numbers: &mut Numbers) -> String {
    let mut text = text.to_owned();
    for _ in 0..=numbers.below(4) {
        let Ok(document) = roxmltree::Document::parse(&text) else { break };
        let elements: Vec<_> =
            document.descendants().filter(|node| node.is_element() && node.parent_element().is_some()).collect();
        let Some(element) = elements.get(numbers.below(elements.len())) else { break };
        let attributes: Vec<_> = element.attributes().map(|attribute| attribute.range_value()).collect();
        let (range, replacement) = match (numbers.below(6), attributes.get(numbers.below(attributes.len()))) {
            (0, _) => (element.range(), String::new()),
            (1, _) => (element.range(), text[element.range()].repeat(2)),
            (_, Some(value)) => (value.clone(), ODD_VALUES[numbers.below(ODD_VALUES.len())].to_owned()),
            (_, None) => continue,
        };
        text.replace_range(range, &replacement);
    }
    text
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn options() -> SessionOptions {
    SessionOptions { process: true, execute: true, show_scores: true, real_now: REAL_NOW, ..SessionOptions::default() }
}

/// Neither can be placed before the other, and one of them has to begin all the same.
#[test]
fn a_bundle_and_what_is_inside_may_be_colocated() {
    let fixture = fs::read_to_string(folder().join("bundle-promotable/cib.xml")).unwrap();
    for (dependent, primary) in [("db", "pg"), ("pg", "db")] {
        for score in ["INFINITY", "-INFINITY", "100"] {
            let constraint = format!("<rsc_colocation id='c' rsc='{dependent}' with-rsc='{primary}' score='{score}'/>");
            let text = fixture.replace("<constraints/>", &format!("<constraints>{constraint}</constraints>"));
            assert_ne!(text, fixture);
            assert!(simulate(Cib::parse(text).unwrap(), &options()).is_ok(), "{dependent} with {primary}, {score}");
        }
    }
}

#[test]
fn damaged_documents_are_simulated_or_refused() {
    let mut fixtures: Vec<_> = fs::read_dir(folder()).expect("fixtures are part of the project").flatten().collect();
    fixtures.sort_by_key(std::fs::DirEntry::path);
    let options = options();
    let mut numbers = Numbers(2026);
    let mut simulated = 0;
    for fixture in fixtures {
        let Ok(text) = fs::read_to_string(fixture.path().join("cib.xml")) else { continue };
        for _ in 0..TIMES {
            let text = damaged(&text, &mut numbers);
            // A panic names no document, so it is told which one it was.
            let outcome = std::panic::catch_unwind(|| Cib::parse(text.as_str()).is_ok_and(|cib| simulate(cib, &options).is_ok()));
            match outcome {
                Ok(is_simulated) => simulated += u32::from(is_simulated),
                Err(_) => panic!("{}, damaged, made a panic:\n{text}", fixture.path().display()),
            }
        }
    }
    assert!(simulated > 500, "only {simulated} of the damaged documents could be simulated");
}

#[test]
fn a_guest_may_be_said_to_launch_itself() {
    let options = SessionOptions { process: true, execute: true, real_now: REAL_NOW, ..SessionOptions::default() };
    let cib = Cib::parse(INSIDE_ITSELF).expect("a CIB");
    assert!(simulate(cib, &options).is_ok());
}
