//! The core's life with simulated agents: what it does about what happens, without processes, files or clocks.
#![allow(clippy::unwrap_used, clippy::panic)]

mod world;

use pengine_control::{
    AgentAnswer, AgentRequest, Change, CibChange, Dampening, Lifetime, NodeChange, Reply, Request, ResourceChange,
};
use pengined::core::{Agent, AgentAction, AgentClass, AgentFacts, AgentParameter};
use pengined::node::Event;
use world::World;

/// A group of an address and a web server.
const WEB: &str = r#"
    <group id="site">
      <primitive id="ip" class="ocf" provider="heartbeat" type="IPaddr2">
        <operations><op id="ip-monitor" name="monitor" interval="10s"/></operations>
      </primitive>
      <primitive id="web" class="ocf" provider="heartbeat" type="apache">
        <operations><op id="web-monitor" name="monitor" interval="10s"/></operations>
      </primitive>
    </group>"#;

fn resource(id: &str, change: ResourceChange) -> Request {
    Request::Change { change: Change::Resource { resource: id.to_owned(), change }, dry_run: false }
}

#[test]
fn services_are_found_stopped_and_started_in_order() {
    let mut world = World::new(WEB, "");
    world.settle();
    assert_eq!(world.log(), ["ip monitor", "web monitor", "ip start", "ip monitor", "web start", "web monitor"]);
    assert_eq!(world.active(), ["ip", "web"]);
    let status = world.status();
    assert_eq!(status.transition.state.as_str(), "idle");
    assert!(status.resources.iter().all(|resource| resource.role == "Started" && resource.node.as_deref() == Some("alice")));
}

#[test]
fn what_runs_already_is_not_started_again() {
    let mut world = World::new(WEB, "");
    world.activate("ip");
    world.activate("web");
    world.settle();
    assert!(!world.log().iter().any(|line| line.ends_with("start") || line.ends_with("stop")), "{:?}", world.log());
}

#[test]
fn a_service_that_dies_is_recovered() {
    let mut world = World::new(WEB, "");
    world.settle();
    world.forget_log();
    world.kill("web");
    world.run_for(30_000);
    let log = world.log();
    let position = |what: &str| log.iter().position(|line| line == what).unwrap();
    assert!(position("web stop") < position("web start"));
    assert_eq!(log.iter().filter(|line| *line == "web start").count(), 1);
    assert!(!log.iter().any(|line| line == "ip stop"));
    let failures = world.status().failures;
    assert_eq!(failures.len(), 1);
    assert_eq!((failures[0].resource.as_str(), failures[0].exit_status, failures[0].count), ("web", 7, Some(1)));
}

#[test]
fn a_service_that_cannot_start_is_left_and_its_words_are_kept() {
    let mut world = World::new(WEB, "");
    world.fail("web", "start", 1, "no such document root");
    world.settle();
    assert_eq!(world.active(), ["ip"]);
    let failure = &world.status().failures[0];
    assert_eq!(failure.reason, "no such document root");
    assert_eq!(failure.count, None, "one failed start is as bad as any number");
    world.mend("web");
    let reply = world.ask(resource("web", ResourceChange::Cleanup { node: None }));
    assert!(matches!(reply, Reply::Changed { .. }));
    world.settle();
    assert_eq!(world.active(), ["ip", "web"]);
}

