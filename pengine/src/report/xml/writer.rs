//! Writing XML element by element, two blanks a level.

use std::borrow::Cow;
use std::fmt::{Display, Write};

use crate::cib::{Escaped, write_attribute};

/// A start tag in the making.
pub(super) struct Element<'n> {
    name: Cow<'n, str>,
    tag: String,
}

impl<'n> Element<'n> {
    pub(super) fn new(name: impl Into<Cow<'n, str>>) -> Self {
        let name = name.into();
        Self { tag: format!("<{name}"), name }
    }

    /// An attribute. Escaping is done here.
    pub(super) fn with(mut self, name: &str, value: impl Display) -> Self {
        let value = value.to_string();
        // Writing into a string can't fail.
        let _ = write_attribute(&mut self.tag, name, &value);
        self
    }

    /// An attribute that is there only if it has a value.
    pub(super) fn with_some(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

/// A document in the making.
#[derive(Default)]
pub(super) struct Document {
    text: String,
    depth: usize,
}

impl Document {
    /// An element without content.
    pub(super) fn empty(&mut self, element: Element<'_>) {
        self.indent();
        let _ = writeln!(self.text, "{}/>", element.tag);
    }

    /// An element that holds a text.
    pub(super) fn text(&mut self, element: Element<'_>, text: &str) {
        self.indent();
        let _ = writeln!(self.text, "{}>{}</{}>", element.tag, Escaped(text), element.name);
    }

    /// An element with the content that `write` writes; an empty one if it writes nothing.
    pub(super) fn nest(&mut self, element: Element<'_>, write: impl FnOnce(&mut Self)) {
        self.indent();
        self.text.push_str(&element.tag);
        let tag_end = self.text.len();
        self.text.push_str(">\n");
        let begin = self.text.len();
        self.depth += 1;
        write(self);
        self.depth -= 1;
        if self.text.len() == begin {
            self.text.truncate(tag_end);
            self.text.push_str("/>\n");
        } else {
            self.indent();
            let _ = writeln!(self.text, "</{}>", element.name);
        }
    }

    fn indent(&mut self) {
        let _ = write!(self.text, "{:width$}", "", width = 2 * self.depth);
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_without_content_close_themselves() {
        let mut document = Document::default();
        document.nest(Element::new("a").with("x", "<&"), |document| {
            document.nest(Element::new("b"), |_| {});
            document.text(Element::new("c").with_some("y", None::<&str>), "\"1\" < 2");
        });
        let expected = "<a x=\"&lt;&amp;\">\n  <b/>\n  <c>&quot;1&quot; &lt; 2</c>\n</a>\n";
        assert_eq!(document.finish(), expected);
    }
}
