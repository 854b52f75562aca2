//! The transition summary: what happens to each resource, and which nodes are fenced (ACT section 14).

use crate::cluster::{Cluster, NodeId, ResourceId, Role};
use crate::plan::{ActionId, ActionKey, Reason, Task, first_on};
use crate::run::Run;

use super::{Page, reason_text};

/// A line of the summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SummaryLine {
    /// A node is fenced or leaves.
    Node {
        /// What is done.
        task: NodeTask,
        /// The node.
        node: NodeId,
        /// Why.
        reason: Reason,
    },
    /// Something happens to a resource.
    Resource {
        /// What.
        verb: Verb,
        /// The resource.
        resource: ResourceId,
        /// From where and what to where and what.
        movement: Movement,
        /// Why.
        reason: Option<Reason>,
        /// It can't be done.
        blocked: bool,
    },
}

/// What is done to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeTask {
    /// Fenced, with this fencing action.
    Fence(String),
    /// It leaves the cluster.
    Shutdown,
}

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[allow(missing_docs)]
pub enum Verb {
    Migrate,
    Reload,
    RePromote,
    Stop,
    Recover,
    Move,
    Restart,
    Demote,
    Promote,
    Start,
}

impl Verb {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Migrate => "Migrate",
            Verb::Reload => "Reload",
            Verb::RePromote => "Re-promote",
            Verb::Stop => "Stop",
            Verb::Recover => "Recover",
            Verb::Move => "Move",
            Verb::Restart => "Restart",
            Verb::Demote => "Demote",
            Verb::Promote => "Promote",
            Verb::Start => "Start",
        }
    }
}

/// Where a resource is and goes, and what it does there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// Where it is.
    pub origin: Option<NodeId>,
    /// Where it goes.
    pub destination: Option<NodeId>,
    /// What it is.
    pub current: Role,
    /// What it becomes.
    pub next: Role,
}

/// Collects the lines. It belongs to the run and not only to its output: it settles nodes of actions that have none and
/// roles of active resources, so it has to run before the transition is selected, too (ACT-94).
pub fn summary(run: &mut Run<'_>) -> Vec<SummaryLine> {
    let mut lines = node_lines(run);
    let leaves: Vec<ResourceId> = run.cluster.top.iter().flat_map(|&top| summary_leaves(&run.cluster, top)).collect();
    for resource in leaves {
        resource_lines(run, resource, &mut lines);
    }
    lines
}

/// Fencing and shutdowns that are required, newest first; those without reason are not worth a line (ACT-95).
fn node_lines(run: &Run<'_>) -> Vec<SummaryLine> {
    let newest_first = run.plan.graph.node_indices().rev().map(|id| &run[id]);
    let lines = newest_first.filter(|action| action.resource.is_none() && !action.optional).filter_map(|action| {
        let task = match action.task {
            Task::Fence => NodeTask::Fence(action.meta.get("stonith_action").unwrap_or_default().to_owned()),
            Task::Shutdown => NodeTask::Shutdown,
            _ => return None,
        };
        Some(SummaryLine::Node { task, node: action.node?, reason: action.reason.clone()? })
    });
    lines.collect()
}

/// The primitives below a resource in the order of the summary: of a bundle's replica the inner resource last (ACT-95).
fn summary_leaves(cluster: &Cluster, id: ResourceId) -> Vec<ResourceId> {
    if cluster[id].is_primitive() {
        return vec![id];
    }
    let Some(bundle) = cluster[id].bundle() else {
        return cluster[id].children.iter().flat_map(|&child| summary_leaves(cluster, child)).collect();
    };
    let parts = bundle.replicas.iter().flat_map(|at| [at.ip, at.container, at.connection, at.child]);
    parts.flatten().flat_map(|part| summary_leaves(cluster, part)).collect()
}

/// The actions that tell what happens to a resource (ACT-96).
struct Found {
    start: Option<ActionId>,
    stop: Option<ActionId>,
    promote: Option<ActionId>,
    demote: Option<ActionId>,
    migrate: Option<ActionId>,
}

fn look_up(run: &mut Run<'_>, resource: ResourceId, task: Task, node: Option<NodeId>) -> Option<ActionId> {
    first_on(run, resource, ActionKey::once(task), node)
}

