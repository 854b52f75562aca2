//! An action's element: names, node, router, resource, and the nodes that it takes down (GRAPH sections 8 and 10).

use petgraph::Direction::Incoming;

use crate::cluster::{NodeId, ResourceId};
use crate::plan::{ActionId, Task, meta};
use crate::run::Run;

use super::attributes::{self, AttributeNames};
use super::graph::SHUTDOWN_LOCK;
use super::{Details, ElementKind, GraphAction};

/// Writes one action.
pub(super) struct Writer {
    pub action: ActionId,
}

impl Writer {
    /// The action without details.
    pub fn mention(&self, run: &Run<'_>) -> GraphAction {
        let kind = self.kind(run);
        GraphAction { kind, id: number(self.action), attributes: self.names(run, kind), details: None }
    }

    /// The action itself, with all details.
    pub fn write(&self, run: &mut Run<'_>, known: &mut AttributeNames) -> GraphAction {
        let kind = self.kind(run);
        let mut names = self.names(run, kind);
        if let Some(since) = self.lock_time(run, kind) {
            names.push((SHUTDOWN_LOCK, since.to_string()));
        }
        self.store_node(run, kind);
        let (attributes, params) = attributes::collect(run, self.action, known);
        let is_real_resource = kind != ElementKind::Pseudo;
        let resource = run[self.action].resource.filter(|_| is_real_resource).map(|id| resource_element(run, id));
        let details =
            Details { resource, attributes, params, downed: self.downed(run, kind), maintenance: self.maintenance(run) };
        GraphAction { kind, id: number(self.action), attributes: names, details: Some(Box::new(details)) }
    }

    /// GRAPH-40.
    fn kind(&self, run: &Run<'_>) -> ElementKind {
        let action = &run[self.action];
        match action.task {
            Task::Fence if action.pseudo => ElementKind::Pseudo,
            Task::Fence | Task::Shutdown | Task::ClearFailcount | Task::LrmDelete => ElementKind::Cluster,
            _ if action.pseudo => ElementKind::Pseudo,
            _ => ElementKind::Resource,
        }
    }

    fn node(&self, run: &Run<'_>, kind: ElementKind) -> Option<NodeId> {
        let has_node = kind != ElementKind::Pseudo || run[self.action].task == Task::Fence;
        run[self.action].node.filter(|_| has_node)
    }

    /// GRAPH-41.
    fn names(&self, run: &Run<'_>, kind: ElementKind) -> Vec<(&'static str, String)> {
        let action = &run[self.action];
        let mut names = Vec::with_capacity(7);
        if action.task == Task::LrmDelete {
            names.push(("mode", "cib".to_owned()));
        }
        names.push(("id", number(self.action).to_string()));
        names.push(("operation", run.cluster.tasks.name(action.task).to_owned()));
        match self.history_key(run) {
            Some(key) => {
                names.push(("operation_key", key));
                names.push(("internal_operation_key", action_key(run, self.action)));
            }
            None => names.push(("operation_key", action_key(run, self.action))),
        }
        if let Some(node) = self.node(run, kind) {
            names.push(("on_node", run[node].name.clone()));
            names.push(("on_node_uuid", run[node].id.clone()));
            if let Some(router) = self.router(run, node) {
                names.push(("router_node", run[router].name.clone()));
            }
        }
        names
    }

    /// The key by the name that the history knows the resource by (GRAPH-42).
    fn history_key(&self, run: &Run<'_>) -> Option<String> {
        let action = &run[self.action];
        let name = run[action.resource?].history_name.as_deref()?;
        if action.task == Task::Notify {
            let text = |name: &str| meta(run, self.action, name).unwrap_or_default().to_owned();
            return Some(format!("{name}_{}_notify_{}_0", text("notify_type"), text("notify_operation")));
        }
        Some(format!("{name}_{}_{}", shown_task(run, self.action), shown_interval(run, self.action)))
    }

    /// The node that reaches a node of the remote kind for this action (GRAPH-44).
    fn router(&self, run: &Run<'_>, node: NodeId) -> Option<NodeId> {
        let action = &run[self.action];
        let connection = run[node].connection.filter(|_| run[node].is_remote_kind() && action.task != Task::Fence)?;
        let (began, ends) = (run.cluster.current_node(connection), run[connection].assigned);
        let (Some(began), Some(ends)) = (began, ends) else { return began.or(ends) };
        let goes_on = run[connection].launcher.is_none() && run[connection].partial_migration.is_some();
        let task = match action.task {
            Task::Notify => Task::from_name(meta(run, self.action, "notify_operation").unwrap_or_default()),
            task => Some(task),
        };
        let leaves =
            matches!(task, Some(Task::Cancel | Task::Stop | Task::Demote | Task::MigrateFrom | Task::MigrateTo));
        Some(if leaves && !goes_on { began } else { ends })
    }

