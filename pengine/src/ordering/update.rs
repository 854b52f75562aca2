//! Settling one action: what comes before it, by the kinds of each relation (ORD section 10).
//!
//! What one relation changes is passed on at once, to whatever it concerns, before the next relation has its say. Chains can
//! be as long as there are actions: what waits for something else is kept in a list, not on the program's stack.

use petgraph::Direction::Outgoing;
use petgraph::graph::WalkNeighbors;

use crate::plan::{ActionId, DecisiveRelations};
use crate::run::Run;

use super::colocation::Blocking;
use super::flags::Flags;
use super::relation::RelationUpdate;
use super::variant::VariantUpdate;

/// Which of two related actions changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Changed {
    pub first: bool,
    pub then: bool,
}

impl std::ops::BitOrAssign for Changed {
    fn bitor_assign(&mut self, other: Self) {
        self.first |= other.first;
        self.then |= other.then;
    }
}

/// An update under way.
pub(super) enum Update {
    Action(ActionUpdate),
    /// Of everything behind an action.
    Followers(WalkNeighbors<u32>),
    /// Of what belongs to a group or collective.
    Variant(VariantUpdate),
    /// Of what has to be with something that can't start.
    Blocking(Blocking),
}

/// How an update goes on.
pub(super) enum Turn {
    /// Another update goes first; its result is told in the next turn.
    Wait(Update),
    /// It is done.
    Done(Changed),
}

impl Update {
    /// Updates an action from everything before it, and, where that changed something, everything that depends on it. This
    /// ends because flags change in one direction only.
    pub(super) fn action(run: &mut Run<'_>, then: ActionId) -> Self {
        Self::Action(ActionUpdate::begin(run, then))
    }

    /// Updates everything behind an action; relations whose other end is disabled lead on all the same (ORD-61).
    pub(super) fn followers(run: &Run<'_>, first: ActionId) -> Self {
        Self::Followers(behind(run, first))
    }

    /// Carries it out, with all others that it leads to; the list is for those that wait, and empty before and after.
    pub(super) fn carry_out(self, run: &mut Run<'_>, waiting: &mut Vec<Self>) {
        let mut result = Changed::default();
        waiting.push(self);
        while let Some(last) = waiting.last_mut() {
            match last.go_on(run, std::mem::take(&mut result)) {
                Turn::Wait(update) => waiting.push(update),
                Turn::Done(changed) => {
                    result = changed;
                    waiting.pop();
                }
            }
        }
    }

    fn go_on(&mut self, run: &mut Run<'_>, result: Changed) -> Turn {
        match self {
            Self::Action(update) => update.go_on(run, result),
            Self::Followers(walk) => update_next(run, walk),
            Self::Variant(update) => update.go_on(run, result),
            Self::Blocking(blocking) => blocking.go_on(run),
        }
    }
}

/// All actions behind one.
fn behind(run: &Run<'_>, first: ActionId) -> WalkNeighbors<u32> {
    run.plan.graph.neighbors_directed(first, Outgoing).detach()
}

fn update_next(run: &mut Run<'_>, walk: &mut WalkNeighbors<u32>) -> Turn {
    match walk.next_node(&run.plan.graph) {
        Some(then) => Turn::Wait(Update::action(run, then)),
        None => Turn::Done(Changed::default()),
    }
}

/// All flags that orderings change.
type Snapshot = (Flags, bool, bool);

fn snapshot(run: &Run<'_>, action: ActionId) -> Snapshot {
    (Flags::own(run, action), run[action].pseudo, run[action].always_in_graph)
}

/// The update of one action.
pub(super) struct ActionUpdate {
    then: ActionId,
    entry: Snapshot,
    /// What had no say yet.
    relations: DecisiveRelations,
    relation: Option<RelationUpdate>,
    runnable_firsts: u32,
    changed: bool,
    stage: Stage,
}

enum Stage {
    /// One relation after the other has its say.
    Firsts,
    /// What is behind this first action, which changed, was updated; next is the action itself.
    First(ActionId),
    /// It changed, and what has to be with it was blocked.
    Again,
    /// It was updated once more.
    Followers,
    /// One action behind it after the other is updated.
    Behind(WalkNeighbors<u32>),
}

impl ActionUpdate {
    fn begin(run: &mut Run<'_>, then: ActionId) -> Self {
        let entry = snapshot(run, then);
        if run[then].required_firsts > 0 {
            run[then].runnable = false;
        }
        let relations = DecisiveRelations::of(run, then);
        Self { then, entry, relations, relation: None, runnable_firsts: 0, changed: false, stage: Stage::Firsts }
    }

    fn go_on(&mut self, run: &mut Run<'_>, result: Changed) -> Turn {
        let then = self.then;
        match &mut self.stage {
            Stage::Firsts => match self.apply_relations(run, result) {
                Some(update) => Turn::Wait(update),
                None => self.conclude(run),
            },
            Stage::First(first) => {
                let update = Update::action(run, *first);
                self.stage = Stage::Firsts;
                Turn::Wait(update)
            }
            Stage::Again => {
                self.stage = Stage::Followers;
                Turn::Wait(Update::action(run, then))
            }
            Stage::Followers => {
                self.stage = Stage::Behind(behind(run, then));
                self.go_on(run, result)
            }
            Stage::Behind(walk) => update_next(run, walk),
        }
    }

    /// Goes on to the next relation that something has to be updated for; the result is of what was waited for.
    fn apply_relations(&mut self, run: &mut Run<'_>, mut result: Changed) -> Option<Update> {
        loop {
            if let Some(relation) = &mut self.relation {
                let changed = match relation.go_on(run, std::mem::take(&mut result)) {
                    Turn::Wait(update) => return Some(update),
                    Turn::Done(changed) => changed,
                };
                let first = relation.first();
                self.runnable_firsts = relation.runnable_firsts();
                self.relation = None;
                self.changed |= changed.then;
                if changed.first {
                    self.stage = Stage::First(first);
                    return Some(Update::followers(run, first));
                }
            }
            let (edge, first) = self.relations.next(run)?;
            match RelationUpdate::begin(run, edge, first, self.then, self.runnable_firsts) {
                Ok(relation) => self.relation = Some(relation),
                Err(changed) => self.changed |= changed.then,
            }
        }
    }

    /// All relations had their say.
    fn conclude(&mut self, run: &mut Run<'_>) -> Turn {
        let then = self.then;
        if run[then].required_firsts > 0 {
            self.changed = snapshot(run, then) != self.entry;
        }
        if !self.changed {
            return Turn::Done(Changed::default());
        }
        self.stage = Stage::Again;
        let blocked = self.entry.0.runnable && !run[then].runnable;
        match blocked.then(|| Blocking::by(run, then)).flatten() {
            Some(blocking) => Turn::Wait(Update::Blocking(blocking)),
            None => self.go_on(run, Changed::default()),
        }
    }
}
