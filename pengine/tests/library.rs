//! What an embedder does with the library.

#![allow(clippy::unwrap_used)]

use pengine::report::document::{PlannedAction, ScoreEntry};
use pengine::{Cib, NodeMembership, Settings, Snapshot, schedule};

/// Two nodes that the status section tells nothing of, and a service.
const CIB: &str = r#"<cib validate-with="pacemaker-4.0" crm_feature_set="3.20.5" have-quorum="1" dc-uuid="1"><configuration>
    <crm_config><cluster_property_set id="options">
        <nvpair id="no-fencing" name="fencing-enabled" value="false"/></cluster_property_set></crm_config>
    <nodes><node id="1" uname="alice"/><node id="2" uname="bob"/></nodes>
    <resources><primitive id="web" class="ocf" provider="heartbeat" type="apache"/></resources>
    <constraints><rsc_location id="home" rsc="web" node="alice" score="100"/></constraints></configuration></cib>"#;

fn membership(node: &str, is_member: bool) -> NodeMembership {
    NodeMembership {
        node: node.to_owned(),
        member: is_member,
        controller: is_member,
        join: if is_member { "member" } else { "down" }.to_owned(),
        expected: if is_member { "member" } else { "down" }.to_owned(),
    }
}

/// Where the service starts.
fn home(settings: &Settings) -> Option<String> {
    let cib = Cib::parse(CIB).unwrap();
    let transition = schedule(&cib, settings).transition();
    let starts = transition.synapses.iter().map(|synapse| &synapse.action);
    let mut starts = starts.filter(|action| action.attribute("operation") == Some("start"));
    starts.next().map(|start| start.attribute("on_node").unwrap().to_owned())
}

#[test]
fn membership_beside_the_snapshot_decides_who_is_there() {
    let with = |membership| Settings { now: 1_700_000_000, membership, ..Settings::default() };
    assert_eq!(home(&with(Vec::new())), None, "nobody is known to be there");
    assert_eq!(home(&with(vec![membership("alice", true), membership("bob", true)])).as_deref(), Some("alice"));
    assert_eq!(home(&with(vec![membership("alice", false), membership("bob", true)])).as_deref(), Some("bob"));
}

#[test]
fn a_schedule_tells_status_summary_and_scores_as_values() {
    let cib = Cib::parse(CIB).unwrap();
    let nodes = vec![membership("alice", true), membership("bob", true)];
    let settings = Settings { now: 1_700_000_000, membership: nodes, keep_scores: true, ..Settings::default() };
    let mut snapshot = Snapshot::read(&cib, &settings);
    let online: Vec<_> = snapshot.status().nodes.into_iter().map(|node| (node.name, node.online)).collect();
    assert_eq!(online, [("alice".to_owned(), true), ("bob".to_owned(), true)]);

    let mut schedule = snapshot.schedule();
    assert!(matches!(&schedule.summary()[..], [PlannedAction::Resource(start)] if start.resource == "web"));
    let scores = schedule.scores();
    assert!(scores.iter().any(|score| matches!(score, ScoreEntry::Assignment { node, .. } if node == "alice")), "{scores:?}");
    assert!(schedule.dot(pengine::transition::DotOptions::default()).contains("\"web_start_0 alice\""));
    assert!(schedule.diagnostics().is_empty());
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let cib = Cib::parse(CIB).unwrap();
    let nodes = vec![membership("alice", true), membership("bob", true)];
    let settings = Settings { now: 1_700_000_000, membership: nodes, ..Settings::default() };
    assert_eq!(schedule(&cib, &settings).graph(), schedule(&cib, &settings).transition().to_xml());
}
