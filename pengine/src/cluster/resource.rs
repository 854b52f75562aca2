//! Resources: the tree that the configuration describes, and the state the history tells of.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::arena::Id;
use crate::cib::{ElementId, NameValues, Score};
use crate::plan::{ActionId, OpElement, Task};

use super::{ColocationId, LocationId, NodeId, NodeSet, Role, TicketUseId};

/// The place of a resource in the cluster's arena.
pub type ResourceId = Id<Resource>;

/// What has to be so before a resource may start (`requires`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Requires {
    /// Nothing.
    #[default]
    Nothing,
    /// Quorum.
    Quorum,
    /// Quorum, and unclean nodes fenced.
    Fencing,
    /// All of this, and its node unfenced.
    Unfencing,
}

/// What is done about a resource that is active on several nodes (`multiple-active`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MultipleActive {
    /// Stop all, then start one.
    #[default]
    StopStart,
    /// Stop all but the wanted one.
    StopUnexpected,
    /// Stop all and start none.
    StopOnly,
    /// Leave all as they are.
    Block,
}

/// A resource's kind, with what only this kind has.
#[derive(Debug, Clone)]
pub enum Kind {
    /// One service.
    Primitive,
    /// Primitives that belong together.
    Group(Group),
    /// Several instances of a primitive or group.
    Clone(CloneConfig),
    /// Containers with a service inside.
    Bundle(Bundle),
}

/// What only a group has.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Members run on one node.
    pub collocated: bool,
    /// Members start in order.
    pub ordered: bool,
}

/// What only a clone has.
#[derive(Debug, Clone)]
pub struct CloneConfig {
    /// Instances in all (`clone-max`).
    pub max: u32,
    /// Instances on one node (`clone-node-max`).
    pub node_max: u32,
    /// Promoted instances in all; 0 unless promotable.
    pub promoted_max: u32,
    /// Promoted instances on one node; 0 unless promotable.
    pub promoted_node_max: u32,
    /// Instances start one after the other.
    pub ordered: bool,
    /// Promotion scores were added to the instances (once a run, INST-12).
    pub promotion_scores_added: bool,
    /// The instances were sorted for promotion (once a run, INST-43).
    pub promotion_sorted: bool,
    /// The instances are in the order of their numbers.
    pub in_order: bool,
    /// The element that is cloned, in the document.
    pub content: ElementId,
}

/// What only a bundle has.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// `docker` or `podman`.
    pub technology: &'static str,
    /// The container image.
    pub image: String,
    /// Replicas on one node.
    pub replicas_per_host: u32,
    /// The replicas in order.
    pub replicas: Vec<Replica>,
    /// The implicit clone of what runs inside.
    pub inner: Option<ResourceId>,
}

/// One container of a bundle and what belongs to it.
#[derive(Debug, Clone, Default)]
pub struct Replica {
    /// Its number.
    pub offset: u32,
    /// Its address, if addresses are handed out.
    pub address: Option<String>,
    /// The container.
    pub container: Option<ResourceId>,
    /// The resource that brings the address up.
    pub ip: Option<ResourceId>,
    /// The connection to the node inside.
    pub connection: Option<ResourceId>,
    /// The instance that runs inside.
    pub child: Option<ResourceId>,
    /// The node inside.
    pub node: Option<NodeId>,
}

/// A configured operation.
#[derive(Debug, Clone)]
pub struct Op {
    /// The element's id, for messages and because one without id doesn't recur.
    pub id: String,
    /// What it does.
    pub task: Task,
    /// Its interval in milliseconds; 0 if it doesn't recur.
    pub interval_ms: u32,
    /// Not switched off by the element's attribute `enabled` (CIB-125).
    pub enabled: bool,
    /// The `role` attribute's text.
    pub role: Option<String>,
    /// Another operation has the same name and interval, so that none of them recurs (CIB-126).
    pub duplicate: bool,
    /// The element.
    pub element: OpElement,
}

/// An action that the history shows as begun and not finished.
#[derive(Debug, Clone)]
pub struct Pending {
    /// What was begun.
    pub task: Task,
    /// Where.
    pub node: NodeId,
}

/// A resource that stays stopped while the node it was on is down (PLACE-48).
#[derive(Debug, Clone, Copy)]
pub struct ShutdownLock {
    /// The node it is kept for.
    pub node: NodeId,
    /// Since when, in seconds since the epoch.
    pub since: i64,
}

/// A live migration that was begun and not finished.
#[derive(Debug, Clone, Copy)]
pub struct PartialMigration {
    /// Where it comes from.
    pub source: NodeId,
    /// Where it goes.
    pub target: NodeId,
}

