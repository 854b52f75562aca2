//! How much time the daemon itself takes, with agents that write down when they do what.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;

use support::{Home, cib_of, is_idle, resource};

const OPTIONS: [&str; 2] = ["--agent-dir", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/agents")];

/// How often the service fails. The machine may be busy with other things: what the daemon needs itself is the least of all.
const FAILURES: u64 = 10;

/// What may pass from a monitor's failure to the beginning of recovery, in nanoseconds.
const MOST: u64 = 20_000_000;

#[test]
fn recovery_begins_at_once() {
    let services = cib_of(&["web"]).replace(r#"provider="pengine" type="Service""#, r#"provider="test" type="Stamped""#);
    let home = Home::new(&services.replace("500ms", "100ms"));
    let mut daemon = home.start(&OPTIONS);
    daemon.status_with_running(&["web"]);
    let file = home.state().join("agents/rsctmp/Stamped-web");
    for count in 1..=FAILURES {
        fs::remove_file(&file).unwrap();
        daemon.status_when("recovery", |status| {
            let is_counted = status.failures.iter().any(|failure| failure.count == Some(count));
            is_idle(status) && is_counted && resource(status, "web").role == "Started"
        });
    }
    let stamps = fs::read_to_string(file.with_extension("stamps")).unwrap();
    let stamps: Vec<(&str, u64)> =
        stamps.lines().filter_map(|line| line.split_once(' ')).map(|(what, at)| (what, at.parse().unwrap())).collect();
    let pauses: Vec<u64> = stamps
        .windows(2)
        .filter(|pair| (pair[0].0, pair[1].0) == ("failure", "stop"))
        .map(|pair| pair[1].1 - pair[0].1)
        .collect();
    assert_eq!(pauses.len() as u64, FAILURES, "{stamps:?}");
    assert!(*pauses.iter().min().unwrap() < MOST, "{pauses:?}");
    assert!(daemon.terminate().success());
}
