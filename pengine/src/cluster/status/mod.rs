//! The status section: tickets, node states, and the state of remote nodes (chapter 02).

pub mod attributes;

use crate::plan::FenceReason;
use crate::run::Run;

use super::NodeId;

/// Reads tickets, node states and all histories (PLACE-1 phases 7 to 9).
pub fn read(run: &mut Run<'_>) {
    let _ = run;
    todo!()
}

/// Whether a node can be fenced (STATE-60).
#[must_use]
pub fn can_fence(run: &Run<'_>, node: NodeId) -> bool {
    let _ = (run, node);
    todo!()
}

/// Requests that a node be fenced (STATE-62).
pub fn request_fencing(run: &mut Run<'_>, node: NodeId, reason: FenceReason, priority_delay: bool) {
    let _ = (run, node, reason, priority_delay);
    todo!()
}
