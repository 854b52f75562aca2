//! The state of a cluster as a value (SIM section 6, RSC section 16).

use crate::cib::{ElementRef, Score, parse_integer};
use crate::cluster::{Cluster, Kind, NodeId, Replica, Resource, ResourceId, Role};
use crate::plan::PrintedKey;
use crate::report::attributes::shown_attributes;
use crate::report::failed_probes::FailedProbes;
use crate::report::failures::{node_failures, shown_failures};
use crate::report::nodes::shown_health;
use crate::report::resources::{Listing, agent_text, is_disabled, is_hidden, listed};
use crate::report::{Health, InstanceCounts, PendingState, StatusOptions, count_instances, execution_text, exit_text};
use crate::run::Run;

/// The state of a cluster.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ClusterStatus {
    /// The whole cluster is in maintenance: nothing is started, stopped or recovered.
    pub maintenance_mode: bool,
    /// How many resource instances there are, and how many of them are disabled or blocked.
    pub instances: InstanceCounts,
    /// All nodes, by name.
    pub nodes: Vec<NodeStatus>,
    /// Top-level resources in the order of the configuration.
    pub resources: Vec<ResourceStatus>,
    /// Attributes of the online nodes that have any, if they were asked for.
    pub node_attributes: Option<Vec<NodeAttributes>>,
    /// Fail counts of the online nodes, if they were asked for.
    pub fail_counts: Option<Vec<NodeFailCounts>>,
    /// Failed actions in the order they were found, if they were asked for.
    pub failed_actions: Option<Vec<FailedAction>>,
}

/// A node and its state.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NodeStatus {
    /// Its name.
    pub name: String,
    /// The id that the cluster knows it by.
    pub id: String,
    /// Member, remote or guest.
    pub kind: NodeType,
    /// Member of the cluster, or connected.
    pub online: bool,
    /// Takes no resources.
    pub standby: bool,
    /// In standby because an operation failed there.
    pub standby_on_fail: bool,
    /// Its resources are left alone.
    pub maintenance: bool,
    /// Joining, not yet a full member.
    pub pending: bool,
    /// Has to be fenced before anything that ran there runs elsewhere.
    pub unclean: bool,
    /// Its health.
    pub health: Health,
    /// The feature set of the cluster software on it, if it tells.
    pub feature_set: Option<String>,
    /// Asked to leave.
    pub shutting_down: bool,
    /// Should be a member.
    pub expected_up: bool,
    /// The designated controller.
    pub is_dc: bool,
    /// How many primitives are active there.
    pub resources_running: usize,
    /// The resource that launches a guest.
    pub launcher: Option<String>,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum NodeType {
    /// A full member of the cluster.
    Member,
    /// Connected by a resource.
    Remote,
    /// Connected by a resource, and launched by another one.
    Guest,
}

/// A resource and its state.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum ResourceStatus {
    /// One service.
    Primitive(PrimitiveStatus),
    /// Primitives that belong together.
    Group(CollectiveStatus),
    /// Several instances of a primitive or group.
    Clone(CollectiveStatus),
    /// Containers with a service inside.
    Bundle(BundleStatus),
}

/// A primitive and its state.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PrimitiveStatus {
    /// Its id; that of an instance has the instance's number.
    pub id: String,
    /// The name that people know it by: without number for an instance of an anonymous clone.
    pub name: String,
    /// `CLASS:PROVIDER:TYPE` of its agent.
    pub agent: String,
    /// What it does.
    pub role: Role,
    /// What its configuration asks for, as written there.
    pub target_role: Option<String>,
    /// Active on a node that is up.
    pub active: bool,
    /// Known from history alone, or an instance too many.
    pub orphaned: bool,
    /// Nothing more is done about it until somebody steps in.
    pub blocked: bool,
    /// In maintenance.
    pub maintenance: bool,
    /// The cluster may act on it.
    pub managed: bool,
    /// Its target role keeps it from doing all that it could.
    pub disabled: bool,
    /// Failed.
    pub failed: bool,
    /// A failure was ignored, as configured.
    pub failure_ignored: bool,
    /// An action begun and not finished.
    pub pending: Option<PendingState>,
    /// The node that it is kept for while that is down.
    pub locked_to: Option<String>,
    /// Why it can't be where it was looked for.
    pub failed_probe: Option<String>,
    /// Where it is active.
    pub nodes: Vec<ActiveNode>,
}

