//! An action as an element of the graph: names, node, router, resource, and the nodes that it takes down (GRAPH sections 8
//! and 10).

use std::ops::Deref;

use petgraph::Direction::Incoming;
use smol_str::{SmolStr, SmolStrBuilder, ToSmolStr};

use crate::cluster::{Cluster, NodeId, ResourceId};
use crate::digits::digits;
use crate::plan::{Action, ActionId, Task, meta};
use crate::run::Run;

use super::ElementKind;
use super::attributes::{Attributes, Name, collect};
use super::graph::SHUTDOWN_LOCK;

/// A text of an element: borrowed, or put together for it.
#[derive(Debug, Clone)]
pub(super) enum Text<'a> {
    Borrowed(&'a str),
    Made(SmolStr),
}

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        match self {
            Text::Borrowed(text) => text,
            Text::Made(text) => text,
        }
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Text::Borrowed(text)
    }
}

impl From<Text<'_>> for SmolStr {
    fn from(text: Text<'_>) -> Self {
        match text {
            Text::Borrowed(text) => SmolStr::new(text),
            Text::Made(text) => text,
        }
    }
}

impl From<SmolStr> for Text<'_> {
    fn from(text: SmolStr) -> Self {
        Text::Made(text)
    }
}

/// An element without what is inside it, as others mention it as their input.
#[derive(Debug)]
pub(super) struct Mention<'a> {
    pub kind: ElementKind,
    pub number: u32,
    /// Its attributes in order.
    pub names: Vec<(&'static str, Text<'a>)>,
}

/// What is inside an element.
#[derive(Debug)]
pub(super) struct Content<'a> {
    /// The `primitive` element's attributes in order.
    pub resource: Option<Vec<(&'static str, &'a str)>>,
    /// The `attributes` element, sorted by name.
    pub attributes: Vec<(Name<'a>, Text<'a>)>,
    /// `param` children of `attributes`.
    pub params: Vec<(&'a str, &'a str)>,
    /// Ids of nodes below `downed`.
    pub downed: Option<Vec<&'a str>>,
    /// Node ids and whether they are in maintenance, below `maintenance`.
    pub maintenance: Option<Vec<(&'a str, bool)>>,
}

/// Describes one action.
#[derive(Debug, Clone, Copy)]
pub(super) struct Describer<'r, 'c> {
    run: &'r Run<'c>,
    id: ActionId,
    kind: ElementKind,
}

impl<'r, 'c> Describer<'r, 'c> {
    pub fn new(run: &'r Run<'c>, id: ActionId) -> Self {
        // GRAPH-40.
        let action = &run[id];
        let kind = match action.task {
            Task::Fence if action.pseudo => ElementKind::Pseudo,
            Task::Fence | Task::Shutdown | Task::ClearFailcount | Task::LrmDelete => ElementKind::Cluster,
            _ if action.pseudo => ElementKind::Pseudo,
            _ => ElementKind::Resource,
        };
        Self { run, id, kind }
    }

    /// The element itself.
    pub fn element(self) -> (Mention<'r>, Content<'r>) {
        let mut mention = self.mention();
        if let Some(since) = self.lock_time() {
            mention.names.push((SHUTDOWN_LOCK, since.to_smolstr().into()));
        }
        (mention, self.content())
    }

