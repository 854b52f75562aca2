//! The order of names that people expect: numbers in them count as numbers.

use std::cmp::Ordering;

/// Compares names in lower case, runs of digits as numbers: `node9` before `node10` (CIB-87).
#[must_use]
pub fn compare_names(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let ([first_a, rest_a @ ..], [first_b, rest_b @ ..]) = (a, b) {
        let order = if first_a.is_ascii_digit() && first_b.is_ascii_digit() {
            let (digits_a, behind_a) = split_digits(a);
            let (digits_b, behind_b) = split_digits(b);
            (a, b) = (behind_a, behind_b);
            compare_numbers(digits_a, digits_b).then(digits_a.len().cmp(&digits_b.len()))
        } else {
            (a, b) = (rest_a, rest_b);
            first_a.to_ascii_lowercase().cmp(&first_b.to_ascii_lowercase())
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

/// Compares numbers of any length by their digits.
fn compare_numbers(a: &[u8], b: &[u8]) -> Ordering {
    let leading_zeros = |digits: &[u8]| digits.iter().take_while(|&&digit| digit == b'0').count();
    let (a, b) = (a.split_at(leading_zeros(a)).1, b.split_at(leading_zeros(b)).1);
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let names = ["node", "node7", "node07", "node9", "NODE10", "node10a", "remotenode9"];
        assert!(names.is_sorted_by(|a, b| compare_names(a, b) == Ordering::Less));
        assert_eq!(compare_names("Node1", "nODE1"), Ordering::Equal);
        assert_eq!(compare_names("n99999999999999999999", "n100000000000000000000"), Ordering::Less);
    }
}
