//! The document as an owned tree that can be changed in place: elements in an arena, texts in one buffer.
//!
//! Texts and comments are dropped on reading: a CIB has its meaning in elements and attributes alone (CIB-2).
//! The buffer begins with the document itself, so reading one copies no value but those with escapes in them.

use std::ops::Range;

use crate::arena::{Arena, Id};

/// The place of an element in its [`Tree`].
pub type ElementId = Id<Element>;

/// A text in the tree's buffer.
type Span = Range<u32>;

const NAME_PLACES: usize = 256;

/// An element of a [`Tree`]; read it through [`ElementRef`].
#[derive(Debug, Clone)]
pub struct Element {
    name: Span,
    attributes: Range<u32>,
    parent: Option<ElementId>,
    first_child: Option<ElementId>,
    last_child: Option<ElementId>,
    previous_sibling: Option<ElementId>,
    next_sibling: Option<ElementId>,
    position: u32,
}

/// An owned XML tree.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    text: String,
    elements: Arena<Element>,
    attributes: Vec<(Span, Span)>,
    /// Names that were stored: they are few, and come again with every element that is added. Each has one place here that may be its,
    /// and that the last of those that share it has.
    names: Vec<Span>,
}

/// An element together with its tree, cheap to copy.
#[derive(Clone, Copy)]
pub struct ElementRef<'t> {
    tree: &'t Tree,
    id: ElementId,
}

impl Tree {
    /// Copies the shape of a parsed document, as a tree of its own; returns the root. The tree is to be given the
    /// document's text with [`Tree::adopt_text`].
    pub(super) fn from_document(document: &roxmltree::Document<'_>) -> (Self, ElementId) {
        let text = document.input_text();
        let mut tree = Self::default();
        // Guesses at what a CIB is made of; what is not used of the room costs nothing.
        tree.elements.reserve(text.len() / 120);
        tree.attributes.reserve(text.len() / 24);
        let mut copier = Copier { tree, text, escaped: String::new() };
        let source = document.root_element();
        let root = copier.copy(source, None);
        let mut open = vec![(source.first_element_child(), root)];
        while let Some((next, parent)) = open.pop() {
            let Some(node) = next else { continue };
            open.push((node.next_sibling_element(), parent));
            let id = copier.copy(node, Some(parent));
            open.push((node.first_element_child(), id));
        }
        let Copier { mut tree, escaped, .. } = copier;
        tree.text = escaped;
        (tree, root)
    }

    /// Puts the text that a document was parsed from in front of what it didn't have literally.
    pub(super) fn adopt_text(&mut self, mut text: String) {
        text.push_str(&self.text);
        self.text = text;
    }

    fn store(&mut self, text: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(text);
        index(start)..index(self.text.len())
    }

    fn store_name(&mut self, name: &str) -> Span {
        let [Some(&first), Some(&last)] = [name.as_bytes().first(), name.as_bytes().last()] else { return 0..0 };
        let place = (7 * usize::from(first) + 13 * usize::from(last) + 31 * name.len()) % NAME_PLACES;
        if let Some(known) = self.names.get(place)
            && self.read(known) == name
        {
            return known.clone();
        }
        let span = self.store(name);
        self.names.resize(NAME_PLACES, 0..0);
        self.names[place] = span.clone();
        span
    }

    fn read(&self, span: &Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    fn new_element(&mut self, name: Span, parent: Option<ElementId>) -> ElementId {
        let id = self.elements.alloc(Element {
            name,
            attributes: 0..0,
            parent: None,
            first_child: None,
            last_child: None,
            previous_sibling: None,
            next_sibling: None,
            position: u32::MAX,
        });
        if let Some(parent) = parent {
            self.append(parent, id);
        }
        id
    }

    fn append(&mut self, parent: ElementId, child: ElementId) {
        let last = self.elements[parent].last_child.replace(child);
        match last {
            Some(last) => self.elements[last].next_sibling = Some(child),
            None => self.elements[parent].first_child = Some(child),
        }
        self.elements[child].previous_sibling = last;
        self.elements[child].parent = Some(parent);
    }

    /// The element of that id.
    #[must_use]
    pub fn get(&self, id: ElementId) -> ElementRef<'_> {
        ElementRef { tree: self, id }
    }

    /// Adds an element without parent.
    pub fn add_root(&mut self, name: &str) -> ElementId {
        let name = self.store_name(name);
        self.new_element(name, None)
    }

    /// Adds an element behind the last child of `parent`.
    pub fn add_child(&mut self, parent: ElementId, name: &str) -> ElementId {
        let name = self.store_name(name);
        self.new_element(name, Some(parent))
    }

