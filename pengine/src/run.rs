//! One scheduler run: what the stages hand on to each other.

use std::ops::{Index, IndexMut};

use rustc_hash::FxHashSet;

use crate::Settings;
use crate::cib::{Cib, ElementId, Score};
use crate::cluster::{Cluster, Colocation, ColocationId, Location, LocationId, Node, NodeId, Resource, ResourceId};
use crate::diagnostic::{Diagnostic, Problem};
use crate::ledger::Ledger;
use crate::limits::Granted;
use crate::ordering::Tallies;
use crate::placement::{Demands, Tails};
use crate::plan::{Action, ActionId, Plan};

/// A run in progress.
#[derive(Debug)]
pub struct Run<'c> {
    /// The document that is scheduled for.
    pub cib: &'c Cib,
    /// What the caller asked for.
    pub settings: &'c Settings,
    /// What was read, and the state it is in.
    pub cluster: Cluster,
    /// The plan; reading the history already puts actions in.
    pub plan: Plan,
    /// How much of what is limited the document has.
    pub(crate) granted: Granted,
    /// What merging preferences worked out and may use again.
    pub(crate) tails: Tails,
    /// What colocated primitives need together.
    pub(crate) demands: Demands,
    /// What collectives' parts add up to while orderings are settled.
    pub(crate) tallies: Tallies,
    /// Scores and utilization as they came up, for `--show-scores` and `--show-utilization`.
    pub scores: Vec<ScoreLine>,
    /// Where scores come from, if somebody asked for it.
    pub ledger: Option<Ledger>,
    /// What the history tells beyond the state of resources.
    pub history: HistoryNotes<'c>,
    /// What is wrong with the configuration, in the order it was met.
    pub diagnostics: Vec<Diagnostic>,
}

impl Run<'_> {
    /// Notes that something is wrong with the element of that id.
    pub fn diagnose(&mut self, element: &str, what: Problem) {
        self.diagnostics.push(Diagnostic { severity: what.severity(), element: element.to_owned(), what });
    }
}

impl<'c> Run<'c> {
    /// A run that nothing was planned in yet.
    #[must_use]
    pub fn new(cib: &'c Cib, settings: &'c Settings, cluster: Cluster) -> Self {
        let (plan, history) = (Plan::default(), HistoryNotes::default());
        Self {
            cib,
            settings,
            cluster,
            plan,
            granted: Granted::default(),
            tails: Tails::default(),
            demands: Demands::default(),
            tallies: Tallies::default(),
            scores: Vec::new(),
            ledger: settings.keep_causes.then(Ledger::default),
            history,
            diagnostics: Vec::new(),
        }
    }
}

/// What reading the history found out and later stages or outputs ask for.
#[derive(Debug, Clone, Default)]
pub struct HistoryNotes<'c> {
    /// Failed operations in the order found: entry, node, resource name (HIST-76).
    pub failed: Vec<FailedOperation>,
    /// Expired failed monitors that count as having other parameters (HIST-36).
    pub forced_restart_digest: FxHashSet<ElementId>,
    /// Checks of parameters that have to wait until containers have nodes (HIST-90).
    pub deferred_checks: Vec<DeferredCheck>,
    /// Containers of bundles that have to stop, latest last (HIST-56).
    pub containers_to_stop: Vec<ResourceId>,
    /// Digests by (resource, node, operation, interval), kept for the whole run (HIST-86).
    pub digests: crate::digest::DigestCache,
    /// What is looked up again and again while histories are read.
    pub(crate) caches: crate::history::Caches<'c>,
}

/// An entry of the list of failed operations.
#[derive(Debug, Clone, Copy)]
pub struct FailedOperation {
    /// The history entry in the status section.
    pub entry: ElementId,
    /// The node whose history it is in.
    pub node: NodeId,
    /// The resource it belongs to.
    pub resource: ResourceId,
}

/// A history entry whose parameters can be checked only after assignment.
#[derive(Debug, Clone, Copy)]
pub struct DeferredCheck {
    /// The resource.
    pub resource: ResourceId,
    /// The node.
    pub node: NodeId,
    /// The entry.
    pub entry: ElementId,
    /// A check of a failure, not of an active operation.
    pub failure: bool,
}

/// Which assignment a score line was printed in (PLACE-97).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[allow(missing_docs)]
pub enum AssignStep {
    Primitive,
    Group,
    Clone,
    Bundle,
}

/// A line of the score output.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ScoreLine {
    /// A resource's score on a node.
    Assignment { step: AssignStep, resource: ResourceId, node: NodeId, score: Score },
    /// An instance's promotion score.
    Promotion { resource: ResourceId, node: Option<NodeId>, score: Score },
    /// A node's capacity before anything was assigned; names and values in table order.
    OriginalCapacity { node: NodeId, values: Vec<(String, String)> },
    /// A node's capacity after everything was assigned.
    RemainingCapacity { node: NodeId, values: Vec<(String, String)> },
    /// What a resource uses of a node.
    Utilization { resource: ResourceId, node: NodeId, values: Vec<(String, String)> },
    /// A message that stands among the scores.
    Note(String),
}

macro_rules! index {
    ($id:ty, $target:ty, $field:ident) => {
        impl Index<$id> for Run<'_> {
            type Output = $target;
            fn index(&self, id: $id) -> &$target {
                &self.$field[id]
            }
        }
    };
    ($id:ty, $target:ty, $field:ident, mut) => {
        index!($id, $target, $field);
        impl IndexMut<$id> for Run<'_> {
            fn index_mut(&mut self, id: $id) -> &mut $target {
                &mut self.$field[id]
            }
        }
    };
}

index!(NodeId, Node, cluster, mut);
index!(ResourceId, Resource, cluster, mut);
index!(ActionId, Action, plan);
index!(LocationId, Location, cluster);
index!(ColocationId, Colocation, cluster);

impl IndexMut<ActionId> for Run<'_> {
    fn index_mut(&mut self, id: ActionId) -> &mut Action {
        let action = &mut self.plan.graph[id];
        if let Some(resource) = action.resource {
            self.tallies.touch(&self.cluster, resource);
        }
        action
    }
}
