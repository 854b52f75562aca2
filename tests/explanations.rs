//! Explanations of fixtures are as checked in, and every resource and action of every fixture can be explained.
//!
//! A fixture may have files `explain-RESOURCE.txt`, `explain-action-KEY.txt` and `explain-diff-FIXTURE.txt`, each with what
//! `pengine explain` says of that. With `PENGINE_BLESS=1` in the environment they are written anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use pengine::cib::Score;
use pengine::explain::{Unknown, explain, explain_action, explain_difference};
use pengine::report::document::ScoreEntry;
use pengine::simulate::EffectiveTime;
use pengine::{Cib, Settings, schedule};
use pengine_tests::REAL_NOW;

fn fixtures() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut fixtures: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    fixtures.sort();
    fixtures
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn read(fixture: &Path) -> (Cib, Settings) {
    let cib = Cib::parse(fs::read_to_string(fixture.join("cib.xml")).unwrap()).unwrap();
    let now = EffectiveTime::of(&cib, None, REAL_NOW).now;
    (cib, Settings { now, sanitized: true, keep_scores: true, ..Settings::default() })
}

/// What is said of a question in the form of a file's name.
fn answer(fixture: &Path, question: &str) -> Result<String, Unknown> {
    let (cib, settings) = read(fixture);
    if let Some(key) = question.strip_prefix("action-") {
        return Ok(explain_action(&cib, &settings, key, None)?.to_text());
    }
    if let Some(other) = question.strip_prefix("diff-") {
        let (other, settings_then) = read(&folder().join(other));
        return Ok(explain_difference([(&cib, &settings), (&other, &settings_then)], None)?.to_text());
    }
    Ok(explain(&cib, &settings, question, None)?.to_text())
}

#[test]
fn pages_are_as_checked_in() {
    let bless = env::var_os("PENGINE_BLESS").is_some_and(|value| value == "1");
    let (mut seen, mut problems) = (0, String::new());
    for fixture in fixtures() {
        for path in fs::read_dir(&fixture).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let Some(question) = name.strip_prefix("explain-").and_then(|rest| rest.strip_suffix(".txt")) else { continue };
            let found = answer(&fixture, question).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            seen += 1;
            if bless {
                fs::write(&path, found).unwrap();
            } else if fs::read_to_string(&path).unwrap() != found {
                problems.push_str(&format!("{} is now:\n{found}\n", path.display()));
            }
        }
    }
    assert!(seen > 0, "there is nothing to compare");
    assert!(problems.is_empty(), "{problems}");
}

#[test]
fn every_resource_can_be_explained_by_the_scores_that_are_printed() {
    for fixture in fixtures() {
        let (cib, settings) = read(&fixture);
        let mut printed: BTreeMap<String, BTreeMap<String, Score>> = BTreeMap::new();
        for entry in schedule(&cib, &settings).scores() {
            if let ScoreEntry::Assignment { step, resource, node, score } = entry
                && step == pengine::explain::AssignStep::Primitive
            {
                printed.entry(resource).or_default().insert(node, score);
            }
        }
        for (resource, scores) in printed {
            let explanation = explain(&cib, &settings, &resource, None).unwrap();
            assert_eq!(explanation.resource, resource, "{}", fixture.display());
            let explained = explanation.nodes.iter().map(|at| (at.node.clone(), at.score)).collect();
            assert_eq!(scores, explained, "{} {resource}", fixture.display());
            for at in &explanation.nodes {
                let sum = at.contributions.iter().fold(Score::ZERO, |sum, next| sum + next.score);
                assert_eq!(sum, at.score, "{} {resource} {}", fixture.display(), at.node);
            }
            if let Some(change) = explanation.change {
                let stays = explanation.assigned_to == Some(change.assigned_to);
                let is_held = explanation.actions.iter().any(|at| at.verdict == pengine::explain::Verdict::Impossible);
                assert!(!stays || is_held, "{} {resource}: nothing would change", fixture.display());
            }
        }
    }
}

#[test]
fn every_action_can_be_explained() {
    for fixture in fixtures() {
        let (cib, settings) = read(&fixture);
        let transition = schedule(&cib, &settings).transition();
        let names = |name| transition.synapses.iter().filter_map(move |synapse| synapse.action.attribute(name));
        let keys: BTreeSet<&str> = names("internal_operation_key").chain(names("operation_key")).collect();
        for key in keys {
            let report = explain_action(&cib, &settings, key, None);
            let is_found = report.as_ref().is_ok_and(|report| report.absent.is_none() && !report.found.is_empty());
            assert!(is_found, "{} {key}: {report:?}", fixture.display());
        }
    }
}

#[test]
fn what_is_the_same_does_not_differ() {
    let (cib, settings) = read(&folder().join("web-standby"));
    let difference = explain_difference([(&cib, &settings), (&cib, &settings)], None).unwrap();
    assert_eq!(difference.to_text(), "Nothing differs.\n");
    let unknown = explain_difference([(&cib, &settings), (&cib, &settings)], Some("nothing"));
    assert_eq!(unknown, Err(Unknown::Resource("nothing".to_owned())));
}