    /// Adds an element with attributes behind the last child of `parent`.
    pub fn add_child_with(&mut self, parent: ElementId, name: &str, attributes: &[(&str, &str)]) -> ElementId {
        let id = self.add_child(parent, name);
        for (name, value) in attributes {
            self.set(id, name, value);
        }
        id
    }

    /// As [`Tree::add_child_with`], for names that are told only once each.
    pub fn add_child_new<'v>(
        &mut self,
        parent: ElementId,
        name: &str,
        attributes: impl Iterator<Item = (&'v str, &'v str)>,
    ) -> ElementId {
        let id = self.add_child(parent, name);
        let start = self.attributes.len();
        for (name, value) in attributes {
            let pair = (self.store_name(name), self.store(value));
            self.attributes.push(pair);
        }
        self.elements[id].attributes = index(start)..index(self.attributes.len());
        id
    }

    /// Moves an element, and with it all below, from wherever it stands to behind the last child of `parent`.
    pub fn move_to(&mut self, id: ElementId, parent: ElementId) {
        self.remove(id);
        self.append(parent, id);
    }

    /// Moves an element, and with it all below, from wherever it stands to right before `next`.
    pub fn move_before(&mut self, id: ElementId, next: ElementId) {
        let Some(parent) = self.elements[next].parent.filter(|_| id != next) else { return };
        self.remove(id);
        let previous = self.elements[next].previous_sibling.replace(id);
        match previous {
            Some(previous) => self.elements[previous].next_sibling = Some(id),
            None => self.elements[parent].first_child = Some(id),
        }
        let moved = &mut self.elements[id];
        (moved.parent, moved.previous_sibling, moved.next_sibling) = (Some(parent), previous, Some(next));
    }

    fn find_attribute(&self, id: ElementId, name: &str) -> Option<usize> {
        let range = self.elements[id].attributes.clone();
        (range.start as usize..range.end as usize).find(|&at| self.read(&self.attributes[at].0) == name)
    }

    /// Sets an attribute: in place if the element has it, else behind the others.
    pub fn set(&mut self, id: ElementId, name: &str, value: &str) {
        let value = self.store(value);
        if let Some(at) = self.find_attribute(id, name) {
            self.attributes[at].1 = value;
            return;
        }
        let range = self.elements[id].attributes.clone();
        if range.end as usize != self.attributes.len() {
            // The attributes of one element stand together, so they move to the end to grow.
            let start = self.attributes.len();
            self.attributes.extend_from_within(range.start as usize..range.end as usize);
            self.elements[id].attributes = index(start)..index(self.attributes.len());
        }
        let name = self.store_name(name);
        self.attributes.push((name, value));
        self.elements[id].attributes.end = index(self.attributes.len());
    }

    /// Removes an attribute, if the element has it.
    pub fn unset(&mut self, id: ElementId, name: &str) {
        if let Some(at) = self.find_attribute(id, name) {
            let end = self.elements[id].attributes.end as usize;
            self.attributes[at..end].rotate_left(1);
            self.elements[id].attributes.end -= 1;
        }
    }

    /// Changes the name of an attribute, if the element has it.
    pub fn rename_attribute(&mut self, id: ElementId, old: &str, new: &str) {
        if let Some(at) = self.find_attribute(id, old) {
            self.attributes[at].0 = self.store_name(new);
        }
    }

    /// Changes the name of an element.
    pub fn rename(&mut self, id: ElementId, name: &str) {
        self.elements[id].name = self.store_name(name);
    }

    /// Takes an element, and with it all below, out of its parent.
    pub fn remove(&mut self, id: ElementId) {
        let removed = &mut self.elements[id];
        let Some(parent) = removed.parent.take() else { return };
        let (previous, next) = (removed.previous_sibling.take(), removed.next_sibling.take());
        match previous {
            Some(previous) => self.elements[previous].next_sibling = next,
            None => self.elements[parent].first_child = next,
        }
        match next {
            Some(next) => self.elements[next].previous_sibling = previous,
            None => self.elements[parent].last_child = previous,
        }
    }

    /// Copies an element and all below it, from this or another tree, behind the last child of `parent`
    /// (or as a root of its own).
    pub fn add_copy(&mut self, parent: Option<ElementId>, source: ElementRef<'_>) -> ElementId {
        let top = self.copy_one(parent, source);
        let mut open: Vec<(ElementRef<'_>, ElementId)> = vec![(source, top)];
        while let Some((from, to)) = open.pop() {
            for child in from.children() {
                let copy = self.copy_one(Some(to), child);
                open.push((child, copy));
            }
        }
        top
    }

    /// Copies an element of this tree and all below it behind the last child of `parent`.
    pub fn duplicate(&mut self, id: ElementId, parent: ElementId) -> ElementId {
        let top = self.duplicate_one(id, parent);
        let mut open = vec![(id, top)];
        while let Some((from, to)) = open.pop() {
            let mut next = self.elements[from].first_child;
            while let Some(child) = next {
                let copy = self.duplicate_one(child, to);
                open.push((child, copy));
                next = self.elements[child].next_sibling;
            }
        }
        top
    }

    fn duplicate_one(&mut self, id: ElementId, parent: ElementId) -> ElementId {
        let Element { name, attributes, position, .. } = self.elements[id].clone();
        let copy = self.new_element(name, Some(parent));
        self.elements[copy].position = position;
        let start = self.attributes.len();
        self.attributes.extend_from_within(attributes.start as usize..attributes.end as usize);
        self.elements[copy].attributes = index(start)..index(self.attributes.len());
        copy
    }

    fn copy_one(&mut self, parent: Option<ElementId>, source: ElementRef<'_>) -> ElementId {
        let name = self.store_name(source.name());
        let id = self.new_element(name, parent);
        self.elements[id].position = source.data().position;
        let start = self.attributes.len();
        for (name, value) in source.attributes() {
            let pair = (self.store_name(name), self.store(value));
            self.attributes.push(pair);
        }
        self.elements[id].attributes = index(start)..index(self.attributes.len());
        id
    }
}

