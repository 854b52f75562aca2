//! Nested lists with headings, as the text output lays them out, and notes that go to the error stream.

use std::fmt::{Display, Write};

/// A part of what was written to one of the two streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// For standard output.
    Out(String),
    /// For standard error.
    Err(String),
}

/// What a run writes, in the order in which a terminal would show it.
#[derive(Debug, Clone, Default)]
pub struct Page {
    chunks: Vec<Chunk>,
    text: String,
    delivered: usize,
    depth: usize,
    plain: bool,
    separate: bool,
}

impl Page {
    /// An empty page; a plain one has neither headings nor indentation nor bullets (SIM-32).
    #[must_use]
    pub fn new(plain: bool) -> Self {
        Self { plain, ..Self::default() }
    }

    /// Opens a list below a heading (SIM-30).
    pub fn begin(&mut self, heading: impl Display) {
        if !self.plain {
            self.bullet();
            let _ = writeln!(self.text, "{heading}:");
        }
        self.depth += 1;
    }

    /// Closes the list that was opened last.
    pub fn end(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// An item of the list that is open.
    pub fn item(&mut self, item: impl Display) {
        if !self.plain {
            self.bullet();
        }
        let _ = writeln!(self.text, "{item}");
        self.delivered = self.text.len();
    }

    /// An item with a list of its own, which [`Page::end`] closes.
    pub fn open(&mut self, item: impl Display) {
        self.item(item);
        self.depth += 1;
    }

    fn bullet(&mut self) {
        if self.depth > 0 {
            let _ = write!(self.text, "{:width$}* ", "", width = 2 * self.depth);
        }
    }

    /// A line that no list indents.
    pub fn line(&mut self, line: impl Display) {
        let _ = writeln!(self.text, "{line}");
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// An empty line if a section stands above, and notes that one does now (SIM-34).
    pub fn begin_section(&mut self) {
        self.separate_section();
        self.separate = true;
    }

    /// An empty line if a section stands above.
    pub fn separate_section(&mut self) {
        if self.separate {
            self.blank();
        }
    }

    /// Notes that a section stands above.
    pub fn mark_section(&mut self) {
        self.separate = true;
    }

    /// A line for the error stream. It overtakes what was written since the last item (SIM-31).
    pub fn note(&mut self, note: impl Display) {
        let waiting = self.text.split_off(self.delivered);
        let delivered = std::mem::replace(&mut self.text, waiting);
        self.delivered = 0;
        if !delivered.is_empty() {
            self.chunks.push(Chunk::Out(delivered));
        }
        self.chunks.push(Chunk::Err(format!("{note}\n")));
    }

    /// All that was written.
    #[must_use]
    pub fn finish(mut self) -> Vec<Chunk> {
        if !self.text.is_empty() {
            self.chunks.push(Chunk::Out(self.text));
        }
        self.chunks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_nest() {
        let mut page = Page::new(false);
        page.begin("Outer");
        page.begin("Inner");
        page.item("one");
        page.end();
        page.item("two");
        page.end();
        assert_eq!(page.finish(), [Chunk::Out("Outer:\n  * Inner:\n    * one\n  * two\n".to_owned())]);
    }

    #[test]
    fn a_note_overtakes_a_heading_without_items() {
        let mut page = Page::new(false);
        page.begin("First");
        page.item("one");
        page.end();
        page.begin("Second");
        page.note("careful");
        let expected =
            [Chunk::Out("First:\n  * one\n".to_owned()), Chunk::Err("careful\n".to_owned()), Chunk::Out("Second:\n".to_owned())];
        assert_eq!(page.finish(), expected);
    }

    #[test]
    fn plain_pages_have_items_only() {
        let mut page = Page::new(true);
        page.begin("Scores");
        page.item("one");
        page.end();
        assert_eq!(page.finish(), [Chunk::Out("one\n".to_owned())]);
    }
}
