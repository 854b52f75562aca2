//! Colocations that contradict one another, that can't hold, or that go against an order.

use petgraph::unionfind::UnionFind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Code;
use super::draft::Draft;
use super::reading::Reading;
use crate::cluster::{Colocation, Kind, NodeId, ResourceId};
use crate::plan::Task;

pub(super) fn check(draft: &mut Draft<'_>, reading: &Reading<'_>) {
    let told = check_pairs(draft, reading);
    let together = Together::of(reading);
    together.check_separations(draft, reading, &told);
    together.check_nodes(draft, reading);
    check_orders(draft, reading);
}

/// The same two have to be together and apart, be it in certain roles; the ids of what was told.
fn check_pairs<'r>(draft: &mut Draft<'_>, reading: &Reading<'r>) -> FxHashSet<&'r str> {
    let mut musts = FxHashMap::default();
    let mut told = FxHashSet::default();
    let ends = |at: &Colocation| {
        let (one, other) = ((at.dependent, at.dependent_role), (at.primary, at.primary_role));
        (one.min(other), one.max(other), at.attribute.clone())
    };
    for colocation in reading.colocations().filter(|at| at.score.is_infinite()) {
        musts.insert(ends(colocation), &colocation.id);
    }
    for colocation in reading.colocations().filter(|at| at.score.is_minus_infinite()) {
        let Some(must) = musts.get(&ends(colocation)) else { continue };
        note_contradiction(draft, reading, colocation, Some(must));
        told.insert(colocation.id.as_str());
    }
    told
}

fn note_contradiction(draft: &mut Draft<'_>, reading: &Reading<'_>, colocation: &Colocation, must: Option<&str>) {
    let Some(element) = draft.element(&colocation.id) else { return };
    let name = |resource: ResourceId| &reading.cluster[resource].id;
    let (one, other) = (name(colocation.dependent), name(colocation.primary));
    let message = format!("{one} and {other} may not be together by this, and have to be by other constraints");
    match must.and_then(|must| draft.element(must)) {
        Some(must) => draft.note_pair(Code::ContradictingColocations, element, (must, "they have to be together"), message),
        None => draft.note(Code::ContradictingColocations, element, "", message),
    }
}

/// Resources that have to be on one node.
struct Together {
    sets: UnionFind<usize>,
    /// The first colocation of a set, by the set's representative.
    bound_by: FxHashMap<usize, String>,
}

impl Together {
    fn of(reading: &Reading<'_>) -> Self {
        let cluster = reading.cluster;
        let mut sets = UnionFind::new(cluster.resources.len());
        for (id, resource) in cluster.resources.iter() {
            if matches!(resource.kind, Kind::Group(group) if group.collocated) && reading.is_single(id) {
                resource.children.iter().for_each(|child| {
                    sets.union(id.index(), child.index());
                });
            }
        }
        let musts = || {
            let infinite = reading.plain_colocations().filter(|at| at.score.is_infinite());
            infinite.filter(|at| reading.is_single(at.dependent) && reading.is_single(at.primary))
        };
        for colocation in musts() {
            sets.union(colocation.dependent.index(), colocation.primary.index());
        }
        let mut bound_by = FxHashMap::default();
        for colocation in musts() {
            bound_by.entry(sets.find(colocation.dependent.index())).or_insert_with(|| colocation.id.clone());
        }
        Self { sets, bound_by }
    }

    /// Two of a set that may not be together.
    fn check_separations(&self, draft: &mut Draft<'_>, reading: &Reading<'_>, told: &FxHashSet<&str>) {
        let separations = reading.plain_colocations().filter(|at| at.score.is_minus_infinite());
        for separation in separations {
            let (one, other) = (separation.dependent.index(), separation.primary.index());
            if one != other && self.sets.equiv(one, other) && !told.contains(separation.id.as_str()) {
                note_contradiction(draft, reading, separation, None);
            }
        }
    }

    /// Sets that no node is allowed for, though one is for each of their members.
    fn check_nodes(&self, draft: &mut Draft<'_>, reading: &Reading<'_>) {
        let mut banned: FxHashMap<usize, FxHashSet<NodeId>> = FxHashMap::default();
        let mut hopeless = FxHashSet::default();
        for (&resource, nodes) in &reading.bans {
            let set = self.sets.find(resource.index());
            banned.entry(set).or_default().extend(nodes);
            if reading.are_all(nodes) {
                hopeless.insert(set);
            }
        }
        for (set, _) in banned.iter().filter(|(set, nodes)| !hopeless.contains(*set) && reading.are_all(nodes)) {
            let message = "each node is forbidden to at least one of these resources, so that they can't be together";
            let group = || reading.cluster[reading.cluster.outermost_of(ResourceId::new(*set))].id.as_str();
            let id = self.bound_by.get(set).map_or_else(group, String::as_str);
            if let Some(element) = draft.element(id) {
                draft.note(Code::ImpossibleColocation, element, "", message.to_owned());
            }
        }
    }
}

/// What is placed by another resource but starts before it.
fn check_orders(draft: &mut Draft<'_>, reading: &Reading<'_>) {
    let starts =
        reading.orders.iter().filter(|order| order.is_mandatory && order.first.1 == Task::Start && order.then.1 == Task::Start);
    let by_ends: FxHashMap<_, _> = starts.map(|order| ((order.first.0, order.then.0), &order.id)).collect();
    for colocation in reading.plain_colocations().filter(|at| at.score.is_infinite()) {
        let (dependent, primary) = (colocation.dependent, colocation.primary);
        let Some(order) = by_ends.get(&(dependent, primary)) else { continue };
        let (Some(element), Some(order)) = (draft.element(&colocation.id), draft.element(order)) else { continue };
        let (dependent, primary) = (&reading.cluster[dependent].id, &reading.cluster[primary].id);
        let message = format!("{dependent} is placed where {primary} is, but {primary} waits for {dependent} to start");
        draft.note_pair(Code::ColocationAgainstOrder, element, (order, "the order"), message);
    }
}