    /// GRAPH-45.
    fn lock_time(&self, run: &Run<'_>, kind: ElementKind) -> Option<i64> {
        let action = &run[self.action];
        let lock = run[action.resource?].lock.filter(|lock| kind != ElementKind::Pseudo && action.node == Some(lock.node))?;
        (!run[lock.node].shutting_down || action.task == Task::Stop).then_some(lock.since)
    }

    /// An element with a node has it among its attributes, too (GRAPH-43).
    fn store_node(&self, run: &mut Run<'_>, kind: ElementKind) {
        if let Some(node) = self.node(run, kind) {
            let values = [("on_node", run[node].name.clone()), ("on_node_uuid", run[node].id.clone())];
            run[self.action].meta.extend(values.map(|(name, value)| (name.to_owned(), value)));
        }
    }

    /// GRAPH-56.
    fn downed(&self, run: &Run<'_>, kind: ElementKind) -> Option<Vec<String>> {
        let action = &run[self.action];
        let node = self.node(run, kind)?;
        match action.task {
            Task::Shutdown => Some(vec![run[node].id.clone()]),
            Task::Fence => {
                let word = action.meta.get("stonith_action")?;
                (word == "reboot" || word == "off").then(|| self.fenced_nodes(run, node))
            }
            Task::Stop => {
                let resource = action.resource.filter(|&resource| run[resource].is_connection)?;
                (!self.follows_migration(run, resource)).then(|| vec![run[resource].id.clone()])
            }
            _ => None,
        }
    }

    fn fenced_nodes(&self, run: &Run<'_>, node: NodeId) -> Vec<String> {
        let guests = run[node].running.iter().filter(|&&id| run[id].is_connection && run[id].launcher.is_some());
        std::iter::once(run[node].id.clone()).chain(guests.map(|&id| run[id].id.clone())).collect()
    }

    fn follows_migration(&self, run: &Run<'_>, resource: ResourceId) -> bool {
        let mut before = run.plan.graph.neighbors_directed(self.action, Incoming);
        before.any(|at| run[at].task == Task::MigrateFrom && run[at].resource == Some(resource))
    }

    /// GRAPH-57.
    fn maintenance(&self, run: &Run<'_>) -> Option<Vec<(String, bool)>> {
        let is_update = run[self.action].name.as_deref() == Some("maintenance_nodes");
        let nodes = run.cluster.node_order.iter();
        is_update.then(|| nodes.filter_map(|&node| Some((run[node].id.clone(), node_in_maintenance(run, node)?))).collect())
    }
}

/// The maintenance state of a node of the remote kind, if it differs from what is recorded.
pub(super) fn node_in_maintenance(run: &Run<'_>, node: NodeId) -> Option<bool> {
    let node = &run[node];
    (node.is_remote_kind() && node.maintenance != node.recorded_maintenance).then_some(node.maintenance)
}

/// The number that an action is known by.
pub(super) fn number(action: ActionId) -> u32 {
    u32::try_from(action.index() + 1).unwrap_or(u32::MAX)
}

/// An action's whole key.
pub(super) fn action_key(run: &Run<'_>, id: ActionId) -> String {
    let action = &run[id];
    match (&action.name, action.resource) {
        (Some(name), _) => name.clone(),
        (None, Some(resource)) => format!("{}_{}", run[resource].id, run.cluster.tasks.show(action.key)),
        (None, None) => run.cluster.tasks.show(action.key).to_string(),
    }
}

/// The task that a key shows: a cancel's is the one it cancels.
pub(super) fn shown_task<'r>(run: &'r Run<'_>, id: ActionId) -> &'r str {
    let action = &run[id];
    run.cluster.tasks.name(if action.task == Task::Cancel { action.key.task } else { action.task })
}

/// The interval that a key shows.
pub(super) fn shown_interval<'r>(run: &'r Run<'_>, id: ActionId) -> &'r str {
    meta(run, id, "interval").unwrap_or("0")
}

/// GRAPH-47.
fn resource_element(run: &Run<'_>, id: ResourceId) -> Vec<(&'static str, String)> {
    let resource = &run[id];
    let (shown, long) = match &resource.history_name {
        Some(name) if resource.removed => (name, Some(&resource.id)),
        name if !resource.unique => {
            let long = name.as_ref().filter(|&name| *name != resource.xml_id).unwrap_or(&resource.id);
            (&resource.xml_id, Some(long))
        }
        _ => (&resource.id, None),
    };
    let mut attributes = vec![("id", shown.clone())];
    attributes.extend(long.map(|long| ("long-id", long.clone())));
    for name in ["class", "provider", "type"] {
        attributes.extend(resource.meta(name).map(|value| (name, value.to_owned())));
    }
    attributes
}
