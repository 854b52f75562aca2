//! Orders that lead in a circle.

use std::collections::VecDeque;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Code;
use super::draft::Draft;
use super::reading::Reading;
use crate::cluster::{Cluster, Kind, ResourceId};
use crate::plan::Task;

/// Moments of a resource: before and after its start, before and after its promotion.
const MOMENTS: usize = 4;

/// What comes before what; an edge has the number of the order that it comes from, if it comes from one.
type Moments = DiGraph<(), Option<usize>>;

pub(super) fn check(draft: &mut Draft<'_>, reading: &Reading<'_>) {
    let graph = moments(reading);
    for circle in kosaraju_scc(&graph).into_iter().filter(|component| component.len() > 1) {
        let mut orders = one_way_round(&graph, &circle);
        orders.sort_unstable();
        orders.dedup_by_key(|order| &reading.orders[*order].id);
        let ids: Vec<&str> = orders.iter().map(|&order| reading.orders[order].id.as_str()).collect();
        let Some((first, others)) = ids.split_first() else { continue };
        let Some(element) = draft.element(first) else { continue };
        match others.first().and_then(|other| draft.element(other)) {
            Some(other) => {
                let message = format!("orders lead in a circle: {}", ids.join(", "));
                draft.note_pair(Code::OrderingLoop, element, (other, "and back by this"), message);
            }
            None => {
                let order = &reading.orders[orders[0]];
                let message = format!("{} waits for itself by this order", reading.cluster[order.then.0].id);
                draft.note(Code::OrderingLoop, element, "", message);
            }
        }
    }
}

/// The moment at which a task begins, or has ended; only starts and promotions have one.
fn moment(resource: ResourceId, task: Task, ended: bool) -> Option<NodeIndex> {
    let at = match task {
        Task::Start => 0,
        Task::Promote => 2,
        _ => return None,
    };
    Some(NodeIndex::new(resource.index() * MOMENTS + at + usize::from(ended)))
}

fn moments(reading: &Reading<'_>) -> Moments {
    let cluster = reading.cluster;
    let mut graph = Moments::new();
    (0..cluster.resources.len() * MOMENTS).for_each(|_| {
        graph.add_node(());
    });
    for (id, _) in cluster.resources.iter() {
        add_structure(&mut graph, cluster, id);
    }
    for (number, order) in reading.orders.iter().enumerate() {
        let ends = moment(order.first.0, order.first.1, true).zip(moment(order.then.0, order.then.1, false));
        if let Some((first, then)) = ends {
            graph.add_edge(first, then, Some(number));
        }
    }
    graph
}

/// What follows from what a resource is: its parts are started while it is, one after the other if it is a group.
fn add_structure(graph: &mut Moments, cluster: &Cluster, id: ResourceId) {
    let children = &cluster[id].children;
    let in_order = matches!(cluster[id].kind, Kind::Group(group) if group.ordered);
    let mut add = |first: Option<NodeIndex>, then: Option<NodeIndex>| {
        if let Some((first, then)) = first.zip(then) {
            graph.add_edge(first, then, None);
        }
    };
    for task in [Task::Start, Task::Promote] {
        add(moment(id, task, false), moment(id, task, true));
        for &child in children {
            add(moment(id, task, false), moment(child, task, false));
            add(moment(child, task, true), moment(id, task, true));
        }
        if in_order {
            children.windows(2).for_each(|pair| add(moment(pair[0], task, true), moment(pair[1], task, false)));
        }
    }
    add(moment(id, Task::Start, true), moment(id, Task::Promote, false));
}

/// The orders of a shortest way from the first order of a circle back to it.
fn one_way_round(graph: &Moments, circle: &[NodeIndex]) -> Vec<usize> {
    let inside: FxHashSet<NodeIndex> = circle.iter().copied().collect();
    let edges = circle.iter().flat_map(|&at| graph.edges(at)).filter(|edge| inside.contains(&edge.target()));
    let Some(start) = edges.filter(|edge| edge.weight().is_some()).min_by_key(|edge| *edge.weight()) else { return Vec::new() };
    let mut came_by: FxHashMap<NodeIndex, EdgeIndex> = FxHashMap::default();
    let mut open = VecDeque::from([start.target()]);
    while let Some(at) = open.pop_front().filter(|at| *at != start.source()) {
        for edge in graph.edges(at).filter(|edge| inside.contains(&edge.target())) {
            if edge.target() != start.target() && !came_by.contains_key(&edge.target()) {
                came_by.insert(edge.target(), edge.id());
                open.push_back(edge.target());
            }
        }
    }
    let back = std::iter::successors(came_by.get(&start.source()), |edge| {
        let (source, _) = graph.edge_endpoints(**edge)?;
        came_by.get(&source)
    });
    back.filter_map(|edge| graph[*edge]).chain(*start.weight()).collect()
}
