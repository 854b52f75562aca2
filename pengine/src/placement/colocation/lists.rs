//! Which colocations concern a resource, and in which order.

use std::cmp::Ordering;

use crate::cib::Score;
use crate::cluster::{Cluster, Colocation, ColocationId, Kind, ResourceId};
use crate::run::Run;

/// From which end a resource looks at its colocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is the dependent: "this with".
    Dependent,
    /// It is the primary: "with this".
    Primary,
}

/// Puts a colocation into both resources' own lists (COLO-35) without the orderings of COLO-25.
pub fn add_colocation(run: &mut Run<'_>, colocation: Colocation) -> Option<ColocationId> {
    (colocation.score != Score::ZERO).then(|| keep(&mut run.cluster, colocation))
}

fn keep(cluster: &mut Cluster, colocation: Colocation) -> ColocationId {
    let Colocation { dependent, primary, .. } = colocation;
    let id = cluster.colocations.alloc(colocation);
    for (resource, end) in [(dependent, End::Dependent), (primary, End::Primary)] {
        let mut list = std::mem::take(own_mut(cluster, resource, end));
        insert(cluster, &mut list, id, end);
        *own_mut(cluster, resource, end) = list;
    }
    id
}

/// The effective list of colocations with a resource as dependent (COLO-38).
pub fn this_with(run: &Run<'_>, resource: ResourceId) -> Vec<ColocationId> {
    effective(&run.cluster, resource, End::Dependent)
}

/// The effective list of colocations with a resource as primary (COLO-38).
#[must_use]
pub fn with_this(run: &Run<'_>, resource: ResourceId) -> Vec<ColocationId> {
    effective(&run.cluster, resource, End::Primary)
}

fn own(cluster: &Cluster, resource: ResourceId, end: End) -> &[ColocationId] {
    match end {
        End::Dependent => &cluster[resource].this_with,
        End::Primary => &cluster[resource].with_this,
    }
}

fn own_mut(cluster: &mut Cluster, resource: ResourceId, end: End) -> &mut Vec<ColocationId> {
    match end {
        End::Dependent => &mut cluster[resource].this_with,
        End::Primary => &mut cluster[resource].with_this,
    }
}

/// Inserts before all that are not strictly earlier, so that the newest of equal ones comes first (COLO-35).
fn insert(cluster: &Cluster, list: &mut Vec<ColocationId>, id: ColocationId, end: End) {
    let other_end = |id: ColocationId| match end {
        End::Dependent => cluster[id].primary,
        End::Primary => cluster[id].dependent,
    };
    let new = other_end(id);
    let place = list.partition_point(|&known| compare(cluster, other_end(known), new) == Ordering::Less);
    list.insert(place, id);
}

/// COLO-34: priority, kind, promotable clones, id.
fn compare(cluster: &Cluster, a: ResourceId, b: ResourceId) -> Ordering {
    let (first, second) = (&cluster[a], &cluster[b]);
    let rank = |kind: &Kind| match kind {
        Kind::Bundle(_) => 0,
        Kind::Clone(_) => 1,
        Kind::Group(_) => 2,
        Kind::Primitive => 3,
    };
    let is_promotable_clone = |id: ResourceId| cluster[id].is_clone() && cluster[id].promotable;
    second
        .priority
        .cmp(&first.priority)
        .then_with(|| rank(&first.kind).cmp(&rank(&second.kind)))
        .then_with(|| is_promotable_clone(b).cmp(&is_promotable_clone(a)))
        .then_with(|| first.id.as_bytes().cmp(second.id.as_bytes()))
}

pub(super) fn effective(cluster: &Cluster, resource: ResourceId, end: End) -> Vec<ColocationId> {
    let mut list = List { cluster, end, items: Vec::new() };
    if cluster[resource].is_primitive() {
        list.add_own_of(resource);
        if let Some(parent) = cluster[resource].parent {
            list.add_from(parent, resource);
        }
    } else {
        list.add_from(resource, resource);
    }
    list.items
}

/// An effective list being built.
struct List<'c> {
    cluster: &'c Cluster,
    end: End,
    items: Vec<ColocationId>,
}