fn span_length(span: &Span) -> usize {
    (span.end - span.start) as usize
}

/// A document on its way to a tree.
struct Copier<'d> {
    tree: Tree,
    /// The document.
    text: &'d str,
    /// Values that had escapes in them; they come behind the document.
    escaped: String,
}

impl Copier<'_> {
    fn copy(&mut self, node: roxmltree::Node<'_, '_>, parent: Option<ElementId>) -> ElementId {
        let name = self.span(node.tag_name().name());
        let id = self.tree.new_element(name, parent);
        self.tree.elements[id].position = index(node.range().start);
        let start = self.tree.attributes.len();
        for attribute in node.attributes() {
            let pair = (self.span(attribute.name()), self.span(attribute.value()));
            self.tree.attributes.push(pair);
        }
        self.tree.elements[id].attributes = index(start)..index(self.tree.attributes.len());
        id
    }

    /// Where a text stands: in the document itself, or else behind it.
    fn span(&mut self, text: &str) -> Span {
        let start = (text.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        if start.checked_add(text.len()).is_some_and(|end| end <= self.text.len()) {
            return index(start)..index(start + text.len());
        }
        let start = self.text.len() + self.escaped.len();
        self.escaped.push_str(text);
        index(start)..index(start + text.len())
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl std::fmt::Debug for ElementRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} id={:?}>", self.name(), self.attr("id"))
    }
}

impl<'t> ElementRef<'t> {
    /// The id of the element in its tree.
    #[must_use]
    pub fn element_id(self) -> ElementId {
        self.id
    }

