//! The web service in a cluster of three machines: networks, mounts and processes of their own, joined by a bridge, with the real
//! corosync. A client fetches the page all the time. `PENGINE_ROUNDS=N` does each thing N times.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod machine;
mod site;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, SystemTime};

use machine::name;
use pengine_control::{Change, ClusterStatus, NodeChange, Reply, Request, TransitionState};
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
    println!(
        "{what}: {:?} without the page at worst, {:?} in the middle",
        outages[outages.len() - 1],
        outages[outages.len() / 2]
    );
}

fn standby(site: &Site, id: u32, on: bool) {
    let change = Change::Node { node: name(id), change: NodeChange::Standby { on } };
    let reply = site.ask(&Request::Change { change, dry_run: false });
    assert!(matches!(reply, Reply::Changed { .. }), "{reply:?}");
}

#[test]
fn a_web_service_in_a_cluster() {
    let site = Site::new(3, &configuration());
    let agents = ["IPaddr2", "Filesystem", "nginx"].iter().all(|name| has_agent(&format!("heartbeat/{name}")));
    let needs = [
        ("the package resource-agents", agents),
        ("nginx", has_program("nginx")),
        ("curl", has_program("curl")),
        ("corosync", has_program("corosync")),
        ("root and network, mount and process namespaces", site.is_some()),
    ];
    let (false, Some(site)) = (is_skipped("a_web_service_in_a_cluster", &needs), site) else { return };
    let status = site.status_when("web service", is_whole);
    assert_eq!(status.nodes.iter().filter(|node| node.dc).count(), 1);
    println!("corosync takes 1 s to notice that a node is lost (token), and some 1.2 s to agree on who is left (consensus)");

    outage(&site, "standby and back", |id| {
        standby(&site, id, true);
        site.status_when("service elsewhere", |status| runs(status) && status.nodes.iter().any(|node| node.standby));
        assert_ne!(site.active(), id);
        standby(&site, id, false);
    });
    outage(&site, "web server killed", |id| site.machines()[&id].kill("nginx"));
    outage(&site, "daemon killed", |id| site.machines()[&id].kill("pengined"));
    let is_missed = |id| {
        site.status_when("loss that is noticed", |status| status.nodes.iter().any(|node| node.name == name(id) && !node.online))
    };
    outage(&site, "corosync killed", |id| {
        site.machines()[&id].kill("corosync");
        is_missed(id);
    });
    outage(&site, "machine without power", |id| {
        site.switch_off(id);
        // It comes back when the others have made sure that it is off.
        site.status_when("service elsewhere", runs);
    });
    outage(&site, "network cut", |id| {
        site.wire(id, false);
        is_missed(id);
    });
    outage(&site, "machine without power, and fencing that fails twice", |id| {
        site.break_power(6);
        site.switch_off(id);
        is_missed(id);
    });
    outage(&site, "one machine ends in order", |id| {
        site.machines()[&id].run("pkill -TERM -x pengined").unwrap();
        site.status_when("service elsewhere", runs);
        support::wait_for("end of the daemon", || site.machines()[&id].run("pgrep -x pengined").is_none().then_some(()));
        site.machines().get_mut(&id).unwrap().start_daemon();
    });
}
