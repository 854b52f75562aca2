//! Audits of fixtures are as checked in, and every fixture and recorded case can be audited.
//!
//! A fixture may have a file `audit.txt` with what `pengine audit --depth 2` says of it. With `PENGINE_BLESS=1` in the environment it is
//! written anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::{env, fs};

use pengine::audit::{Audit, AuditReport, End, Scenario};
use pengine::simulate::EffectiveTime;
use pengine::{Cib, Settings};
use pengine_tests::{REAL_NOW, folder};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name)
}

fn fixtures() -> Vec<PathBuf> {
    let entries = fs::read_dir(fixture("")).unwrap().map(|entry| entry.unwrap().path());
    let mut fixtures: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    fixtures.sort();
    fixtures
}

fn audit(fixture: &Path, depth: usize) -> AuditReport {
    let cib = Cib::parse(fs::read_to_string(fixture.join("cib.xml")).unwrap()).unwrap();
    let now = EffectiveTime::of(&cib, None, REAL_NOW).now;
    let audit = Audit::begin(&cib, &Settings { now, sanitized: true, ..Settings::default() });
    audit.report(audit.scenarios(depth).iter().map(|scenario| audit.carry_out(scenario)).collect())
}

#[test]
fn audits_are_as_checked_in() {
    let bless = env::var_os("PENGINE_BLESS").is_some_and(|value| value == "1");
    let (mut seen, mut problems) = (0, String::new());
    for fixture in fixtures() {
        let path = fixture.join("audit.txt");
        let Ok(expected) = fs::read_to_string(&path) else { continue };
        seen += 1;
        let found = audit(&fixture, 2).to_text();
        if bless {
            fs::write(&path, found).unwrap();
        } else if expected != found {
            problems.push_str(&format!("{} is now:\n{found}\n", path.display()));
        }
    }
    assert!(seen > 0, "there is nothing to compare");
    assert!(problems.is_empty(), "{problems}");
}

#[test]
fn each_service_is_accounted_for_in_each_scenario() {
    for fixture in fixtures() {
        let report = audit(&fixture, 1);
        for at in &report.scenarios {
            let mut told: Vec<&String> = at.survives.iter().chain(&at.lost).collect();
            told.sort();
            assert!(told.iter().copied().eq(&report.services), "{}: {at:?}", fixture.display());
        }
    }
}

#[test]
fn a_lost_node_of_two_is_survived() {
    let report = audit(&fixture("web-location-n"), 1);
    let failure = Scenario::NodeFailure { node: "snn.abc.com".to_owned() };
    let at = report.scenarios.iter().find(|at| at.scenario == failure).unwrap();
    assert_eq!((&at.end, at.lost.len(), at.moved.len()), (&End::Settled, 0, 3));
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn what_only_one_node_can_run_is_told() {
    let report = audit(&fixture("asymmetric-cluster"), 1);
    let alone: Vec<_> = report.single_node_services.iter().map(|at| (at.service.as_str(), at.node.as_str())).collect();
    assert_eq!(alone, [("web", "n2")]);
    assert!(!report.is_sound());
}

#[test]
fn a_guest_that_failed_takes_along_what_was_on_it() {
    let Some(folder) = folder() else { return };
    // A service goes elsewhere while the machine that it was on is started anew.
    let cib = Cib::parse(fs::read_to_string(folder.join("xml/bug-rh-1097457.xml")).unwrap()).unwrap();
    let now = EffectiveTime::of(&cib, None, REAL_NOW).now;
    let audit = Audit::begin(&cib, &Settings { now, ..Settings::default() });
    let report = audit.report(audit.scenarios(1).iter().map(|scenario| audit.carry_out(scenario)).collect());
    assert!(report.scenarios.iter().all(|at| at.end == End::Settled), "{report:?}");
}
