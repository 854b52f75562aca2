//! Notifications: a clone's instances are told before and after others start, stop, are promoted or demoted (FENCE section 12).

use crate::cib::{NameValues, Score};
use crate::cluster::{NodeId, ResourceId, Role};
use crate::run::Run;

use super::{ActionId, ActionKey, Kinds, NotifyPhase, Task, meta, newest, relate, request, request_pseudo};

/// The pseudo-actions around one task of a clone.
#[derive(Debug, Clone, Copy)]
pub struct NotifyPseudo {
    pre: ActionId,
    confirmed_post: ActionId,
}

/// Makes a clone's pseudo-actions around a task: `action` begins it, `done` tells that it is done (FENCE-62, FENCE-63).
pub fn create_pseudo(run: &mut Run<'_>, clone: ResourceId, task: Task, action: ActionId, done: ActionId) -> NotifyPseudo {
    let pre = create_one(run, clone, NotifyPhase::Pre, task, action);
    let confirmed_pre = create_one(run, clone, NotifyPhase::ConfirmedPre, task, action);
    relate(run, pre, confirmed_pre, Kinds::SEQUENCE);
    relate(run, confirmed_pre, action, Kinds::SEQUENCE);
    let (post, confirmed_post) = create_post(run, clone, task, done);
    relate(run, confirmed_pre, post, Kinds::SEQUENCE);
    NotifyPseudo { pre, confirmed_post }
}

fn create_post(run: &mut Run<'_>, resource: ResourceId, task: Task, done: ActionId) -> (ActionId, ActionId) {
    let post = create_one(run, resource, NotifyPhase::Post, task, done);
    let confirmed_post = create_one(run, resource, NotifyPhase::ConfirmedPost, task, done);
    for action in [post, confirmed_post] {
        run[action].runnable = run[done].runnable;
        run[action].priority = Score::INFINITY.value();
    }
    relate(run, done, post, Kinds::FIRST_IMPLIES_THEN);
    relate(run, post, confirmed_post, Kinds::FIRST_IMPLIES_THEN);
    (post, confirmed_post)
}

