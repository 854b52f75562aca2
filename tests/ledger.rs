//! What a score is made of, added up, gives the score: in every sheet of every fixture and recorded case, and nothing is decided
//! otherwise because somebody asks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::{env, fs};

use pengine::cib::Score;
use pengine::explain::{NodeScore, ScoreSheet};
use pengine::report::document::ScoreEntry;
use pengine::simulate::EffectiveTime;
use pengine::{Cib, Settings, schedule};
use pengine_tests::{REAL_NOW, folder};

#[test]
fn contributions_add_up_in_fixtures() {
    let fixtures = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")).unwrap();
    check_all(fixtures.map(|entry| entry.unwrap().path().join("cib.xml")).filter(|path| path.is_file()).collect());
}

#[test]
fn contributions_add_up_in_recorded_cases() {
    let Some(folder) = folder() else { return };
    let cases = fs::read_dir(folder.join("xml")).unwrap().map(|entry| entry.unwrap().path());
    check_all(cases.filter(|path| path.extension().is_some_and(|extension| extension == "xml")).collect());
}

fn check_all(paths: Vec<PathBuf>) {
    assert!(!paths.is_empty(), "there is nothing to look at");
    let problems: Vec<String> = paths.iter().flat_map(|path| check(path)).collect();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// What is wrong with a cluster's sheets.
fn check(path: &Path) -> Vec<String> {
    let name = path.display();
    let cib = Cib::parse(fs::read_to_string(path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let now = EffectiveTime::of(&cib, None, REAL_NOW).now;
    let plain = Settings { now, sanitized: true, keep_scores: true, ..Settings::default() };
    let asked = Settings { keep_causes: true, ..plain.clone() };
    let (plain, asked) = (schedule(&cib, &plain), schedule(&cib, &asked));
    let sheets: Vec<ScoreSheet> = asked.score_sheets().collect();
    let mut problems: Vec<String> = sheets.iter().flat_map(wrong_sums).map(|problem| format!("{name}: {problem}")).collect();
    let printed = plain.scores().into_iter().filter(|entry| matches!(entry, ScoreEntry::Assignment { .. }));
    if !printed.eq(sheets.iter().flat_map(entries)) {
        problems.push(format!("{name}: the scores differ"));
    }
    if plain.graph() != asked.graph() {
        problems.push(format!("{name}: the graph differs"));
    }
    assert_eq!(plain.score_sheets().count(), 0, "{name}: nobody asked");
    problems
}

fn wrong_sums(sheet: &ScoreSheet) -> Vec<String> {
    let is_wrong = |at: &&NodeScore| at.contributions.iter().fold(Score::ZERO, |sum, next| sum + next.score) != at.score;
    sheet.nodes.iter().filter(is_wrong).map(|at| format!("{}: {at:?}", sheet.resource)).collect()
}

fn entries(sheet: &ScoreSheet) -> impl Iterator<Item = ScoreEntry> {
    sheet.nodes.iter().map(|at| ScoreEntry::Assignment {
        step: sheet.step,
        resource: sheet.resource.clone(),
        node: at.node.clone(),
        score: at.score,
    })
}