impl List<'_> {
    fn add(&mut self, id: ColocationId) {
        insert(self.cluster, &mut self.items, id, self.end);
    }

    /// Adds a whole own list.
    fn add_own_of(&mut self, resource: ResourceId) {
        let own = own(self.cluster, resource, self.end);
        if self.items.is_empty() {
            self.items.extend(own);
        } else if let Some(&first) = own.first() {
            // COLO-37: the field's reference takes the first one again and again, and never the others.
            for _ in own {
                self.add(first);
            }
        }
    }

    /// Adds what a collective has for itself, or for one of its parts.
    fn add_from(&mut self, collective: ResourceId, part: ResourceId) {
        match &self.cluster[collective].kind {
            Kind::Primitive => {}
            Kind::Group(group) => self.add_from_group(collective, part, group.collocated),
            Kind::Clone(_) => {
                self.add_own_of(collective);
                self.add_from_parent(collective, part);
            }
            Kind::Bundle(_) => {
                if self.has_bundle_colocations(collective, part) {
                    self.add_own_of(collective);
                }
            }
        }
    }

    fn add_from_parent(&mut self, collective: ResourceId, part: ResourceId) {
        if let Some(parent) = self.cluster[collective].parent {
            self.add_from(parent, part);
        }
    }

    /// COLO-39, COLO-42: a group is a dependent by its first member and a primary by its last.
    fn add_from_group(&mut self, group: ResourceId, part: ResourceId, collocated: bool) {
        let members = &self.cluster[group].children;
        let speaker = match self.end {
            End::Dependent => members.first(),
            End::Primary => members.last(),
        };
        let Some(&speaker) = speaker else { return };
        if part != group && part != speaker {
            if self.end == End::Dependent {
                self.add_behind_unmanaged(group, part);
            }
            return;
        }
        self.add_own_of(group);
        self.add_from_parent(group, part);
        if collocated {
            for &member in members.iter().filter(|&&member| member != part) {
                for &id in own(self.cluster, member, self.end) {
                    if self.cluster[id].explicit {
                        self.add(id);
                    }
                }
            }
        }
    }

    /// COLO-42: a member behind an unmanaged one can't rely on the first member's being placed rightly.
    fn add_behind_unmanaged(&mut self, group: ResourceId, part: ResourceId) {
        let cluster = self.cluster;
        let mandatory = || own(cluster, group, self.end).iter().filter(|&&id| cluster[id].score == Score::INFINITY);
        let mut before = cluster[group].children.iter().take_while(|&&member| member != part);
        if mandatory().next().is_some() && before.any(|&member| !cluster[member].managed) {
            mandatory().for_each(|&id| self.add(id));
        }
    }

    /// COLO-41: containers have their bundle's colocations; what runs inside only once roles are at stake.
    fn has_bundle_colocations(&self, bundle: ResourceId, part: ResourceId) -> bool {
        let cluster = self.cluster;
        if part == bundle || (cluster[part].replica_container && cluster[part].parent == Some(bundle)) {
            return true;
        }
        let Some(inner) = cluster[bundle].bundle().and_then(|bundle| bundle.inner) else { return false };
        if part == inner {
            return cluster[inner].clone_config().is_some_and(|clone| clone.promotion_sorted) && cluster[inner].promotable;
        }
        cluster[inner].promotable && cluster.is_ancestor(inner, part) && !cluster[part].provisional
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::Id;
    use crate::cib::{Options, RuleInput};
    use crate::cluster::{Group, Resource};

    fn resource(cluster: &mut Cluster, id: &str) -> ResourceId {
        cluster.resources.alloc(Resource::new(id.to_owned(), Id::new(0)))
    }

    /// A colocated group `g` of `m1`, `m2` and `m3`, and the plain resources `a` and `b`.
    fn cluster() -> (Cluster, [ResourceId; 6]) {
        let mut cluster = Cluster::new(Options::default(), &RuleInput::default(), true);
        let all = ["g", "m1", "m2", "m3", "a", "b"].map(|id| resource(&mut cluster, id));
        cluster[all[0]].kind = Kind::Group(Group { collocated: true, ordered: true });
        cluster[all[0]].children = all[1..4].to_vec();
        for &member in &all[1..4] {
            cluster[member].parent = Some(all[0]);
        }
        (cluster, all)
    }

    fn colocate(cluster: &mut Cluster, dependent: ResourceId, primary: ResourceId, score: i64) -> ColocationId {
        let colocation = Colocation {
            id: String::new(),
            attribute: "#uname".to_owned(),
            dependent,
            primary,
            dependent_role: None,
            primary_role: None,
            score: Score::new(score),
            influence: true,
            explicit: true,
        };
        keep(cluster, colocation)
    }

    #[test]
    fn higher_priority_goes_first_and_the_newest_of_equal_ones() {
        let (mut cluster, [_, m1, _, _, a, b]) = cluster();
        cluster[b].priority = 5;
        let old = colocate(&mut cluster, a, m1, 10);
        let prior = colocate(&mut cluster, b, m1, 20);
        let new = colocate(&mut cluster, a, m1, 30);
        assert_eq!(cluster[m1].with_this, [prior, new, old]);
        assert_eq!(cluster[a].this_with, [new, old]);
    }

    #[test]
    fn a_whole_list_that_is_added_to_another_gives_only_its_first() {
        let (mut cluster, [g, m1, _, _, a, b]) = cluster();
        let own = colocate(&mut cluster, m1, a, 100);
        let first = colocate(&mut cluster, g, a, 200);
        colocate(&mut cluster, g, b, 300);
        assert_eq!(effective(&cluster, m1, End::Dependent), [first, first, own]);
    }

    #[test]
    fn a_group_is_a_dependent_by_its_first_member_and_a_primary_by_its_last() {
        let (mut cluster, [g, m1, m2, m3, a, b]) = cluster();
        let with_a = colocate(&mut cluster, g, a, 100);
        let b_with = colocate(&mut cluster, b, g, 100);
        assert_eq!(effective(&cluster, m1, End::Dependent), [with_a]);
        assert_eq!(effective(&cluster, m2, End::Dependent), []);
        assert_eq!(effective(&cluster, m2, End::Primary), []);
        assert_eq!(effective(&cluster, m3, End::Primary), [b_with]);
    }

    #[test]
    fn behind_an_unmanaged_member_the_groups_mandatory_colocations_count_again() {
        let (mut cluster, [g, m1, m2, _, a, b]) = cluster();
        let mandatory = colocate(&mut cluster, g, a, 1_000_000);
        colocate(&mut cluster, g, b, 100);
        cluster[m1].managed = false;
        assert_eq!(effective(&cluster, m2, End::Dependent), [mandatory]);
    }
}