fn create_one(run: &mut Run<'_>, resource: ResourceId, phase: NotifyPhase, task: Task, about: ActionId) -> ActionId {
    let about_task = run[about].task;
    let key = ActionKey::notification(phase, about_task);
    let optional = run[about].optional;
    let action = request_pseudo(run, resource, key, optional);
    let kind = if matches!(phase, NotifyPhase::Pre | NotifyPhase::ConfirmedPre) { "pre" } else { "post" };
    let values = [
        ("notify_key_type", phase.as_str()),
        ("notify_key_operation", run.cluster.tasks.name(about_task)),
        ("notify_type", kind),
        ("notify_operation", run.cluster.tasks.name(task)),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    run[action].meta.extend(values);
    action
}

/// What stops is told of before what starts (INST-60).
pub fn order_stop_before_start(run: &mut Run<'_>, start: &NotifyPseudo, stop: &NotifyPseudo) {
    relate(run, stop.confirmed_post, start.pre, Kinds::SEQUENCE);
}

/// The order of notifications around promotion (INST-60).
pub fn order_promotion(run: &mut Run<'_>, clone: ResourceId, promote: &NotifyPseudo, demote: &NotifyPseudo) {
    let find = |run: &Run<'_>, phase, task| run.plan.with_key(clone, ActionKey::notification(phase, task)).first().copied();
    let stopped = find(run, NotifyPhase::ConfirmedPost, Task::Stopped);
    let started = find(run, NotifyPhase::ConfirmedPost, Task::Running);
    let pairs = [
        (stopped, Some(promote.pre)),
        (started, Some(promote.pre)),
        (Some(demote.confirmed_post), Some(promote.pre)),
        (Some(demote.confirmed_post), find(run, NotifyPhase::Pre, Task::Start)),
        (Some(demote.confirmed_post), find(run, NotifyPhase::Pre, Task::Stop)),
    ];
    for (first, then) in pairs {
        if let (Some(first), Some(then)) = (first, then) {
            relate(run, first, then, Kinds::SEQUENCE);
        }
    }
}

/// What a clone's instances are told: who starts, stops, ... and where (FENCE-66).
#[derive(Debug, Clone, Default)]
struct Lists {
    start: Vec<(ResourceId, Option<NodeId>)>,
    stop: Vec<(ResourceId, Option<NodeId>)>,
    promote: Vec<(ResourceId, Option<NodeId>)>,
    demote: Vec<(ResourceId, Option<NodeId>)>,
    active: Vec<(ResourceId, Option<NodeId>)>,
    inactive: Vec<(ResourceId, Option<NodeId>)>,
    unpromoted: Vec<(ResourceId, Option<NodeId>)>,
    promoted: Vec<(ResourceId, Option<NodeId>)>,
}

impl Lists {
    fn collect(run: &Run<'_>, leaves: &[ResourceId]) -> Self {
        let mut lists = Self::default();
        for &leaf in leaves {
            let entry = (leaf, run[leaf].active_on.first().copied());
            match run[leaf].role {
                Role::Stopped => lists.inactive.push(entry),
                Role::Started => lists.active.push(entry),
                Role::Unpromoted => {
                    lists.unpromoted.push(entry);
                    lists.active.push(entry);
                }
                Role::Promoted => {
                    lists.promoted.push(entry);
                    lists.active.push(entry);
                }
                Role::Unknown => {}
            }
            lists.collect_actions(run, leaf);
        }
        lists
    }

    fn collect_actions(&mut self, run: &Run<'_>, leaf: ResourceId) {
        for &action in &run[leaf].actions {
            let action = &run[action];
            let Some(node) = action.node.filter(|_| !action.optional) else { continue };
            let is_lost_stop = action.task == Task::Stop && run[node].unclean;
            let list = match action.task {
                Task::Start => &mut self.start,
                Task::Stop => &mut self.stop,
                Task::Promote => &mut self.promote,
                Task::Demote => &mut self.demote,
                _ => continue,
            };
            if action.runnable || is_lost_stop {
                list.push((leaf, Some(node)));
            }
        }
    }

    fn of(&self, task: Task) -> &[(ResourceId, Option<NodeId>)] {
        match task {
            Task::Start => &self.start,
            Task::Stop => &self.stop,
            Task::Promote => &self.promote,
            _ => &self.demote,
        }
    }

    /// FENCE-67.
    fn attributes(&self, run: &Run<'_>, clone: ResourceId) -> NameValues {
        let mut values = NameValues::default();
        let lists = [
            (&["stop"][..], &self.stop),
            (&["start"], &self.start),
            (&["demote"], &self.demote),
            (&["promote"], &self.promote),
            (&["active"], &self.active),
            (&["unpromoted", "slave"], &self.unpromoted),
            (&["promoted", "master"], &self.promoted),
        ];
        for (names, list) in lists {
            let (resources, nodes) = texts(run, list);
            for name in names {
                values.insert(format!("notify_{name}_resource"), resources.clone());
                values.insert(format!("notify_{name}_uname"), nodes.clone());
            }
        }
        values.insert("notify_inactive_resource", texts(run, &self.inactive).0);
        insert_node_names(run, clone, &mut values);
        values
    }
}

/// Resource ids and node names of a list: sorted, one entry a resource, a single blank if there is none.
fn texts(run: &Run<'_>, list: &[(ResourceId, Option<NodeId>)]) -> (String, String) {
    let mut sorted = list.to_vec();
    let node_id = |node: Option<NodeId>| node.map_or("", |node| run[node].id.as_str());
    sorted.sort_by(|a, b| (run[a.0].id.as_str(), node_id(a.1)).cmp(&(run[b.0].id.as_str(), node_id(b.1))));
    sorted.dedup_by(|later, first| run[later.0].id == run[first.0].id);
    if sorted.is_empty() {
        return (" ".to_owned(), " ".to_owned());
    }
    let resources: Vec<_> = sorted.iter().map(|(resource, _)| run[*resource].id.as_str()).collect();
    let nodes: Vec<_> = sorted.iter().filter_map(|(_, node)| Some(run[(*node)?].name.as_str())).collect();
    (resources.join(" "), nodes.join(" "))
}

fn insert_node_names(run: &Run<'_>, clone: ResourceId, values: &mut NameValues) {
    let all = &run.cluster.node_order;
    let names = |nodes: &mut dyn Iterator<Item = NodeId>| {
        let names: Vec<_> = nodes.map(|node| run[node].name.as_str()).collect();
        if names.is_empty() { " ".to_owned() } else { names.join(" ") }
    };
    let mut allowed = all.iter().copied().filter(|&node| run.cluster.allowed[clone].contains(node));
    values.insert("notify_available_uname", names(&mut allowed));
    values.insert("notify_all_uname", names(&mut all.iter().copied()));
    if run[clone].meta("container-attribute-target") == Some("host") {
        let host = |node: NodeId| {
            let launcher = run.cluster.launcher_of(node).filter(|_| run[node].is_remote_kind());
            launcher.and_then(|launcher| run.cluster.current_node(launcher)).unwrap_or(node)
        };
        values.insert("notify_all_hosts", names(&mut all.iter().map(|&node| host(node))));
    }
}

/// The pseudo-actions that an instance's notifications stand between, and what they tell.
struct Round {
    task: Task,
    pre: Option<(ActionId, ActionId)>,
    post: Option<(ActionId, ActionId)>,
    values: NameValues,
    /// The operation happens at all somewhere in the clone.
    happens: bool,
}

/// Makes the notifications of a clone: start, stop, promote, demote in this order (FENCE-65).
pub fn create(run: &mut Run<'_>, clone: ResourceId) {
    if !run[clone].notify {
        return;
    }
    let leaves = run.cluster.leaves(clone);
    let tasks = [(Task::Start, Task::Running), (Task::Stop, Task::Stopped)];
    let promotions = [(Task::Promote, Task::Promoted), (Task::Demote, Task::Demoted)];
    let promotions = promotions.into_iter().filter(|_| run[clone].promotable);
    for (task, done) in tasks.into_iter().chain(promotions).collect::<Vec<_>>() {
        let find =
            |run: &Run<'_>, phase, task: Task| run.plan.with_key(clone, ActionKey::notification(phase, task)).first().copied();
        let pre = find(run, NotifyPhase::Pre, task).zip(find(run, NotifyPhase::ConfirmedPre, task));
        let post = find(run, NotifyPhase::Post, done).zip(find(run, NotifyPhase::ConfirmedPost, done));
        let lists = Lists::collect(run, &leaves);
        let happens = !lists.of(task).is_empty();
        if happens {
            for (first, second) in [pre, post].into_iter().flatten() {
                run[first].optional = false;
                run[second].optional = false;
            }
        }
        let round = Round { values: lists.attributes(run, clone), task, pre, post, happens };
        for &leaf in &leaves {
            round.notify(run, leaf);
        }
    }
}

/// Notifications about a stop that fencing implies (FENCE-78).
pub fn create_after_fencing(run: &mut Run<'_>, resource: ResourceId, stop: ActionId, fencing: ActionId) {
    let post = create_post(run, resource, Task::Stop, fencing);
    let node = run[stop].node.map_or_else(String::new, |node| run[node].name.clone());
    let mut values = NameValues::default();
    values.insert("notify_stop_resource", run[resource].id.clone());
    values.insert("notify_stop_uname", node);
    let round = Round { task: Task::Stop, pre: None, post: Some(post), values, happens: true };
    let top = run.cluster.top_of(resource);
    for leaf in run.cluster.leaves(top) {
        round.notify(run, leaf);
    }
}

impl Round {
    fn notify(&self, run: &mut Run<'_>, leaf: ResourceId) {
        self.tell_actions(run, leaf);
        match self.task {
            Task::Stop => self.notify_going_down(run, leaf),
            Task::Demote if self.happens => self.notify_going_down(run, leaf),
            Task::Start | Task::Promote if self.happens => self.notify_coming_up(run, leaf),
            _ => {}
        }
    }

    /// The instance's own required actions carry the values, too (FENCE-69).
    fn tell_actions(&self, run: &mut Run<'_>, leaf: ResourceId) {
        for id in run[leaf].actions.clone() {
            let action = &mut run[id];
            let is_told = matches!(action.task, Task::Start | Task::Stop | Task::Promote | Task::Demote);
            if is_told && !action.optional && action.node.is_some() {
                let values = self.values.iter().map(|(name, value)| (name.clone(), value.clone()));
                action.meta.extend(values);
            }
        }
    }

    fn notify_going_down(&self, run: &mut Run<'_>, leaf: ResourceId) {
        if run[leaf].role == Role::Stopped {
            return;
        }
        let stop = newest(run, leaf, Task::Stop, None);
        for node in run[leaf].active_on.clone() {
            let lost = run[node].unclean || run[node].reset_needed;
            if stop.is_some_and(|stop| run[stop].pseudo) && lost {
                continue;
            }
            self.make_pre(run, leaf, node);
            if self.task == Task::Demote || stop.is_none_or(|stop| run[stop].optional) {
                self.make_post(run, leaf, node);
            }
        }
    }

    fn notify_coming_up(&self, run: &mut Run<'_>, leaf: ResourceId) {
        if run[leaf].next_role == Role::Stopped {
            return;
        }
        let start = newest(run, leaf, Task::Start, None);
        if start.and_then(|start| run[start].node).is_some_and(|node| cannot_connect(run, node)) {
            return;
        }
        let Some(node) = run[leaf].assigned else { return };
        if self.task == Task::Promote || start.is_none_or(|start| run[start].optional) {
            self.make_pre(run, leaf, node);
        }
        self.make_post(run, leaf, node);
    }

    fn make_pre(&self, run: &mut Run<'_>, leaf: ResourceId, node: NodeId) {
        if let Some((begin, end)) = self.pre {
            self.make(run, leaf, node, NotifyPhase::Pre, begin, end);
        }
    }

    fn make_post(&self, run: &mut Run<'_>, leaf: ResourceId, node: NodeId) {
        let Some((begin, end)) = self.post else { return };
        if let Some(action) = self.make(run, leaf, node, NotifyPhase::Post, begin, end) {
            run[action].priority = Score::INFINITY.value();
        }
        // Recurring operations wait until everybody was told.
        for action in run[leaf].actions.clone().into_iter().rev() {
            let recurs = meta(run, action, "interval").is_some_and(|interval| interval != "0");
            if recurs && run[action].task != Task::Cancel {
                relate(run, end, action, Kinds::SEQUENCE);
            }
        }
    }

    /// FENCE-72.
    fn make(
        &self,
        run: &mut Run<'_>,
        leaf: ResourceId,
        node: NodeId,
        phase: NotifyPhase,
        begin: ActionId,
        end: ActionId,
    ) -> Option<ActionId> {
        if !run[node].online || !run[begin].runnable {
            return None;
        }
        let optional = run[begin].optional;
        let key = ActionKey::notification(phase, self.task);
        let action = request(run, leaf, key, Some(node), optional);
        let operation = run[begin].operation.map(|operation| run.plan.operations[operation].meta.clone());
        let inherited = run[begin].meta.clone().into_iter().chain(operation.into_iter().flatten());
        for (name, value) in inherited {
            if meta(run, action, &name).is_none() {
                run[action].meta.insert(name, value);
            }
        }
        run[action].meta.extend(self.values.iter().map(|(name, value)| (name.clone(), value.clone())));
        relate(run, begin, action, Kinds::SEQUENCE);
        relate(run, action, end, Kinds::SEQUENCE);
        Some(action)
    }
}

/// Whether a node of the remote kind can't be reached, as its connection can't start.
fn cannot_connect(run: &Run<'_>, node: NodeId) -> bool {
    let connection = run[node].connection.filter(|_| run[node].is_remote_kind());
    let start = connection.and_then(|connection| newest(run, connection, Task::Start, None));
    start.is_some_and(|start| !run[start].runnable)
}
