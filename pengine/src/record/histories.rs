//! The histories of resources on nodes and their entries, found by name without searching; each is read when it is first asked for.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::arena::{Arena, Id};
use crate::cib::{ElementId, ElementRef, Tree, parse_integer};

/// The place of a history in its [`StatusSection`](super::StatusSection).
pub type HistoryId = Id<History>;

/// What is known of the history of a resource on a node.
#[derive(Debug)]
pub struct History {
    element: ElementId,
    entries: Option<Entries>,
}

/// The entries of one history.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub by_id: FxHashMap<SmolStr, ElementId>,
    pub last_call: i64,
}

/// The histories of those nodes that were asked for.
#[derive(Debug, Default)]
pub(super) struct Histories {
    known: Arena<History>,
    by_state: FxHashMap<ElementId, FxHashMap<SmolStr, HistoryId>>,
}

impl Histories {
    /// Those of a node, by the names of the resources.
    pub fn of(&mut self, tree: &Tree, state: ElementId) -> &mut FxHashMap<SmolStr, HistoryId> {
        let known = &mut self.known;
        self.by_state.entry(state).or_insert_with(|| {
            let mut histories = FxHashMap::default();
            for (id, element) in stated(tree.get(state)) {
                histories.entry(id).or_insert_with(|| known.alloc(History { element, entries: None }));
            }
            histories
        })
    }

    /// Takes a history in that was added to a node's.
    pub fn add(&mut self, tree: &Tree, state: ElementId, name: &str, element: ElementId) -> HistoryId {
        let id = self.known.alloc(History { element, entries: Some(Entries::default()) });
        self.of(tree, state).insert(name.into(), id);
        id
    }

    /// Takes a history out of a node's.
    pub fn remove(&mut self, tree: &Tree, state: ElementId, name: &str) -> Option<ElementId> {
        let removed = self.of(tree, state).remove(name)?;
        Some(self.element(removed))
    }

    /// Takes out all of a node's.
    pub fn forget(&mut self, state: ElementId) {
        self.by_state.remove(&state);
    }

    /// The element of a history.
    pub fn element(&self, history: HistoryId) -> ElementId {
        self.known[history].element
    }

    /// The entries of a history.
    pub fn entries(&mut self, tree: &Tree, history: HistoryId) -> &mut Entries {
        let History { element, entries } = &mut self.known[history];
        entries.get_or_insert_with(|| Entries::of(tree.get(*element)))
    }
}

impl Entries {
    fn of(history: ElementRef<'_>) -> Self {
        let mut entries = Self::default();
        for entry in history.children() {
            if let Some(id) = entry.id() {
                entries.by_id.entry(id.into()).or_insert(entry.element_id());
            }
            let call = entry.attr("call-id").and_then(parse_integer).unwrap_or(0);
            entries.last_call = entries.last_call.max(call);
        }
        entries
    }
}

/// The histories that stand below the state of a node.
fn stated(state: ElementRef<'_>) -> impl Iterator<Item = (SmolStr, ElementId)> {
    let lists = state.children_named("lrm").flat_map(|lrm| lrm.children_named("lrm_resources"));
    let histories = lists.flat_map(|list| list.children_named("lrm_resource"));
    histories.filter_map(|history| Some((history.id()?.into(), history.element_id())))
}
