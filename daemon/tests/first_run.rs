//! The daemon as an ordinary process, from its first start on.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pengine::{Cib, Settings, schedule};
use support::{Home, cib_of, is_idle, primitive, resource, wait_for};

#[test]
fn a_service_comes_up_is_recovered_and_stops_with_the_daemon() {
    let home = Home::new(&cib_of(&["web", "database"]));
    let mut daemon = home.start(&[]);
    let status = daemon.status_with_running(&["web", "database"]);
    assert!(status.have_quorum && status.nodes.len() == 1 && status.failures.is_empty());
    assert!(status.nodes[0].name == "alice" && status.nodes[0].online && status.nodes[0].dc);
    assert_eq!(resource(&status, "web").node.as_deref(), Some("alice"));

    let (killed, untouched) = (home.process_of("web"), home.process_of("database"));
    kill(Pid::from_raw(killed), Signal::SIGKILL).unwrap();
    let status = daemon.status_when("recovery", |status| {
        is_idle(status) && !status.failures.is_empty() && resource(status, "web").role == "Started"
    });
    assert_eq!((status.failures[0].resource.as_str(), status.failures[0].operation.as_str()), ("web", "monitor"));
    assert_ne!(home.process_of("web"), killed);
    assert_eq!(home.process_of("database"), untouched);

    assert!(daemon.terminate().success());
    assert_eq!((home.processes_of("web"), home.processes_of("database")), (vec![], vec![]));
}

#[test]
fn what_is_left_running_is_taken_over_without_a_second_start() {
    let home = Home::new(&cib_of(&["web"]));
    let mut daemon = home.start(&["--leave-running"]);
    daemon.status_with_running(&["web"]);
    let process = home.process_of("web");
    assert!(daemon.terminate().success());
    assert_eq!(home.processes_of("web"), [process]);

    let mut daemon = home.start(&[]);
    daemon.status_with_running(&["web"]);
    assert_eq!(home.processes_of("web"), [process]);
    assert!(daemon.terminate().success());
    assert_eq!(home.processes_of("web"), [] as [i32; 0]);
}

