//! Version texts.

use std::cmp::Ordering;

/// The feature set that this engine's decisions are those of.
pub const FEATURE_SET: &str = "3.20.5";

/// Compares versions number by number; missing parts count as 0 (CIB-83).
#[must_use]
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    let _ = (a, b);
    todo!()
}
