//! Assigning a bundle: containers, what belongs to them, and what runs inside (INST-83).

use crate::cib::Score;
use crate::cluster::{NodeId, Replica, ResourceId};
use crate::ledger::Cause;
use crate::run::{AssignStep, Run};

use super::colocation::colocate_with_host_connection;
use super::criteria::reached_threshold;
use super::instance_order::sort_for_assignment;
use super::instances::{Limits, assign_instances};
use super::lines::note_scores;
use super::scores::{known_nodes, set_score};
use super::{Mode, assign};

/// Assigns all parts; the bundle itself never has a node. Each call does all of it anew.
pub(super) fn assign_bundle(run: &mut Run<'_>, bundle: ResourceId, preferred: Option<NodeId>, mode: Mode) {
    let Some(config) = run[bundle].bundle() else { return };
    let (replicas, inner, per_node) = (config.replicas.clone(), config.inner, config.replicas_per_host);
    run[bundle].assigning = true;
    note_scores(run, AssignStep::Bundle, bundle);
    let mut containers: Vec<ResourceId> = replicas.iter().filter_map(|replica| replica.container).collect();
    sort_for_assignment(run, &mut containers);
    let total = u32::try_from(replicas.len()).unwrap_or(u32::MAX);
    assign_instances(run, &containers, Limits { collective: bundle, total, per_node });
    for replica in &replicas {
        assign_replica(run, replica, inner, preferred, mode);
    }
    if let Some(inner) = inner {
        let own: Vec<NodeId> = replicas.iter().filter_map(|replica| replica.node).collect();
        for node in known_nodes(run, inner) {
            let score = if own.contains(&node) { Score::ZERO } else { Score::MINUS_INFINITY };
            set_score(run, inner, node, score, Cause::Instances);
        }
        assign(run, inner, preferred, mode);
    }
    run[bundle].assigning = false;
    run[bundle].provisional = false;
}

fn assign_replica(run: &mut Run<'_>, replica: &Replica, inner: Option<ResourceId>, preferred: Option<NodeId>, mode: Mode) {
    if let Some(ip) = replica.ip {
        assign(run, ip, preferred, mode);
    }
    if let Some(connection) = replica.connection {
        colocate_with_host(run, replica, connection);
        assign(run, connection, preferred, mode);
    }
    let (Some(child), Some(node), Some(inner)) = (replica.child, replica.node, inner) else { return };
    for at in known_nodes(run, child) {
        if at != node {
            set_score(run, child, at, Score::MINUS_INFINITY, Cause::Instances);
        } else if !reached_threshold(run, child, node) {
            set_score(run, child, at, Score::INFINITY, Cause::Instances);
        }
    }
    let began_inside = std::mem::replace(&mut run[inner].assigning, true);
    assign(run, child, Some(node), mode);
    run[inner].assigning = began_inside;
}

/// A connection to a container on a node that is itself connected needs that connection (COLO-33).
fn colocate_with_host(run: &mut Run<'_>, replica: &Replica, connection: ResourceId) {
    let host = replica.container.and_then(|container| run[container].assigned).filter(|&host| run[host].is_remote_kind());
    if let Some(host_connection) = host.and_then(|host| run[host].connection) {
        colocate_with_host_connection(run, connection, host_connection);
    }
}
