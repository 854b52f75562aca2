//! Orders of sets: inside each, and between neighbours (ORD-11 to ORD-13).

use std::slice;

use crate::cluster::ResourceId;
use crate::diagnostic::Problem;
use crate::plan::{self, Task};
use crate::run::Run;

use super::super::expand::ResourceSet;
use super::kind::{Direction, OrderKind, asked_symmetry};
use super::{Terms, enough_of, inverse, order_enough, read_kind, read_symmetry, side, task_named};

/// A set all of whose resources exist.
struct Step<'s, 'c> {
    set: &'s ResourceSet<'c>,
    resources: Vec<ResourceId>,
    task: Task,
}

/// Orders sets. A name that is no resource ends the constraint; what was made before stays.
pub fn order_sets(run: &mut Run<'_>, terms: &Terms<'_>, sets: &[ResourceSet<'_>]) {
    let mut previous: Option<Step<'_, '_>> = None;
    for set in sets.iter().filter(|set| !set.id.is_empty()) {
        let Some(step) = Step::find(run, terms, set) else { return };
        order_within(run, terms, &step);
        if let Some(previous) = &previous {
            order_between(run, terms, terms.direction(), (previous, previous.task), (&step, step.task));
            if terms.symmetric {
                order_inverse(run, terms, previous, &step);
            }
        }
        previous = Some(step);
    }
}

impl<'s, 'c> Step<'s, 'c> {
    fn find(run: &mut Run<'_>, terms: &Terms<'_>, set: &'s ResourceSet<'c>) -> Option<Self> {
        if let Some(unknown) = set.members.iter().find(|member| member.resource.is_none()) {
            let problem = Problem::UnknownMember { set: set.id.to_owned(), name: unknown.name.clone() };
            run.diagnose(terms.constraint.id, problem);
            return None;
        }
        let resources = set.members.iter().filter_map(|member| member.resource).collect();
        Some(Self { set, resources, task: task_named(run, set.action, Task::Start) })
    }

    /// The resources that are ordered with a neighbouring set: all, or the nearest one of a set that is said to be
    /// sequential. ORD-13: between sets, that is not the default.
    fn ends(&self, last: bool) -> &[ResourceId] {
        if !self.set.sequential.is_true() {
            return &self.resources;
        }
        let nearest = if last { self.resources.last() } else { self.resources.first() };
        nearest.map(slice::from_ref).unwrap_or_default()
    }
}

/// Orders inside a set (ORD-12).
fn order_within(run: &mut Run<'_>, terms: &Terms<'_>, step: &Step<'_, '_>) {
    let (set, resources) = (step.set, &step.resources);
    if resources.len() < 2 {
        return;
    }
    let own_kind = read_kind(run, set.id, set.kind, set.score);
    // ORD-12: a score makes the set's own kind only as far as symmetry goes.
    let kind = own_kind.filter(|_| set.kind.is_some()).unwrap_or(terms.kind);
    let asked = asked_symmetry(set.symmetrical, terms.symmetrical);
    let symmetric = read_symmetry(run, set.id, own_kind.unwrap_or(terms.kind), asked);
    let direction = if symmetric { Direction::Normal } else { Direction::Asymmetric };
    let kinds = kind.kinds(direction, step.task);
    // ORD-12: inside a set, sequence is the default, and nonsense means none.
    let sequential = set.sequential.is_true() || set.sequential == super::Flag::Unset;
    if kind == OrderKind::Serialize {
        for (at, &earlier) in resources.iter().enumerate() {
            for &later in resources.iter().skip(at + 1) {
                plan::order(run, side(earlier, step.task), side(later, step.task), kinds);
            }
        }
    } else if sequential {
        for (&earlier, &later) in resources.iter().zip(resources.iter().skip(1)) {
            plan::order(run, side(earlier, step.task), side(later, step.task), kinds);
        }
    }
    if !(symmetric && sequential) {
        return;
    }
    let Some(task) = inverse(run, terms.constraint, step.task) else { return };
    let kinds = kind.kinds(Direction::Inverse, task);
    for (&earlier, &later) in resources.iter().zip(resources.iter().skip(1)) {
        plan::order(run, side(later, task), side(earlier, task), kinds);
    }
}

/// Orders a set before another, which stands before it in the document if this is the inverse (ORD-13).
fn order_between(
    run: &mut Run<'_>,
    terms: &Terms<'_>,
    direction: Direction,
    (first, first_task): (&Step<'_, '_>, Task),
    (then, then_task): (&Step<'_, '_>, Task),
) {
    let kinds = terms.kind.kinds(direction, first_task);
    // ORD-13: what is taken down has to be down altogether.
    let any_will_do = first.set.require_all.is_false() && !matches!(first_task, Task::Stop | Task::Demote);
    if any_will_do {
        let enough = enough_of(run, &format!("one-or-more:{}", first.set.id), 1);
        order_enough(run, enough, (&first.resources, first_task), (&then.resources, then_task), kinds);
        return;
    }
    let inverse = direction == Direction::Inverse;
    for &before in first.ends(!inverse) {
        for &after in then.ends(inverse) {
            plan::order(run, side(before, first_task), side(after, then_task), kinds);
        }
    }
}

fn order_inverse(run: &mut Run<'_>, terms: &Terms<'_>, previous: &Step<'_, '_>, step: &Step<'_, '_>) {
    let Some(first_task) = inverse(run, terms.constraint, step.task) else { return };
    let Some(then_task) = inverse(run, terms.constraint, previous.task) else { return };
    order_between(run, terms, Direction::Inverse, (step, first_task), (previous, then_task));
}

#[cfg(test)]
mod tests {
    use super::super::Flag;
    use super::*;

    #[test]
    fn between_sets_sequence_has_to_be_said() {
        let mut set = ResourceSet::default();
        let resources: Vec<_> = (0..3).map(ResourceId::new).collect();
        let ends =
            |set: &ResourceSet<'_>, last| Step { set, resources: resources.clone(), task: Task::Start }.ends(last).to_vec();
        assert_eq!(ends(&set, true), resources);
        set.sequential = Flag::Invalid;
        assert_eq!(ends(&set, true), resources);
        set.sequential = Flag::Valid(true);
        assert_eq!(ends(&set, true), resources[2..]);
        assert_eq!(ends(&set, false), resources[..1]);
    }
}
