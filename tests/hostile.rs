//! Whatever bytes come, nothing panics: what a fuzzer calls, with arbitrary bytes and with fixtures that were tampered with.
//!
//! The seed is fixed, so that a run can be repeated; `PROPTEST_RNG_SEED` and `PROPTEST_CASES` in the environment try others, and more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod repeatable;

use std::fs;
use std::path::Path;

use pengine::{Cib, Settings, schedule};
use pengine_tests::entry::{self, ENTRIES, Entry};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use repeatable::config;

/// What may be put anywhere.
const TOKENS: [&str; 24] = [
    "",
    "<",
    "/>",
    "\"",
    "&lt;",
    "&#0;",
    "]]>",
    "<!--",
    "<rule id='r'>",
    "</rule>",
    "<rule id-ref='where'/>",
    "id=\"1\"",
    "INFINITY",
    "-INFINITY",
    "99999999999999999999",
    "-1",
    "P9999999Y",
    "9999999-12-31T23:59:60Z",
    "2026-W53-7",
    "0-",
    "\u{fc}\u{10ffff}",
    "%1(",
    "\0",
    ":",
];

/// Bytes to begin with, besides fixtures.
const SEEDS: [&str; 8] = [
    "<expression id='e' attribute='site' operation='eq' value='north'/>",
    "<expression id='e' attribute='site' operation='gte' type='version' value='1.2'/><rule id='r' boolean-op='or'/>",
    "<date_expression id='d' operation='in_range' start='2026-01-01' end='2026-002'><duration id='u' weeks='2'/></date_expression>",
    "<date_expression id='d' operation='date_spec'><date_spec id='s' hours='9-16' weekdays='1-5' yeardays='1-' moon='4'/></date_expression>",
    "2026-11-26T03:15:00+01:30",
    "P1Y2M3W4DT5H6M7S",
    "2026-330 / P1M",
    "1500ms",
];

/// One change of some bytes.
#[derive(Debug, Clone)]
enum Change {
    Cut(Index, usize),
    Repeat(Index, usize),
    Insert(Index, &'static str),
    Overwrite(Index, u8),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let at = |index: &Index| index.index(bytes.len() + 1);
        match self {
            Change::Cut(index, length) => {
                let at = at(index);
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Change::Repeat(index, length) => {
                let at = at(index);
                let repeated = bytes[at..(at + length).min(bytes.len())].to_vec();
                bytes.splice(at..at, repeated);
            }
            Change::Insert(index, token) => {
                let at = at(index);
                bytes.splice(at..at, token.bytes());
            }
            Change::Overwrite(index, byte) => {
                let at = at(index);
                bytes.splice(at..(at + 1).min(bytes.len()), [*byte]);
            }
        }
    }
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (any::<Index>(), 1..400_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
        (any::<Index>(), select(&TOKENS[..])).prop_map(|(at, token)| Change::Insert(at, token)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Overwrite(at, byte)),
    ]
}

/// The fixtures, and what else there is to begin with.
fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let mut folders: Vec<_> =
        fs::read_dir(folder).expect("fixtures are part of the project").flatten().map(|at| at.path()).collect();
    folders.sort();
    let fixtures = folders.iter().filter_map(|folder| fs::read(folder.join("cib.xml")).ok());
    fixtures.chain(SEEDS.map(|seed| seed.as_bytes().to_vec())).collect()
}

fn tampered() -> impl Strategy<Value = Vec<u8>> {
    (select(seeds()), vec(changes(), 0..6)).prop_map(|(mut bytes, changes)| {
        changes.iter().for_each(|change| change.apply(&mut bytes));
        bytes
    })
}

fn entries() -> impl Strategy<Value = (&'static str, Entry)> {
    select(&ENTRIES[..])
}

/// What fuzzing found, and which entry point could not bear it.
const FOUND: [(Entry, &[u8]); 1] = [(entry::dates, b"P-3000103333333H")];

#[test]
fn what_fuzzing_found_is_borne() {
    FOUND.iter().for_each(|(entry, bytes)| entry(bytes));
}

#[test]
fn any_time_is_borne() {
    for bytes in seeds() {
        let Ok(cib) = Cib::parse(String::from_utf8(bytes).unwrap()) else { continue };
        for now in [i64::MIN, -1, i64::MAX] {
            let _ = schedule(&cib, &Settings { now, ..Settings::default() }).transition();
        }
    }
}

proptest! {
    #![proptest_config(config(256, None))]

    #[test]
    fn arbitrary_bytes_are_borne((_, entry) in entries(), bytes in vec(any::<u8>(), 0..600)) {
        entry(&bytes);
    }

    #[test]
    fn arbitrary_text_is_borne((_, entry) in entries(), text in "\\PC{0,200}") {
        entry(text.as_bytes());
    }

    #[test]
    fn what_was_tampered_with_is_borne((_, entry) in entries(), bytes in tampered()) {
        entry(&bytes);
    }
}