/// A node that a resource is active on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ActiveNode {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// It is online.
    pub online: bool,
}

/// A group or a clone and its state.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CollectiveStatus {
    /// Its id; that of an instance has the instance's number.
    pub id: String,
    /// What its configuration asks for, as written there.
    pub target_role: Option<String>,
    /// Its instances can be promoted.
    pub promotable: bool,
    /// Each of its instances has an identity of its own.
    pub unique: bool,
    /// In maintenance.
    pub maintenance: bool,
    /// The cluster may act on it.
    pub managed: bool,
    /// Its target role keeps it from doing all that it could.
    pub disabled: bool,
    /// Failed.
    pub failed: bool,
    /// A failure was ignored, as configured.
    pub failure_ignored: bool,
    /// Members of the group, or all instances of the clone.
    pub members: Vec<ResourceStatus>,
}

/// A bundle and its state.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BundleStatus {
    /// Its id.
    pub id: String,
    /// `docker` or `podman`.
    pub technology: String,
    /// The container image.
    pub image: String,
    /// Each replica has an identity of its own.
    pub unique: bool,
    /// In maintenance.
    pub maintenance: bool,
    /// The cluster may act on it.
    pub managed: bool,
    /// Failed.
    pub failed: bool,
    /// The replicas in order.
    pub replicas: Vec<ReplicaStatus>,
}

/// A replica of a bundle.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ReplicaStatus {
    /// Its number.
    pub number: u32,
    /// Its address, if addresses are handed out.
    pub address: Option<String>,
    /// What it consists of: address, what runs inside, container, connection to the node inside, as far as it has them.
    pub resources: Vec<ResourceStatus>,
}

/// The attributes of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NodeAttributes {
    /// The node's name.
    pub node: String,
    /// Its attributes by name.
    pub attributes: Vec<AttributeEntry>,
}

/// A node attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AttributeEntry {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The value that it has if a ping resource maintains it and reaches all hosts.
    pub expected: Option<i64>,
}

/// What failed on a node, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NodeFailCounts {
    /// The node's name.
    pub node: String,
    /// The resources that failed there.
    pub failures: Vec<FailCountEntry>,
}

/// How often a resource failed on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FailCountEntry {
    /// The resource, by the name that its history has.
    pub resource: String,
    /// It is known from history alone.
    pub orphaned: bool,
    /// How many failures it takes for the resource to leave the node.
    pub migration_threshold: Score,
    /// How many there were.
    pub fail_count: Score,
    /// When the last one was, in seconds since the epoch.
    pub last_failure: Option<i64>,
}

/// An action that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FailedAction {
    /// The operation's key, or the id of its history entry.
    pub key: String,
    /// The operation.
    pub operation: String,
    /// Its interval in milliseconds; 0 if it doesn't recur.
    pub interval_ms: u32,
    /// The node.
    pub node: String,
    /// The exit status.
    pub exit_status: i64,
    /// What that exit status means.
    pub exit_text: String,
    /// What the agent said, which may be nothing; nothing if the history doesn't tell.
    pub exit_reason: Option<String>,
    /// The number of the call on that node.
    pub call: Option<i64>,
    /// What came of its execution.
    pub execution_status: String,
    /// When its result was first seen, in seconds since the epoch.
    pub last_change: Option<i64>,
    /// How long it waited, in milliseconds.
    pub queue_time_ms: Option<i64>,
    /// How long it ran, in milliseconds.
    pub execution_time_ms: Option<i64>,
}

