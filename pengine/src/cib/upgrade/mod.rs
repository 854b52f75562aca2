//! Rewrites of documents of older schemas (CIB section 2).
//!
//! The field rewrites a document only if it doesn't fit the newer schema. Nearly all that a rewrite looks for doesn't, so
//! doing it wherever its pattern occurs comes to the same, and needs no schemas (CIB-10).

mod lifetime;
mod operations;
mod to_3_0;
mod to_4_0;
mod unsupported;

use super::document::configuration;
use super::{ElementId, ElementRef, Tree};

/// The newest schema.
const NEWEST: &str = "pacemaker-4.0";

const VALIDATION_DISABLED: &str = "Schema validation of configuration is disabled (support for validate-with set to \
                                   \"none\" is deprecated and will be removed in a future release)";

/// What rewrites a document needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Schema {
    /// `none`: taken as it is.
    Unchecked,
    /// 1.x and 2.x.
    Before3,
    /// 3.x.
    Before4,
    /// 4.0.
    Current,
}

impl Schema {
    /// Reads the name of a known schema (CIB-8).
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self::Unchecked);
        }
        let (major, minor) = text.strip_prefix("pacemaker-")?.split_once('.')?;
        let is_up_to_ten = || minor == "10" || matches!(minor.as_bytes(), [b'0'..=b'9']);
        match major {
            "1" => matches!(minor, "0" | "2" | "3").then_some(Self::Before3),
            "2" => is_up_to_ten().then_some(Self::Before3),
            "3" => is_up_to_ten().then_some(Self::Before4),
            "4" => (minor == "0").then_some(Self::Current),
            _ => None,
        }
    }
}

/// A document being rewritten.
struct Upgrade<'a> {
    tree: &'a mut Tree,
    root: ElementId,
    notes: &'a mut Vec<String>,
    changed: bool,
}

/// Rewrites a document of an older schema, and tells in `notes` what got lost. The status section stays as it is.
pub(super) fn upgrade(tree: &mut Tree, root: ElementId, schema: Schema, notes: &mut Vec<String>) {
    let mut upgrade = Upgrade { tree, root, notes, changed: false };
    match schema {
        Schema::Unchecked => return upgrade.notes.push(VALIDATION_DISABLED.to_owned()),
        Schema::Current => return,
        Schema::Before3 => {
            upgrade.raise_to_3_0();
            upgrade.raise_to_4_0();
        }
        Schema::Before4 => upgrade.raise_to_4_0(),
    }
    upgrade.tree.set(root, "validate-with", NEWEST);
}

impl Upgrade<'_> {
    /// The document, to be changed.
    fn edit(&mut self) -> &mut Tree {
        self.changed = true;
        self.tree
    }

    /// What the configuration has now, in document order.
    fn elements(&self) -> Vec<ElementId> {
        configuration(self.tree.get(self.root)).map(ElementRef::element_id).collect()
    }

    fn attr(&self, id: ElementId, name: &str) -> Option<&str> {
        self.tree.get(id).attr(name)
    }

    /// The element's id as it is shown in notes.
    fn id_text(&self, id: ElementId) -> String {
        self.attr(id, "id").unwrap_or_default().to_owned()
    }

    fn parent(&self, id: ElementId) -> Option<ElementId> {
        self.tree.get(id).parent().map(ElementRef::element_id)
    }

    fn children(&self, id: ElementId, name: &str) -> Vec<ElementId> {
        self.tree.get(id).children_named(name).map(ElementRef::element_id).collect()
    }

    /// The section of that name below `configuration`, made if it is missing.
    fn ensure_section(&mut self, name: &str) -> ElementId {
        let configuration = self.ensure_child(self.root, "configuration");
        self.ensure_child(configuration, name)
    }

    fn ensure_child(&mut self, parent: ElementId, name: &str) -> ElementId {
        match self.tree.get(parent).child(name) {
            Some(child) => child.element_id(),
            None => self.edit().add_child(parent, name),
        }
    }

    fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

#[cfg(test)]
mod tests;
