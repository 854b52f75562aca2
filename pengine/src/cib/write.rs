//! XML as text: two blanks a level, attributes in order (GRAPH-33, GRAPH-34).

use super::{ElementRef, Tree, write_attribute};

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
            // Writing into a string can't fail.
            let _ = write_attribute(&mut text, name, value);
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
