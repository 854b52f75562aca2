//! What speaks for and against nodes before anything is assigned: health, locks, stickiness, failures, discovery.

use crate::cib::{HealthStrategy, Score, is_true, parse_integer};
use crate::cluster::{Discovery, Location, NodeId, ResourceId, ShutdownLock};
use crate::history::{Counting, fail_count};
use crate::ledger::Cause;
use crate::plan::{ActionKey, Task, find_exact, request};
use crate::run::Run;

use super::location::{add_location, apply_all};
use super::scores::{add_score, set_score};

/// Node health as locations (PLACE-1 phase 10).
pub fn apply_health(run: &mut Run<'_>) {
    if run.cluster.options.health_strategy == HealthStrategy::None {
        return;
    }
    let id = run.cluster.options.text("node-health-strategy").to_owned();
    for node in run.cluster.node_order.clone() {
        let health = health_of(run, node);
        if health == Score::ZERO {
            continue;
        }
        for resource in run.cluster.top.clone() {
            if health.is_negative() && run[resource].meta("allow-unhealthy-nodes").is_some_and(is_true) {
                continue;
            }
            let nodes = vec![(node, health)];
            let (id, discovery) = (id.clone(), Discovery::Always);
            add_location(run, Location { id, resource, nodes, role: None, discovery, is_health: true });
        }
    }
}

/// PLACE-44: the sum of all health attributes.
fn health_of(run: &Run<'_>, node: NodeId) -> Score {
    let options = &run.cluster.options;
    let attributes = run[node].attributes.iter().filter(|(name, _)| name.starts_with("#health"));
    let scores = attributes.filter_map(|(_, value)| Score::parse(value, options.health_words));
    let base = if options.health_strategy == HealthStrategy::Progressive { options.health_base } else { Score::ZERO };
    scores.fold(base, |sum, score| sum + score)
}

/// Shutdown locks, locations, stickiness, thresholds, exclusive discovery (PLACE-1 phases 12 to 15).
pub fn apply_node_criteria(run: &mut Run<'_>) {
    if run.cluster.options.shutdown_lock {
        apply_shutdown_locks(run);
    }
    apply_all(run);
    for leaf in leaves(run) {
        apply_stickiness(run, leaf);
    }
    apply_thresholds_and_discovery(run);
}

fn leaves(run: &Run<'_>) -> Vec<ResourceId> {
    run.cluster.top.iter().flat_map(|&top| run.cluster.leaves(top)).collect()
}

/// Clones and bundles are never locked (PLACE-48).
fn apply_shutdown_locks(run: &mut Run<'_>) {
    for top in run.cluster.top.clone() {
        if run[top].is_primitive() || run[top].is_group() {
            for leaf in run.cluster.leaves(top) {
                apply_shutdown_lock(run, leaf);
            }
        }
    }
}

fn apply_shutdown_lock(run: &mut Run<'_>, resource: ResourceId) {
    if run[resource].fencing_device || run[resource].is_connection {
        return;
    }
    match (run[resource].lock, &run[resource].active_on[..]) {
        (Some(lock), [_, ..]) => {
            request(run, resource, ActionKey::once(Task::LrmDelete), Some(lock.node), false);
            run[resource].lock = None;
        }
        (None, &[node]) if run[node].shutting_down && !run[node].unclean => {
            run[resource].lock = Some(ShutdownLock { node, since: shutdown_time(run, node) });
        }
        _ => {}
    }
    let Some(lock) = run[resource].lock else { return };
    let limit = i64::from(run.cluster.options.shutdown_lock_limit_ms);
    if limit > 0 {
        run.cluster.recheck_at(lock.since + (limit + 500) / 1000 + 1);
    }
    for node in run.cluster.node_order.clone() {
        if node != lock.node {
            add_score(run, resource, Some(node), Score::MINUS_INFINITY, Cause::ShutdownLock);
        }
    }
}

fn shutdown_time(run: &Run<'_>, node: NodeId) -> i64 {
    let requested = run[node].attribute("shutdown").and_then(parse_integer);
    requested.filter(|&time| time != 0).unwrap_or(run.cluster.now)
}

/// PLACE-50: only a positive stickiness holds a resource where it is.
fn apply_stickiness(run: &mut Run<'_>, resource: ResourceId) {
    let stickiness = run[resource].stickiness;
    if let [node] = run[resource].active_on[..]
        && run[resource].managed
        && stickiness > Score::ZERO
        && (run.cluster.options.symmetric_cluster || run.cluster.allowed[resource].contains(node))
    {
        add_score(run, resource, Some(node), stickiness, Cause::Stickiness);
    }
}

fn apply_thresholds_and_discovery(run: &mut Run<'_>) {
    let tops: Vec<_> = run.cluster.top.iter().map(|&top| (top, run.cluster.leaves(top))).collect();
    for node in run.cluster.node_order.clone() {
        let failures = has_failures(run, node);
        for (top, leaves) in &tops {
            for &leaf in leaves.iter().filter(|_| failures) {
                apply_threshold(run, leaf, node);
            }
            exclude_from_discovery(run, *top, node);
        }
    }
}

/// Most nodes have no failures, and most resources needn't be asked for them.
fn has_failures(run: &Run<'_>, node: NodeId) -> bool {
    run[node].attributes.names().any(|name| name.starts_with("fail-count-"))
}

/// PLACE-51: instances of anonymous clones ban the whole clone.
fn apply_threshold(run: &mut Run<'_>, resource: ResourceId, node: NodeId) {
    if reached_threshold(run, resource, node) {
        let banned = if run[resource].unique { resource } else { run.cluster.top_of(resource) };
        add_score(run, banned, Some(node), Score::MINUS_INFINITY, Cause::MigrationThreshold);
    }
}

/// Whether a resource has failed on a node as often as it may.
pub(super) fn reached_threshold(run: &mut Run<'_>, resource: ResourceId, node: NodeId) -> bool {
    let threshold = run[resource].migration_threshold.value();
    let clears = ActionKey::once(Task::ClearFailcount);
    if threshold == 0 || run[resource].failure_ignored || !find_exact(run, resource, clears, node).is_empty() {
        return false;
    }
    let count = fail_count(run, resource, node, Counting::WithLaunched).count;
    count >= threshold
}

/// PLACE-53: children are looked at only below a marked resource.
fn exclude_from_discovery(run: &mut Run<'_>, resource: ResourceId, node: NodeId) {
    let top = run.cluster.top_of(resource);
    if !run[resource].exclusive_discovery && !run[top].exclusive_discovery {
        return;
    }
    for child in run[resource].children.clone() {
        exclude_from_discovery(run, child, node);
    }
    if run.cluster.allowed[resource].get(node).is_some_and(|entry| entry.discovery != Discovery::Exclusive) {
        set_score(run, resource, node, Score::MINUS_INFINITY, Cause::ExclusiveDiscovery);
    }
}