impl Found {
    fn look_up(run: &mut Run<'_>, resource: ResourceId, current: Option<NodeId>, next: Option<NodeId>) -> Self {
        let start = look_up(run, resource, Task::Start, next);
        let on_current = current.filter(|_| start.is_some_and(|start| run[start].runnable));
        let mut stop = look_up(run, resource, Task::Stop, on_current);
        if stop.is_none() && run[resource].stop_unexpected {
            stop = look_up(run, resource, Task::Stop, None);
        }
        Self {
            start,
            stop,
            promote: look_up(run, resource, Task::Promote, next),
            demote: look_up(run, resource, Task::Demote, next),
            migrate: look_up(run, resource, Task::MigrateFrom, next),
        }
    }
}

/// What a line says, but for the resource it is about: verb, nodes, the action and the one that has the reason.
struct Verdict {
    verb: Verb,
    to_next: bool,
    action: Option<ActionId>,
    reason: Option<ActionId>,
}

fn verdict(verb: Verb, action: Option<ActionId>, reason: Option<ActionId>) -> Verdict {
    Verdict { verb, to_next: true, action, reason }
}

fn resource_lines(run: &mut Run<'_>, resource: ResourceId, lines: &mut Vec<SummaryLine>) {
    let next = run[resource].assigned;
    let current = run.cluster.current_node(resource).filter(|_| !run[resource].active_on.is_empty());
    if current.is_some() && run[resource].role == Role::Stopped {
        run[resource].role = Role::Started;
    }
    if current.is_none() && (run[resource].removed || next.is_none()) {
        return;
    }
    let found = Found::look_up(run, resource, current, next);
    if !run[resource].managed {
        return;
    }
    let verdict = if run[resource].role == run[resource].next_role && next.is_some() {
        same_role(run, resource, &found, current, next)
    } else if found.stop.is_some() && (run[resource].next_role == Role::Stopped || is_unrunnable(run, found.start)) {
        stop_lines(run, resource, &found, lines);
        None
    } else {
        other_role(run, resource, &found, current, next)
    };
    if let Some(verdict) = verdict {
        let destination = next.filter(|_| verdict.to_next);
        lines.push(resource_line(run, resource, &verdict, current, destination));
    }
}

fn is_unrunnable(run: &Run<'_>, action: Option<ActionId>) -> bool {
    action.is_some_and(|action| !run[action].runnable)
}

fn is_required(run: &Run<'_>, action: Option<ActionId>) -> bool {
    action.is_some_and(|action| !run[action].optional)
}

fn resource_line(
    run: &Run<'_>,
    resource: ResourceId,
    verdict: &Verdict,
    origin: Option<NodeId>,
    destination: Option<NodeId>,
) -> SummaryLine {
    let (current, next) = (run[resource].role, run[resource].next_role);
    SummaryLine::Resource {
        verb: verdict.verb,
        resource,
        movement: Movement { origin, destination, current, next },
        reason: verdict.reason.and_then(|action| run[action].reason.clone()),
        blocked: is_unrunnable(run, verdict.action),
    }
}

/// A resource that shall do what it does (ACT-97).
fn same_role(run: &Run<'_>, id: ResourceId, found: &Found, current: Option<NodeId>, next: Option<NodeId>) -> Option<Verdict> {
    let (start, stop) = (found.start, found.stop);
    let moves = current.is_some() && current != next;
    if found.migrate.is_some_and(|migrate| run[migrate].runnable) && current.is_some() {
        return Some(verdict(Verb::Migrate, start, start));
    }
    if run[id].reload {
        return Some(verdict(Verb::Reload, start, start));
    }
    if !is_required(run, start) {
        let again = is_required(run, found.demote) && is_required(run, found.promote);
        return again.then(|| verdict(Verb::RePromote, found.promote, found.demote));
    }
    if is_unrunnable(run, start) {
        let reason = stop.filter(|&stop| run[stop].reason.is_some()).or(start);
        return Some(Verdict { verb: Verb::Stop, to_next: false, action: stop, reason });
    }
    if moves {
        let verb = if run[id].failed { Verb::Recover } else { Verb::Move };
        return Some(verdict(verb, stop, stop));
    }
    if run[id].failed {
        return Some(Verdict { verb: Verb::Recover, to_next: false, action: stop, reason: stop });
    }
    Some(verdict(Verb::Restart, start, start))
}

/// A resource that stops: one line for each node it is active on (ACT-98.1).
fn stop_lines(run: &mut Run<'_>, resource: ResourceId, found: &Found, lines: &mut Vec<SummaryLine>) {
    for node in run[resource].active_on.clone() {
        let stop = look_up(run, resource, Task::Stop, Some(node));
        let reason = stop.filter(|&stop| run[stop].reason.is_some()).or(found.start).or(stop);
        let verdict = Verdict { verb: Verb::Stop, to_next: false, action: stop, reason };
        lines.push(resource_line(run, resource, &verdict, Some(node), None));
    }
}

