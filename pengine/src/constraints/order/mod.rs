//! `rsc_order`: what has to be done before what (ORD section 3).

mod kind;
mod sets;

use crate::cib::Score;
use crate::cluster::ResourceId;
use crate::cluster::build::clone_number;
use crate::diagnostic::Problem;
use crate::plan::{self, ActionId, ActionKey, Kinds, Side, Task};
use crate::run::Run;

use super::expand::{self, End, Flag, Named};
use super::{Constraint, parse_score, required};
use kind::{Direction, asked_symmetry};

pub use kind::OrderKind;

/// What holds for a constraint as a whole.
struct Terms<'c> {
    constraint: Constraint<'c>,
    kind: OrderKind,
    symmetric: bool,
    /// `symmetrical`, which sets take over that don't have their own.
    symmetrical: Flag,
}

/// Reads an `rsc_order`.
pub fn read<'c>(run: &mut Run<'c>, constraint: Constraint<'c>) {
    if let Some(sets) = expand::sets(run, constraint) {
        let terms = Terms::read(run, constraint);
        return sets::order_sets(run, &terms, &sets.sets);
    }
    let end = |name, action| End { name, role: None, action: constraint.attr(action) };
    let Some(first) = required(run, constraint, "first", "first") else { return };
    let Some(then) = required(run, constraint, "then", "then") else { return };
    let (first, then) = (end(first, "first-action"), end(then, "then-action"));
    let Some(before) = first.find(run, constraint) else { return };
    let Some(after) = then.find(run, constraint) else { return };
    let terms = Terms::read(run, constraint);
    if let (&Named::Resource(before), &Named::Resource(after)) = (&before, &after) {
        order_pair(run, &terms, (before, first.action), (after, then.action));
    } else {
        sets::order_sets(run, &terms, &[first.into_set(before), then.into_set(after)]);
    }
}

impl<'c> Terms<'c> {
    fn read(run: &mut Run<'_>, constraint: Constraint<'c>) -> Self {
        let kind = read_kind(run, constraint.id, constraint.attr("kind"), constraint.attr("score"));
        let kind = kind.unwrap_or(OrderKind::Mandatory);
        let symmetrical = Flag::parse(constraint.attr("symmetrical"));
        let symmetric = read_symmetry(run, constraint.id, kind, asked_symmetry(symmetrical, Flag::Unset));
        Self { constraint, kind, symmetric, symmetrical }
    }

    fn direction(&self) -> Direction {
        if self.symmetric { Direction::Normal } else { Direction::Asymmetric }
    }
}

/// The kind of the element of that id; nothing if neither a kind nor a score says so (ORD-3).
fn read_kind(run: &mut Run<'_>, id: &str, kind: Option<&str>, score: Option<&str>) -> Option<OrderKind> {
    if let Some(text) = kind {
        let kind = OrderKind::parse(text);
        if kind.is_none() {
            run.diagnose(id, Problem::InvalidKind { constraint: id.to_owned(), kind: text.to_owned() });
        }
        return kind.or(Some(OrderKind::Mandatory));
    }
    let score = parse_score(run, score?).unwrap_or(Score::ZERO);
    run.diagnose(id, Problem::DeprecatedOrderScore);
    // ORD-3: a negative score is not the opposite.
    Some(if score == Score::ZERO { OrderKind::Optional } else { OrderKind::Mandatory })
}

fn read_symmetry(run: &mut Run<'_>, id: &str, kind: OrderKind, asked: Option<bool>) -> bool {
    let symmetric = kind.is_symmetric(asked);
    if asked == Some(true) && !symmetric {
        run.diagnose(id, Problem::SymmetricSerialize { order: id.to_owned() });
    }
    symmetric
}

/// The simple form (ORD-9).
fn order_pair(
    run: &mut Run<'_>,
    terms: &Terms<'_>,
    (first, first_action): (ResourceId, Option<&str>),
    (then, then_action): (ResourceId, Option<&str>),
) {
    let first_task = task_named(run, first_action, Task::Start);
    let then_task = task_named(run, then_action, first_task);
    let kinds = terms.kind.kinds(terms.direction(), first_task);
    let minimum = minimum_instances(run, terms.constraint, first);
    if minimum > 0 {
        let name = format!("clone-one-or-more:{}", terms.constraint.id);
        let enough = enough_of(run, &name, minimum);
        let instances = run[first].children.clone();
        order_enough(run, enough, (&instances, first_task), (&[then], then_task), kinds);
    } else {
        plan::order(run, side(first, first_task), side(then, then_task), kinds);
    }
    if !terms.symmetric {
        return;
    }
    let Some(first_task) = inverse(run, terms.constraint, first_task) else { return };
    let Some(then_task) = inverse(run, terms.constraint, then_task) else { return };
    let kinds = terms.kind.kinds(Direction::Inverse, then_task);
    plan::order(run, side(then, then_task), side(first, first_task), kinds);
}

/// How many instances of what comes first have to be up; 0 if that is no question (ORD-10).
fn minimum_instances(run: &mut Run<'_>, constraint: Constraint<'_>, first: ResourceId) -> u32 {
    if !run[first].is_clone() {
        return 0;
    }
    if run[first].meta("clone-min").is_some() {
        return clone_number(run, first, &["clone-min"], 0);
    }
    let Some(require_all) = constraint.attr("require-all") else { return 0 };
    run.diagnose(constraint.id, Problem::DeprecatedRequireAll);
    u32::from(!Flag::parse(Some(require_all)).is_true())
}

/// The pseudo-action that stands for enough of several actions.
fn enough_of(run: &mut Run<'_>, name: &str, minimum: u32) -> ActionId {
    let enough = plan::pseudo_action(run, name);
    run[enough].required_firsts = minimum;
    enough
}

/// Orders enough of some actions before others.
fn order_enough(
    run: &mut Run<'_>,
    enough: ActionId,
    (firsts, first_task): (&[ResourceId], Task),
    (thens, then_task): (&[ResourceId], Task),
    kinds: Kinds,
) {
    for &first in firsts {
        let counted = Kinds::MIN_RUNNABLE | Kinds::THEN_IN_GRAPH;
        plan::order(run, side(first, first_task), Side::Action(enough), counted);
    }
    for &then in thens {
        plan::order(run, Side::Action(enough), side(then, then_task), kinds | Kinds::UNRUNNABLE_BLOCKS);
    }
}

/// The task that a constraint names.
fn task_named(run: &mut Run<'_>, name: Option<&str>, default: Task) -> Task {
    name.map_or(default, |name| run.cluster.tasks.task(name))
}

fn side(resource: ResourceId, task: Task) -> Side {
    Side::Key(resource, ActionKey::once(task))
}

fn inverse(run: &mut Run<'_>, constraint: Constraint<'_>, task: Task) -> Option<Task> {
    let inverse = task.inverse();
    if inverse.is_none() {
        run.diagnose(constraint.id, Problem::UnknownAction { action: run.cluster.tasks.name(task).to_owned() });
        run.diagnose(constraint.id, Problem::NotInvertible { constraint: constraint.id.to_owned() });
    }
    inverse
}
