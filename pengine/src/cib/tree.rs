//! The document as an owned tree that can be changed in place: elements in an arena, texts in one buffer.
//!
//! Texts and comments are dropped on reading: a CIB has its meaning in elements and attributes alone (CIB-2).

use std::ops::Range;

use crate::arena::{Arena, Id};

/// The place of an element in its [`Tree`].
pub type ElementId = Id<Element>;

/// A text in the tree's buffer.
type Span = Range<u32>;

/// An element of a [`Tree`]; read it through [`ElementRef`].
#[derive(Debug, Clone)]
pub struct Element {
    name: Span,
    attributes: Range<u32>,
    parent: Option<ElementId>,
    first_child: Option<ElementId>,
    last_child: Option<ElementId>,
    next_sibling: Option<ElementId>,
    position: u32,
}

/// An owned XML tree.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    text: String,
    elements: Arena<Element>,
    attributes: Vec<(Span, Span)>,
}

/// An element together with its tree, cheap to copy.
#[derive(Clone, Copy)]
pub struct ElementRef<'t> {
    tree: &'t Tree,
    id: ElementId,
}

impl Tree {
    /// Copies an element and all below it from a parsed document, as a tree of its own; returns the root.
    pub fn from_document(document: &roxmltree::Document<'_>) -> (Self, ElementId) {
        let mut tree = Self { text: String::with_capacity(document.input_text().len()), ..Self::default() };
        let source = document.root_element();
        let root = tree.copy_element(source, None);
        let mut open = vec![(source.first_element_child(), root)];
        while let Some((next, parent)) = open.pop() {
            let Some(node) = next else { continue };
            open.push((node.next_sibling_element(), parent));
            let id = tree.copy_element(node, Some(parent));
            open.push((node.first_element_child(), id));
        }
        (tree, root)
    }

    fn copy_element(&mut self, node: roxmltree::Node<'_, '_>, parent: Option<ElementId>) -> ElementId {
        let id = self.new_element(node.tag_name().name(), parent);
        self.elements[id].position = u32::try_from(node.range().start).unwrap_or(u32::MAX);
        let start = self.attributes.len();
        for attribute in node.attributes() {
            let pair = (self.store(attribute.name()), self.store(attribute.value()));
            self.attributes.push(pair);
        }
        self.elements[id].attributes = index(start)..index(self.attributes.len());
        id
    }

    fn store(&mut self, text: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(text);
        index(start)..index(self.text.len())
    }

    fn read(&self, span: &Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    fn new_element(&mut self, name: &str, parent: Option<ElementId>) -> ElementId {
        let name = self.store(name);
        let id = self.elements.alloc(Element {
            name,
            attributes: 0..0,
            parent: None,
            first_child: None,
            last_child: None,
            next_sibling: None,
            position: u32::MAX,
        });
        if let Some(parent) = parent {
            self.append(parent, id);
        }
        id
    }

    fn append(&mut self, parent: ElementId, child: ElementId) {
        match self.elements[parent].last_child {
            Some(last) => self.elements[last].next_sibling = Some(child),
            None => self.elements[parent].first_child = Some(child),
        }
        self.elements[parent].last_child = Some(child);
        self.elements[child].parent = Some(parent);
    }

    /// The element of that id.
    #[must_use]
    pub fn get(&self, id: ElementId) -> ElementRef<'_> {
        ElementRef { tree: self, id }
    }

    /// Adds an element without parent.
    pub fn add_root(&mut self, name: &str) -> ElementId {
        self.new_element(name, None)
    }

    /// Adds an element behind the last child of `parent`.
    pub fn add_child(&mut self, parent: ElementId, name: &str) -> ElementId {
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

    /// Sets an attribute: in place if the element has it, else behind the others.
    pub fn set(&mut self, id: ElementId, name: &str, value: &str) {
        let range = self.elements[id].attributes.clone();
        let value = self.store(value);
        let found = (range.start as usize..range.end as usize).find(|&at| self.read(&self.attributes[at].0) == name);
        if let Some(at) = found {
            self.attributes[at].1 = value;
            return;
        }
        if range.end as usize != self.attributes.len() {
            // The attributes of one element stand together, so they move to the end to grow.
            let start = self.attributes.len();
            self.attributes.extend_from_within(range.start as usize..range.end as usize);
            self.elements[id].attributes = index(start)..index(self.attributes.len());
        }
        let name = self.store(name);
        self.attributes.push((name, value));
        self.elements[id].attributes.end = index(self.attributes.len());
    }

    /// Removes an attribute, if the element has it.
    pub fn unset(&mut self, id: ElementId, name: &str) {
        let range = self.elements[id].attributes.clone();
        let found = (range.start as usize..range.end as usize).find(|&at| self.read(&self.attributes[at].0) == name);
        if let Some(at) = found {
            self.attributes[at..range.end as usize].rotate_left(1);
            self.elements[id].attributes.end -= 1;
        }
    }

    /// Changes the name of an element.
    pub fn rename(&mut self, id: ElementId, name: &str) {
        self.elements[id].name = self.store(name);
    }

    /// Takes an element, and with it all below, out of its parent.
    pub fn remove(&mut self, id: ElementId) {
        let Some(parent) = self.elements[id].parent.take() else { return };
        let next = self.elements[id].next_sibling.take();
        let mut before = None;
        let mut at = self.elements[parent].first_child;
        while let Some(child) = at {
            if child == id {
                break;
            }
            before = Some(child);
            at = self.elements[child].next_sibling;
        }
        match before {
            Some(before) => self.elements[before].next_sibling = next,
            None => self.elements[parent].first_child = next,
        }
        if self.elements[parent].last_child == Some(id) {
            self.elements[parent].last_child = before;
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

    fn copy_one(&mut self, parent: Option<ElementId>, source: ElementRef<'_>) -> ElementId {
        let id = self.new_element(source.name(), parent);
        self.elements[id].position = source.tree.elements[source.id].position;
        for (name, value) in source.attributes() {
            self.set(id, name, value);
        }
        id
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

    /// The element's name.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.tree.read(&self.data().name)
    }

    /// The value of an attribute; an empty one is there, too (CIB-4).
    #[must_use]
    pub fn attr(self, name: &str) -> Option<&'t str> {
        self.attributes().find(|(at, _)| *at == name).map(|(_, value)| value)
    }

    /// The `id` attribute, if it is there and not empty.
    #[must_use]
    pub fn id(self) -> Option<&'t str> {
        self.attr("id").filter(|id| !id.is_empty())
    }

    /// All attributes in document order.
    pub fn attributes(self) -> impl Iterator<Item = (&'t str, &'t str)> {
        let range = self.data().attributes.clone();
        let all = self.tree.attributes.get(range.start as usize..range.end as usize).unwrap_or_default();
        all.iter().map(move |(name, value)| (self.tree.read(name), self.tree.read(value)))
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
        let mut open = vec![self];
        std::iter::from_fn(move || {
            let next = open.pop()?;
            let at = open.len();
            open.extend(next.children());
            open[at..].reverse();
            Some(next)
        })
    }

    /// Where the element begins in the text that was parsed, in bytes; nothing for one that was added.
    #[must_use]
    pub fn position(self) -> Option<usize> {
        let at = self.data().position;
        (at != u32::MAX).then_some(at as usize)
    }
}