/// A resource that shall do something else than it does (ACT-98 but the first row).
fn other_role(run: &Run<'_>, id: ResourceId, found: &Found, current: Option<NodeId>, next: Option<NodeId>) -> Option<Verdict> {
    let (start, stop) = (found.start, found.stop);
    let (role, next_role) = (run[id].role, run[id].next_role);
    if stop.is_some() && run[id].failed && run[id].must_stop {
        return Some(verdict(Verb::Recover, stop, start.or(stop)));
    }
    if current.is_some() && next.is_some() && current != next {
        return Some(verdict(Verb::Move, stop, stop));
    }
    if run[id].reload {
        return Some(verdict(Verb::Reload, start, start));
    }
    if is_required(run, stop) {
        return Some(verdict(Verb::Restart, start, start));
    }
    if role == Role::Promoted {
        return Some(verdict(Verb::Demote, found.demote, found.demote));
    }
    if next_role == Role::Promoted {
        return Some(verdict(Verb::Promote, found.promote, found.promote));
    }
    (role == Role::Stopped && next_role > Role::Stopped).then(|| verdict(Verb::Start, start, start))
}

/// Writes the lines; columns are as wide as what they hold (ACT-99).
pub fn write_summary(page: &mut Page, cluster: &Cluster, lines: &[SummaryLine]) {
    let (mut id_width, mut details_width) = (5, 5);
    for line in lines {
        if let SummaryLine::Resource { resource, movement, .. } = line {
            let id_length = cluster[*resource].id.chars().count();
            if id_length > id_width {
                id_width = id_length + 2;
            }
            details_width = details_width.max(details(cluster, movement).chars().count());
        }
    }
    for line in lines {
        match line {
            SummaryLine::Node { task, node, reason } => page.item(node_text(cluster, task, *node, reason)),
            SummaryLine::Resource { verb, resource, movement, reason, blocked } => {
                let (id, details) = (&cluster[*resource].id, details(cluster, movement));
                let why = match (reason, blocked) {
                    (Some(reason), true) => format!("  due to {} (blocked)", reason_text(cluster, reason)),
                    (Some(reason), false) => format!("  due to {}", reason_text(cluster, reason)),
                    (None, true) => "  blocked".to_owned(),
                    (None, false) => String::new(),
                };
                let verb = verb.as_str();
                page.item(format_args!("{verb:<8}   {id:<id_width$}   ( {details:>details_width$} ){why}"));
            }
        }
    }
}

fn node_text(cluster: &Cluster, task: &NodeTask, node: NodeId, reason: &Reason) -> String {
    let task = match task {
        NodeTask::Fence(action) => format!("Fence ({action})"),
        NodeTask::Shutdown => "Shutdown".to_owned(),
    };
    let launcher = cluster.launcher_of(node).map_or_else(String::new, |at| format!(" (resource: {})", cluster[at].id));
    format!("{task} {}{launcher} '{}'", cluster[node].name, reason_text(cluster, reason))
}

/// Whether roles tell more than that something is active.
pub(super) fn roles_matter(current: Role, next: Role) -> bool {
    current > Role::Started || next > Role::Unpromoted
}

/// Nodes, and roles where they tell anything (ACT-100).
fn details(cluster: &Cluster, movement: &Movement) -> String {
    let Movement { origin, destination, current, next } = *movement;
    let name = |node: NodeId| cluster[node].name.as_str();
    let roles_matter = roles_matter(current, next);
    let (now, then) = (current.as_str(), next.as_str());
    match (origin, destination) {
        (None, None) => String::new(),
        (None, Some(to)) if roles_matter => format!("{now} -> {then} {}", name(to)),
        (None, Some(to)) => name(to).to_owned(),
        (Some(from), None) if roles_matter => format!("{now} {}", name(from)),
        (Some(from), None) => name(from).to_owned(),
        (Some(from), Some(to)) if current == next => match (from == to, roles_matter) {
            (true, true) => format!("{now} {}", name(from)),
            (true, false) => name(from).to_owned(),
            (false, true) => format!("{} -> {} {now}", name(from), name(to)),
            (false, false) => format!("{} -> {}", name(from), name(to)),
        },
        (Some(from), Some(to)) if from == to => format!("{now} -> {then} {}", name(from)),
        (Some(from), Some(to)) => format!("{now} {} -> {then} {}", name(from), name(to)),
    }
}
