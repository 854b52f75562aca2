//! Numbers as text, of which graphs and histories are full: the formatting of the standard library would take a tenth of the
//! time of a plan.

use smol_str::SmolStr;

/// The decimal digits of a number of up to 64 bits, with a minus in front if it is negative.
pub(crate) fn digits(number: impl Into<i128>) -> SmolStr {
    let number = number.into();
    if number == 0 {
        // What most intervals are.
        return SmolStr::new_static("0");
    }
    let mut text = [b'-'; 21];
    let (mut start, mut left) = (text.len(), u64::try_from(number.unsigned_abs()).unwrap_or(u64::MAX));
    while left > 0 {
        start -= 1;
        // A digit is less than ten.
        text[start] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    start -= usize::from(number < 0);
    std::str::from_utf8(&text[start..]).map(SmolStr::new).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn digits_are_those_that_display_writes() {
        for number in [0, 7, 10, 99, 100, -1, -10, i64::MAX, i64::MIN] {
            assert_eq!(digits(number), number.to_string());
        }
        assert_eq!(digits(u64::MAX), u64::MAX.to_string());
    }
}
