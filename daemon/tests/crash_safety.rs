//! The daemon is killed again and again, at any moment: what was acknowledged stays, what runs goes on, and nothing runs twice.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::thread::{self, sleep};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pengine_control::{Change, Client, ClientError, Lifetime, NodeChange, Reply, Request, ResourceChange};
use support::{Daemon, Home, cib_of, is_idle, resource};

/// How often it is killed.
const ROUNDS: u64 = 200;

/// After how many rounds it may live until it rests.
const REST: u64 = 20;

const SEED: u64 = 0x5eed_0f0a_6e0d_e000;

/// A service that is left alone all the time.
const STEADY: &str = "steady";

/// A service that is stopped and started all the time.
const MOODY: &str = "moody";

/// The attribute that is changed all the time.
const ATTRIBUTE: &str = "number";

const OPTIONS: [&str; 2] = ["--agent-dir", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/agents")];

/// Numbers that look random, and are the same in each run (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// A value as it was acknowledged, or as it was last asked for without an answer.
#[derive(Debug, Clone)]
struct Known<T> {
    acknowledged: T,
    asked: Option<T>,
}

impl<T: PartialEq + Clone + std::fmt::Debug> Known<T> {
    /// What is found after a crash has to be one of the two; it is certain from then on.
    fn found(&mut self, value: T) {
        assert!(value == self.acknowledged || Some(&value) == self.asked.as_ref(), "{value:?} is neither of {self:?}");
        *self = Self { acknowledged: value, asked: None };
    }
}

/// What is known of the configuration.
struct Expected {
    number: Known<u64>,
    moody_runs: Known<bool>,
}

impl Expected {
    /// Compares with what a daemon says.
    fn compare(&mut self, client: &mut Client) -> Result<(), ClientError> {
        let Reply::Cib { xml, .. } = client.ask(&Request::Cib { section: Some("configuration".to_owned()) })? else {
            unreachable!()
        };
        let document = roxmltree::Document::parse(&xml).unwrap();
        let value = |name: &str| {
            let pair = document.descendants().find(|node| node.has_tag_name("nvpair") && node.attribute("name") == Some(name));
            pair.and_then(|pair| pair.attribute("value"))
        };
        self.number.found(value(ATTRIBUTE).map_or(0, |text| text.parse().unwrap()));
        self.moody_runs.found(value("target-role") != Some("Stopped"));
        Ok(())
    }

    /// Asks for a change, and remembers what came of it.
    fn change(&mut self, client: &mut Client, random: &mut Random) -> Result<(), ClientError> {
        if random.below(2) == 0 {
            let next = self.number.acknowledged + 1;
            self.number.asked = Some(next);
            let (name, value) = (ATTRIBUTE.to_owned(), Some(next.to_string()));
            let change = NodeChange::Attribute { name, value, lifetime: Lifetime::Forever };
            ask(client, Change::Node { node: "alice".to_owned(), change })?;
            self.number.found(next);
        } else {
            let runs = !self.moody_runs.acknowledged;
            self.moody_runs.asked = Some(runs);
            let change = if runs { ResourceChange::Start } else { ResourceChange::Stop };
            ask(client, Change::Resource { resource: MOODY.to_owned(), change })?;
            self.moody_runs.found(runs);
        }
        Ok(())
    }
}

fn ask(client: &mut Client, change: Change) -> Result<(), ClientError> {
    match client.ask(&Request::Change { change, dry_run: false })? {
        Reply::Changed { .. } => Ok(()),
        reply => panic!("{reply:?}"),
    }
}

/// Changes this and that until the daemon is killed in the middle of it.
fn work_until_killed(mut daemon: Daemon<'_>, expected: &mut Expected, random: &mut Random) {
    let pid = Pid::from_raw(daemon.pid);
    let moment = Duration::from_micros(random.below(120_000));
    let kill_later = move || {
        sleep(moment);
        kill(pid, Signal::SIGKILL).unwrap();
    };
    // One in four is killed while it begins.
    if random.below(4) == 0 {
        kill_later();
        daemon.wait();
        return;
    }
    let mut client = daemon.client();
    let killer = thread::spawn(kill_later);
    let work = || -> Result<(), ClientError> {
        expected.compare(&mut client)?;
        loop {
            expected.change(&mut client, random)?;
            sleep(Duration::from_micros(random.below(20_000)));
        }
    };
    let end: Result<(), ClientError> = { work }();
    // An answer may break off in the middle.
    assert!(matches!(end, Err(ClientError::Broken { .. } | ClientError::NotUnderstood(_))), "{end:?}");
    killer.join().unwrap();
    daemon.wait();
}

#[test]
fn nothing_is_lost_and_nothing_runs_twice_however_often_it_is_killed() {
    let services = cib_of(&[STEADY, MOODY]).replace(r#"provider="pengine" type="Service""#, r#"provider="test" type="Counted""#);
    let home = Home::new(&services);
    let mut random = Random(SEED);
    let mut expected =
        Expected { number: Known { acknowledged: 0, asked: None }, moody_runs: Known { acknowledged: true, asked: None } };
    home.start(&OPTIONS).status_with_running(&[STEADY, MOODY]);
    let steady = home.process_of(STEADY);
    for round in 0..ROUNDS {
        work_until_killed(home.start(&OPTIONS), &mut expected, &mut random);
        assert_eq!(home.processes_of(STEADY), [steady], "after round {round}");
        if round % REST == REST - 1 {
            let mut daemon = home.start(&OPTIONS);
            expected.compare(&mut daemon.client()).unwrap();
            let runs = expected.moody_runs.acknowledged;
            daemon.status_when("rest", |status| {
                let is_so = resource(status, STEADY).role == "Started" && (resource(status, MOODY).role == "Started") == runs;
                is_idle(status) && is_so
            });
            assert_eq!(home.processes_of(MOODY).len(), usize::from(runs), "after round {round}");
            daemon.crash();
        }
    }
    let starts = fs::read_to_string(home.state().join(format!("agents/rsctmp/Counted-{STEADY}.starts"))).unwrap();
    assert_eq!(starts.lines().collect::<Vec<_>>(), [steady.to_string()]);
    let mut daemon = home.start(&OPTIONS);
    daemon.status_when("rest", is_idle);
    assert!(daemon.terminate().success());
    assert_eq!((home.processes_of(STEADY), home.processes_of(MOODY)), (vec![], vec![]));
}