    /// The element as an input of others (GRAPH-41).
    pub fn mention(self) -> Mention<'r> {
        let Self { run, id, kind } = self;
        let action = &run[id];
        let number = number(id);
        let mut names = Vec::with_capacity(8);
        if action.task == Task::LrmDelete {
            names.push(("mode", "cib".into()));
        }
        names.push(("id", digits(number).into()));
        names.push(("operation", run.cluster.tasks.name(action.task).into()));
        match self.history_key() {
            Some(key) => {
                names.push(("operation_key", key.into()));
                names.push(("internal_operation_key", action_key(run, id)));
            }
            None => names.push(("operation_key", action_key(run, id))),
        }
        if let Some(node) = self.node() {
            names.push(("on_node", run[node].name.as_str().into()));
            names.push(("on_node_uuid", run[node].id.as_str().into()));
            if let Some(router) = self.router(node) {
                names.push(("router_node", run[router].name.as_str().into()));
            }
        }
        Mention { kind, number, names }
    }

    /// Its operation's key as the graph shows it.
    pub fn key(self) -> Text<'r> {
        self.history_key().map_or_else(|| action_key(self.run, self.id), Text::Made)
    }

    /// Parameters, meta-attributes and extras, as they come.
    pub fn attributes(self) -> Attributes<'r> {
        collect(self.run, self.id, self.node())
    }

    fn content(self) -> Content<'r> {
        let Self { run, id, kind } = self;
        let Attributes { mut attributes, params, .. } = self.attributes();
        attributes.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let is_real = kind != ElementKind::Pseudo;
        Content {
            resource: run[id].resource.filter(|_| is_real).map(|id| resource_element(&run.cluster, id).collect()),
            attributes,
            params,
            downed: self.downed(),
            maintenance: self.maintenance(),
        }
    }

    /// The element's kind.
    pub fn kind(self) -> ElementKind {
        self.kind
    }

    /// The node that the element names.
    pub fn node(self) -> Option<NodeId> {
        let action = &self.run[self.id];
        action.node.filter(|_| self.kind != ElementKind::Pseudo || action.task == Task::Fence)
    }

    /// The key by the name that the history knows the resource by (GRAPH-42).
    fn history_key(self) -> Option<SmolStr> {
        let Self { run, id, .. } = self;
        let name = run[run[id].resource?].history_name.as_deref()?;
        if run[id].task == Task::Notify {
            let text = |name: &str| meta(run, id, name).unwrap_or_default();
            return Some(joined(&[name, "_", text("notify_type"), "_notify_", text("notify_operation"), "_0"]));
        }
        Some(joined(&[name, "_", shown_task(run, id), "_", shown_interval(run, id)]))
    }

    /// The node that reaches a node of the remote kind for this action (GRAPH-44).
    pub fn router(self, node: NodeId) -> Option<NodeId> {
        let Self { run, id, .. } = self;
        let action = &run[id];
        let connection = run[node].connection.filter(|_| run[node].is_remote_kind() && action.task != Task::Fence)?;
        let (began, ends) = (run.cluster.current_node(connection), run[connection].assigned);
        let (Some(began), Some(ends)) = (began, ends) else { return began.or(ends) };
        let goes_on = run[connection].launcher.is_none() && run[connection].partial_migration.is_some();
        let task = match action.task {
            Task::Notify => Task::from_name(meta(run, id, "notify_operation").unwrap_or_default()),
            task => Some(task),
        };
        let leaves = matches!(task, Some(Task::Cancel | Task::Stop | Task::Demote | Task::MigrateFrom | Task::MigrateTo));
        Some(if leaves && !goes_on { began } else { ends })
    }

    /// GRAPH-45.
    fn lock_time(self) -> Option<i64> {
        let Self { run, id, kind } = self;
        let action = &run[id];
        let lock = run[action.resource?].lock.filter(|lock| kind != ElementKind::Pseudo && action.node == Some(lock.node))?;
        (!run[lock.node].shutting_down || action.task == Task::Stop).then_some(lock.since)
    }

    /// GRAPH-56.
    fn downed(self) -> Option<Vec<&'r str>> {
        let Self { run, id, .. } = self;
        let action = &run[id];
        let node = self.node()?;
        match action.task {
            Task::Shutdown => Some(vec![&run[node].id]),
            Task::Fence => {
                let word = action.meta.get("stonith_action")?;
                (word == "reboot" || word == "off").then(|| self.fenced_nodes(node))
            }
            Task::Stop => {
                let resource = action.resource.filter(|&resource| run[resource].is_connection)?;
                (!self.follows_migration(resource)).then(|| vec![run[resource].id.as_str()])
            }
            _ => None,
        }
    }

    fn fenced_nodes(self, node: NodeId) -> Vec<&'r str> {
        let run = self.run;
        let guests = run[node].running.iter().filter(|&&id| run[id].is_connection && run[id].launcher.is_some());
        std::iter::once(run[node].id.as_str()).chain(guests.map(|&id| run[id].id.as_str())).collect()
    }

    fn follows_migration(self, resource: ResourceId) -> bool {
        let run = self.run;
        let mut before = run.plan.graph.neighbors_directed(self.id, Incoming);
        before.any(|at| run[at].task == Task::MigrateFrom && run[at].resource == Some(resource))
    }

    /// GRAPH-57.
    fn maintenance(self) -> Option<Vec<(&'r str, bool)>> {
        let run = self.run;
        let is_update = run[self.id].name.as_deref() == Some("maintenance_nodes");
        let nodes = run.cluster.node_order.iter();
        is_update.then(|| nodes.filter_map(|&node| Some((run[node].id.as_str(), node_in_maintenance(run, node)?))).collect())
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
pub(super) fn action_key<'r>(run: &'r Run<'_>, id: ActionId) -> Text<'r> {
    let Action { name, resource, key, .. } = &run[id];
    if let Some(name) = name {
        return (&**name).into();
    }
    let (subject, between) = resource.map_or(("", ""), |resource| (run[resource].id.as_str(), "_"));
    let (phase, notify) = key.notify.map_or(("", ""), |phase| (phase.as_str(), "_notify_"));
    let (task, interval) = (run.cluster.tasks.name(key.task), digits(key.interval));
    joined(&[subject, between, phase, notify, task, "_", &interval]).into()
}

fn joined(pieces: &[&str]) -> SmolStr {
    let mut text = SmolStrBuilder::new();
    pieces.iter().for_each(|piece| text.push_str(piece));
    text.finish()
}

/// An action's whole key as a text of its own.
pub fn key_text(run: &Run<'_>, id: ActionId) -> String {
    action_key(run, id).to_string()
}

/// An action's key as the graph shows it, by the name that the history knows its resource by (GRAPH-42).
pub fn shown_key(run: &Run<'_>, id: ActionId) -> String {
    Describer::new(run, id).key().to_string()
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

/// The attributes of a `primitive` element in order (GRAPH-47).
pub fn resource_element(cluster: &Cluster, id: ResourceId) -> impl Iterator<Item = (&'static str, &str)> {
    let resource = &cluster[id];
    let (shown, long) = match &resource.history_name {
        Some(name) if resource.removed => (name, Some(&resource.id)),
        name if !resource.unique => {
            let long = name.as_ref().filter(|&name| *name != resource.xml_id).unwrap_or(&resource.id);
            (&resource.xml_id, Some(long))
        }
        _ => (&resource.id, None),
    };
    let meta = |name| resource.meta(name).map(|value| (name, value));
    let long = long.map(|long| ("long-id", long.as_str()));
    [Some(("id", shown.as_str())), long, meta("class"), meta("provider"), meta("type")].into_iter().flatten()
}
