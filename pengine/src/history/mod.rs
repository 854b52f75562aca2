//! Operation history: from `lrm_rsc_op` to roles, failures and bans (chapter 04).
//!
//! A `reader::Reader` goes through the entries of one resource on one node. Each entry becomes an `outcome::Outcome`,
//! which changes the resource's role and the response to failures; in the end `Reader::apply` turns these
//! into bans, requests of actions, and active nodes. Later stages ask for fail counts and for what changed since.

mod active;
mod apply;
mod changes;
mod entry;
mod expiry;
mod fail_count;
mod index;
mod matching;
mod migration;
mod order;
mod outcome;
mod pending;
mod reader;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::cib::ElementRef;
use crate::cluster::{NodeId, ResourceId};
use crate::run::Run;

pub(crate) use entry::Entry;
pub(crate) use index::HistoryIndex;

/// What is found out once while histories are read, and looked up many times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caches<'c> {
    /// Where nodes' histories are.
    lists: Option<Arc<index::HistoryLists<'c>>>,
    /// Where resources' histories are.
    index: Option<Arc<HistoryIndex<'c>>>,
    /// Keys of what is in the list of failed operations.
    failed_keys: FxHashSet<(NodeId, &'c str)>,
    /// Attributes of nodes about failures.
    failures: FxHashMap<NodeId, Arc<[fail_count::FailureAttribute]>>,
    /// Instances of an anonymous clone that are on a node or have an action pending there, in their order.
    instances: FxHashMap<(ResourceId, NodeId), Vec<ResourceId>>,
    /// No instance of the anonymous clone before this place is free.
    first_free: FxHashMap<ResourceId, usize>,
}

/// Reads all resource histories of one node (HIST-6, HIST-7).
pub fn read_node<'c>(run: &mut Run<'c>, node: NodeId, node_state: ElementRef<'c>) {
    let Some(list) = node_state.child("lrm").and_then(|lrm| lrm.child("lrm_resources")) else { return };
    let mut any_launched = false;
    for history in list.children_named("lrm_resource") {
        let resource = reader::read_resource(run, node, history);
        any_launched |= resource.is_some_and(|resource| run[resource].removed_launched);
    }
    if any_launched {
        matching::link_removed(run, list);
    }
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
    fail_count::count(run, resource, node, counting, None)
}

/// Compares the histories with the configuration and plans what changed (phase 17; HIST-87, ACT-33 to ACT-41).
pub fn check_configuration_changes(run: &mut Run<'_>) {
    changes::check_all(run);
}

/// The checks that had to wait for assignment (phase 19; HIST-90).
pub fn check_deferred(run: &mut Run<'_>) {
    changes::check_deferred(run);
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
    let (all, secure) = crate::digest::for_unfencing(run, device, node);
    let name = format!("{}:{}", run[device].id, run[device].meta("type").unwrap_or_default());
    let has = |attribute: &str, digest: &str| {
        run[node].attribute(attribute).is_some_and(|text| text.contains(&format!("{name}:{digest}")))
    };
    let verdict = if run[node].attribute("#digests-all").is_none() {
        UnfencingVerdict::Unknown
    } else if has("#digests-all", &all) {
        UnfencingVerdict::Match
    } else if has("#digests-secure", &secure) {
        UnfencingVerdict::MatchSecure
    } else {
        UnfencingVerdict::Changed
    };
    UnfencingDigests { all, secure, verdict }
}
