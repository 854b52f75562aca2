//! What may happen to a cluster.

use crate::cib::Cib;
use crate::cluster::{Cluster, NodeId, ResourceId};
use crate::plan::Task;
use crate::record::{StateError, StatusSection};
use crate::simulate::{Injections, SimulateError, inject};
use crate::{Settings, Snapshot};

use super::services::{leaves, service_of};

/// Something that may happen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum Scenario {
    /// A node fails.
    NodeFailure {
        /// The node.
        node: String,
    },
    /// A node goes into standby.
    Standby {
        /// The node.
        node: String,
    },
    /// A monitor finds that a resource failed.
    ResourceFailure {
        /// The resource, or the instance of it.
        resource: String,
        /// The service that it is, or is an instance of.
        service: String,
        /// The node.
        node: String,
    },
    /// The partition loses quorum.
    QuorumLoss,
    /// Two nodes fail at once.
    PairFailure {
        /// The nodes.
        nodes: [String; 2],
    },
}

/// All that may happen to a cluster, in a fixed order.
pub(super) fn all(cib: &Cib, settings: &Settings, depth: usize) -> Vec<Scenario> {
    let snapshot = Snapshot::read(cib, settings);
    let cluster = &snapshot.run.cluster;
    let is_up = |&node: &NodeId| cluster[node].is_online_clean() && !cluster[node].is_remote_kind();
    let up: Vec<NodeId> = cluster.node_order.iter().copied().filter(is_up).collect();
    let name = |node: NodeId| cluster[node].name.clone();
    let mut scenarios: Vec<Scenario> = up.iter().map(|&node| Scenario::NodeFailure { node: name(node) }).collect();
    let in_use = up.iter().filter(|&&node| !cluster[node].standby);
    scenarios.extend(in_use.map(|&node| Scenario::Standby { node: name(node) }));
    for leaf in leaves(cluster).filter(|&leaf| cluster[leaf].managed) {
        let active = cluster[leaf].active_on.iter().filter(|&&node| cluster[node].is_online_clean());
        scenarios.extend(active.map(|&node| Scenario::ResourceFailure {
            resource: cluster[leaf].id.clone(),
            service: service_of(cluster, leaf).to_owned(),
            node: name(node),
        }));
    }
    if cluster.has_quorum {
        scenarios.push(Scenario::QuorumLoss);
    }
    if depth > 1 {
        let pairs = up.iter().enumerate().flat_map(|(at, &one)| up[at + 1..].iter().map(move |&other| [one, other]));
        scenarios.extend(pairs.map(|pair| Scenario::PairFailure { nodes: pair.map(name) }));
    }
    scenarios
}

impl Scenario {
    /// Lets it happen to a CIB.
    pub(super) fn happen(&self, cib: &mut Cib, settings: &Settings) -> Result<(), SimulateError> {
        let cluster = Snapshot::read(cib, settings).run.cluster;
        let injections = match self {
            Scenario::NodeFailure { node } => Injections { node_fail: vec![node.clone()], ..Injections::default() },
            Scenario::PairFailure { nodes } => Injections { node_fail: nodes.to_vec(), ..Injections::default() },
            Scenario::QuorumLoss => Injections { quorum: Some("false".to_owned()), ..Injections::default() },
            Scenario::Standby { node } => return set_standby(cib, node).map_err(SimulateError::from),
            Scenario::ResourceFailure { resource, node, .. } => {
                let found = leaves(&cluster).find(|&leaf| cluster[leaf].id == *resource);
                let operations = found.map(|leaf| failed_monitor(&cluster, leaf, node)).into_iter().collect();
                Injections { operations, ..Injections::default() }
            }
        };
        inject(cib, &cluster, &injections, settings.now).map(drop)
    }

    /// Whether it is what a cluster is there to stand.
    pub(super) fn is_single(&self) -> bool {
        matches!(self, Scenario::NodeFailure { .. } | Scenario::Standby { .. } | Scenario::ResourceFailure { .. })
    }

    /// Whether what a service does on a node has to change because of it.
    pub(super) fn concerns(&self, node: &str) -> bool {
        match self {
            Scenario::NodeFailure { node: at } | Scenario::Standby { node: at } | Scenario::ResourceFailure { node: at, .. } => {
                at == node
            }
            Scenario::PairFailure { nodes } => nodes.iter().any(|at| at == node),
            Scenario::QuorumLoss => true,
        }
    }
}

fn set_standby(cib: &mut Cib, node: &str) -> Result<(), StateError> {
    let mut section = StatusSection::new(cib, false);
    let state = section.node_state(node, None)?;
    section.set_transient_attribute(state, "standby", "on");
    section.finish();
    Ok(())
}

/// A failed monitor of a resource, as an operation to inject.
fn failed_monitor(cluster: &Cluster, resource: ResourceId, node: &str) -> String {
    const DEFAULT_INTERVAL: u32 = 10_000;
    let monitors = cluster[resource].ops.iter().filter(|op| op.task == Task::Monitor && op.interval_ms > 0);
    let role = cluster[resource].role.as_str();
    let for_role = monitors.clone().find(|op| op.role.as_deref().is_some_and(|at| at.eq_ignore_ascii_case(role)));
    let interval = for_role.or_else(|| monitors.clone().next()).map_or(DEFAULT_INTERVAL, |op| op.interval_ms);
    let name = cluster[resource].history_name.as_ref().unwrap_or(&cluster[resource].id);
    format!("{name}_monitor_{interval}@{node}=1")
}
