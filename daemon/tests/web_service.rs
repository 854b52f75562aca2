//! The web service that the node daemon is made for: a virtual address, a mount and a web server, supervised through Debian's
//! agents, in a network, mounts and processes of its own, and looked at from another machine.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::fs;

use nix::sys::signal::Signal;
use pengine_control::{Change, ClusterStatus, Failure, Reply, Request, ResourceChange};
use support::namespace::Namespace;
use support::needs::{has_agent, has_program, is_skipped};
use support::{Daemon, Home, is_idle, resource, wait_for};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/daemon-web");

/// The group's members, in order.
const MEMBERS: [&str; 3] = ["address", "pages", "server"];

/// How often the web server is killed.
const KILLS: usize = 20;

/// Two machines and a wire between them.
struct Site {
    /// Where the service runs.
    inside: Namespace,
    outside: Namespace,
}

impl Site {
    /// The machines, if this one lets us have them.
    fn new() -> Option<Self> {
        let site = Self { inside: Namespace::with_processes()?, outside: Namespace::new()? };
        let wire = format!("ip link add out0 type veth peer name web0 netns {}", site.inside.pid());
        site.outside.run(&format!("{wire} && ip address add 192.168.1.1/24 dev out0 && ip link set out0 up"))?;
        site.inside.run("ip address add 192.168.1.5/24 dev web0 && ip link set web0 up")?;
        site.inside.run("mount -t tmpfs none /srv && mkdir -p /srv/web/exported /srv/web/htdocs")?;
        site.inside.run(&format!("echo hello >/srv/web/exported/index.html && cp {FIXTURE}/nginx.conf /srv/web"))?;
        Some(site)
    }

    /// The page, as the other machine gets it.
    fn page(&self) -> Option<String> {
        self.outside.run("curl --silent --fail --max-time 10 http://192.168.1.8/")
    }

    /// Kills the web server.
    fn kill_server(&self) {
        self.inside.run("kill -KILL $(cat /srv/web/nginx.pid)").unwrap();
    }

    fn is_addressed(&self) -> bool {
        self.inside.run("ip address show dev web0").unwrap().contains("192.168.1.8/24")
    }

    fn is_mounted(&self) -> bool {
        self.inside.run("mountpoint --quiet /srv/web/htdocs").is_some()
    }
}

fn failure<'a>(status: &'a ClusterStatus, operation: &str) -> Option<&'a Failure> {
    status.failures.iter().find(|failure| failure.resource == "server" && failure.operation == operation)
}

fn runs(status: &ClusterStatus) -> bool {
    is_idle(status) && MEMBERS.iter().all(|member| resource(status, member).role == "Started")
}

fn comes_up_in_order(home: &Home, daemon: &mut Daemon<'_>, site: &Site) {
    daemon.status_when("web service", runs);
    let log = home.log();
    let started = |member: &str| {
        let mut lines = log.lines().filter(|line| line.contains("succeeded"));
        lines.position(|line| line.contains(&format!("{member}_start_0"))).unwrap()
    };
    assert!(MEMBERS.windows(2).all(|pair| started(pair[0]) < started(pair[1])));
    assert!(site.is_addressed() && site.is_mounted());
    assert_eq!(site.page().as_deref(), Some("hello\n"));
}

fn is_back_each_time(daemon: &mut Daemon<'_>, site: &Site) {
    for kills in 1..=KILLS {
        site.kill_server();
        let is_so = |status: &ClusterStatus| {
            runs(status) && failure(status, "monitor").is_some_and(|failure| failure.count == u64::try_from(kills).ok())
        };
        daemon.status_when("web server that is back", is_so);
        assert_eq!(site.page().as_deref(), Some("hello\n"), "after {kills} kills");
    }
}

fn says_what_is_wrong(daemon: &mut Daemon<'_>, site: &Site) {
    site.inside.run("sed -i 's/root/roof/' /srv/web/nginx.conf").unwrap();
    site.kill_server();
    let status = daemon.status_when("failed start", |status| is_idle(status) && failure(status, "start").is_some());
    assert_eq!(["address", "pages"].map(|member| resource(&status, member).role.as_str()), ["Started", "Started"]);
    let server = resource(&status, "server");
    assert_eq!((server.role.as_str(), server.node.as_deref()), ("Stopped", None));
    let start = failure(&status, "start").unwrap();
    assert!(start.reason.contains(r#"unknown directive "roof" in /srv/web/nginx.conf"#), "{start:?}");
    assert_eq!((start.exit_status, start.exit_text.as_str(), start.count), (5, "Not installed", None));
    assert_eq!(site.page(), None);
}

fn is_back_when_all_is_well_again(daemon: &mut Daemon<'_>, site: &Site) {
    site.inside.run("sed -i 's/roof/root/' /srv/web/nginx.conf").unwrap();
    let change = Change::Resource { resource: "server".to_owned(), change: ResourceChange::Cleanup { node: None } };
    let reply = daemon.client().ask(&Request::Change { change, dry_run: false }).unwrap();
    assert!(matches!(reply, Reply::Changed { .. }), "{reply:?}");
    let status = daemon.status_when("web service", runs);
    assert!(status.failures.is_empty(), "{:?}", status.failures);
    assert_eq!(site.page().as_deref(), Some("hello\n"));
}

#[test]
fn a_web_service() {
    let site = Site::new();
    let needs = [
        (
            "the package resource-agents",
            ["IPaddr2", "Filesystem", "nginx"].iter().all(|name| has_agent(&format!("heartbeat/{name}"))),
        ),
        ("the package kmod", has_program("modprobe")),
        ("nginx", has_program("nginx")),
        ("curl", has_program("curl")),
        ("root and network, mount and process namespaces", site.is_some()),
    ];
    let (false, Some(site)) = (is_skipped("a_web_service", &needs), site) else { return };
    let home = Home::new(&fs::read_to_string(format!("{FIXTURE}/cib.xml")).unwrap());
    let mut daemon = home.start_in(&site.inside);
    comes_up_in_order(&home, &mut daemon, &site);
    is_back_each_time(&mut daemon, &site);
    says_what_is_wrong(&mut daemon, &site);
    is_back_when_all_is_well_again(&mut daemon, &site);
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait().success());
    assert!(!site.is_addressed() && !site.is_mounted());
    wait_for("end of the web server", || site.inside.run("pgrep nginx").is_none().then_some(()));
}
