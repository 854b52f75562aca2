//! Which resources merges go on from in the same way, as long as no table changes.

use petgraph::Directed;
use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::GraphMap;
use rustc_hash::{FxBuildHasher, FxHashSet};

use crate::cluster::ResourceId;
use crate::run::Run;

use super::lists::{End, effective};
use super::view::View;

/// The resources from which merges go on by tables alone, however they were reached: they are in no circle, and in front
/// of nothing that changes in other ways.
#[derive(Debug)]
pub(super) struct Steady(FxHashSet<ResourceId>);

/// From each resource to whatever is merged right behind it.
type Links = GraphMap<ResourceId, (), Directed, FxBuildHasher>;

impl Steady {
    /// Looks at all colocations from one end.
    pub(super) fn find(run: &Run<'_>, end: End) -> Self {
        let links = links(run, end);
        let (mut steady, mut fickle) = (FxHashSet::default(), FxHashSet::default());
        // What is behind comes before what is in front.
        for circle in kosaraju_scc(&links) {
            let leads_to_fickle = |at: ResourceId| links.neighbors(at).any(|behind| fickle.contains(&behind));
            if circle.iter().any(|&at| is_fickle(run, at) || leads_to_fickle(at)) {
                fickle.extend(circle);
            } else if let [single] = circle[..]
                && !links.contains_edge(single, single)
            {
                steady.insert(single);
            }
        }
        Self(steady)
    }

    /// Whether a resource is one of them.
    pub(super) fn contains(&self, resource: ResourceId) -> bool {
        self.0.contains(&resource)
    }
}

fn links(run: &Run<'_>, end: End) -> Links {
    let (mut links, mut seen) = (Links::default(), FxHashSet::default());
    let mut open: Vec<ResourceId> = run.cluster.colocations.iter().flat_map(|(_, at)| [at.dependent, at.primary]).collect();
    while let Some(at) = open.pop() {
        if seen.insert(at) {
            links.add_node(at);
            for next in behind(run, at, end) {
                links.add_edge(at, next, ());
                open.push(next);
            }
        }
    }
    links
}

fn behind(run: &Run<'_>, resource: ResourceId, end: End) -> Vec<ResourceId> {
    if run[resource].is_group() {
        // It begins with the first member where it is met, and with the last where its own table is asked for (COLO-71).
        let members = &run[resource].children;
        return members.first().into_iter().chain(members.last()).copied().collect();
    }
    let colocations = effective(&run.cluster, resource, end).into_iter().map(|id| &run[id]);
    colocations.map(|at| if end == End::Dependent { at.primary } else { at.dependent }).collect()
}

/// Whether what a resource adds, or what is behind it, may change while no table does: inside a bundle, where hosts and
/// roles count, and for members of groups with locations for roles.
fn is_fickle(run: &Run<'_>, resource: ResourceId) -> bool {
    let group = run[resource].parent.filter(|&parent| run[parent].is_group());
    let by_role = group.is_some_and(|group| run[group].locations.iter().any(|&id| run[id].role.is_some()));
    by_role || !View::new(run, "", resource).is_plain()
}
