//! The status section: tickets, node states, and the state of remote nodes (chapter 02).

pub mod attributes;
mod fencing;
mod membership;
mod remote;
mod tickets;

use rustc_hash::FxHashMap;

use crate::NodeMembership;
use crate::cib::{ElementRef, NoQuorumPolicy, Score, is_true};
use crate::history;
use crate::plan::{ActionKey, FenceReason, Task, request};
use crate::run::Run;

use super::{Node, NodeId, NodeSet, Role};
use membership::Membership;

pub use fencing::{can_fence, request_fencing};

/// Reads tickets, node states and all histories (PLACE-1 phases 7 to 9).
pub fn read(run: &mut Run<'_>) {
    read_states(run);
    read_histories(run);
    stop_failed_containers(run);
    settle_remote_nodes(run);
}

/// The first pass: tickets, and what is known of cluster nodes (STATE-40).
fn read_states(run: &mut Run<'_>) {
    let (cib, settings) = (run.cib, run.settings);
    let stand_ins = settings.membership.iter().filter_map(|given| Some((run.cluster.node_named(&given.node)?, given)));
    let stand_ins: Vec<(NodeId, &NodeMembership)> = stand_ins.collect();
    let by_node: FxHashMap<NodeId, &NodeMembership> = stand_ins.iter().copied().collect();
    let mut seen = NodeSet::default();
    for child in cib.section("status").into_iter().flat_map(ElementRef::children) {
        match child.name() {
            "tickets" => tickets::read(run, child),
            "node_state" => {
                let Some(node) = child.id().and_then(|id| run.cluster.node_by_id_or_name(id, child.attr("uname"))) else {
                    continue;
                };
                if run[node].is_remote_kind() {
                    run[node].fenced = remote::is_positive(child.attr("node_fenced"));
                    continue;
                }
                let now = run.cluster.now;
                let given = by_node.get(&node).map(|given| Membership::of_settings(given, now));
                let membership = given.unwrap_or_else(|| Membership::of_state(child, now));
                read_member(run, node, Some(child), &membership);
                seen.insert(node);
            }
            _ => {}
        }
    }
    for (node, given) in stand_ins {
        if !run[node].is_remote_kind() && !seen.contains(node) {
            let membership = Membership::of_settings(given, run.cluster.now);
            read_member(run, node, None, &membership);
            seen.insert(node);
        }
    }
}

/// Reads the state of a cluster node; flags only accumulate (STATE-47).
fn read_member(run: &mut Run<'_>, node: NodeId, state: Option<ElementRef<'_>>, membership: &Membership<'_>) {
    attributes::add_transient(run, node, state);
    let at = &mut run[node];
    at.standby |= at.attribute("standby").is_some_and(is_true);
    at.maintenance |= at.attribute("maintenance").is_some_and(is_true);
    at.unclean = false;
    at.seen = true;
    at.shutting_down |= is_shutdown_requested(at);
    at.expected_up = membership.is_expected_up(at.shutting_down);

    let verdict = membership::judge(run, node, membership);
    if let Some(reason) = verdict.fence {
        request_fencing(run, node, reason, reason == FenceReason::NoLongerMember);
    }
    let at = &mut run[node];
    at.online |= verdict.online;
    at.pending |= verdict.pending;
    at.standby |= verdict.pending;
    if !at.online || at.shutting_down {
        // STATE-46: tables that were made before keep the configured score.
        at.score = Score::MINUS_INFINITY;
    }
    let fences_without_quorum = run.cluster.options.no_quorum_policy == NoQuorumPolicy::Fence;
    if !run.cluster.has_quorum && run[node].online && fences_without_quorum {
        request_fencing(run, node, FenceReason::NoQuorum, false);
    }
}

/// STATE-41: any text but `0` is a request.
fn is_shutdown_requested(node: &Node) -> bool {
    node.attribute("shutdown").is_some_and(|text| text != "0")
}

/// The history passes: each reads the nodes that have qualified meanwhile, until none does (HIST-2 to HIST-5).
fn read_histories(run: &mut Run<'_>) {
    let cib = run.cib;
    let status = cib.section("status").into_iter();
    let states = status.flat_map(|status| status.children_named("node_state"));
    let mut waiting: Vec<_> = states.filter(|state| state.id().is_some() && state.attr("uname").is_some()).collect();
    loop {
        let before = waiting.len();
        waiting.retain(|&state| !read_history(run, state, true));
        if waiting.len() == before {
            break;
        }
    }
    if run.cluster.options.fencing_enabled {
        for state in waiting {
            read_history(run, state, false);
        }
    }
}

/// Reads the history of a node if its turn has come; whether there is nothing more to do about this `node_state`.
fn read_history<'c>(run: &mut Run<'c>, state: ElementRef<'c>, gate: bool) -> bool {
    let known = state.id().and_then(|id| run.cluster.node_by_id_or_name(id, state.attr("uname")));
    let Some(node) = known else { return false };
    if run[node].history_read {
        return true;
    }
    if gate && !qualifies(run, node) {
        return false;
    }
    if run[node].is_remote_kind() {
        remote::update_online(run, node);
        remote::read_state(run, node, state);
    }
    run[node].history_read = true;
    history::read_node(run, node, state);
    true
}

/// Whether a node's history is read in a normal pass (HIST-2, HIST-3).
fn qualifies(run: &Run<'_>, node: NodeId) -> bool {
    let options = &run.cluster.options;
    if !run[node].is_remote_kind() {
        return options.fencing_enabled || options.shutdown_lock || run[node].online;
    }
    let Some(connection) = run[node].connection else { return false };
    let started = run[connection].role == Role::Started;
    match run[connection].launcher {
        Some(launcher) => started && run[launcher].role == Role::Started,
        None => started || options.shutdown_lock,
    }
}

/// HIST-8 (1): containers that a failure inside calls for, latest found first.
fn stop_failed_containers(run: &mut Run<'_>) {
    for container in std::mem::take(&mut run.history.containers_to_stop).into_iter().rev() {
        if let Some(node) = run.cluster.current_node(container) {
            request(run, container, ActionKey::once(Task::Stop), Some(node), false);
        }
    }
}

/// HIST-8 (2).
fn settle_remote_nodes(run: &mut Run<'_>) {
    for node in run.cluster.node_order.clone() {
        if !run[node].is_remote_kind() {
            continue;
        }
        if let Some(connection) = run[node].connection.filter(|_| run[node].shutting_down) {
            run[connection].next_role = Role::Stopped;
        }
        if !run[node].history_read {
            remote::update_online(run, node);
        }
    }
}