impl ClusterStatus {
    /// The state that a run was read in.
    #[must_use]
    pub(crate) fn of(run: &mut Run<'_>, options: StatusOptions) -> Self {
        let node_attributes = options.attributes.then(|| node_attributes(run));
        let fail_counts = options.failures.then(|| fail_counts(run));
        let run = &*run;
        let cluster = &run.cluster;
        let listing = Listing { cluster, failed_probes: FailedProbes::collect(run), pending: options.pending };
        Self {
            maintenance_mode: cluster.options.maintenance_mode,
            instances: count_instances(cluster),
            nodes: cluster.node_order.iter().map(|&node| node_status(cluster, node)).collect(),
            resources: listed(cluster).filter(|&top| !is_hidden(cluster, top)).map(|top| listing.status(top)).collect(),
            node_attributes,
            fail_counts,
            failed_actions: options.failures.then(|| failed_actions(run)),
        }
    }
}

impl ClusterStatus {
    /// All primitives, those in groups, clones and bundles among them, in the order of the configuration.
    #[must_use]
    pub fn primitives(&self) -> Vec<&PrimitiveStatus> {
        let mut found = Vec::new();
        self.resources.iter().for_each(|resource| resource.collect_primitives(&mut found));
        found
    }
}

impl ResourceStatus {
    fn collect_primitives<'s>(&'s self, found: &mut Vec<&'s PrimitiveStatus>) {
        match self {
            Self::Primitive(primitive) => found.push(primitive),
            Self::Group(collective) | Self::Clone(collective) => {
                collective.members.iter().for_each(|member| member.collect_primitives(found));
            }
            Self::Bundle(bundle) => {
                let parts = bundle.replicas.iter().flat_map(|replica| &replica.resources);
                parts.for_each(|part| part.collect_primitives(found));
            }
        }
    }
}

fn node_status(cluster: &Cluster, id: NodeId) -> NodeStatus {
    let node = &cluster[id];
    NodeStatus {
        name: node.name.clone(),
        id: node.id.clone(),
        kind: match () {
            () if cluster.is_guest(id) => NodeType::Guest,
            () if node.is_remote_kind() => NodeType::Remote,
            () => NodeType::Member,
        },
        online: node.online,
        standby: node.standby,
        standby_on_fail: node.standby_on_fail,
        maintenance: node.maintenance,
        pending: node.pending,
        unclean: node.unclean,
        health: shown_health(cluster, node),
        feature_set: node.attribute("#feature-set").map(str::to_owned),
        shutting_down: node.shutting_down,
        expected_up: node.expected_up,
        is_dc: cluster.dc == Some(id),
        resources_running: node.running.len(),
        launcher: cluster.launcher_of(id).map(|launcher| cluster[launcher].id.clone()),
    }
}

fn target_role(resource: &Resource) -> Option<String> {
    resource.meta("target-role").map(str::to_owned)
}

