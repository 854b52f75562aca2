//! Look-ups in the histories of all nodes by the names in the document.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::cib::{Cib, ElementRef};
use crate::run::Run;

use super::entry::Entry;

/// The lists of histories in the status section, by exact `uname`.
#[derive(Debug, Clone, Default)]
pub(crate) struct HistoryLists<'c> {
    /// All `lrm_resources` of a node.
    lists: FxHashMap<&'c str, Vec<ElementRef<'c>>>,
}

impl<'c> HistoryLists<'c> {
    fn new(cib: &'c Cib) -> Self {
        let mut lists: FxHashMap<&str, Vec<ElementRef<'_>>> = FxHashMap::default();
        for state in cib.section("status").into_iter().flat_map(|status| status.children_named("node_state")) {
            let Some(node) = state.attr("uname") else { continue };
            let found = state.children_named("lrm").flat_map(|lrm| lrm.children_named("lrm_resources"));
            lists.entry(node).or_default().extend(found);
        }
        Self { lists }
    }

    /// The node's list of histories, if it has exactly one.
    pub fn list(&self, node: &str) -> Option<ElementRef<'c>> {
        match self.lists.get(node).map(Vec::as_slice) {
            Some(&[only]) => Some(only),
            _ => None,
        }
    }
}

/// Where each resource's histories are, by exact `uname` and resource id. Only migrations ask for that.
#[derive(Debug, Clone, Default)]
pub(crate) struct HistoryIndex<'c> {
    /// All `lrm_resource` of a node with an id.
    histories: FxHashMap<(&'c str, &'c str), Vec<ElementRef<'c>>>,
}

impl<'c> HistoryIndex<'c> {
    fn new(lists: &HistoryLists<'c>) -> Self {
        let mut index = Self::default();
        for (&node, lists) in &lists.lists {
            for history in lists.iter().flat_map(|list| list.children_named("lrm_resource")) {
                let Some(id) = history.attr("id") else { continue };
                index.histories.entry((node, id)).or_default().push(history);
            }
        }
        index
    }

    /// All entries of a resource on a node.
    pub fn entries(&self, node: &str, resource: &str) -> Vec<Entry<'c>> {
        let histories = self.histories.get(&(node, resource)).into_iter().flatten();
        histories.flat_map(|history| history.children_named("lrm_rsc_op")).map(Entry::read).collect()
    }
}

/// The lists of a run's histories, found at first use.
pub(super) fn lists<'c>(run: &mut Run<'c>) -> Arc<HistoryLists<'c>> {
    let cib = run.cib;
    Arc::clone(run.history.caches.lists.get_or_insert_with(|| Arc::new(HistoryLists::new(cib))))
}

/// The index of a run's histories, made at first use.
pub(super) fn index<'c>(run: &mut Run<'c>) -> Arc<HistoryIndex<'c>> {
    let lists = lists(run);
    Arc::clone(run.history.caches.index.get_or_insert_with(|| Arc::new(HistoryIndex::new(&lists))))
}
