//! Relations that can't be kept: those that cross a guest's own launcher, and loops through load (ORD-90, GRAPH section 7).

use petgraph::Direction::Incoming;
use petgraph::graph::EdgeIndex;
use rustc_hash::FxHashSet;

use crate::plan::{ActionId, Kinds, Task};
use crate::run::Run;
use crate::transition::selects_input;

/// Disables them, newest action first.
pub(super) fn break_all(run: &mut Run<'_>) {
    for then in super::newest_first(run) {
        let mut walk = run.plan.graph.neighbors_directed(then, Incoming).detach();
        while let Some((edge, first)) = walk.next(&run.plan.graph) {
            let kinds = run.plan.graph[edge].before;
            let is_migration = run[then].task == Task::MigrateTo && run[then].resource.is_some();
            if crosses_guest(run, kinds, first, then)
                || kinds == Kinds::LOAD && is_migration && closes_loop(run, edge, first, then)
            {
                run.plan.graph[edge].before = Kinds::empty();
            }
        }
    }
}

/// Whether the first action is inside the guest that the later one's resource launches.
fn crosses_guest(run: &Run<'_>, kinds: Kinds, first: ActionId, then: ActionId) -> bool {
    let Some(resource) = run[then].resource.filter(|&resource| !run[resource].launched.is_empty()) else { return false };
    let Some(node) = run[first].node.filter(|_| run[first].resource.is_some()) else { return false };
    !kinds.contains(Kinds::GUEST_ALLOWED) && run[node].is_remote_kind() && run.cluster.launcher_of(node) == Some(resource)
}

/// Whether following selected inputs from `first` leads back to `origin` (GRAPH-31).
fn closes_loop(run: &mut Run<'_>, edge: EdgeIndex, first: ActionId, origin: ActionId) -> bool {
    if !is_selected(run, edge, first, origin) {
        return false;
    }
    let mut seen = FxHashSet::default();
    let mut open = vec![first];
    while let Some(at) = open.pop() {
        if at == origin {
            return true;
        }
        if !seen.insert(at) {
            continue;
        }
        let mut walk = run.plan.graph.neighbors_directed(at, Incoming).detach();
        while let Some((edge, before)) = walk.next(&run.plan.graph) {
            if is_selected(run, edge, before, at) {
                open.push(before);
            }
        }
    }
    false
}

/// Whether a relation would be an input of the graph; asking may disable it.
fn is_selected(run: &mut Run<'_>, edge: EdgeIndex, first: ActionId, then: ActionId) -> bool {
    let mut kinds = run.plan.graph[edge].before;
    let selected = selects_input(run, &mut kinds, first, then, false);
    run.plan.graph[edge].before = kinds;
    selected
}
