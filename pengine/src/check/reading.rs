//! How the scheduler reads the constraints, as far as that doesn't depend on rules or on the state of the cluster.

use rustc_hash::{FxHashMap, FxHashSet};

use super::draft::Draft;
use crate::cib::{ElementRef, Score};
use crate::cluster::{Cluster, Colocation, Kind, NodeId, ResourceId};
use crate::constraints::Constraint;
use crate::constraints::expand::{self, End, Flag, Named, ResourceSet};
use crate::constraints::order::OrderKind;
use crate::plan::Task;
use crate::run::Run;

/// The constraints as they are read.
pub(super) struct Reading<'r> {
    pub(super) cluster: &'r Cluster,
    /// The nodes that resources can be on.
    pub(super) nodes: FxHashSet<NodeId>,
    /// The nodes that each resource is banned from by constraints without rules.
    pub(super) bans: FxHashMap<ResourceId, FxHashSet<NodeId>>,
    pub(super) orders: Vec<Order>,
}

/// That something is done before something else.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// The constraint's id.
    pub(super) id: String,
    pub(super) first: (ResourceId, Task),
    pub(super) then: (ResourceId, Task),
    pub(super) is_mandatory: bool,
}

impl<'r> Reading<'r> {
    pub(super) fn of(run: &'r mut Run<'_>, draft: &Draft<'_>) -> Self {
        let orders = read_orders(run);
        let cluster = &run.cluster;
        let nodes = cluster.node_order.iter().copied().filter(|&node| !cluster.is_bundle_node(node)).collect();
        let mut bans: FxHashMap<ResourceId, FxHashSet<NodeId>> = FxHashMap::default();
        for (resource, node, _) in fixed_locations(cluster, draft).filter(|(_, _, score)| score.is_minus_infinite()) {
            bans.entry(resource).or_default().insert(node.0);
        }
        Self { cluster, nodes, bans, orders }
    }

    /// Whether all nodes are among those.
    pub(super) fn are_all(&self, nodes: &FxHashSet<NodeId>) -> bool {
        !self.nodes.is_empty() && self.nodes.is_subset(nodes)
    }

    /// The colocations of the configuration.
    pub(super) fn colocations(&self) -> impl Iterator<Item = &'r Colocation> {
        self.cluster.colocations.iter().map(|(_, colocation)| colocation).filter(|colocation| colocation.explicit)
    }

    /// The colocations that hold between resources whatever their roles are, and mean the node itself.
    pub(super) fn plain_colocations(&self) -> impl Iterator<Item = &'r Colocation> {
        let is_plain = |at: &&Colocation| at.attribute == "#uname" && at.dependent_role.is_none() && at.primary_role.is_none();
        self.colocations().filter(is_plain)
    }

    /// Whether a resource is in one place only: no clone, bundle, or part of one.
    pub(super) fn is_single(&self, resource: ResourceId) -> bool {
        self.cluster.ancestry(resource).all(|at| matches!(self.cluster[at].kind, Kind::Primitive | Kind::Group(_)))
    }
}

/// What constraints without rules and roles say about resources and nodes, and the constraint's id.
pub(super) fn fixed_locations<'r>(
    cluster: &'r Cluster,
    draft: &Draft<'_>,
) -> impl Iterator<Item = (ResourceId, (NodeId, &'r str), Score)> {
    let is_fixed = |id: &str| {
        let element = draft.element(id);
        element.is_some_and(|at| at.has_tag_name("rsc_location") && !at.children().any(|child| child.has_tag_name("rule")))
    };
    let locations = cluster.locations.iter().map(|(_, location)| location);
    let fixed = locations.filter(|location| location.role.is_none() && !location.is_health && is_fixed(&location.id));
    let fixed: Vec<_> = fixed.collect();
    fixed
        .into_iter()
        .flat_map(|location| location.nodes.iter().map(|&(node, score)| (location.resource, (node, location.id.as_str()), score)))
}

/// The orders of starts and promotions, those of sets included.
fn read_orders(run: &mut Run<'_>) -> Vec<Order> {
    let cib = run.cib;
    let mut orders = Vec::new();
    for element in cib.section("constraints").into_iter().flat_map(|section| section.children_named("rsc_order")) {
        let Some(id) = element.id() else { continue };
        let kind = kind_of(element);
        if kind == OrderKind::Serialize {
            continue;
        }
        let mut add = |first, then| {
            orders.push(Order { id: id.to_owned(), first, then, is_mandatory: kind == OrderKind::Mandatory });
        };
        let steps = read_steps(run, Constraint { id, element });
        for step in &steps {
            if step.in_sequence {
                step.resources.windows(2).for_each(|pair| add((pair[0], step.task), (pair[1], step.task)));
            }
        }
        for pair in steps.windows(2) {
            let [before, after] = pair else { continue };
            for &first in before.ends(true) {
                for &then in after.ends(false) {
                    add((first, before.task), (then, after.task));
                }
            }
        }
    }
    orders
}

fn kind_of(element: ElementRef<'_>) -> OrderKind {
    let by_score = || match element.attr("score").map(|text| Score::parse(text, Default::default()).unwrap_or_default()) {
        Some(Score::ZERO) => OrderKind::Optional,
        _ => OrderKind::Mandatory,
    };
    element.attr("kind").map_or_else(by_score, |kind| OrderKind::parse(kind).unwrap_or(OrderKind::Mandatory))
}

/// Resources to which the same is done.
struct Step {
    resources: Vec<ResourceId>,
    task: Task,
    /// One after the other.
    in_sequence: bool,
    /// Only its ends count for its neighbours.
    is_chain: bool,
}

impl Step {
    fn ends(&self, last: bool) -> &[ResourceId] {
        if !self.is_chain {
            return &self.resources;
        }
        let end = if last { self.resources.last() } else { self.resources.first() };
        end.map(std::slice::from_ref).unwrap_or_default()
    }
}

fn read_steps<'c>(run: &mut Run<'c>, constraint: Constraint<'c>) -> Vec<Step> {
    if let Some(sets) = expand::sets(run, constraint) {
        return sets.sets.iter().map(|set| step(run, set, Task::Start)).collect();
    }
    let end = |name, action| Some(End { name: constraint.attr(name)?, role: None, action: constraint.attr(action) });
    let (Some(first), Some(then)) = (end("first", "first-action"), end("then", "then-action")) else { return Vec::new() };
    let (Some(before), Some(after)) = (first.find(run, constraint), then.find(run, constraint)) else { return Vec::new() };
    let as_set = |end: End<'c>, named: Named| end.into_set(named);
    let before = step(run, &as_set(first, before), Task::Start);
    let after = step(run, &as_set(then, after), before.task);
    vec![before, after]
}

fn step(run: &mut Run<'_>, set: &ResourceSet<'_>, default: Task) -> Step {
    Step {
        resources: set.members.iter().filter_map(|member| member.resource).collect(),
        task: set.action.map_or(default, |name| run.cluster.tasks.task(name)),
        in_sequence: set.sequential.is_true() || set.sequential == Flag::Unset,
        is_chain: set.sequential.is_true(),
    }
}