impl Listing<'_> {
    /// A resource with all that belongs to it.
    fn status(&self, id: ResourceId) -> ResourceStatus {
        match &self.cluster[id].kind {
            Kind::Primitive => ResourceStatus::Primitive(self.primitive_status(id)),
            Kind::Group(_) => ResourceStatus::Group(self.collective_status(id)),
            Kind::Clone(_) => ResourceStatus::Clone(self.collective_status(id)),
            Kind::Bundle(bundle) => {
                let resource = &self.cluster[id];
                ResourceStatus::Bundle(BundleStatus {
                    id: resource.id.clone(),
                    technology: bundle.technology.to_owned(),
                    image: bundle.image.clone(),
                    unique: resource.unique,
                    maintenance: resource.maintenance,
                    managed: resource.managed,
                    failed: resource.failed,
                    replicas: bundle.replicas.iter().map(|replica| self.replica_status(replica)).collect(),
                })
            }
        }
    }

    fn primitive_status(&self, id: ResourceId) -> PrimitiveStatus {
        let (cluster, resource) = (self.cluster, &self.cluster[id]);
        let active_node = |&node: &NodeId| {
            let node = &cluster[node];
            ActiveNode { name: node.name.clone(), id: node.id.clone(), online: node.online }
        };
        PrimitiveStatus {
            id: resource.id.clone(),
            name: resource.printed_name().to_owned(),
            agent: agent_text(resource),
            role: self.shown_role(id),
            target_role: target_role(resource),
            active: cluster.is_active(id),
            orphaned: resource.removed,
            blocked: resource.blocked,
            maintenance: resource.maintenance,
            managed: resource.managed,
            disabled: is_disabled(cluster, id),
            failed: resource.failed,
            failure_ignored: resource.failure_ignored,
            pending: self.pending_state(id),
            locked_to: resource.lock.map(|lock| cluster[lock.node].name.clone()),
            failed_probe: self.failed_probe(id, self.shown_node(id)).map(str::to_owned),
            nodes: resource.active_on.iter().map(active_node).collect(),
        }
    }

    fn collective_status(&self, id: ResourceId) -> CollectiveStatus {
        let resource = &self.cluster[id];
        CollectiveStatus {
            id: resource.id.clone(),
            target_role: target_role(resource),
            promotable: self.cluster.is_promotable(id),
            unique: resource.unique,
            maintenance: resource.maintenance,
            managed: resource.managed,
            disabled: is_disabled(self.cluster, id),
            failed: resource.failed,
            failure_ignored: resource.failure_ignored,
            members: resource.children.iter().map(|&child| self.status(child)).collect(),
        }
    }

    fn replica_status(&self, replica: &Replica) -> ReplicaStatus {
        // Connections are hidden elsewhere; here they belong to the picture.
        let parts = [replica.ip, replica.child, replica.container, replica.connection];
        ReplicaStatus {
            number: replica.offset,
            address: replica.address.clone(),
            resources: parts.into_iter().flatten().map(|part| self.status(part)).collect(),
        }
    }
}

fn node_attributes(run: &mut Run<'_>) -> Vec<NodeAttributes> {
    let of_nodes = shown_attributes(run).into_iter().map(|(node, attributes)| {
        let attributes = attributes.into_iter();
        let attributes = attributes.map(|at| AttributeEntry { name: at.name, value: at.value, expected: at.expected });
        NodeAttributes { node: run[node].name.clone(), attributes: attributes.collect() }
    });
    of_nodes.collect()
}

fn fail_counts(run: &mut Run<'_>) -> Vec<NodeFailCounts> {
    let nodes = node_failures(run).into_iter().filter(|node| !node.failures.is_empty());
    let nodes = nodes.map(|node| {
        let failures = node.failures.into_iter().map(|(name, resource, failures)| FailCountEntry {
            resource: name,
            orphaned: run[resource].removed,
            migration_threshold: run[resource].migration_threshold,
            fail_count: Score::new(failures.count.into()),
            last_failure: (failures.last > 0).then_some(failures.last),
        });
        NodeFailCounts { node: run[node.node].name.clone(), failures: failures.collect() }
    });
    nodes.collect()
}

fn failed_actions(run: &Run<'_>) -> Vec<FailedAction> {
    shown_failures(run).map(|(entry, key, node)| failed_action(entry, key, &run[node].name)).collect()
}

fn failed_action(entry: ElementRef<'_>, key: &str, node: &str) -> FailedAction {
    let number = |name| entry.attr(name).and_then(parse_integer);
    let exit_status = number("rc-code").unwrap_or(0);
    let (operation, interval_ms) = PrintedKey::parse(key).map_or(("", 0), |key| (key.task, key.interval));
    FailedAction {
        key: key.to_owned(),
        operation: operation.to_owned(),
        interval_ms,
        node: node.to_owned(),
        exit_status,
        exit_text: exit_text(exit_status).to_owned(),
        exit_reason: entry.attr("exit-reason").map(str::to_owned),
        call: number("call-id"),
        execution_status: execution_text(number("op-status").unwrap_or(0).max(0)).to_owned(),
        last_change: number("last-rc-change"),
        queue_time_ms: number("queue-time"),
        execution_time_ms: number("exec-time"),
    }
}
