//! XML as text: two blanks a level, attributes in order (GRAPH-33, GRAPH-34).

use super::{ElementRef, Tree};

/// Writes an element and all below it.
#[must_use]
pub fn write_xml(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    let tree: &Tree = element.tree();
    // Each step opens an element, or closes one whose children are written; no recursion, however deep the document.
    let mut open = vec![(element.element_id(), 0, false)];
    while let Some((id, depth, closes)) = open.pop() {
        let element = tree.get(id);
        text.extend(std::iter::repeat_n("  ", depth));
        if closes {
            text.extend(["</", element.name(), ">\n"]);
            continue;
        }
        text.extend(["<", element.name()]);
        for (name, value) in element.attributes() {
            push_attribute(&mut text, name, value);
        }
        if element.children().next().is_none() {
            text.push_str("/>\n");
            continue;
        }
        text.push_str(">\n");
        open.push((id, depth, true));
        let first = open.len();
        open.extend(element.children().map(|child| (child.element_id(), depth + 1, false)));
        open[first..].reverse();
    }
    text
}

/// Writes ` name="value"`.
pub fn push_attribute(text: &mut String, name: &str, value: &str) {
    text.extend([" ", name, "=\""]);
    push_escaped(text, value);
    text.push('"');
}

/// Writes a value with what would end or change it escaped (GRAPH-34).
pub fn push_escaped(text: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = rest.find(|next: char| next.is_ascii_control() || matches!(next, '<' | '>' | '&' | '"')) {
        let (plain, special) = rest.split_at(at);
        text.push_str(plain);
        match special.as_bytes()[0] {
            b'<' => text.push_str("&lt;"),
            b'>' => text.push_str("&gt;"),
            b'&' => text.push_str("&amp;"),
            b'"' => text.push_str("&quot;"),
            control => text.push_str(&format!("&#x{control:02X};")),
        }
        rest = &special[1..];
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_indented_and_values_escaped() {
        let mut tree = Tree::default();
        let root = tree.add_root("a");
        let child = tree.add_child_with(root, "b", &[("x", "<\"&'>\u{e9}\t\n\u{7f}"), ("empty", "")]);
        tree.add_child(child, "c");
        tree.add_child(root, "d");
        let expected =
            "<a>\n  <b x=\"&lt;&quot;&amp;'&gt;\u{e9}&#x09;&#x0A;&#x7F;\" empty=\"\">\n    <c/>\n  </b>\n  <d/>\n</a>\n";
        assert_eq!(write_xml(tree.get(root)), expected);
    }
}