    /// The tree that the element stands in.
    #[must_use]
    pub fn tree(self) -> &'t Tree {
        self.tree
    }

    fn data(self) -> &'t Element {
        &self.tree.elements[self.id]
    }

    fn spans(self) -> &'t [(Span, Span)] {
        let range = &self.data().attributes;
        self.tree.attributes.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// The element's name.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.tree.read(&self.data().name)
    }

    /// The value of an attribute; an empty one is there, too (CIB-4).
    #[must_use]
    pub fn attr(self, name: &str) -> Option<&'t str> {
        let mut spans = self.spans().iter();
        // Lengths first: most names that are no match are told apart without looking into the buffer.
        let (_, value) = spans.find(|(at, _)| span_length(at) == name.len() && self.tree.read(at) == name)?;
        Some(self.tree.read(value))
    }

    /// The `id` attribute, if it is there and not empty.
    #[must_use]
    pub fn id(self) -> Option<&'t str> {
        self.attr("id").filter(|id| !id.is_empty())
    }

    /// All attributes in document order.
    pub fn attributes(self) -> impl Iterator<Item = (&'t str, &'t str)> {
        self.spans().iter().map(move |(name, value)| (self.tree.read(name), self.tree.read(value)))
    }

    /// The parent element.
    #[must_use]
    pub fn parent(self) -> Option<ElementRef<'t>> {
        self.data().parent.map(|id| self.tree.get(id))
    }

    /// The child elements in document order.
    pub fn children(self) -> impl Iterator<Item = ElementRef<'t>> {
        let first = self.data().first_child;
        std::iter::successors(first, move |&at| self.tree.elements[at].next_sibling).map(move |id| self.tree.get(id))
    }

    /// The child elements of that name in document order.
    pub fn children_named(self, name: &str) -> impl Iterator<Item = ElementRef<'t>> {
        self.children().filter(move |child| child.name() == name)
    }

    /// The first child element of that name.
    #[must_use]
    pub fn child(self, name: &str) -> Option<ElementRef<'t>> {
        self.children().find(|child| child.name() == name)
    }

    /// The next element behind this one with the same parent.
    #[must_use]
    pub fn next_sibling(self) -> Option<ElementRef<'t>> {
        self.data().next_sibling.map(|id| self.tree.get(id))
    }

    /// This element and all below it, in document order.
    pub fn descendants(self) -> impl Iterator<Item = ElementRef<'t>> {
        std::iter::successors(Some(self), move |at| at.next_below(self.id))
    }

    /// The next element in document order that stands below `top`.
    fn next_below(self, top: ElementId) -> Option<ElementRef<'t>> {
        let mut next = self.data().first_child;
        let mut at = self.id;
        while next.is_none() && at != top {
            next = self.tree.elements[at].next_sibling;
            at = self.tree.elements[at].parent?;
        }
        next.map(|id| self.tree.get(id))
    }

    /// Where the element begins in the text that was parsed, in bytes; nothing for one that was added.
    #[must_use]
    pub fn position(self) -> Option<usize> {
        let at = self.data().position;
        (at != u32::MAX).then_some(at as usize)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tree(text: &str) -> (Tree, ElementId) {
        let (mut tree, root) = Tree::from_document(&roxmltree::Document::parse(text).unwrap());
        tree.adopt_text(text.to_owned());
        (tree, root)
    }

    fn names(tree: &Tree, id: ElementId) -> Vec<&str> {
        tree.get(id).children().map(ElementRef::name).collect()
    }

    #[test]
    fn values_are_read_with_and_without_escapes() {
        let (tree, root) =
            tree("<a x = 'plain' y=\"a&lt;b\" z='' n='l1\nl2' \u{e9}='\u{fc}'><!-- c -->text<b/><![CDATA[d]]></a>");
        let attributes: Vec<_> = tree.get(root).attributes().collect();
        assert_eq!(attributes, [("x", "plain"), ("y", "a<b"), ("z", ""), ("n", "l1 l2"), ("\u{e9}", "\u{fc}")]);
        assert_eq!(tree.get(root).attr("z"), Some(""));
        assert_eq!(tree.get(root).attr("w"), None);
        assert_eq!(names(&tree, root), ["b"]);
    }

    #[test]
    fn elements_move_without_losing_their_neighbours() {
        let (mut tree, root) = tree("<r><a/><b/><c/><d/></r>");
        let ids: Vec<_> = tree.get(root).children().map(ElementRef::element_id).collect();
        tree.move_before(ids[3], ids[0]);
        assert_eq!(names(&tree, root), ["d", "a", "b", "c"]);
        tree.move_before(ids[0], ids[2]);
        assert_eq!(names(&tree, root), ["d", "b", "a", "c"]);
        tree.remove(ids[2]);
        tree.remove(ids[2]);
        tree.move_to(ids[3], root);
        assert_eq!(names(&tree, root), ["b", "a", "d"]);
        tree.remove(ids[1]);
        tree.add_child(root, "e");
        assert_eq!(names(&tree, root), ["a", "d", "e"]);
    }

    #[test]
    fn attributes_keep_their_places() {
        let (mut tree, root) = tree("<r a='1' b='2' c='3'><x y='1'/></r>");
        tree.set(root, "b", "two");
        tree.set(root, "d", "4");
        tree.unset(root, "a");
        tree.rename_attribute(root, "c", "C");
        let attributes: Vec<_> = tree.get(root).attributes().collect();
        assert_eq!(attributes, [("b", "two"), ("C", "3"), ("d", "4")]);
        assert_eq!(tree.get(root).child("x").and_then(|x| x.attr("y")), Some("1"));
    }

    #[test]
    fn copies_are_independent() {
        let (mut tree, root) = tree("<r><a x='1'><b/><c/></a></r>");
        let original = tree.get(root).child("a").unwrap().element_id();
        let copy = tree.duplicate(original, root);
        tree.set(copy, "x", "2");
        assert_eq!(names(&tree, copy), ["b", "c"]);
        let mut other = Tree::default();
        let foreign = other.add_copy(None, tree.get(original));
        assert_eq!((names(&other, foreign), other.get(foreign).attr("x")), (vec!["b", "c"], Some("1")));
    }
}
