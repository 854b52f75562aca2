//! The web service in a cluster of three machines: networks, mounts and processes of their own, joined by a bridge, with the real
//! corosync. A client fetches the page all the time. `PENGINE_ROUNDS=N` does each thing N times.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod machine;
mod site;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, SystemTime};

use machine::name;
use pengine_control::{AgentAnswer, AgentRequest, Change, ClusterStatus, Lifetime, NodeChange, Reply, Request, TransitionState};
use site::Site;
use support::needs::{has_agent, has_program, is_skipped};

const MEMBERS: [&str; 4] = ["lock", "address", "pages", "server"];

/// The web service of the fixture, with a lock that only one can hold, and somebody who cuts power.
fn configuration() -> String {
    let cib = include_str!("../../../fixtures/daemon-web/cib.xml");
    let (before, rest) = cib.split_once("<group id=\"web\">").unwrap();
    let (_, before) = before.split_once("<resources>").unwrap();
    let (group, _) = rest.split_once("</group>").unwrap();
    format!(
        r#"<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="1" num_updates="0"><configuration>
             <crm_config/><nodes/>
             <resources>{before}
               <primitive id="power" class="stonith" type="fence_box">
                 <instance_attributes id="power-parameters"><nvpair id="power-hosts" name="pcmk_host_list" value="n1 n2 n3"/></instance_attributes>
               </primitive>
               <group id="web">
                 <primitive id="lock" class="ocf" provider="test" type="Lock">
                   <instance_attributes id="lock-parameters"><nvpair id="lock-file" name="file" value="LOCK"/></instance_attributes>
                   <operations><op id="lock-monitor" name="monitor" interval="5s"/></operations>
                 </primitive>
                 {group}
               </group>
             </resources>
             <constraints/>
           </configuration></cib>"#
    )
}

fn runs(status: &ClusterStatus) -> bool {
    let started =
        |id: &str| status.resources.iter().any(|resource| resource.id == id && resource.role == "Started" && !resource.failed);
    status.transition.state == TransitionState::Idle && MEMBERS.iter().all(|id| started(id))
}

fn is_whole(status: &ClusterStatus) -> bool {
    runs(status) && status.nodes.iter().all(|node| node.online && !node.unclean && !node.standby)
}

