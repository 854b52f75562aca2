//! Colocations: keeping them, finding those that concern a resource, and what they do to scores (chapter 06).

mod apply;
mod course;
mod effect;
mod lists;
mod merge;
mod own_scores;
mod shift;
mod steady;
mod tails;
mod view;

use crate::cib::Score;
use crate::cluster::{Colocation, ColocationId, ResourceId, Role};
use crate::plan::{ActionKey, Kinds, Side, Task, order};
use crate::run::Run;

pub(super) use apply::apply;
pub(super) use effect::{Effect, effect_if_unassigned, has_influence, is_blocked};
pub(super) use lists::this_with;
pub use lists::{add_colocation, with_this};
pub(super) use merge::{Merge, table_with_primaries};
pub use tails::Tails;
pub(super) use view::View;

/// Makes a colocation: puts it into both resources' own lists, with the orderings that it needs (COLO-19).
pub fn colocate(run: &mut Run<'_>, colocation: Colocation) {
    let Some(id) = add_colocation(run, colocation) else { return };
    let Colocation { dependent, primary, dependent_role, primary_role, score, .. } = run[id];
    if score.is_minus_infinite() {
        order_apart(run, (dependent, dependent_role), (primary, primary_role));
        order_apart(run, (primary, primary_role), (dependent, dependent_role));
    }
}

/// One has to leave a node before the other comes (COLO-25).
fn order_apart(run: &mut Run<'_>, leaves: (ResourceId, Option<Role>), comes: (ResourceId, Option<Role>)) {
    let losing: &[Task] = match leaves.1 {
        Some(Role::Promoted) => &[Task::Demote],
        Some(Role::Unpromoted) => &[Task::Stop, Task::Promote],
        _ => &[Task::Stop],
    };
    let gaining: &[Task] = match comes.1 {
        Some(Role::Promoted) => &[Task::Promote],
        Some(Role::Unpromoted) => &[Task::Start, Task::Demote],
        _ => &[Task::Start],
    };
    let key = |resource: ResourceId, task: Task| Side::Key(resource, ActionKey::once(task));
    for loss in losing {
        for gain in gaining {
            order(run, key(leaves.0, *loss), key(comes.0, *gain), Kinds::REQUIRED_ON_SAME_NODE);
        }
    }
}

/// The colocation of a bundle's connection with that of the node its container is on (COLO-33).
pub(super) fn colocate_with_host_connection(run: &mut Run<'_>, connection: ResourceId, host: ResourceId) -> Option<ColocationId> {
    add_colocation(
        run,
        Colocation {
            id: "#replica-remote-with-host-remote".to_owned(),
            attribute: "#uname".to_owned(),
            dependent: connection,
            primary: host,
            dependent_role: None,
            primary_role: None,
            score: Score::INFINITY,
            influence: true,
            explicit: false,
        },
    )
}
