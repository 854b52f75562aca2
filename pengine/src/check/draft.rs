//! The text that is checked, and what was found so far.

use roxmltree::{Attribute, Document, Node};
use rustc_hash::FxHashMap;

use super::vocabulary::{nearest, suggestion};
use super::{Code, Finding, Findings, Place};

/// What many references to nothing may have meant is not looked for one by one.
const MOST_GUESSES: u32 = 100;

/// The text with its elements, and the findings.
pub(super) struct Draft<'d> {
    text: &'d str,
    root: Node<'d, 'd>,
    /// Where lines begin.
    lines: Vec<usize>,
    by_id: FxHashMap<&'d str, Node<'d, 'd>>,
    findings: Vec<Finding>,
    /// As many more guesses are made.
    guesses: u32,
}

impl<'d> Draft<'d> {
    pub(super) fn new(document: &'d Document<'d>) -> Self {
        let text = document.input_text();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let root = document.root_element();
        let mut draft = Self { text, root, lines, by_id: FxHashMap::default(), findings: Vec::new(), guesses: MOST_GUESSES };
        for element in draft.configuration().filter(|&element| defines_id(element)) {
            if let Some(id) = element.attribute("id") {
                draft.by_id.entry(id).or_insert(element);
            }
        }
        draft
    }

    /// The `cib` element.
    pub(super) fn root(&self) -> Node<'d, 'd> {
        self.root
    }

    /// The elements of the configuration.
    pub(super) fn configuration(&self) -> impl Iterator<Item = Node<'d, 'd>> + use<'d> {
        let sections = self.root.children().filter(|child| child.has_tag_name("configuration"));
        sections.flat_map(|section| section.descendants()).filter(Node::is_element)
    }

    /// The elements of that name.
    pub(super) fn named(&self, name: &'d str) -> impl Iterator<Item = Node<'d, 'd>> + use<'d> {
        self.configuration().filter(move |element| element.has_tag_name(name))
    }

    /// The first element that has that id for its own.
    pub(super) fn element(&self, id: &str) -> Option<Node<'d, 'd>> {
        self.by_id.get(id).copied()
    }

    /// Whether the document says that it follows no schema.
    pub(super) fn follows_no_schema(&self) -> bool {
        self.root.attribute("validate-with") == Some("none")
    }

    /// What a reference may have meant that leads to nothing, as the end of a message.
    pub(super) fn guess<'n>(&mut self, name: &str, known: impl Iterator<Item = &'n str>) -> String {
        let may_guess = self.guesses > 0;
        self.guesses = self.guesses.saturating_sub(1);
        suggestion(if may_guess { nearest(name, known) } else { None })
    }

    /// Notes what was found about an attribute's value, or about the element if it has no such attribute.
    pub(super) fn note(&mut self, code: Code, element: Node<'d, 'd>, attribute: &str, message: String) {
        let place = self.value_place(element, attribute);
        self.push(code, element, place, message, None);
    }

    /// Notes what was found about the name of an attribute.
    pub(super) fn note_attribute(&mut self, code: Code, element: Node<'d, 'd>, attribute: &Attribute<'d, 'd>, message: String) {
        let place = self.place(attribute.range_qname());
        self.push(code, element, place, message, None);
    }

    /// Notes what was found about an element, and another one that has to do with it.
    pub(super) fn note_pair(&mut self, code: Code, element: Node<'d, 'd>, (other, label): (Node<'d, 'd>, &str), message: String) {
        let related = (self.element_place(other), label.to_owned());
        let place = self.element_place(element);
        self.push(code, element, place, message, Some(related));
    }

    fn push(&mut self, code: Code, element: Node<'d, 'd>, place: Place, message: String, related: Option<(Place, String)>) {
        let owner = element.ancestors().find_map(|at| at.attribute("id"));
        let id = owner.map(str::to_owned);
        self.findings.push(Finding { code, severity: code.severity(), message, id, place, related });
    }

    fn value_place(&self, element: Node<'d, 'd>, attribute: &str) -> Place {
        match element.attribute_node(attribute) {
            Some(attribute) => self.place(attribute.range_value()),
            None => self.element_place(element),
        }
    }

    /// The place of an element's start tag.
    fn element_place(&self, element: Node<'d, 'd>) -> Place {
        let start = element.range().start;
        let name_end = start + 1 + element.tag_name().name().len();
        let end = element.attributes().next_back().map_or(name_end, |last| last.range().end);
        self.place(start..end)
    }

    fn place(&self, span: std::ops::Range<usize>) -> Place {
        let line = self.lines.partition_point(|&start| start <= span.start);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = self.text.get(start..span.start).unwrap_or_default();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Place { line: number(line), column: number(before.chars().count() + 1), span }
    }

    /// The findings in the order of the text.
    pub(super) fn finish(mut self) -> Findings {
        self.findings.sort_by(|a, b| (a.place.span.start, a.code, &a.message).cmp(&(b.place.span.start, b.code, &b.message)));
        self.findings.dedup();
        Findings { findings: self.findings }
    }
}

/// Whether an element's `id` is its own and no reference, and has to be unique.
pub(super) fn defines_id(element: Node<'_, '_>) -> bool {
    let is_reference = match element.tag_name().name() {
        "resource_ref" | "obj_ref" => true,
        "role" => element.parent_element().is_some_and(|parent| parent.tag_name().name().starts_with("acl_")),
        _ => false,
    };
    // The id of a node is a name that the cluster's communication gave to it.
    !is_reference && !element.has_tag_name("node")
}
