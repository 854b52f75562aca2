//! Which actions enter the graph, and in which order (GRAPH sections 3 and 4).

use smol_str::SmolStr;

use crate::cluster::build::parameters;
use crate::cluster::{Kind, NodeId, ResourceId};
use crate::ordering::refresh_collective;
use crate::plan::{Action, ActionId, Task, meta, notify, pseudo_action};
use crate::run::Run;

use super::Selection;
use super::attributes::has_parameters;
use super::element::node_in_maintenance;

/// The longest time that a fencing or start may take is up to whoever executes; these say how failures count.
const FAILED_STOP_OFFSET: &str = "INFINITY";

/// Selects what goes into the graph (PLACE-1 phase 26).
pub fn select(run: &mut Run<'_>) -> Selection {
    let mut selector = Selector::default();
    for top in run.cluster.top.clone() {
        selector.add_resource(run, top);
    }
    add_maintenance_action(run);
    for index in (0..run.plan.graph.node_count()).rev() {
        selector.consider(run, ActionId::new(index));
    }
    selector.selection
}

/// GRAPH-36.
pub(super) fn header(run: &Run<'_>) -> Vec<(&'static str, String)> {
    let options = &run.cluster.options;
    let start_offset = if options.start_failure_is_fatal { "INFINITY" } else { "1" };
    let mut header = vec![
        ("cluster-delay", options.text("cluster-delay").to_owned()),
        ("fencing-timeout", options.text("fencing-timeout").to_owned()),
        ("failed-stop-offset", FAILED_STOP_OFFSET.to_owned()),
        ("failed-start-offset", start_offset.to_owned()),
        ("batch-limit", options.text("batch-limit").to_owned()),
        ("transition_id", run.settings.transition_id.to_string()),
    ];
    let migration_limit = options.text("migration-limit");
    if crate::cib::parse_integer(migration_limit).is_some_and(|limit| limit > 0) {
        header.push(("migration-limit", migration_limit.to_owned()));
    }
    if let Some(time) = run.cluster.recheck_by {
        header.push(("recheck-by", time.to_string()));
    }
    header
}

/// Tells remote nodes that their maintenance state changed (GRAPH-9).
fn add_maintenance_action(run: &mut Run<'_>) {
    let changed = run.cluster.node_order.iter().any(|&node| node_in_maintenance(run, node).is_some());
    if changed {
        let action = pseudo_action(run, "maintenance_nodes");
        run[action].always_in_graph = true;
    }
}

#[derive(Default)]
struct Selector {
    selection: Selection,
}

impl Selector {
    fn add_resource(&mut self, run: &mut Run<'_>, id: ResourceId) {
        match run[id].kind {
            Kind::Primitive => self.add_own(run, id),
            Kind::Group(_) => {
                self.add_own(run, id);
                self.add_children(run, id);
            }
            Kind::Clone(_) => {
                refresh_collective(run, id);
                notify::create(run, id);
                self.add_children(run, id);
                self.add_own(run, id);
            }
            Kind::Bundle(_) => self.add_bundle(run, id),
        }
    }

    fn add_own(&mut self, run: &mut Run<'_>, id: ResourceId) {
        for action in run[id].actions.clone().into_iter().rev() {
            self.consider(run, action);
        }
    }

    fn add_children(&mut self, run: &mut Run<'_>, id: ResourceId) {
        for child in run[id].children.clone() {
            self.add_resource(run, child);
        }
    }

    /// A bundle's own actions come with the last ones.
    fn add_bundle(&mut self, run: &mut Run<'_>, id: ResourceId) {
        let Some(bundle) = run[id].bundle().cloned() else { return };
        if let Some(inner) = bundle.inner {
            self.add_resource(run, inner);
        }
        for replica in &bundle.replicas {
            if let (Some(connection), Some(container)) = (replica.connection, replica.container) {
                resolve_address(run, connection, container);
            }
            for part in [replica.ip, replica.container, replica.connection].into_iter().flatten() {
                self.add_resource(run, part);
            }
        }
    }

    /// Puts an action in if it is admitted and not in yet.
    fn consider(&mut self, run: &mut Run<'_>, id: ActionId) {
        self.selection.reach(run.plan.graph.node_count());
        let inputs = self.selection.look_at(run, id);
        if !self.selection.in_graph[id.index()] && is_admitted(run, id) {
            self.selection.choose(run, id, inputs);
            settle_parameters(run, id);
        }
    }
}

/// Evaluates the parameters that an action is written with. A connection's own address may be known only now.
fn settle_parameters(run: &mut Run<'_>, id: ActionId) {
    let Some(resource) = run[id].resource else { return };
    let node = run[id].node;
    if !has_parameters(run, id) {
        return;
    }
    let found = parameters(run, resource, node);
    if found.get("addr") == Some("#uname") {
        let resolved = parameters(run, resource, None).get("addr").map(SmolStr::new);
        let mut changed = (*found).clone();
        changed.insert("addr", resolved.unwrap_or_default());
        run[resource].parameters.set(node, changed.into());
    }
}

/// GRAPH-38.
pub(super) fn priority(run: &Run<'_>, id: ActionId) -> i32 {
    let action = &run[id];
    let resource = action.resource.map_or(0, |resource| run[resource].priority);
    action.priority.max(resource).max(0)
}

/// GRAPH-11.
fn is_admitted(run: &Run<'_>, id: ActionId) -> bool {
    let action = &run[id];
    if !action.runnable || action.optional && !action.always_in_graph {
        return false;
    }
    let unmanaged = action.resource.is_some_and(|resource| !run[resource].managed);
    let recurs = || meta(run, id, "interval").is_some_and(|interval| interval != "0");
    if unmanaged && action.task != Task::Monitor && !recurs() {
        return false;
    }
    action.pseudo || matches!(action.task, Task::Fence | Task::Shutdown) || can_execute(run, action)
}

fn can_execute(run: &Run<'_>, action: &Action) -> bool {
    let Some(node) = action.node else { return false };
    action.on_dc || is_usable_guest(run, node) || run[node].is_online_clean()
}

fn is_usable_guest(run: &Run<'_>, node: NodeId) -> bool {
    run.cluster.is_guest(node) && !run[node].reset_needed
}

/// A bundle's connection without an address of its own is reached at its container's host (GRAPH-8a).
fn resolve_address(run: &mut Run<'_>, connection: ResourceId, container: ResourceId) {
    let mut values = (*parameters(run, connection, None)).clone();
    if values.get("addr") != Some("#uname") {
        return;
    }
    if let Some(host) = run[container].assigned.or_else(|| run.cluster.current_node(container)) {
        values.insert("addr", run[host].name.clone());
        run[connection].parameters.set(None, values.into());
    }
}
