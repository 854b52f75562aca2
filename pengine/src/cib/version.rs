//! Version texts.

use std::cmp::Ordering;

use super::leading_integer;

/// The feature set that this engine's decisions are those of.
pub const FEATURE_SET: &str = "3.20.5";

/// Compares versions number by number; missing parts count as 0 (CIB-83).
#[must_use]
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (Some(a.trim_start()), Some(b.trim_start()));
    while a.is_some() || b.is_some() {
        let order = next_number(&mut a).cmp(&next_number(&mut b));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// Takes the number at the front; what stands behind a single dot is left.
fn next_number(text: &mut Option<&str>) -> i64 {
    let number = text.take().filter(|text| text.starts_with(|first: char| first.is_ascii_digit())).and_then(leading_integer);
    *text = number.and_then(|number| number.rest.strip_prefix('.'));
    number.map_or(0, |number| number.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(compare_versions("1.10", "1.10.0"), Ordering::Equal);
        assert_eq!(compare_versions("1.9", "1.10"), Ordering::Less);
        assert_eq!(compare_versions(" 4.0.0", FEATURE_SET), Ordering::Greater);
        assert_eq!(compare_versions("3.20.5-rc1", FEATURE_SET), Ordering::Equal);
        assert_eq!(compare_versions("none", "0"), Ordering::Equal);
        assert_eq!(compare_versions("1..5", "1.0"), Ordering::Equal);
    }
}
