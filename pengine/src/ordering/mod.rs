//! When: orderings become relations, and relations settle the flags of actions (chapter 10).

mod apply;
mod colocation;
mod flags;
pub mod implicit;
mod loops;
mod probes;
mod relation;
mod remap;
mod step;
mod tally;
mod update;
mod variant;

use crate::plan::ActionId;
use crate::run::Run;

use colocation::Blocking;
use update::Update;

/// Applies all orderings and settles every action's flags (PLACE-1 phase 25).
pub fn settle(run: &mut Run<'_>) {
    apply::apply_all(run);
    let mut waiting = Vec::new();
    for action in newest_first(run) {
        if let Some(blocking) = Blocking::by(run, action) {
            Update::Blocking(blocking).carry_out(run, &mut waiting);
        }
    }
    probes::order_all(run);
    for action in newest_first(run) {
        Update::action(run, action).carry_out(run, &mut waiting);
    }
    loops::break_all(run);
}

/// All actions that exist now, newest first.
fn newest_first(run: &Run<'_>) -> impl Iterator<Item = ActionId> + use<> {
    (0..run.plan.graph.node_count()).rev().map(ActionId::new)
}

pub use flags::refresh_collective;
pub(crate) use tally::Tallies;
