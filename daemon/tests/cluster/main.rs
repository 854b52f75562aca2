//! The web service in a cluster of three machines: networks, mounts and processes of their own, joined by a bridge, with the real
//! corosync. A client fetches the page all the time. What is killed is killed ten times; `PENGINE_ROUNDS=N` does all else N times.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod machine;
mod site;
#[path = "../support/mod.rs"]
mod support;

use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use machine::name;
use pengine_control::{AgentAnswer, AgentRequest, Change, ClusterStatus, Lifetime, NodeChange, Reply, Request, TransitionState};
use site::{MEMBERS, Site};
use support::needs::{has_agent, has_program, is_skipped};

/// How often each thing is killed.
const KILLS: usize = 10;

/// The web service of the fixture, with a lock that only one can hold, something with two roles, something that runs everywhere, and
/// somebody who cuts power.
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
               <clone id="roles-clone">
                 <meta_attributes id="roles-meta"><nvpair id="roles-promotable" name="promotable" value="true"/></meta_attributes>
                 <primitive id="roles" class="ocf" provider="heartbeat" type="Stateful">
                   <instance_attributes id="roles-parameters"><nvpair id="roles-state" name="state" value="/run/roles.state"/></instance_attributes>
                   <operations>
                     <op id="roles-promoted" name="monitor" role="Promoted" interval="4s"/>
                     <op id="roles-unpromoted" name="monitor" role="Unpromoted" interval="6s"/>
                   </operations>
                 </primitive>
               </clone>
               <clone id="everywhere-clone">
                 <primitive id="everywhere" class="ocf" provider="heartbeat" type="Dummy">
                   <instance_attributes id="everywhere-parameters">
                     <nvpair id="everywhere-state" name="state" value="/run/everywhere.state"/>
                   </instance_attributes>
                   <operations><op id="everywhere-monitor" name="monitor" interval="6s"/></operations>
                 </primitive>
               </clone>
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

/// How many active instances of a resource there are in a role.
fn in_role(status: &ClusterStatus, resource: &str, role: &str) -> usize {
    let is_meant = |id: &str| id.split(':').next() == Some(resource);
    let instances = status.resources.iter().filter(|at| is_meant(&at.id) && at.node.is_some() && !at.failed);
    instances.filter(|at| at.role == role).count()
}

fn is_whole(status: &ClusterStatus) -> bool {
    let all = status.nodes.len();
    runs(status)
        && status.nodes.iter().all(|node| node.online && !node.unclean && !node.standby)
        && (in_role(status, "roles", "Promoted"), in_role(status, "roles", "Unpromoted")) == (1, all - 1)
        && in_role(status, "everywhere", "Started") == all
}

fn rounds() -> usize {
    std::env::var("PENGINE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// The worst, and the one in the middle.
fn summary(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() - 1], times[times.len() / 2])
}

/// Does something to the machine with the service because of which power is to be cut so many times, waits until all is well again, and
/// tells how long there was no page, and how long agents took to move the service.
fn outage(site: &Site, what: &str, rounds: usize, cuts: RangeInclusive<u32>, act: impl Fn(u32)) {
    let (mut outages, mut agents) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (begin, logged, before) = (SystemTime::now(), site.logged(), site.cuts());
        act(site.active());
        std::thread::sleep(Duration::from_millis(500));
        support::wait_for("power that is cut", || (site.cuts() >= before + cuts.start()).then_some(()));
        site.status_when(what, is_whole);
        assert!(site.is_complete(), "{what}");
        assert!(support::wait_for("page", || site.page()).starts_with('n'));
        std::thread::sleep(Duration::from_millis(200));
        outages.push(site.outage(begin));
        agents.push(site.agents(&logged));
        assert_eq!(site.complaints(), [""; 0], "{what}");
        assert!(cuts.contains(&(site.cuts() - before)), "{what}: power was cut {} times", site.cuts() - before);
    }
    let ((worst, middle), (_, agents)) = (summary(outages), summary(agents));
    println!("{what} ({rounds}): {worst:.1?} without the page at worst, {middle:.1?} in the middle; agents took {agents:.1?}");
}

fn standby(site: &Site, id: u32, on: bool) {
    let change = Change::Node { node: name(id), change: NodeChange::Standby { on } };
    let reply = site.ask(&Request::Change { change, dry_run: false });
    assert!(matches!(reply, Reply::Changed { .. }), "{reply:?}");
}

