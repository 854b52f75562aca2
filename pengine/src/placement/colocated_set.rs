//! What must run on one node together with a resource, for the sake of capacity (PLACE-92, PLACE-93).

use rustc_hash::FxHashSet;

use crate::cib::Score;
use crate::cluster::{Colocation, Kind, ResourceId};
use crate::run::Run;

use super::colocation::{Effect, effect_if_unassigned, this_with, with_this};
use super::utilization::Demand;

/// What all that must be with a primitive still needs, itself included.
pub(super) fn demand_together(run: &mut Run<'_>, origin: ResourceId) -> Demand {
    if let Some(demand) = run.demands.of_set_with(origin) {
        return demand;
    }
    let set = ColocatedSet::of(run, origin);
    if set.lasts && set.members.len() > 1 {
        let Run { cluster, demands, .. } = run;
        demands.remember(cluster, set.members.iter().copied().filter(|&member| cluster[member].is_primitive()));
    }
    set.demand(run)
}

/// Resources that belong on one node.
struct ColocatedSet {
    members: Vec<ResourceId>,
    known: FxHashSet<ResourceId>,
    /// Whether each primitive among them belongs with the same others, now and later: it takes clones or roles to make a
    /// difference.
    lasts: bool,
}

impl ColocatedSet {
    /// All that must be with a primitive, and itself.
    fn of(run: &Run<'_>, origin: ResourceId) -> Self {
        let mut set = Self { members: Vec::new(), known: FxHashSet::default(), lasts: true };
        let mut open = vec![origin];
        while let Some(next) = open.pop() {
            if set.known.insert(next) {
                set.members.push(next);
                let neighbours = set.neighbours(run, next);
                open.extend(neighbours.into_iter().filter(|&at| at != origin));
            }
        }
        set
    }

    fn neighbours(&mut self, run: &Run<'_>, resource: ResourceId) -> Vec<ResourceId> {
        let is_unit = run[resource].is_group() && is_one_unit(run, resource);
        self.lasts &= run[resource].is_primitive() || is_unit;
        if is_unit {
            return run[resource].children.clone();
        }
        let mut is_link = |colocation: &&Colocation| {
            let must = colocation.score == Score::INFINITY;
            self.lasts &= !must || (colocation.dependent_role.is_none() && colocation.primary_role.is_none());
            must && is_link(run, colocation)
        };
        let primaries = this_with(run, resource).into_iter().map(|id| &run[id]).filter(&mut is_link).map(|at| at.primary);
        let mut found: Vec<ResourceId> = primaries.collect();
        let dependents = with_this(run, resource).into_iter().map(|id| &run[id]).filter(is_link).map(|at| at.dependent);
        let only_clones = run[resource].is_clone();
        found.extend(dependents.filter(|&dependent| !only_clones || run[dependent].is_clone()));
        found
    }

    /// What the parts that are still without node need.
    fn demand(&self, run: &Run<'_>) -> Demand {
        let mut demand = Demand::default();
        for &member in self.members.iter().filter(|&&member| run[member].provisional) {
            self.add(run, member, &mut demand);
        }
        demand
    }

    fn add(&self, run: &Run<'_>, resource: ResourceId, demand: &mut Demand) {
        let children = &run[resource].children;
        match &run[resource].kind {
            Kind::Primitive => demand.add(&run[resource].utilization),
            Kind::Group(_) => {
                let counted = if is_one_unit(run, resource) { children.len() } else { 1 };
                let missing = |member: &&ResourceId| run[**member].provisional && !self.known.contains(*member);
                for &member in children.iter().take(counted).filter(missing) {
                    demand.add(&run[member].utilization);
                }
            }
            Kind::Clone(_) => {
                if children.iter().any(|child| self.known.contains(child)) {
                    return;
                }
                let holds_member = |child: &&ResourceId| run[**child].children.iter().any(|at| self.known.contains(at));
                if let Some(&instance) = children.iter().find(holds_member).or(children.first()) {
                    self.add(run, instance, demand);
                }
            }
            Kind::Bundle(bundle) => {
                if let Some(container) = bundle.replicas.first().and_then(|replica| replica.container) {
                    demand.add(&run[container].utilization);
                }
            }
        }
    }
}

/// Whether all members of a group count together: it is colocated or cloned.
fn is_one_unit(run: &Run<'_>, group: ResourceId) -> bool {
    let cloned = run[group].parent.is_some_and(|parent| run[parent].is_clone());
    cloned || run[group].group().is_some_and(|group| group.collocated)
}

/// COLO-90: judged as if nothing were assigned yet.
fn is_link(run: &Run<'_>, colocation: &Colocation) -> bool {
    effect_if_unassigned(run, colocation.dependent, colocation.primary, colocation) == Effect::Location
}
