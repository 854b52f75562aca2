//! `rsc_colocation`: resources that have to be together, or apart (COLO section 2).

use std::slice;

use crate::cib::{Score, parse_bool};
use crate::cluster::{Colocation, ResourceId, Role};
use crate::diagnostic::Problem;
use crate::placement::colocate;
use crate::run::Run;

use super::expand::{self, End, Flag, Member, Named, ResourceSet};
use super::{Constraint, parse_score, required, role_filter_or_diagnose};

/// What holds for all colocations that come of one constraint.
struct Terms<'c> {
    constraint: Constraint<'c>,
    score: Score,
    influence: Option<bool>,
}

/// Reads an `rsc_colocation`.
pub fn read<'c>(run: &mut Run<'c>, constraint: Constraint<'c>) {
    if let Some(sets) = expand::sets(run, constraint) {
        if let Some(terms) = Terms::read(run, constraint) {
            colocate_sets(run, &terms, &sets.sets);
        }
        return;
    }
    let end = |name, role| End { name, role: constraint.attr(role), action: None };
    let Some(dependent) = required(run, constraint, "rsc", "rsc") else { return };
    let Some(primary) = required(run, constraint, "with-rsc", "with-rsc") else { return };
    let (dependent, primary) = (end(dependent, "rsc-role"), end(primary, "with-rsc-role"));
    let Some(first) = dependent.find(run, constraint) else { return };
    let Some(second) = primary.find(run, constraint) else { return };
    if let (Named::Members(_), Named::Members(_)) = (&first, &second) {
        return run.diagnose(constraint.id, Problem::TwoTemplates { constraint: constraint.id.to_owned() });
    }
    let Some(terms) = Terms::read(run, constraint) else { return };
    if let (&Named::Resource(first), &Named::Resource(second)) = (&first, &second) {
        colocate_pair(run, &terms, (first, dependent.role), (second, primary.role));
    } else {
        // COLO-8: as sets, they lose the node attribute.
        colocate_sets(run, &terms, &[dependent.into_set(first), primary.into_set(second)]);
    }
}

impl<'c> Terms<'c> {
    fn read(run: &mut Run<'_>, constraint: Constraint<'c>) -> Option<Self> {
        let text = constraint.attr("score").unwrap_or("0");
        let Some(score) = parse_score(run, text) else {
            let (colocation, score) = (constraint.id.to_owned(), text.to_owned());
            run.diagnose(constraint.id, Problem::InvalidColocationScore { colocation, score });
            return None;
        };
        let influence = constraint.attr("influence");
        if influence.is_some_and(|text| parse_bool(text).is_none()) {
            run.diagnose(constraint.id, Problem::InvalidInfluence { constraint: constraint.id.to_owned() });
        }
        Some(Self { constraint, score, influence: influence.and_then(parse_bool) })
    }

    /// A colocation of the whole constraint; whether the dependent is critical decides about influence (COLO-23).
    fn colocation(&self, run: &Run<'_>, dependent: ResourceId, primary: ResourceId) -> Colocation {
        Colocation {
            id: self.constraint.id.to_owned(),
            attribute: "#uname".to_owned(),
            dependent,
            primary,
            dependent_role: None,
            primary_role: None,
            score: self.score,
            influence: self.influence.unwrap_or(run[dependent].critical),
            explicit: true,
        }
    }
}

/// The simple form (COLO-6).
fn colocate_pair(
    run: &mut Run<'_>,
    terms: &Terms<'_>,
    (dependent, dependent_role): (ResourceId, Option<&str>),
    (primary, primary_role): (ResourceId, Option<&str>),
) {
    let constraint = terms.constraint;
    if Flag::parse(constraint.attr("symmetrical")).is_true() {
        run.diagnose(constraint.id, Problem::RemovedSymmetrical);
    }
    let Some(dependent_role) = role_filter_or_diagnose(run, constraint, dependent_role) else { return };
    let Some(primary_role) = role_filter_or_diagnose(run, constraint, primary_role) else { return };
    if terms.score == Score::ZERO {
        return;
    }
    let attribute = constraint.attr("node-attribute").unwrap_or("#uname").to_owned();
    let plain = terms.colocation(run, dependent, primary);
    colocate(run, Colocation { attribute, dependent_role, primary_role, ..plain });
}

