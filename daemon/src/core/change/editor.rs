//! Finding and changing elements of a configuration.

use pengine::Cib;
use pengine::cib::{ElementId, ElementRef, Tree, xml_id};
use pengine_control::Refusal;

/// The elements that are resources.
const RESOURCES: [&str; 5] = ["primitive", "group", "clone", "master", "bundle"];

/// A document being changed.
#[derive(Debug)]
pub struct Editor<'c> {
    tree: &'c mut Tree,
    root: ElementId,
}

impl<'c> Editor<'c> {
    /// Begins to change a document.
    pub fn new(cib: &'c mut Cib) -> Self {
        let root = cib.root().element_id();
        Self { tree: cib.tree_mut(), root }
    }

    /// The tree.
    pub fn tree(&mut self) -> &mut Tree {
        self.tree
    }

    /// The `cib` element.
    #[must_use]
    pub fn root(&self) -> ElementRef<'_> {
        self.tree.get(self.root)
    }

    /// A section of the configuration, found or made.
    pub fn section(&mut self, name: &str) -> ElementId {
        ["configuration", name].into_iter().fold(self.root, |parent, name| self.child(parent, name))
    }

    fn child(&mut self, parent: ElementId, name: &str) -> ElementId {
        let found = self.tree.get(parent).child(name).map(ElementRef::element_id);
        found.unwrap_or_else(|| self.tree.add_child(parent, name))
    }

    fn configuration(&self) -> impl Iterator<Item = ElementRef<'_>> {
        self.root().child("configuration").into_iter().flat_map(ElementRef::descendants)
    }

    /// The element of the configuration that has that id.
    #[must_use]
    pub fn with_id(&self, id: &str) -> Option<ElementId> {
        self.configuration().find(|element| element.id() == Some(id)).map(ElementRef::element_id)
    }

    /// The resource of that id.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unknown`].
    pub fn resource(&self, id: &str) -> Result<ElementId, Refusal> {
        let found = self.resources().find(|element| element.id() == Some(id));
        found.map(ElementRef::element_id).ok_or_else(|| {
            let known = self.resources().filter_map(ElementRef::id);
            Refusal::Unknown { what: "resource".to_owned(), id: id.to_owned(), known: in_short(known) }
        })
    }

    fn resources(&self) -> impl Iterator<Item = ElementRef<'_>> {
        let section = self.root().child("configuration").and_then(|at| at.child("resources"));
        section.into_iter().flat_map(ElementRef::descendants).filter(|element| RESOURCES.contains(&element.name()))
    }

    /// The `node` element of the node of that name.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unknown`].
    pub fn node(&self, name: &str) -> Result<ElementId, Refusal> {
        let nodes = || self.root().child("configuration").and_then(|at| at.child("nodes")).into_iter();
        let nodes = || nodes().flat_map(|nodes| nodes.children_named("node"));
        let is_meant = |node: &ElementRef<'_>| node.attr("uname").is_some_and(|uname| uname.eq_ignore_ascii_case(name));
        nodes().find(is_meant).map(ElementRef::element_id).ok_or_else(|| {
            let known = nodes().filter_map(|node| node.attr("uname"));
            Refusal::Unknown { what: "node".to_owned(), id: name.to_owned(), known: in_short(known) }
        })
    }

    /// Sets a name in an element's sets of that kind (`meta_attributes`, `instance_attributes`, …); without a value, removes it from
    /// all of them. A name that is there already is changed in place; a new one goes to the first set that always counts, or else
    /// to a new one of this id.
    pub fn set_value(&mut self, owner: ElementId, kind: &str, new_set: &str, name: &str, value: Option<&str>) {
        let sets = self.tree.get(owner).children_named(kind);
        let sets: Vec<ElementId> = sets.map(ElementRef::element_id).collect();
        // A set with a rule counts only at times.
        let first = sets.iter().copied().find(|&set| self.tree.get(set).child("rule").is_none());
        let set = match first {
            None if value.is_some() => Some(self.tree.add_child_with(owner, kind, &[("id", new_set)])),
            first => first,
        };
        self.set_pair(&sets, set, name, value);
    }

    /// The same in the one set of that id.
    pub fn set_value_in(&mut self, owner: ElementId, kind: &str, set: &str, name: &str, value: Option<&str>) {
        let present = self.tree.get(owner).children_named(kind).find(|at| at.id() == Some(set));
        let id = present.map(ElementRef::element_id);
        let id = id.unwrap_or_else(|| self.tree.add_child_with(owner, kind, &[("id", set)]));
        self.set_pair(&[id], Some(id), name, value);
    }

    fn set_pair(&mut self, sets: &[ElementId], new_in: Option<ElementId>, name: &str, value: Option<&str>) {
        let pairs = sets.iter().flat_map(|&set| self.tree.get(set).children_named("nvpair"));
        let pairs: Vec<ElementId> = pairs.filter(|pair| pair.attr("name") == Some(name)).map(ElementRef::element_id).collect();
        match (value, pairs.first(), new_in) {
            (None, ..) => pairs.into_iter().for_each(|pair| self.tree.remove(pair)),
            (Some(value), Some(&pair), _) => self.tree.set(pair, "value", value),
            (Some(value), None, Some(set)) => {
                let id = xml_id(&format!("{}-{name}", self.tree.get(set).id().unwrap_or_default()));
                self.tree.add_child_with(set, "nvpair", &[("id", &id), ("name", name), ("value", value)]);
            }
            (Some(_), None, None) => {}
        }
    }
}

/// Some names, so that a list stays readable.
pub(super) fn in_short<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 10;
    let names: Vec<&str> = names.collect();
    match names.get(..MOST) {
        _ if names.is_empty() => "none".to_owned(),
        Some(first) if names.len() > MOST => format!("{}, … ({} in all)", first.join(", "), names.len()),
        _ => names.join(", "),
    }
}
