//! A CIB: the parsed document and its sections.

use std::cmp::Ordering;
use std::hash::BuildHasher;
use std::sync::OnceLock;

use roxmltree::{Document, ParsingOptions, TextPos};
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::upgrade::{Schema, upgrade};
use super::{ElementId, ElementRef, FEATURE_SET, Tree, compare_versions, write_xml};

/// Far beyond any real document, so that a hostile one can't fill the memory.
const MOST_NODES: u32 = 20_000_000;

/// A cluster information base.
#[derive(Debug, Clone)]
pub struct Cib {
    tree: Tree,
    root: ElementId,
    notes: Vec<String>,
    sections: Sections,
    /// Made on first use: few documents refer to elements by id.
    ids: OnceLock<IdIndex>,
}

/// Why a text is no usable CIB.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CibError {
    /// The text is not well-formed, or has a document type declaration.
    #[error("line {line}, column {column}: this is no well-formed XML: {message}")]
    #[allow(missing_docs)]
    NotXml { message: String, line: u32, column: u32 },
    /// The document is something else than a CIB.
    #[error("line {line}, column {column}: a CIB begins with a <cib> element, this document with <{name}>")]
    #[allow(missing_docs)]
    NoCibElement { name: String, line: u32, column: u32 },
    /// The document doesn't say what schema it follows, or one that is not known (CIB-12).
    #[error("line {line}, column {column}: {}", explain_schema(schema.as_deref()))]
    #[allow(missing_docs)]
    UnknownSchema { schema: Option<String>, line: u32, column: u32 },
}

fn explain_schema(schema: Option<&str>) -> String {
    let problem = match schema {
        Some(schema) => format!("validate-with names an unknown schema, '{schema}'"),
        None => "the <cib> element has no validate-with attribute".to_owned(),
    };
    format!("{problem}; set it to the schema that the document follows, pacemaker-1.0 to pacemaker-4.0, or to none")
}

/// Parses a text that says nothing of documents elsewhere.
pub(crate) fn parse_document(text: &str) -> Result<Document<'_>, CibError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| {
        let TextPos { row: line, col: column } = error.pos();
        let message = error.to_string();
        // The parser's own words end with the position, which is told apart.
        let message = message.strip_suffix(&format!(" at {line}:{column}")).unwrap_or(&message).to_owned();
        CibError::NotXml { message, line, column }
    })
}

impl Cib {
    /// Parses and upgrades a document of at most 20 million XML nodes.
    ///
    /// # Errors
    ///
    /// See [`CibError`].
    pub fn parse(text: impl Into<String>) -> Result<Self, CibError> {
        let text = text.into();
        let document = parse_document(&text)?;
        let root = document.root_element();
        let TextPos { row: line, col: column } = document.text_pos_at(root.range().start);
        if root.tag_name().name() != "cib" {
            return Err(CibError::NoCibElement { name: root.tag_name().name().to_owned(), line, column });
        }
        let claimed = root.attribute("validate-with");
        let Some(schema) = claimed.and_then(Schema::parse) else {
            return Err(CibError::UnknownSchema { schema: claimed.map(str::to_owned), line, column });
        };

        let (mut tree, root) = Tree::from_document(&document);
        drop(document);
        tree.adopt_text(text);
        let mut notes = Vec::new();
        upgrade(&mut tree, root, schema, &mut notes);
        // CIB-3: a document without it is one of a cluster that nothing is known of yet.
        if tree.get(root).child("status").is_none() {
            tree.add_child(root, "status");
        }
        let sections = Sections::of(tree.get(root));
        Ok(Self { tree, root, notes, sections, ids: OnceLock::new() })
    }

    /// The `cib` element.
    #[must_use]
    pub fn root(&self) -> ElementRef<'_> {
        self.tree.get(self.root)
    }

    /// The element of that id.
    #[must_use]
    pub fn element(&self, id: ElementId) -> ElementRef<'_> {
        self.tree.get(id)
    }

    /// The document, to be changed. What is referred to by id, and what sections there are, is not looked at anew:
    /// changes are those of a simulation, to attributes and in the status section.
    pub fn tree_mut(&mut self) -> &mut Tree {
        &mut self.tree
    }

    /// The section of that name, wherever it stands outside the status section; none if there are several (CIB-24,
    /// CIB-26).
    #[must_use]
    pub fn section(&self, name: &str) -> Option<ElementRef<'_>> {
        self.sections.by_name.get(name).copied().flatten().map(|id| self.tree.get(id))
    }

    /// `configuration/resources`.
    #[must_use]
    pub fn resources(&self) -> Option<ElementRef<'_>> {
        self.root().child("configuration")?.child("resources")
    }

    /// The one element of that name and id in the whole document (CIB-41).
    #[must_use]
    pub fn find_unique(&self, name: &str, id: &str) -> Option<ElementRef<'_>> {
        self.ids.get_or_init(|| IdIndex::of(self.root())).find(&self.tree, name, id)
    }

    /// Whether the document is of a newer feature set than ours, so that nothing of it is read (CIB-7).
    #[must_use]
    pub fn is_too_new(&self) -> bool {
        let feature_set = self.root().attr("crm_feature_set");
        feature_set.is_some_and(|theirs| compare_versions(theirs, FEATURE_SET) == Ordering::Greater)
    }

    /// What reading the document wants to tell the user, a line each (CIB-11, CIB-16, CIB-18).
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The document as text: two blanks a level, attributes in order (GRAPH-33, GRAPH-34).
    #[must_use]
    pub fn to_xml(&self) -> String {
        write_xml(self.root())
    }
}

