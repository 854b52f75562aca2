//! Operation history: from `lrm_rsc_op` to roles, failures and bans (chapter 04).

use crate::cib::ElementRef;
use crate::cluster::{NodeId, ResourceId};
use crate::run::Run;

/// Reads all resource histories of one node (HIST-6, HIST-7).
pub fn read_node(run: &mut Run<'_>, node: NodeId, node_state: ElementRef<'_>) {
    let _ = (run, node, node_state);
    todo!()
}

/// A resource's failures on one node (HIST-65).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailCount {
    /// How many, up to one million.
    pub count: i32,
    /// When the last one was, in seconds since the epoch; 0 if not known.
    pub last: i64,
}

/// Which failures a fail count is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// All that are recorded.
    Plain,
    /// None that expired (HIST-68).
    Effective,
    /// None that expired, and those of launched resources, too (HIST-69).
    WithLaunched,
}

/// The fail count of a resource on a node.
pub fn fail_count(run: &mut Run<'_>, resource: ResourceId, node: NodeId, counting: Counting) -> FailCount {
    let _ = (run, resource, node, counting);
    todo!()
}

/// Compares the histories with the configuration and plans what changed (phase 17; HIST-87, ACT-33 to ACT-41).
pub fn check_configuration_changes(run: &mut Run<'_>) {
    let _ = run;
    todo!()
}

/// The checks that had to wait for assignment (phase 19; HIST-90).
pub fn check_deferred(run: &mut Run<'_>) {
    let _ = run;
    todo!()
}

/// How a device's unfencing digests compare with what a node was unfenced with (HIST-91).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfencingDigests {
    /// Digest of all parameters.
    pub all: String,
    /// Digest without private parameters.
    pub secure: String,
    /// What they say.
    pub verdict: UnfencingVerdict,
}

/// What unfencing digests say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum UnfencingVerdict {
    Unknown,
    Match,
    /// Only private parameters differ.
    MatchSecure,
    Changed,
}

/// The digests of a fencing device for unfencing a node.
pub fn unfencing_digests(run: &mut Run<'_>, device: ResourceId, node: NodeId) -> UnfencingDigests {
    let _ = (run, device, node);
    todo!()
}