#[test]
fn what_no_word_comes_of_counts_as_timed_out() {
    let mut world = World::new(WEB, r#"<nvpair id="delay" name="cluster-delay" value="30s"/>"#);
    world.lose_word("web", "start");
    world.run_for(49_000);
    assert!(world.status().failures.is_empty(), "20 s for the agent and 30 s for the word of it");
    world.settle();
    let failure = &world.status().failures[0];
    assert_eq!((failure.resource.as_str(), failure.reason.as_str()), ("web", "no answer of alice in time"));
    assert_eq!(world.active(), ["ip"]);
    assert!(world.log().ends_with(&["web stop".to_owned()]), "nobody knows how far it came: {:?}", world.log());
    world.mend("web");
    world.ask(resource("web", ResourceChange::Cleanup { node: None }));
    world.settle();
    assert_eq!(world.active(), ["ip", "web"]);
}

#[test]
fn stopping_and_starting_by_hand_is_saved_before_it_is_done() {
    let mut world = World::new(WEB, "");
    world.settle();
    let reply = world.ask(resource("site", ResourceChange::Stop));
    let Reply::Changed { version } = reply else { panic!("{reply:?}") };
    assert!(world.saved().contains(&format!("epoch=\"{}\"", version.epoch)));
    world.settle();
    assert!(world.active().is_empty());
    let log = world.log();
    assert_eq!(log[log.len() - 2..], ["web stop", "ip stop"]);
    world.ask(resource("site", ResourceChange::Start));
    world.settle();
    assert_eq!(world.active(), ["ip", "web"]);
}

#[test]
fn a_restart_restarts_once_and_what_depends_on_it_too() {
    let mut world = World::new(WEB, "");
    world.settle();
    world.forget_log();
    world.ask(resource("ip", ResourceChange::Restart));
    world.settle();
    let log: Vec<String> = world.log().into_iter().filter(|line| !line.ends_with("monitor")).collect();
    assert_eq!(log, ["web stop", "ip stop", "ip start", "web start"]);
}

#[test]
fn what_an_agent_can_reload_needs_no_restart() {
    let mut world = World::new(
        r#"<primitive id="web" class="ocf" provider="heartbeat" type="apache"><instance_attributes id="web-parameters">
             <nvpair id="web-port" name="port" value="80"/><nvpair id="web-level" name="level" value="1"/>
           </instance_attributes></primitive>"#,
        "",
    );
    let parameter = |name: &str, reloadable| AgentParameter {
        name: name.to_owned(),
        required: false,
        unique: false,
        reloadable,
        private: false,
    };
    let action = AgentAction { name: "reload-agent".to_owned(), automatic: false, on_target: false };
    let facts = AgentFacts {
        standard: "1.1".to_owned(),
        actions: vec![action],
        parameters: vec![parameter("port", false), parameter("level", true)],
    };
    let agent = Agent { class: AgentClass::Ocf, provider: Some("heartbeat".to_owned()), name: "apache".to_owned() };
    world.happens(Event::AgentKnown(agent, facts));
    world.settle();
    let mut after = |patch: &str| {
        world.forget_log();
        let change = CibChange::Patch { xml: patch.to_owned(), base: None };
        let reply = world.ask(Request::Change { change: Change::Cib(change), dry_run: false });
        assert!(matches!(reply, Reply::Changed { .. }), "{reply:?}");
        world.settle();
        world.log()
    };
    for level in ["2", "3"] {
        let log = after(&format!(r#"<modify><nvpair id="web-level" value="{level}"/></modify>"#));
        assert_eq!(log, ["web reload-agent"]);
    }
    assert_eq!(after(r#"<modify><nvpair id="web-port" value="81"/></modify>"#), ["web stop", "web start"]);
    world.forget_log();
    world.ask(resource("web", ResourceChange::Restart));
    world.settle();
    assert_eq!(world.log(), ["web stop", "web start"]);
}

/// A web server that died once and was started again.
fn after_a_failure(attributes: &str) -> World {
    let operations = r#"<operations><op id="web-monitor" name="monitor" interval="10s"/></operations>"#;
    let web =
        format!(r#"<primitive id="web" class="ocf" provider="heartbeat" type="apache">{attributes}{operations}</primitive>"#);
    let mut world = World::new(&web, "");
    world.settle();
    world.kill("web");
    world.run_for(30_000);
    assert_eq!(world.status().failures.len(), 1);
    world.forget_log();
    world
}

fn assert_forgotten(world: &mut World) {
    let status = world.status();
    assert!(status.failures.is_empty(), "{:?}", status.failures);
    assert_eq!(status.transition.total, 0, "nothing is left to do");
}

#[test]
fn other_parameters_have_not_failed() {
    let mut world = after_a_failure(
        r#"<instance_attributes id="web-parameters"><nvpair id="web-port" name="port" value="80"/></instance_attributes>"#,
    );
    let xml = r#"<modify><nvpair id="web-port" value="81"/></modify>"#.to_owned();
    world.ask(Request::Change { change: Change::Cib(CibChange::Patch { xml, base: None }), dry_run: false });
    world.settle();
    assert_forgotten(&mut world);
}

#[test]
fn a_failure_is_forgotten_after_a_while() {
    let mut world = after_a_failure(
        r#"<meta_attributes id="web-meta"><nvpair id="web-timeout" name="failure-timeout" value="60s"/></meta_attributes>"#,
    );
    world.run_for(120_000);
    assert_forgotten(&mut world);
    assert!(world.log().iter().all(|line| line == "web monitor"), "{:?}", world.log());
}

#[test]
fn a_change_can_be_tried() {
    let mut world = World::new(WEB, "");
    world.settle();
    let node = Change::Node { node: "alice".to_owned(), change: NodeChange::Standby { on: true } };
    let reply = world.ask(Request::Change { change: node, dry_run: true });
    let Reply::Plan { text } = reply else { panic!("{reply:?}") };
    assert!(text.contains("Stop       web"), "{text}");
    assert_eq!(world.active(), ["ip", "web"]);
    let restart = Change::Resource { resource: "web".to_owned(), change: ResourceChange::Restart };
    let reply = world.ask(Request::Change { change: restart, dry_run: true });
    let Reply::Plan { text } = reply else { panic!("{reply:?}") };
    assert!(text.contains("Restart    web"), "{text}");
    world.forget_log();
    world.settle();
    assert!(world.log().iter().all(|line| line.ends_with("monitor")), "{:?}", world.log());
}

#[test]
fn a_change_that_cannot_be_saved_is_not_made() {
    let mut world = World::new(WEB, "");
    world.settle();
    world.break_disk();
    let reply = world.ask(resource("site", ResourceChange::Stop));
    assert!(matches!(reply, Reply::Refused(pengine_control::Refusal::NotSaved { .. })));
    world.settle();
    assert_eq!(world.active(), ["ip", "web"]);
}

#[test]
fn a_stale_change_is_refused() {
    let mut world = World::new(WEB, "");
    world.settle();
    let base = Some(world.status().version);
    world.ask(resource("web", ResourceChange::Unmanage));
    let xml = r#"<create parent="constraints"><rsc_location id="l" rsc="web" node="alice" score="5"/></create>"#.to_owned();
    let patch = |base| Request::Change {
        change: Change::Cib(pengine_control::CibChange::Patch { xml: xml.clone(), base }),
        dry_run: false,
    };
    assert!(matches!(world.ask(patch(base)), Reply::Refused(pengine_control::Refusal::Stale { .. })));
    let base = Some(world.status().version);
    assert!(matches!(world.ask(patch(base)), Reply::Changed { .. }));
}

#[test]
fn the_daemon_ends_in_order_or_leaves_everything() {
    let mut world = World::new(WEB, "");
    world.settle();
    world.stop(false);
    world.settle();
    assert!(world.active().is_empty() && world.has_exited());
    let mut world = World::new(WEB, "");
    world.settle();
    world.stop(true);
    assert!(world.has_exited());
    assert_eq!(world.active(), ["ip", "web"]);
}

#[test]
fn a_damped_attribute_counts_after_a_while() {
    let rule = r#"<rsc_location id="l" rsc="site"><rule id="r" score="-INFINITY">
        <expression id="e" attribute="ping" operation="eq" value="0"/></rule></rsc_location>"#;
    let mut world = World::new(WEB, "");
    world.settle();
    let xml = format!(r#"<create parent="constraints">{rule}</create>"#);
    world.ask(Request::Change { change: Change::Cib(CibChange::Patch { xml, base: None }), dry_run: false });
    let ping = |value: &str| {
        Request::Agent(AgentRequest::SetAttribute {
            name: "ping".to_owned(),
            value: Some(value.to_owned()),
            node: None,
            lifetime: Lifetime::Reboot,
            private: false,
            dampening: Some(Dampening { delay_ms: 20_000, anew: false }),
        })
    };
    let known = |world: &mut World| {
        let request = AgentRequest::GetAttribute { name: "ping".to_owned(), node: None, lifetime: None };
        match world.ask(Request::Agent(request)) {
            Reply::Agent(AgentAnswer::Values { values }) => values[0].value.clone(),
            other => panic!("{other:?}"),
        }
    };
    // What is taken back in time never counts.
    for value in ["1000", "0", "1000"] {
        world.ask(ping(value));
        assert_eq!(known(&mut world), value);
    }
    world.run_for(25_000);
    assert_eq!(world.active(), ["ip", "web"]);
    world.ask(ping("0"));
    world.run_for(15_000);
    assert_eq!(world.active(), ["ip", "web"]);
    world.run_for(10_000);
    assert!(world.active().is_empty());
}

#[test]
fn what_is_left_running_is_not_broken_off_in_the_middle() {
    let mut world = World::new(WEB, "");
    world.settle();
    world.ask(resource("site", ResourceChange::Restart));
    while world.log().last().is_none_or(|line| line != "web stop") {
        world.run_for(1);
    }
    assert!(world.calls().any(|call| call.resource == "ip" && call.action == "stop"));
    world.stop(true);
    assert!(!world.has_exited(), "an agent is at work");
    world.run_for(1_000);
    assert!(world.has_exited());
    assert_eq!(world.log().last().unwrap(), "ip stop", "nothing more was begun");
}

#[test]
fn a_monitor_may_begin_later() {
    let service = r#"<primitive id="db" class="ocf" provider="heartbeat" type="pgsql"><operations>
        <op id="db-m" name="monitor" interval="10s" start-delay="2m"/></operations></primitive>"#;
    let mut world = World::new(&format!("{service}{WEB}"), "");
    world.settle();
    let monitors = |world: &World| world.log().iter().filter(|line| *line == "db monitor").count() - 1;
    world.run_for(60_000);
    // Decisions in between don't put it off further.
    world.ask(resource("site", ResourceChange::Restart));
    world.settle();
    assert_eq!(monitors(&world), 0, "there was but the probe");
    world.run_for(65_000);
    assert!(monitors(&world) > 0);
    world.forget_log();
    world.kill("db");
    world.run_for(30_000);
    assert!(world.log().contains(&"db start".to_owned()), "{:?}", world.log());
}

#[test]
fn a_monitor_that_is_removed_before_it_began_never_begins() {
    let service = r#"<primitive id="db" class="ocf" provider="heartbeat" type="pgsql"><operations>
        <op id="db-m" name="monitor" interval="10s" start-delay="2m"/></operations></primitive>"#;
    let mut world = World::new(service, "");
    world.settle();
    let xml = r#"<delete><op id="db-m"/></delete>"#.to_owned();
    world.ask(Request::Change { change: Change::Cib(CibChange::Patch { xml, base: None }), dry_run: false });
    world.forget_log();
    world.run_for(300_000);
    assert_eq!(world.log(), [] as [&str; 0]);
}

#[test]
fn a_late_agent_counts_as_failed() {
    let mut world = World::new(WEB, "");
    world.hang("web", "start");
    world.settle();
    assert_eq!(world.active(), ["ip"]);
    assert_eq!(world.status().failures[0].operation, "start");
}

#[test]
fn instances_are_banned_by_their_clone_and_a_change_that_changes_nothing_costs_nothing() {
    let clone = r#"<clone id="all"><primitive id="mount" class="ocf" provider="heartbeat" type="Filesystem"/></clone>"#;
    let mut world = World::new(clone, "");
    world.settle();
    assert_eq!(world.active(), ["mount"]);
    world.ask(resource("mount", ResourceChange::Ban { node: None }));
    assert!(world.saved().contains(r#"id="cli-ban-all-on-alice" rsc="all""#), "{}", world.saved());
    world.settle();
    assert!(world.active().is_empty());
    let before = world.status().version;
    world.ask(resource("mount", ResourceChange::Manage));
    assert_eq!(world.status().version.epoch, before.epoch);
    world.ask(resource("mount", ResourceChange::Clear { node: None }));
    world.settle();
    assert_eq!(world.active(), ["mount"]);
}

#[test]
fn another_document_says_nothing_of_who_is_there() {
    let mut world = World::new(WEB, "");
    world.settle();
    let xml = format!(
        r#"<cib validate-with="pacemaker-4.0"><configuration>
             <crm_config><cluster_property_set id="options">
               <nvpair id="fencing" name="fencing-enabled" value="false"/>
             </cluster_property_set></crm_config>
             <nodes/><resources>{WEB}<primitive id="new" class="ocf" provider="heartbeat" type="Dummy"/></resources><constraints/>
           </configuration></cib>"#
    );
    world.forget_log();
    world.ask(Request::Change { change: Change::Cib(pengine_control::CibChange::Replace { xml, base: None }), dry_run: false });
    assert!(world.saved().contains(r#"uname="alice""#), "{}", world.saved());
    world.settle();
    assert_eq!(world.active(), ["ip", "new", "web"]);
    assert!(world.status().have_quorum);
    assert!(!world.log().iter().any(|line| line.ends_with("stop")), "{:?}", world.log());
}
