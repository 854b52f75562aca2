//! `rsc-pattern`: POSIX extended regular expressions, searched without anchors (PLACE-33).

use std::iter::Peekable;
use std::str::Chars;

use regex_lite::{Regex, RegexBuilder};

/// Compiles a POSIX extended regular expression; nothing if it is none.
pub fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(&translate(pattern)?).dot_matches_new_line(true).build().ok()
}

/// What `text` matches: the whole match and its groups, which are empty where they took no part. Nothing without a match.
pub fn submatches(expression: &Regex, text: &str) -> Option<Vec<String>> {
    let captures = expression.captures(text)?;
    Some(captures.iter().map(|group| group.map_or_else(String::new, |group| group.as_str().to_owned())).collect())
}

/// Rewrites what the two syntaxes disagree on; nothing if it is wrong in POSIX and right in [`regex_lite`].
fn translate(pattern: &str) -> Option<String> {
    let mut translated = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern.chars().peekable();
    let mut open = 0_usize;
    while let Some(next) = rest.next() {
        match next {
            '\\' => translate_escape(rest.next()?, &mut translated),
            '[' => translate_bracket(&mut rest, &mut translated)?,
            '(' if rest.peek() == Some(&'?') => return None,
            '(' => {
                open += 1;
                translated.push('(');
            }
            // A closing parenthesis without an opening one is an ordinary character.
            ')' if open == 0 => translated.push_str("\\)"),
            ')' => {
                open -= 1;
                translated.push(')');
            }
            // Another repetition behind one repeats what is there; it doesn't make it lazy.
            '*' | '+' | '?' => translate_repetition(next, &mut rest, &mut translated),
            other => translated.push(other),
        }
    }
    Some(translated)
}

fn translate_escape(escaped: char, translated: &mut String) {
    match escaped {
        // Word characters, spaces and word boundaries are extensions that both have.
        'w' | 'W' | 's' | 'S' | 'b' | 'B' => translated.extend(['\\', escaped]),
        '<' => translated.push_str("\\b{start}"),
        '>' => translated.push_str("\\b{end}"),
        other => translated.push_str(&regex_lite::escape(other.encode_utf8(&mut [0; 4]))),
    }
}

/// Repetitions one behind the other are together what the widest of them is.
fn translate_repetition(first: char, rest: &mut Peekable<Chars<'_>>, translated: &mut String) {
    let mut repetition = first;
    while let Some(&next @ ('*' | '+' | '?')) = rest.peek() {
        if next != repetition {
            repetition = '*';
        }
        rest.next();
    }
    translated.push(repetition);
}

/// In brackets a backslash is an ordinary character, and a closing bracket, too, if it stands first.
fn translate_bracket(rest: &mut Peekable<Chars<'_>>, translated: &mut String) -> Option<()> {
    translated.push('[');
    if rest.next_if_eq(&'^').is_some() {
        translated.push('^');
    }
    let mut first = true;
    loop {
        match rest.next()? {
            ']' if !first => break,
            '[' if rest.peek() == Some(&':') => translate_class(rest, translated)?,
            special @ ('[' | ']' | '\\' | '&' | '~' | '^') => translated.extend(['\\', special]),
            // A hyphen that begins or ends the brackets is an ordinary character; two must not look like an operator.
            '-' if first || rest.peek() == Some(&']') => translated.push_str("\\-"),
            other => translated.push(other),
        }
        first = false;
    }
    translated.push(']');
    Some(())
}

/// Copies a class such as `[:alpha:]`, whose opening bracket was read.
fn translate_class(rest: &mut Peekable<Chars<'_>>, translated: &mut String) -> Option<()> {
    translated.push('[');
    loop {
        let next = rest.next()?;
        translated.push(next);
        if next == ']' {
            return Some(());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        compile(pattern).unwrap().is_match(text)
    }

    #[test]
    fn searches_without_anchors_and_in_exact_case() {
        assert!(matches("rsc3.*", "my-rsc3"));
        assert!(matches("^rsc[0-9]$", "rsc3"));
        assert!(!matches("^rsc[0-9]$", "rsc34"));
        assert!(!matches("RSC", "rsc"));
    }

    #[test]
    fn brackets_are_those_of_posix() {
        assert!(matches(r"^[\d]$", r"\"));
        assert!(!matches(r"^[\d]$", "7"));
        assert!(matches("^[]a]+$", "a]"));
        assert!(matches("^[^]]$", "a"));
        assert!(matches("^[[:digit:][]+$", "4["));
        assert!(matches("^[a&&b-]+$", "a&b-"));
        assert!(compile("[a").is_none());
    }

    #[test]
    fn escapes_are_those_of_posix() {
        assert!(matches(r"^\d$", "d"));
        assert!(matches(r"^a\.b$", "a.b"));
        assert!(matches("a)", "a)"));
        assert!(compile("a\\").is_none());
        assert!(compile("(?i)a").is_none());
        assert!(compile("(a").is_none());
        assert!(compile("*a").is_none());
    }

    #[test]
    fn groups_are_submatches() {
        let expression = compile("^web-([a-z]+)(-x)?([0-9]*?)$").unwrap();
        assert_eq!(submatches(&expression, "web-db42").unwrap(), ["web-db42", "db", "", "42"]);
        assert_eq!(submatches(&expression, "db"), None);
    }
}
