//! Simulated lives, each of which follows from its number: `PENGINE_SEED=N` lives one again, `PENGINE_LIVES=N` as many as that.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::panic::catch_unwind;
use std::sync::Mutex;
use std::thread::{available_parallelism, scope};

/// Lives so many lives unless told otherwise, several at a time, and names those that don't end well.
pub fn all_end_well(usual: u64, live: fn(u64) -> Vec<String>) {
    let seeds = match number("PENGINE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("PENGINE_LIVES").unwrap_or(usual),
    };
    let (seeds, ended_badly) = (Mutex::new(seeds), Mutex::new(Vec::new()));
    let live_on = || {
        while let Some(seed) = { seeds.lock().unwrap().next() } {
            if catch_unwind(|| live(seed)).is_err() {
                ended_badly.lock().unwrap().push(seed);
            }
        }
    };
    scope(|scope| {
        for _ in 0..available_parallelism().map_or(1, usize::from) {
            scope.spawn(live_on);
        }
    });
    let ended_badly = ended_badly.into_inner().unwrap();
    assert!(ended_badly.is_empty(), "the lives with PENGINE_SEED={ended_badly:?} did not end well");
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
