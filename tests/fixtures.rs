//! Every fixture has the outputs that are checked in with it.
//!
//! A fixture is a folder of `fixtures/` with a `README.md` that says what it shows, a `cib.xml`, and what comes of it: `summary.txt`
//! (`pengine simulate -S`), `scores.txt` (`-S -s -Q`) and `graph.xml` (`-S -G`). A file `options` has further options. With
//! `PENGINE_BLESS=1` in the environment the outputs are written anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::{env, fs};

use pengine::Cib;
use pengine::simulate::{Injections, SessionOptions, TicketChange, simulate};
use pengine_tests::{Part, REAL_NOW, compare_exactly, merged};

/// The outputs of a fixture and the files that they are in.
const OUTPUTS: [(Part, &str); 3] = [(Part::Summary, "summary.txt"), (Part::Scores, "scores.txt"), (Part::Graph, "graph.xml")];

#[test]
fn outputs_are_as_checked_in() {
    let bless = env::var_os("PENGINE_BLESS").is_some_and(|value| value == "1");
    let mut problems = String::new();
    for fixture in fixtures() {
        for ((part, file), found) in OUTPUTS.into_iter().zip(outputs(&fixture)) {
            let path = fixture.join(file);
            if bless {
                fs::write(&path, found).unwrap();
                continue;
            }
            let problem = match fs::read_to_string(&path) {
                Ok(expected) => compare_exactly(part, &found, &expected).map(|difference| difference.to_string()),
                Err(error) => Some(format!("  {error}")),
            };
            problems.extend(problem.map(|problem| format!("{}:\n{problem}\n", path.display())));
        }
    }
    assert!(problems.is_empty(), "{problems}");
}

#[test]
fn the_table_has_every_fixture() {
    let table = fs::read_to_string(folder().join("README.md")).unwrap();
    for fixture in fixtures() {
        let name = fixture.file_name().unwrap().to_str().unwrap();
        assert!(table.contains(&format!("| [{name}]({name}) |")), "{name} is not in the table of fixtures/README.md");
        let says = fs::read_to_string(fixture.join("README.md")).unwrap();
        assert!(!says.trim().is_empty(), "{name} does not say what it shows");
    }
    let rows = table.lines().filter(|line| line.starts_with("| [")).count();
    assert_eq!(rows, fixtures().len(), "the table of fixtures/README.md has rows without a fixture");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn fixtures() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut fixtures: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    fixtures.sort();
    fixtures
}

/// Summary, scores and graph.
fn outputs(fixture: &Path) -> [String; 3] {
    let text = fs::read_to_string(fixture.join("cib.xml")).unwrap();
    let options = fs::read_to_string(fixture.join("options")).unwrap_or_default();
    let options = session_options(&options);
    let run = |options: &SessionOptions| {
        let cib = Cib::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", fixture.display()));
        simulate(cib, options).unwrap_or_else(|error| panic!("{}: {error}", fixture.display()))
    };
    let all = run(&options);
    let scores = run(&SessionOptions { show_scores: true, quiet: true, ..options });
    [merged(&all.output), merged(&scores.output), all.graph.expect("it was asked for")]
}

/// The options of `pengine simulate -S` and those words.
fn session_options(words: &str) -> SessionOptions {
    let mut options = SessionOptions {
        process: true,
        execute: true,
        graph: true,
        sanitized: true,
        real_now: REAL_NOW,
        ..SessionOptions::default()
    };
    let mut words = words.split_whitespace();
    while let Some(option) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("{option} needs a value")).to_owned();
        let Injections { quorum, watchdog: _, node_up, node_down, node_fail, tickets, operations } = &mut options.injections;
        match option {
            "--node-up" => node_up.push(value()),
            "--node-down" => node_down.push(value()),
            "--node-fail" => node_fail.push(value()),
            "--quorum" => *quorum = Some(value()),
            "--ticket-grant" => tickets.push((TicketChange::Grant, value())),
            "--ticket-revoke" => tickets.push((TicketChange::Revoke, value())),
            "--ticket-standby" => tickets.push((TicketChange::Standby, value())),
            "--op-inject" => operations.push(value()),
            "--op-fail" => options.failures.push(value()),
            "--set-datetime" => options.datetime = Some(value()),
            "--show-failcounts" => options.show_failcounts = true,
            "--show-attrs" => options.show_attributes = true,
            "--show-utilization" => options.show_utilization = true,
            _ => panic!("what is the option {option}?"),
        }
    }
    options
}
