//! Simulated lives, each of which follows from its number: `PENGINE_SEED=N` lives one again, `PENGINE_LIVES=N` as many as that.
#![allow(clippy::panic)]

use std::panic::catch_unwind;

/// Lives so many lives unless told otherwise, and names the first that doesn't end well.
pub fn all_end_well(usual: u64, live: fn(u64) -> Vec<String>) {
    let seeds = match number("PENGINE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("PENGINE_LIVES").unwrap_or(usual),
    };
    for seed in seeds {
        assert!(catch_unwind(|| live(seed)).is_ok(), "the life with PENGINE_SEED={seed} did not end well");
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