/// A site with machines, once the service runs; nothing if this machine lacks something.
fn site(test: &str, machines: u32) -> Option<Site> {
    let site = Site::new(machines, &configuration());
    let agents =
        ["Dummy", "Filesystem", "IPaddr2", "Stateful", "nginx"].iter().all(|name| has_agent(&format!("heartbeat/{name}")));
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

/// What was acknowledged of the changes that were made all the while is there still.
fn check_changes(site: &Site) {
    let acknowledged = site.acknowledged();
    let request = AgentRequest::GetAttribute { name: "mark".to_owned(), node: Some(name(1)), lifetime: Some(Lifetime::Forever) };
    let Reply::Agent(AgentAnswer::Values { values }) = site.ask(&Request::Agent(request)) else { panic!("no answer") };
    let present: u32 = values[0].value.parse().unwrap();
    assert!(acknowledged > 0 && present >= acknowledged, "change {acknowledged} was acknowledged, but {present} is the last one");
    println!("{acknowledged} changes of the configuration all the while, none of them lost");
}

fn tell_corosync(site: &Site) {
    let machines = site.machines().len();
    let [token, consensus] = ["token", "consensus"].map(|setting| site.corosync(setting));
    println!("{machines} machines: corosync notices a loss after {token:?} and needs {consensus:?} more to agree on who is left");
}

#[test]
fn a_web_service_in_a_cluster() {
    let Some(site) = site("a_web_service_in_a_cluster", 3) else { return };
    tell_corosync(&site);
    in_order(&site);
    hanging(&site);
    cut_off(&site);
    killed(&site);
    check_changes(&site);
}

/// What people do.
fn in_order(site: &Site) {
    outage(site, "standby and back", rounds(), 0..=0, |id| {
        standby(site, id, true);
        site.status_when("service elsewhere", |status| runs(status) && status.nodes.iter().any(|node| node.standby));
        assert_ne!(site.active(), id);
        standby(site, id, false);
    });
    outage(site, "one machine ends in order", rounds(), 0..=0, |id| {
        site.end(id, "pengined");
        site.status_when("service elsewhere", runs);
        site.machines().get_mut(&id).unwrap().start_daemon();
    });
    outage(site, "rolling restart", rounds(), 0..=0, |_| {
        for id in 1..=3 {
            site.end(id, "pengined");
            site.end(id, "corosync");
            site.machines().get_mut(&id).unwrap().start_corosync();
            site.machines().get_mut(&id).unwrap().start_daemon();
            site.status_when("machine that is back", is_whole);
        }
    });
    outage(site, "fenced by hand", rounds(), 1..=1, |id| {
        let change = Change::Node { node: name(id), change: NodeChange::Fence };
        assert!(matches!(site.ask(&Request::Change { change, dry_run: false }), Reply::Changed { .. }));
    });
}

fn killed(site: &Site) {
    outage(site, "web server killed", KILLS, 0..=0, |id| site.machines()[&id].signal("KILL", "nginx"));
    outage(site, "daemon killed", KILLS, 1..=1, |id| site.machines()[&id].signal("KILL", "pengined"));
    outage(site, "corosync killed", KILLS, 1..=1, |id| site.machines()[&id].signal("KILL", "corosync"));
    outage(site, "machine without power", KILLS, 1..=1, |id| site.switch_off(id));
    outage(site, "coordinator killed in the middle of a transition", rounds(), 1..=1, |id| {
        standby(site, id, true);
        signal_coordinator(site, "KILL");
        site.status_when("coordinator that is back", |status| status.nodes.iter().all(|node| node.online));
        standby(site, id, false);
    });
    outage(site, "machine without power, and fencing that fails twice", rounds(), 1..=1, |id| {
        // A device is tried three times each time.
        site.break_power(2 * 3);
        site.switch_off(id);
    });
    assert!(site.is_power_reliable());
}

fn signal_coordinator(site: &Site, signal: &str) {
    let status = site.status_when("coordinator", |status| status.nodes.iter().any(|node| node.dc));
    let dc = &status.nodes.iter().find(|node| node.dc).unwrap().name;
    let machines = site.machines();
    machines.values().find(|machine| name(machine.id) == *dc).unwrap().signal(signal, "pengined");
}

/// Others notice a daemon that hangs, though corosync goes on.
fn hanging(site: &Site) {
    outage(site, "coordinator that hangs", rounds(), 1..=1, |_| signal_coordinator(site, "STOP"));
}

fn cut_off(site: &Site) {
    for (what, to_machine) in [("network cut towards the machine", true), ("network cut from the machine", false)] {
        outage(site, what, rounds(), 1..=1, |id| site.deafen(id, to_machine));
    }
    outage(site, "network cut", rounds(), 1..=1, |id| site.wire(id, false));
}

#[test]
fn two_machines_go_on_without_each_other() {
    let Some(site) = site("two_machines_go_on_without_each_other", 2) else { return };
    tell_corosync(&site);
    for id in [1, 2] {
        outage(&site, "one of two machines without power", rounds(), 1..=1, |_| site.switch_off(id));
    }
    outage(&site, "both machines without power", rounds(), 0..=1, |_| {
        [1, 2].into_iter().for_each(|id| site.switch_off(id));
        [1, 2].into_iter().for_each(|id| site.switch_on(id));
    });
    check_changes(&site);
}