/// The `cib` element and all below it but what is inside the status section, which is by far the largest and has
/// neither sections nor anything to refer to.
pub(super) fn configuration(root: ElementRef<'_>) -> impl Iterator<Item = ElementRef<'_>> {
    let below = root.children().flat_map(|child| {
        let inside = (child.name() != "status").then(|| child.descendants().skip(1));
        std::iter::once(child).chain(inside.into_iter().flatten())
    });
    std::iter::once(root).chain(below)
}

/// Elements by name, if there is only one of it.
#[derive(Debug, Clone, Default)]
struct Sections {
    by_name: FxHashMap<String, Option<ElementId>>,
}

impl Sections {
    fn of(root: ElementRef<'_>) -> Self {
        let mut sections = Self::default();
        for element in configuration(root) {
            match sections.by_name.get_mut(element.name()) {
                Some(known) => *known = None,
                None => {
                    sections.by_name.insert(element.name().to_owned(), Some(element.element_id()));
                }
            }
        }
        sections
    }
}

/// Elements in order of a hash of their name and id; equal hashes are told apart when looked up.
#[derive(Debug, Clone)]
pub(super) struct IdIndex {
    by_hash: Vec<(u64, ElementId)>,
}

impl IdIndex {
    pub(super) fn of(root: ElementRef<'_>) -> Self {
        let with_id = configuration(root).filter_map(|element| Some((element, element.id()?)));
        let mut by_hash: Vec<_> = with_id.map(|(element, id)| (hash(element.name(), id), element.element_id())).collect();
        by_hash.sort_unstable();
        Self { by_hash }
    }

    pub(super) fn find<'t>(&self, tree: &'t Tree, name: &str, id: &str) -> Option<ElementRef<'t>> {
        let wanted = hash(name, id);
        let start = self.by_hash.partition_point(|(hash, _)| *hash < wanted);
        let candidates = self.by_hash.iter().skip(start).take_while(|(hash, _)| *hash == wanted);
        let mut found = candidates
            .map(|&(_, element)| tree.get(element))
            .filter(|element| element.name() == name && element.id() == Some(id));
        found.next().filter(|_| found.next().is_none())
    }
}

fn hash(name: &str, id: &str) -> u64 {
    FxBuildHasher.hash_one((name, id))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn cib(inside: &str) -> Cib {
        Cib::parse(format!("<cib validate-with='pacemaker-4.0'>{inside}</cib>")).unwrap()
    }

    #[test]
    fn errors_say_where_and_what() {
        let message = |text: &str| Cib::parse(text).unwrap_err().to_string();
        assert!(message("<cib>\n  <a></b>\n</cib>").starts_with("line 2, column "));
        assert!(message("<!DOCTYPE cib [<!ENTITY a 'b'>]><cib validate-with='none'/>").contains("no well-formed XML"));
        assert!(message("\n <crm/>").starts_with("line 2, column 2: a CIB begins with a <cib> element"));
        assert!(message("<cib/>").contains("no validate-with attribute"));
        for unknown in ["pacemaker-1.1", "pacemaker-3.11", "pacemaker-3.010", "pacemaker-5.0", "Pacemaker-3.0", ""] {
            let error = Cib::parse(format!("<cib validate-with='{unknown}'/>")).unwrap_err();
            let (line, column) = (1, 1);
            assert_eq!(error, CibError::UnknownSchema { schema: Some(unknown.to_owned()), line, column });
        }
    }

    #[test]
    fn a_missing_status_is_added() {
        let cib = cib("<configuration/>");
        assert!(cib.section("status").is_some());
        assert_eq!(cib.to_xml().lines().nth(2), Some("  <status/>"));
    }

    #[test]
    fn a_section_is_used_only_if_there_is_one() {
        let cib = cib("<configuration><op_defaults/><x><op_defaults/><tags/></x></configuration><status><nodes/></status>");
        assert!(cib.section("op_defaults").is_none());
        assert!(cib.section("tags").is_some());
        assert!(cib.section("nodes").is_none());
        assert!(cib.resources().is_none());
    }

    #[test]
    fn ids_are_found_if_they_are_unique_for_their_element() {
        let cib = cib("<a id='1'/><b id='1'/><b id='2'/><b id='2'/><b id=''/><status><c id='3'/></status>");
        assert_eq!(cib.find_unique("b", "1").map(ElementRef::name), Some("b"));
        for (name, id) in [("b", "2"), ("b", ""), ("c", "1"), ("c", "3")] {
            assert!(cib.find_unique(name, id).is_none(), "{name} {id}");
        }
    }

    #[test]
    fn a_newer_feature_set_is_known_as_such() {
        let is_too_new = |version: &str| {
            let text = format!("<cib validate-with='none' crm_feature_set='{version}'/>");
            Cib::parse(&text).unwrap().is_too_new()
        };
        assert!(is_too_new("4.0.0") && is_too_new("3.20.6"));
        assert!(!is_too_new("3.20.5") && !is_too_new("3.9") && !is_too_new("") && !cib("").is_too_new());
    }
}
