//! A CIB: the parsed document and its sections.

use super::{ElementId, ElementRef, Tree};

/// A cluster information base.
#[derive(Debug, Clone)]
pub struct Cib {
    tree: Tree,
    root: ElementId,
    notes: Vec<String>,
}

/// Why a text is no usable CIB.
#[derive(Debug, thiserror::Error)]
pub enum CibError {
    /// The text is not well-formed, or has a document type declaration.
    #[error("line {line}, column {column}: this is no well-formed XML: {message}")]
    #[allow(missing_docs)]
    NotXml { message: String, line: u32, column: u32 },
}

impl Cib {
    /// Parses and upgrades a document.
    ///
    /// # Errors
    ///
    /// See [`CibError`].
    pub fn parse(text: &str) -> Result<Self, CibError> {
        let _ = text;
        todo!()
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

    /// The document, to be changed.
    pub fn tree_mut(&mut self) -> &mut Tree {
        &mut self.tree
    }

    /// The section of that name, wherever it stands; none if there are several (CIB-24, CIB-26).
    #[must_use]
    pub fn section(&self, name: &str) -> Option<ElementRef<'_>> {
        let _ = name;
        todo!()
    }

    /// `configuration/resources`.
    #[must_use]
    pub fn resources(&self) -> Option<ElementRef<'_>> {
        todo!()
    }

    /// The one element of that name and id in the whole document (CIB-41).
    #[must_use]
    pub fn find_unique(&self, name: &str, id: &str) -> Option<ElementRef<'_>> {
        let _ = (name, id);
        todo!()
    }

    /// Whether the document is of a newer feature set than ours, so that nothing of it is read (CIB-7).
    #[must_use]
    pub fn is_too_new(&self) -> bool {
        todo!()
    }

    /// What reading the document wants to tell the user, a line each (CIB-11, CIB-16, CIB-18).
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The document as text: two blanks a level, attributes in order (GRAPH-33, GRAPH-34).
    #[must_use]
    pub fn to_xml(&self) -> String {
        todo!()
    }
}
