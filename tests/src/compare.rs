//! How outputs are compared: white space and empty lines don't count, nor the order of lines where it has no meaning.

use std::borrow::Cow;
use std::fmt;

/// A part of what a case is expected to put out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Part {
    Summary,
    Scores,
    Dot,
    Graph,
    Stderr,
}

/// All parts.
pub const PARTS: [Part; 5] = [Part::Summary, Part::Scores, Part::Dot, Part::Graph, Part::Stderr];

impl Part {
    /// The part's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Part::Summary => "summary",
            Part::Scores => "scores",
            Part::Dot => "dot",
            Part::Graph => "graph",
            Part::Stderr => "stderr",
        }
    }

    /// The folder that the expected outputs are in, and their extension.
    #[must_use]
    pub fn folder(self) -> &'static str {
        if self == Part::Graph { "exp" } else { self.name() }
    }
}

/// What a case put out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outputs {
    pub(crate) summary: String,
    pub(crate) scores: String,
    pub(crate) dot: String,
    pub(crate) graph: String,
    pub(crate) stderr: String,
}

/// A part that is not as expected, from the first line that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The part.
    pub part: Part,
    /// The lines that are expected from there on; nothing if they ended.
    expected: Vec<String>,
    /// The lines that came.
    found: Vec<String>,
}

/// How many lines of a difference are told.
const TOLD: usize = 3;

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}:", self.part.name())?;
        for line in self.expected.iter().take(TOLD) {
            write!(f, "\n    - {line}")?;
        }
        for line in self.found.iter().take(TOLD) {
            write!(f, "\n    + {line}")?;
        }
        Ok(())
    }
}

/// Compares a part with what is expected; nothing if they are the same.
pub(crate) fn compare(part: Part, outputs: &Outputs, expected: &str) -> Option<Difference> {
    let mut found: Vec<Cow<'_, str>> = match part {
        Part::Summary => lines(&outputs.summary),
        Part::Stderr => lines(&outputs.stderr),
        Part::Graph => graph_lines(&outputs.graph),
        Part::Scores => lines(&outputs.scores),
        Part::Dot => dot_lines(&outputs.dot),
    };
    if part == Part::Scores {
        found.sort();
    }
    let expected = if part == Part::Graph { graph_lines(expected) } else { lines(expected) };
    difference(part, &significant(&expected), &significant(&found), |a, b| squeeze(a) == squeeze(b))
}

/// Compares a part with what is expected byte by byte; nothing if they are the same.
#[must_use]
pub fn compare_exactly(part: Part, found: &str, expected: &str) -> Option<Difference> {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.split('\n').collect(), found.split('\n').collect());
    difference(part, &expected, &found, |a, b| a == b)
}

fn difference(part: Part, expected: &[&str], found: &[&str], is_same: impl Fn(&str, &str) -> bool) -> Option<Difference> {
    let same = expected.iter().zip(found).take_while(|(a, b)| is_same(a, b)).count();
    if same == expected.len() && same == found.len() {
        return None;
    }
    let rest = |lines: &[&str]| lines.iter().skip(same).map(|&line| line.to_owned()).collect();
    Some(Difference { part, expected: rest(expected), found: rest(found) })
}

fn lines(text: &str) -> Vec<Cow<'_, str>> {
    text.lines().map(Cow::Borrowed).collect()
}

/// The lines between the first and the last have no order, and none counts twice.
fn dot_lines(text: &str) -> Vec<Cow<'_, str>> {
    let mut lines = lines(text);
    if let [_, between @ .., _] = &mut lines[..] {
        between.sort();
    }
    lines.dedup();
    lines
}

/// Two attributes of the graph tell of the program, not of the decision.
fn graph_lines(text: &str) -> Vec<Cow<'_, str>> {
    let without = |line| without_attribute(without_attribute(Cow::Borrowed(line), "crm_feature_set"), "batch-limit");
    text.lines().map(without).collect()
}

fn without_attribute<'t>(line: Cow<'t, str>, name: &str) -> Cow<'t, str> {
    let begin = format!("{name}=\"");
    let Some((before, rest)) = line.split_once(&begin) else { return line };
    let Some((_, after)) = rest.split_once('"') else { return line };
    Cow::Owned(format!("{before}{after}"))
}

fn significant<'a>(lines: &'a [Cow<'_, str>]) -> Vec<&'a str> {
    lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect()
}

fn squeeze(line: &str) -> String {
    line.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_is_compared() {
        let dot = "digraph {\nb -> a\na\nb -> a\n\na\n}\n".to_owned();
        let outputs = Outputs { dot, summary: "* a\n".to_owned(), ..Outputs::default() };
        assert_eq!(compare(Part::Dot, &outputs, "digraph {\na\nb->a\n}"), None);
        assert_eq!(compare(Part::Summary, &outputs, "\n  *a"), None);
        let difference = compare(Part::Summary, &outputs, "* a\n* b").map(|difference| difference.to_string());
        assert_eq!(difference.as_deref(), Some("  summary:\n    - * b"));
    }

    #[test]
    fn every_byte_can_be_compared() {
        assert_eq!(compare_exactly(Part::Summary, "a\nb\n", "a\nb\n"), None);
        let difference = compare_exactly(Part::Summary, "a\n b\n", "a\nb\n").map(|difference| difference.to_string());
        assert_eq!(difference.as_deref(), Some("  summary:\n    - b\n    - \n    +  b\n    + "));
    }

    #[test]
    fn the_graph_may_be_of_another_version() {
        let graph = "<g batch-limit=\"0\" x=\"1\">\n<a crm_feature_set=\"3\"/>".to_owned();
        let outputs = Outputs { graph, ..Outputs::default() };
        assert_eq!(compare(Part::Graph, &outputs, "<g batch-limit=\"9\" x=\"1\">\n<a crm_feature_set=\"4\"/>"), None);
        assert!(compare(Part::Graph, &outputs, "<g x=\"2\">\n<a/>").is_some());
    }
}