/// A resource: a primitive, group, clone or bundle, or an instance or part of one.
#[derive(Debug, Clone)]
pub struct Resource {
    // What it is.
    /// Its id, with `:N` for an instance of a clone.
    pub id: String,
    /// The id in the configuration.
    pub xml_id: String,
    /// The instance's number, for an instance of a clone or part of one.
    pub instance: Option<u32>,
    /// The name that the history knows an anonymous instance by (HIST-20).
    pub history_name: Option<String>,
    /// Its element among the definitions, template merged in.
    pub xml: ElementId,
    /// Its kind.
    pub kind: Kind,
    /// The collective that it belongs to.
    pub parent: Option<ResourceId>,
    /// Members, instances or parts, in their present order.
    pub children: Vec<ResourceId>,
    /// Meta-attributes with all defaults and inherited values (CIB-116).
    pub meta: NameValues,
    /// `utilization`, as text.
    pub utilization: NameValues,
    /// Its configured operations in order.
    pub ops: Arc<[Op]>,
    /// Its own name-value sets in order, among the definitions.
    pub sets: Arc<[ElementId]>,

    // What its meta-attributes say.
    /// `priority`; a promotable clone's instance has its promotion score here while roles are chosen.
    pub priority: i32,
    /// The score that instances are sorted by for promotion (INST-41).
    pub promotion_priority: i32,
    /// `critical`: may move what it depends on.
    pub critical: bool,
    /// `notify`.
    pub notify: bool,
    /// `allow-migrate`, unless a failed migration took it back.
    pub may_migrate: bool,
    /// What is done when it is active on several nodes.
    pub multiple_active: MultipleActive,
    /// `resource-stickiness`.
    pub stickiness: Score,
    /// `migration-threshold`.
    pub migration_threshold: Score,
    /// `failure-timeout` in milliseconds; 0 is never.
    pub failure_timeout_ms: u32,
    /// `reconnect_interval` of a remote connection in milliseconds; 0 is none.
    pub reconnect_interval_ms: u32,
    /// What it needs to start.
    pub requires: Requires,
    /// A fencing device.
    pub fencing_device: bool,
    /// The connection to a remote, guest or bundle node.
    pub is_connection: bool,
    /// An instance with a number of its own, or anything outside anonymous clones.
    pub unique: bool,
    /// Its meta-attributes say `promotable`; see [`super::Cluster::is_promotable`].
    pub promotable: bool,
    /// The container of a bundle's replica.
    pub replica_container: bool,
    /// A connection that may run on a remote node itself (bundles).
    pub allows_nested_remote: bool,
    /// The resource that launches it: a guest's, or that of a `container` meta-attribute.
    pub launcher: Option<ResourceId>,
    /// What it launches.
    pub launched: Vec<ResourceId>,

    // What is so now.
    /// The cluster may act on it.
    pub managed: bool,
    /// In maintenance.
    pub maintenance: bool,
    /// Nothing more is done about it until somebody steps in.
    pub blocked: bool,
    /// Known from history alone, or an instance too many.
    pub removed: bool,
    /// A removed resource whose history names a container (HIST-23).
    pub removed_launched: bool,
    /// Failed.
    pub failed: bool,
    /// Failed in a way that needs a stop.
    pub must_stop: bool,
    /// A failure was ignored, as configured.
    pub failure_ignored: bool,
    /// A start was begun (or must be done again, ACT-34).
    pub start_pending: bool,
    /// Parameters changed in a way that the agent can take over running.
    pub reload: bool,
    /// `multiple-active=stop_unexpected` is being carried out (ACT-50).
    pub stop_unexpected: bool,
    /// Its restart is being planned (ACT-52).
    pub restarting: bool,
    /// The role it has, highest over all nodes.
    pub role: Role,
    /// The role it shall have; unknown until something decides.
    pub next_role: Role,
    /// Where it is active, in the order found.
    pub active_on: Vec<NodeId>,
    /// Where its state is known, so that no probe is needed.
    pub known_on: NodeSet,
    /// An action begun and not finished.
    pub pending: Option<Pending>,
    /// A migration begun and not finished.
    pub partial_migration: Option<PartialMigration>,
    /// Sources of migrations whose result is unclear, latest found first.
    pub dangling_sources: Vec<NodeId>,
    /// Kept for a node that is down.
    pub lock: Option<ShutdownLock>,

    // Where it may go, and goes.
    /// Limited to nodes with exclusive discovery.
    pub exclusive_discovery: bool,
    /// Not yet through assignment.
    pub provisional: bool,
    /// In the middle of assignment.
    pub assigning: bool,
    /// In the middle of having its preferences merged (COLO-70).
    pub merging: bool,
    /// The node it was given.
    pub assigned: Option<NodeId>,
    /// The score it had there when it was given it.
    pub assigned_score: Score,
    /// Its location constraints, latest first.
    pub locations: Vec<LocationId>,
    /// Colocations in which it is the dependent, in their order (COLO-34).
    pub this_with: Vec<ColocationId>,
    /// Colocations in which it is the primary, in their order.
    pub with_this: Vec<ColocationId>,
    /// Uses of tickets, in document order.
    pub tickets: Vec<TicketUseId>,
    /// Its actions, oldest first.
    pub actions: Vec<ActionId>,
    /// Parameters, as far as they were asked for (CIB-120).
    pub parameters: Parameters,
}

