//! The order of names that people expect: numbers in them count as numbers.

use std::cmp::Ordering;

/// Compares names in lower case, runs of digits as numbers: `node9` before `node10` (CIB-87).
#[must_use]
pub fn compare_names(a: &str, b: &str) -> Ordering {
    let _ = (a, b);
    todo!()
}