/// Every set in itself, then with the one before: earlier sets depend on later ones (COLO-10).
fn colocate_sets(run: &mut Run<'_>, terms: &Terms<'_>, sets: &[ResourceSet<'_>]) {
    let mut previous: Option<&ResourceSet<'_>> = None;
    for set in sets.iter().filter(|set| !set.id.is_empty()) {
        colocate_within(run, terms, set);
        if let Some(previous) = previous {
            colocate_between(run, terms, previous, set);
        }
        previous = Some(set);
    }
}

/// Colocations inside a set (COLO-11).
fn colocate_within(run: &mut Run<'_>, terms: &Terms<'_>, set: &ResourceSet<'_>) {
    let constraint = terms.constraint;
    let score = match set.score {
        None => terms.score,
        Some(text) => match parse_score(run, text) {
            Some(score) => score,
            None => {
                let (colocation, set, score) = (constraint.id.to_owned(), set.id.to_owned(), text.to_owned());
                return run.diagnose(constraint.id, Problem::InvalidSetScore { colocation, set, score });
            }
        },
    };
    if score == Score::ZERO {
        return;
    }
    let reversed = set.ordering.is_some_and(|ordering| !ordering.eq_ignore_ascii_case("group"));
    if reversed {
        run.diagnose(constraint.id, Problem::DeprecatedSetOrdering { set: set.id.to_owned() });
    }
    if set.sequential.is_false() {
        return;
    }
    let Some(role) = role_filter_or_diagnose(run, constraint, set.role) else { return };
    let within = Within { terms, set, score, role };
    if score.is_negative() { within.keep_apart(run) } else { within.keep_together(run, reversed) }
}

/// A set whose members are colocated with each other.
struct Within<'s, 'c> {
    terms: &'s Terms<'c>,
    set: &'s ResourceSet<'c>,
    score: Score,
    role: Option<Role>,
}

impl Within<'_, '_> {
    /// Each member with the one before, or, in the old way, each with the one behind (COLO-12).
    fn keep_together(&self, run: &mut Run<'_>, reversed: bool) {
        let mut previous = None;
        for member in &self.set.members {
            let Some(resource) = self.resource_or_diagnose(run, member) else { return };
            if let Some(previous) = previous {
                let (dependent, primary) = if reversed { (previous, resource) } else { (resource, previous) };
                self.colocate(run, dependent, primary, resource);
            }
            previous = Some(resource);
        }
    }

    /// Each member with all before it (COLO-14).
    fn keep_apart(&self, run: &mut Run<'_>) {
        for member in &self.set.members {
            let Some(resource) = self.resource_or_diagnose(run, member) else { return };
            for other in &self.set.members {
                // COLO-14: a name that stands for an ancestor is not its id, so such a member has no "before".
                if other.name == run[resource].id {
                    break;
                }
                if let Some(other) = other.resource {
                    self.colocate(run, resource, other, resource);
                }
            }
        }
    }

    fn resource_or_diagnose(&self, run: &mut Run<'_>, member: &Member) -> Option<ResourceId> {
        if member.resource.is_none() {
            let problem = Problem::UnknownFromHere { name: member.name.clone(), set: self.set.id.to_owned() };
            run.diagnose(self.terms.constraint.id, problem);
        }
        member.resource
    }

    /// COLO-23: the member that is listed later decides about influence, whichever end it is.
    fn colocate(&self, run: &mut Run<'_>, dependent: ResourceId, primary: ResourceId, later: ResourceId) {
        let plain = self.terms.colocation(run, dependent, primary);
        let colocation = Colocation {
            id: self.set.id.to_owned(),
            dependent_role: self.role,
            primary_role: self.role,
            score: self.score,
            influence: self.terms.influence.unwrap_or(run[later].critical),
            ..plain
        };
        colocate(run, colocation);
    }
}

/// Colocations of a set with the one that it depends on (COLO-15, COLO-16).
fn colocate_between(run: &mut Run<'_>, terms: &Terms<'_>, dependents: &ResourceSet<'_>, primaries: &ResourceSet<'_>) {
    if terms.score == Score::ZERO {
        return;
    }
    let constraint = terms.constraint;
    let Some(dependent_role) = role_filter_or_diagnose(run, constraint, dependents.role) else { return };
    let Some(primary_role) = role_filter_or_diagnose(run, constraint, primaries.role) else { return };
    let names = || (dependents.id.to_owned(), primaries.id.to_owned());
    let first = found_or_diagnose(run, constraint, ends(dependents, <[_]>::first), |name| {
        let (dependents, primaries) = names();
        Problem::UnknownDependent { dependents, primaries, name }
    });
    let last = found_or_diagnose(run, constraint, ends(primaries, <[_]>::last), |name| {
        let (dependents, primaries) = names();
        Problem::UnknownPrimary { dependents, primaries, name }
    });
    for &dependent in &first {
        for &primary in &last {
            let plain = terms.colocation(run, dependent, primary);
            colocate(run, Colocation { dependent_role, primary_role, ..plain });
        }
    }
}

/// The members of a set that are colocated with another set: all, or the one nearest to it if the set is sequential.
fn ends<'s>(set: &'s ResourceSet<'_>, nearest: impl Fn(&'s [Member]) -> Option<&'s Member>) -> &'s [Member] {
    if set.sequential.is_false() {
        return &set.members;
    }
    nearest(&set.members).map(slice::from_ref).unwrap_or_default()
}

fn found_or_diagnose(
    run: &mut Run<'_>,
    constraint: Constraint<'_>,
    members: &[Member],
    problem: impl Fn(String) -> Problem,
) -> Vec<ResourceId> {
    for missing in members.iter().filter(|member| member.resource.is_none()) {
        run.diagnose(constraint.id, problem(missing.name.clone()));
    }
    members.iter().filter_map(|member| member.resource).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_sequential_unless_it_says_otherwise() {
        let member = |name: &str| Member { name: name.to_owned(), resource: None };
        let mut set = ResourceSet { members: vec![member("a"), member("b")], ..ResourceSet::default() };
        for sequential in [Flag::Unset, Flag::Invalid, Flag::Valid(true)] {
            set.sequential = sequential;
            assert_eq!(ends(&set, <[_]>::last), [member("b")]);
            assert_eq!(ends(&set, <[_]>::first), [member("a")]);
        }
        set.sequential = Flag::Valid(false);
        assert_eq!(ends(&set, <[_]>::last).len(), 2);
    }
}
