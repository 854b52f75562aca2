//! The plan: every action that may be needed, and how actions are related.
//!
//! Actions and relations are the nodes and edges of one `petgraph` graph. Its adjacency lists run from the newest edge to the
//! oldest, which is the order that all rules about relations want (ORD-45).

pub mod collective;
mod fencing;
mod few;
mod index;
mod kinds;
mod migration;
pub mod node_actions;
pub mod notify;
mod operation;
mod primitive;
mod printed_key;
pub mod probe;
mod reason;
pub mod recurring;
mod relations;
pub mod remote;
mod request;
mod task;

use std::ops::Index;

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use rustc_hash::FxHashMap;

use crate::arena::{Arena, Id};
use crate::cib::{ElementId, NameValues};
use crate::cluster::{NodeId, ResourceId};

pub use fencing::*;
use index::ActionIndex;
pub use kinds::Kinds;
pub use operation::*;
pub use printed_key::PrintedKey;
pub use reason::{ActionRef, FenceReason, Reason};
pub use relations::*;
pub use request::*;
pub use task::{ActionKey, NotifyPhase, Task, TaskNames};

/// The place of an action in the plan; its printed number is one more.
pub type ActionId = NodeIndex<u32>;
/// The place of a relation in the plan.
pub type RelationId = EdgeIndex<u32>;
/// The place of an operation's settings.
pub type OperationId = Id<Operation>;

/// What an action needs before it may run (ACT-20).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Requirement {
    /// Nothing.
    #[default]
    Nothing,
    /// Quorum.
    Quorum,
    /// Quorum and fencing of unclean nodes.
    Fencing,
}

/// What is done when an action fails (`on-fail`); later ones are more severe (HIST-49).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[allow(missing_docs)]
pub enum OnFail {
    #[default]
    Ignore,
    Demote,
    Restart,
    ResetRemote,
    RestartContainer,
    Ban,
    Block,
    Stop,
    Standby,
    FenceNode,
}

/// What a monitor or probe is expected to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// The resource is not there.
    Inactive,
    /// The resource is promoted.
    Promoted,
}

impl Expectation {
    /// The exit code that tells that.
    #[must_use]
    pub fn exit_code(self) -> &'static str {
        match self {
            Expectation::Inactive => "7",
            Expectation::Promoted => "8",
        }
    }
}

/// The settings of one operation of one resource: the `op` element, its meta-attributes and the defaults (ACT-15).
#[derive(Debug, Clone)]
pub struct Operation {
    /// The `op` element, if one is configured: in the CIB or among the definitions.
    pub op: Option<OpElement>,
    /// Meta-attributes as they go into the graph, without `CRM_meta_`.
    pub meta: NameValues,
    /// What is done at failure.
    pub on_fail: OnFail,
    /// The timeout in milliseconds.
    pub timeout_ms: u32,
}

/// Where an `op` element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpElement {
    /// In the CIB (an `operations` that was referred to by `id-ref`).
    Cib(ElementId),
    /// Among the definitions.
    Definition(ElementId),
}

/// One action of the plan.
#[derive(Debug, Clone)]
pub struct Action {
    /// The resource it acts on, if any.
    pub resource: Option<ResourceId>,
    /// The node it runs on, if any.
    pub node: Option<NodeId>,
    /// Its key behind the resource's id; for an action without resource see `name`.
    pub key: ActionKey,
    /// The whole key of an action without resource (`stonith-NODE-OP`, `load_stopped_NODE`, ...).
    pub name: Option<Box<str>>,
    /// What it does.
    pub task: Task,
    /// Need not be done.
    pub optional: bool,
    /// Can be done.
    pub runnable: bool,
    /// Stands for something; nothing is executed.
    pub pseudo: bool,
    /// Part of a live migration.
    pub migratable: bool,
    /// Goes into the graph even if optional.
    pub always_in_graph: bool,
    /// Runs on the designated controller, so its node's state doesn't matter.
    pub on_dc: bool,
    /// A recurring action to be done anew because its parameters changed.
    pub reschedule: bool,
    /// A stop that ends a migration whose result is unclear.
    pub aborts_migration: bool,
    /// Why it is as it is.
    pub reason: Option<Reason>,
    /// Settings of the operation, for a resource action.
    pub operation: Option<OperationId>,
    /// Meta-attributes that the plan adds to the operation's own.
    pub meta: NameValues,
    /// What a monitor or probe is expected to find, where that is not that the resource runs.
    pub expects: Option<Expectation>,
    /// It got its node by a request, so that the `op` element's own parameters count (ACT-10).
    pub has_own_parameters: bool,
    /// What it needs.
    pub requirement: Requirement,
    /// Its own priority in the graph.
    pub priority: i32,
    /// How many runnable firsts it needs (`clone-min`); 0 if that is no question.
    pub required_firsts: u32,
    /// The newest relation to something before it that can decide more than their order.
    decisive: RelationId,
}

/// A relation between two actions, with the kinds that each of its two ends goes by (ORD-45).
#[derive(Debug, Clone, Copy)]
pub struct Relation {
    /// Kinds as the later action sees them; cleared where the relation is disabled.
    pub before: Kinds,
    /// Kinds as the first action sees them; they never change.
    pub after: Kinds,
    /// The next older one of the later action that can decide more than the order.
    decisive: RelationId,
}

/// One side of an ordering: an action, or all actions of a resource with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// All actions of the resource with this key.
    Key(ResourceId, ActionKey),
    /// This action.
    Action(ActionId),
}

/// An ordering, kept until all actions exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ordering {
    /// What comes first.
    pub first: Side,
    /// What comes after.
    pub then: Side,
    /// What that means.
    pub kinds: Kinds,
}

/// All actions, relations and orderings of a run.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Actions and relations.
    pub graph: DiGraph<Action, Relation, u32>,
    /// Orderings in order of creation.
    pub orderings: Vec<Ordering>,
    /// Settings of operations.
    pub operations: Arena<Operation>,
    /// Which settings belong to which operation.
    pub operation_index: FxHashMap<OperationKey, OperationId>,
    /// Where a resource's actions are.
    index: ActionIndex,
    /// Actions without resource by their whole key.
    pub by_name: FxHashMap<String, ActionId>,
    /// All kinds that ever related two actions, as seen from the first.
    pub related: FxHashMap<(ActionId, ActionId), Kinds>,
}

impl Index<ActionId> for Plan {
    type Output = Action;
    fn index(&self, id: ActionId) -> &Action {
        &self.graph[id]
    }
}

impl Plan {
    /// Makes an action of a resource findable.
    fn index(&mut self, id: ActionId) {
        let action = &self.graph[id];
        if let Some(resource) = action.resource {
            self.index.add(id, resource, action);
        }
    }

    /// The actions of a resource with a key, oldest first.
    #[must_use]
    pub fn with_key(&self, resource: ResourceId, key: ActionKey) -> &[ActionId] {
        self.index.with_key(resource, key)
    }

    /// The actions of a resource with a key on a node, oldest first.
    pub fn on_node(&self, resource: ResourceId, key: ActionKey, node: NodeId) -> impl Iterator<Item = ActionId> + '_ {
        self.index.on_node(resource, key, node)
    }

    /// Gives the actions of a resource that have the key and no node this node, for good (ACT-5). Whether there are any.
    fn adopt(&mut self, resource: ResourceId, key: ActionKey, node: NodeId) -> bool {
        let mut found = false;
        for id in self.index.place_orphans(resource, key, node) {
            self.graph[id].node = Some(node);
            found = true;
        }
        found
    }
}