#[test]
fn a_second_daemon_is_told_who_is_there() {
    let home = Home::new(&cib_of(&[]));
    let mut daemon = home.start(&[]);
    daemon.client();
    assert_eq!(home.start(&[]).wait().code(), Some(1));
    let refusal = format!("in use by another pengined (process {})", daemon.pid);
    assert!(home.log().contains(&refusal), "{}", home.log());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let slow = primitive("slow", r#"<nvpair id="slow-delay" name="start_delay" value="3600"/>"#);
    let home = Home::new(&cib_of(&["web"]).replace("</resources>", &format!("{slow}</resources>")));
    let mut daemon = home.start(&[]);
    let process = home.process_of("web");
    daemon.status_when("start that takes its time", |status| {
        status.transition.running.iter().any(|operation| operation.starts_with("slow_start_0"))
    });
    daemon.signal(Signal::SIGTERM);
    wait_for("beginning of the end", || home.log().contains("stops what runs, and ends").then_some(()));
    assert_eq!(daemon.terminate().code(), Some(1));
    assert!(home.processes_of("web").is_empty() || home.processes_of("web") == [process]);
}

#[test]
fn a_changed_file_is_the_configuration_after_a_hang_up() {
    let home = Home::new(&cib_of(&["web"]));
    let mut daemon = home.start(&[]);
    daemon.status_with_running(&["web"]);
    let process = home.process_of("web");
    daemon.signal(Signal::SIGHUP);
    wait_for("word about the file", || home.log().contains("says nothing new").then_some(()));
    fs::write(home.cib(), cib_of(&["web", "database"])).unwrap();
    daemon.signal(Signal::SIGHUP);
    daemon.status_when("new service", |status| {
        is_idle(status) && status.resources.len() == 2 && resource(status, "database").role == "Started"
    });
    assert_eq!(home.processes_of("web"), [process]);
    assert!(daemon.terminate().success());
}

#[test]
fn a_damaged_configuration_is_told_aloud_and_the_one_before_it_is_used() {
    let home = Home::new(&cib_of(&["web"]));
    let mut daemon = home.start(&[]);
    daemon.status_with_running(&["web"]);
    daemon.crash();
    let mut generations: Vec<_> =
        fs::read_dir(home.state().join("configuration")).unwrap().map(|entry| entry.unwrap().path()).collect();
    generations.retain(|path| path.extension().is_some_and(|end| end == "xml"));
    let newest = generations.iter().max().unwrap();
    let text = fs::read(newest).unwrap();
    fs::write(newest, &text[..text.len() / 2]).unwrap();
    let mut daemon = home.start(&[]);
    daemon.status_with_running(&["web"]);
    assert!(home.log().contains("is damaged, and an earlier one is used"), "{}", home.log());
    assert!(daemon.terminate().success());
}

#[test]
fn each_decision_can_be_looked_at_again() {
    let home = Home::new(&cib_of(&["web"]));
    let mut daemon = home.start(&[]);
    daemon.status_with_running(&["web"]);
    assert!(daemon.terminate().success());
    let mut inputs: Vec<_> = fs::read_dir(home.state().join("inputs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    let keys = inputs.iter().map(|input| {
        let cib = Cib::parse(pengine_files::read(input).unwrap()).unwrap();
        let now = cib.root().attr("execution-date").unwrap().parse().unwrap();
        let transition = schedule(&cib, &Settings { now, ..Settings::default() }).transition();
        let keys = transition.synapses.iter().filter_map(|synapse| synapse.action.attribute("operation_key").map(str::to_owned));
        keys.collect::<Vec<String>>()
    });
    let keys: Vec<Vec<String>> = keys.collect();
    let with = |key: &str| keys.iter().position(|keys| keys.iter().any(|has| has == key));
    assert!(
        with("web_monitor_0").is_some()
            && with("web_monitor_0") <= with("web_start_0")
            && with("web_start_0") < with("web_stop_0"),
        "{keys:?}"
    );
}

#[test]
fn idling_costs_next_to_nothing() {
    let home = Home::new(&cib_of(&["web"]).replace("interval=\"500ms\"", "interval=\"1h\""));
    let mut daemon = home.start(&[]);
    daemon.status_with_running(&["web"]);
    let file = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", daemon.pid)).unwrap();
    let number = |name: &str| -> u64 {
        let status = file("status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
    };
    // A daemon that looks around all the time would wake up again and again.
    wait_for("rest", || {
        let before = number("voluntary_ctxt_switches:");
        sleep(Duration::from_secs(1));
        (number("voluntary_ctxt_switches:") - before <= 1).then_some(())
    });
    assert!(number("VmRSS:") < 30 * 1024, "{} kB", number("VmRSS:"));
    // In hundredths of a second, which is as fine as can be measured.
    let processor_time = || -> u64 {
        let stat = file("stat");
        let fields = stat.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2);
        fields.map(|field| field.parse::<u64>().unwrap()).sum()
    };
    let before = processor_time();
    sleep(Duration::from_secs(3));
    assert!(processor_time() - before <= 1);
}

#[test]
fn a_service_manager_is_kept_informed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    let home = Home::new(&cib_of(&["web"]));
    let daemon = home.start_with(&[], &[("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "1000000")]);
    manager.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let wait_until_told = |wanted: &str| {
        wait_for(wanted, || {
            let mut words = [0; 256];
            let length = manager.recv(&mut words).unwrap();
            String::from_utf8_lossy(&words[..length]).starts_with(wanted).then_some(())
        });
    };
    for wanted in ["READY=1", "STATUS=transition 1: 3 actions", "STATUS=idle after transition 1", "WATCHDOG=1"] {
        wait_until_told(wanted);
    }
    assert!(daemon.terminate().success());
    wait_until_told("STOPPING=1");
}

#[test]
fn wrong_usage_is_explained() {
    let run = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_pengined")).args(words).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let folder = tempfile::tempdir().unwrap();
    let (status, text) = run(&["--state-dir", folder.path().to_str().unwrap()]);
    // Where it can be part of a cluster, there is none.
    assert_eq!(status, Some(if cfg!(feature = "corosync") { 1 } else { 64 }));
    assert!(text.contains("--standalone"), "{text}");
    let (status, text) = run(&[
        "--standalone",
        "--state-dir",
        folder.path().to_str().unwrap(),
        "--cib",
        "/no/such/file",
        "--socket",
        "/dev/null/x",
    ]);
    assert_eq!(status, Some(1));
    assert!(text.contains("/no/such/file"), "{text}");
}
