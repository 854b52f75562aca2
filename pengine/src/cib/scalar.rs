//! The small value syntaxes of a CIB: integers and booleans.

/// What [`leading_integer`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeadingInteger<'t> {
    /// The number, clipped to 64 bits.
    pub value: i64,
    /// Whether it had to be clipped.
    pub overflow: bool,
    /// The text behind the digits.
    pub rest: &'t str,
}

/// Reads an integer at the start of a text: optional white space, sign, digits; the rest is left (CIB-79).
#[must_use]
pub fn leading_integer(text: &str) -> Option<LeadingInteger<'_>> {
    let trimmed = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (negative, digits) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, &trimmed[1..]),
        Some(b'+') => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let (digits, rest) = digits.split_at(length);
    let (value, overflow) = match digits.parse::<i64>() {
        Ok(value) => (if negative { -value } else { value }, false),
        // The smallest number has no positive counterpart, and is the one clipped value that is exact.
        Err(_) => {
            (if negative { i64::MIN } else { i64::MAX }, !(negative && digits.trim_start_matches('0') == "9223372036854775808"))
        }
    };
    Some(LeadingInteger { value, overflow, rest })
}

/// Reads an integer and ignores what stands behind it.
#[must_use]
pub fn parse_integer(text: &str) -> Option<i64> {
    leading_integer(text).map(|number| number.value)
}

/// Reads a boolean (CIB-77): `true on yes y 1`, `false off no n 0` in any case; anything else is invalid.
#[must_use]
pub fn parse_bool(text: &str) -> Option<bool> {
    const TRUE: [&str; 5] = ["true", "on", "yes", "y", "1"];
    const FALSE: [&str; 5] = ["false", "off", "no", "n", "0"];
    if TRUE.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        Some(true)
    } else if FALSE.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        Some(false)
    } else {
        None
    }
}

/// Whether a text is a boolean that is true.
#[must_use]
pub fn is_true(text: &str) -> bool {
    parse_bool(text) == Some(true)
}
