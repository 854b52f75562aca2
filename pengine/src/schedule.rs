//! A whole run: the stages in their order.

use crate::cib::Cib;
use crate::run::{Run, ScoreLine};
use crate::transition::Transition;

/// What a run is told besides the document.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The effective time in seconds since the epoch; rules, timeouts and locks are judged by it.
    pub now: i64,
    /// Node states that stand in for those of the document.
    pub membership: Vec<NodeMembership>,
    /// Digests without private parameters are compared (SIM-13).
    pub sanitized: bool,
    /// Keep scores (`--show-scores`).
    pub keep_scores: bool,
    /// Keep utilization (`--show-utilization`).
    pub keep_utilization: bool,
}

/// The state of one node, kept elsewhere than in the status section: it stands in for the `node_state` attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeMembership {
    /// The node's name.
    pub node: String,
    /// `in_ccm`: member of the cluster's communication.
    pub member: bool,
    /// `crmd`: its controller is there.
    pub controller: bool,
    /// `join`: `member`, `pending`, `down` or `banned`.
    pub join: String,
    /// `expected`: `member` or `down`.
    pub expected: String,
}

/// What was read, before anything is scheduled: the state to show.
#[derive(Debug)]
pub struct Snapshot<'c> {
    /// The run.
    pub run: Run<'c>,
}

/// A finished run.
#[derive(Debug)]
pub struct Schedule<'c> {
    /// The run with its plan.
    pub run: Run<'c>,
    /// The transition graph.
    pub transition: Transition,
}

impl<'c> Snapshot<'c> {
    /// Reads the configuration and the status section.
    #[must_use]
    pub fn read(cib: &'c Cib, settings: &'c Settings) -> Self {
        let _ = (cib, settings);
        todo!()
    }

    /// Decides what has to be done.
    #[must_use]
    pub fn schedule(self) -> Schedule<'c> {
        todo!()
    }
}

impl Schedule<'_> {
    /// Scores and utilization in the order they came up.
    #[must_use]
    pub fn scores(&self) -> &[ScoreLine] {
        &self.run.scores
    }
}

/// Schedules in one go.
#[must_use]
pub fn schedule<'c>(cib: &'c Cib, settings: &'c Settings) -> Schedule<'c> {
    Snapshot::read(cib, settings).schedule()
}
