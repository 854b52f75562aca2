//! Texts as XML attribute values and ids.

use std::fmt;

/// A text with the characters escaped that can't stand in an attribute value (GRAPH-34).
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'t>(pub &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, self.0)
    }
}

/// Writes a text with the characters escaped that can't stand in an attribute value.
///
/// # Errors
///
/// Those of `out`; a string has none.
pub fn write_escaped(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'<' | b'>' | b'&' | b'"' | 0..=0x1f | 0x7f)) {
        out.write_str(&rest[..at])?;
        match rest.as_bytes()[at] {
            b'<' => out.write_str("&lt;")?,
            b'>' => out.write_str("&gt;")?,
            b'&' => out.write_str("&amp;")?,
            b'"' => out.write_str("&quot;")?,
            byte => write!(out, "&#x{byte:02X};")?,
        }
        rest = &rest[at + 1..];
    }
    out.write_str(rest)
}

/// Writes ` name="value"`, the value escaped.
///
/// # Errors
///
/// Those of `out`; a string has none.
pub fn write_attribute(out: &mut impl fmt::Write, name: &str, value: &str) -> fmt::Result {
    out.write_str(" ")?;
    out.write_str(name)?;
    out.write_str("=\"")?;
    write_escaped(out, value)?;
    out.write_str("\"")
}

/// Makes a valid XML id, or name of an element, of a text.
#[must_use]
pub fn xml_id(text: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut id: String = text.chars().map(|c| if allowed(c) { c } else { '.' }).collect();
    if id.starts_with(|c: char| !(c.is_alphabetic() || c == '_')) {
        id.replace_range(..id.chars().next().map_or(0, char::len_utf8), "_");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_ends_a_value_and_control_characters() {
        assert_eq!(Escaped("a<b>\"&'é\t\x7f").to_string(), "a&lt;b&gt;&quot;&amp;'é&#x09;&#x7F;");
    }

    #[test]
    fn ids_are_made_valid() {
        assert_eq!(xml_id("1-fail-count-R#stop_0"), "_-fail-count-R.stop_0");
        assert_eq!(xml_id("status-n1"), "status-n1");
    }
}