/// Parameters of a resource by node; "no node" is a key of its own.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    everywhere: Option<Arc<NameValues>>,
    by_node: BTreeMap<Option<NodeId>, Arc<NameValues>>,
}

impl Parameters {
    /// Those on a node, if they are known.
    #[must_use]
    pub fn get(&self, node: Option<NodeId>) -> Option<&Arc<NameValues>> {
        self.by_node.get(&node).or(self.everywhere.as_ref())
    }

    /// Sets those on a node.
    pub fn set(&mut self, node: Option<NodeId>, values: Arc<NameValues>) {
        self.by_node.insert(node, values);
    }

    /// Sets those on all nodes that are not told apart.
    pub fn set_everywhere(&mut self, values: Arc<NameValues>) {
        self.everywhere = Some(values);
    }
}

impl Resource {
    /// A primitive that nothing is known of yet but its id and its element.
    #[must_use]
    pub fn new(id: String, element: ElementId) -> Self {
        Self {
            xml_id: id.clone(),
            id,
            instance: None,
            history_name: None,
            xml: element,
            kind: Kind::Primitive,
            parent: None,
            children: Vec::new(),
            meta: NameValues::default(),
            utilization: NameValues::default(),
            ops: Arc::new([]),
            sets: Arc::new([]),
            priority: 0,
            promotion_priority: 0,
            critical: true,
            notify: false,
            may_migrate: false,
            multiple_active: MultipleActive::default(),
            stickiness: Score::ZERO,
            migration_threshold: Score::INFINITY,
            failure_timeout_ms: 0,
            reconnect_interval_ms: 0,
            requires: Requires::default(),
            fencing_device: false,
            is_connection: false,
            unique: false,
            promotable: false,
            replica_container: false,
            allows_nested_remote: false,
            launcher: None,
            launched: Vec::new(),
            managed: true,
            maintenance: false,
            blocked: false,
            removed: false,
            removed_launched: false,
            failed: false,
            must_stop: false,
            failure_ignored: false,
            start_pending: false,
            reload: false,
            stop_unexpected: false,
            restarting: false,
            role: Role::Stopped,
            next_role: Role::Unknown,
            active_on: Vec::new(),
            known_on: NodeSet::default(),
            pending: None,
            partial_migration: None,
            dangling_sources: Vec::new(),
            lock: None,
            exclusive_discovery: false,
            provisional: true,
            assigning: false,
            merging: false,
            assigned: None,
            assigned_score: Score::ZERO,
            locations: Vec::new(),
            this_with: Vec::new(),
            with_this: Vec::new(),
            tickets: Vec::new(),
            actions: Vec::new(),
            parameters: Parameters::default(),
        }
    }

    /// The text of a meta-attribute.
    #[must_use]
    pub fn meta(&self, name: &str) -> Option<&str> {
        self.meta.get(name)
    }

    /// Whether it is a primitive.
    #[must_use]
    pub fn is_primitive(&self) -> bool {
        matches!(self.kind, Kind::Primitive)
    }

    /// Whether it is a group.
    #[must_use]
    pub fn is_group(&self) -> bool {
        matches!(self.kind, Kind::Group(_))
    }

    /// Whether it is a clone.
    #[must_use]
    pub fn is_clone(&self) -> bool {
        matches!(self.kind, Kind::Clone(_))
    }

    /// Whether it is a bundle.
    #[must_use]
    pub fn is_bundle(&self) -> bool {
        matches!(self.kind, Kind::Bundle(_))
    }

    /// What it has as a group.
    #[must_use]
    pub fn group(&self) -> Option<Group> {
        if let Kind::Group(group) = &self.kind { Some(*group) } else { None }
    }

    /// What it has as a clone.
    #[must_use]
    pub fn clone_config(&self) -> Option<&CloneConfig> {
        if let Kind::Clone(clone) = &self.kind { Some(clone) } else { None }
    }

    /// What it has as a clone, to be changed.
    pub fn clone_config_mut(&mut self) -> Option<&mut CloneConfig> {
        if let Kind::Clone(clone) = &mut self.kind { Some(clone) } else { None }
    }

    /// What it has as a bundle.
    #[must_use]
    pub fn bundle(&self) -> Option<&Bundle> {
        if let Kind::Bundle(bundle) = &self.kind { Some(bundle) } else { None }
    }

    /// The name that people know it by: without number for an instance of an anonymous clone (RSC-85).
    #[must_use]
    pub fn printed_name(&self) -> &str {
        if self.unique { &self.id } else { &self.xml_id }
    }

    /// Whether it must wait for fencing.
    #[must_use]
    pub fn needs_fencing(&self) -> bool {
        self.requires >= Requires::Fencing
    }

    /// Whether its node must be unfenced.
    #[must_use]
    pub fn needs_unfencing(&self) -> bool {
        self.requires == Requires::Unfencing
    }
}