/// Does something to the machine with the service, waits until all is well again, and tells how long there was no page.
fn outage(site: &Site, what: &str, act: impl Fn(u32)) {
    let rounds = std::env::var("PENGINE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut outages: Vec<Duration> = Vec::new();
    for _ in 0..rounds {
        let begin = SystemTime::now();
        act(site.active());
        std::thread::sleep(Duration::from_millis(500));
        site.status_when(what, is_whole);
        assert!(support::wait_for("page", || site.page()).starts_with('n'));
        std::thread::sleep(Duration::from_millis(200));
        outages.push(site.outage(begin));
        assert_eq!(site.complaints(), [""; 0], "{what}");
    }
    outages.sort();
    let (worst, middle) = (outages[outages.len() - 1], outages[outages.len() / 2]);
    println!("{what}: {worst:?} without the page at worst, {middle:?} in the middle");
}

fn standby(site: &Site, id: u32, on: bool) {
    let change = Change::Node { node: name(id), change: NodeChange::Standby { on } };
    let reply = site.ask(&Request::Change { change, dry_run: false });
    assert!(matches!(reply, Reply::Changed { .. }), "{reply:?}");
}

/// A site with machines, once the service runs; nothing if this machine lacks something.
fn site(test: &str, machines: u32) -> Option<Site> {
    let site = Site::new(machines, &configuration());
    let agents = ["IPaddr2", "Filesystem", "nginx"].iter().all(|name| has_agent(&format!("heartbeat/{name}")));
    let needs = [
        ("the package resource-agents", agents),
        ("nginx", has_program("nginx")),
        ("curl", has_program("curl")),
        ("corosync", has_program("corosync")),
        ("root and network, mount and process namespaces", site.is_some()),
    ];
    let (false, Some(site)) = (is_skipped(test, &needs), site) else { return None };
    let status = site.status_when("web service", |status| is_whole(status) && status.nodes.len() == machines as usize);
    assert_eq!(status.nodes.iter().filter(|node| node.dc).count(), 1);
    Some(site)
}

/// Waits until somebody who is left has noticed that a machine is gone.
fn is_missed(site: &Site, id: u32) {
    let is_offline = |status: &ClusterStatus| status.nodes.iter().any(|node| node.name == name(id) && !node.online);
    site.status_when("loss that is noticed", is_offline);
}

/// What was acknowledged of the changes that were made all the while is there still.
fn check_changes(site: &Site) {
    let acknowledged = site.acknowledged();
    let request = AgentRequest::GetAttribute { name: "mark".to_owned(), node: Some(name(1)), lifetime: Some(Lifetime::Forever) };
    let Reply::Agent(AgentAnswer::Values { values }) = site.ask(&Request::Agent(request)) else { panic!("no answer") };
    let present: u32 = values[0].value.parse().unwrap();
    assert!(acknowledged > 0 && present >= acknowledged, "change {acknowledged} was acknowledged, but {present} is the last one");
    println!("{acknowledged} changes of the configuration all the while, none of them lost");
}

#[test]
fn a_web_service_in_a_cluster() {
    let Some(site) = site("a_web_service_in_a_cluster", 3) else { return };
    println!("corosync takes 1 s to notice that a node is lost (token), and some 1.2 s to agree on who is left (consensus)");

    outage(&site, "standby and back", |id| {
        standby(&site, id, true);
        site.status_when("service elsewhere", |status| runs(status) && status.nodes.iter().any(|node| node.standby));
        assert_ne!(site.active(), id);
        standby(&site, id, false);
    });
    outage(&site, "web server killed", |id| site.machines()[&id].kill("nginx"));
    outage(&site, "daemon killed", |id| site.machines()[&id].kill("pengined"));
    outage(&site, "corosync killed", |id| {
        site.machines()[&id].kill("corosync");
        is_missed(&site, id);
    });
    outage(&site, "machine without power", |id| {
        site.switch_off(id);
        // It comes back when the others have made sure that it is off.
        site.status_when("service elsewhere", runs);
    });
    outage(&site, "fenced by hand", |id| {
        let change = Change::Node { node: name(id), change: NodeChange::Fence };
        assert!(matches!(site.ask(&Request::Change { change, dry_run: false }), Reply::Changed { .. }));
        is_missed(&site, id);
    });
    outage(&site, "coordinator killed in the middle of a transition", |id| {
        standby(&site, id, true);
        let status = site.status_when("coordinator", |status| status.nodes.iter().any(|node| node.dc));
        let dc = status.nodes.iter().find(|node| node.dc).unwrap().name.trim_start_matches('n').parse().unwrap();
        site.machines()[&dc].kill("pengined");
        site.status_when("coordinator that is back", |status| status.nodes.iter().all(|node| node.online));
        standby(&site, id, false);
    });
    for (what, to_machine) in [("network cut towards the machine", true), ("network cut from the machine", false)] {
        outage(&site, what, |id| {
            site.deafen(id, to_machine);
            is_missed(&site, id);
        });
    }
    outage(&site, "network cut", |id| {
        site.wire(id, false);
        is_missed(&site, id);
    });
    outage(&site, "machine without power, and fencing that fails twice", |id| {
        site.break_power(6);
        site.switch_off(id);
        is_missed(&site, id);
    });
    assert!(site.is_power_reliable());
    outage(&site, "one machine ends in order", |id| {
        site.machines()[&id].run("pkill -TERM -x pengined").unwrap();
        site.status_when("service elsewhere", runs);
        support::wait_for("end of the daemon", || site.machines()[&id].run("pgrep -x pengined").is_none().then_some(()));
        site.machines().get_mut(&id).unwrap().start_daemon();
    });
    check_changes(&site);
}

#[test]
fn two_machines_go_on_without_each_other() {
    let Some(site) = site("two_machines_go_on_without_each_other", 2) else { return };
    for id in [1, 2] {
        outage(&site, "one of two machines without power", |_| {
            site.switch_off(id);
            is_missed(&site, id);
        });
    }
    outage(&site, "both machines without power", |_| {
        [1, 2].into_iter().for_each(|id| site.switch_off(id));
        [1, 2].into_iter().for_each(|id| site.switch_on(id));
    });
    check_changes(&site);
}
