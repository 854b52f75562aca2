//! Why an action is done, is not needed, or can't be done: the chain of causes, from action to action across resources.

use petgraph::Direction::Incoming;
use petgraph::visit::EdgeRef;

use crate::cib::Cib;
use crate::cluster::{NodeId, ResourceId, Role};
use crate::plan::{ActionId, ActionKey, ActionRef, Kinds, PrintedKey, Reason, Task};
use crate::report::describe;
use crate::report::document::ReasonNote;
use crate::transition::{key_text, shown_key};
use crate::{Settings, schedule};

use super::inquiry::{Inquiry, asking};
use super::{FORMAT, NodeCondition, PlacementLink, Unknown};

/// What becomes of an action, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ActionExplanation {
    /// Its key.
    pub action: String,
    /// Its node, if it has one.
    pub node: Option<String>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Why, from action to action: each link is the cause of the one before.
    pub causes: Vec<ActionLink>,
    /// Why the resource of the last link is placed as it is, if that is what all comes from.
    pub placement: Vec<PlacementLink>,
    /// The actions that it waits for.
    pub waits_for: Vec<String>,
    /// The actions that wait for it.
    pub before: Vec<String>,
}

/// What becomes of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Verdict {
    /// It is done.
    Planned,
    /// It need not be done.
    NotNeeded,
    /// It can't be done.
    Impossible,
    /// It would have to be done, but nobody may.
    Held,
}

/// A link of the chain of causes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ActionLink {
    /// The action that is spoken of.
    pub action: String,
    /// Its node, if it has one.
    pub node: Option<String>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: ActionReason,
}

/// Why an action is required or impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum ActionReason {
    /// What the plan says.
    Plan {
        /// Its kind and its text.
        reason: ReasonNote,
    },
    /// The resource is to be active there, and is not.
    NotThere,
    /// The resource goes elsewhere.
    Leaves {
        /// Where.
        to: String,
    },
    /// The resource is to be stopped.
    Stops,
    /// The resource failed there.
    Failed,
    /// The resource is to have another role.
    Role {
        /// Which.
        next: Role,
    },
    /// The resource is restarted.
    Restart,
    /// The resource is active on several nodes.
    MultiplyActive,
    /// The resource has another agent now.
    AgentChanged,
    /// A start of the resource was under way, and nobody knows what became of it.
    StartUnderWay,
    /// A resource that is launched by it failed.
    ContentFailed {
        /// Which.
        resource: String,
    },
    /// It stands for what its parts do.
    StandsFor {
        /// One of those.
        action: String,
    },
    /// The resource can't be on any node.
    NoNode,
    /// Nothing can be done on the node.
    Condition {
        /// What the node is.
        condition: NodeCondition,
    },
    /// The resource is not managed.
    Unmanaged,
    /// What has to come first can't be done.
    Behind {
        /// What that is.
        action: String,
    },
    /// Too few of those that have to come first can be done.
    TooFew {
        /// How many there have to be.
        needed: u32,
    },
    /// All is as it should be.
    AlreadySo,
    /// The plan gives no reason.
    Unspoken,
}

/// What there is to say of an action that was asked for by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ActionReport {
    /// [`FORMAT`].
    pub format: u32,
    /// The key.
    pub action: String,
    /// The actions of that key: one a node.
    pub found: Vec<ActionExplanation>,
    /// The state of the resource that the key names, if no such action ever came up.
    pub absent: Option<super::Part>,
}

/// A reason, and the action to ask next.
type Step = (ActionReason, Option<ActionId>);

/// Explains the actions of a key, on all nodes or on one, or that there are none.
///
/// # Errors
///
/// If there is no such action and no such resource, or no such node.
pub fn explain_action(cib: &Cib, settings: &Settings, key: &str, node: Option<&str>) -> Result<ActionReport, Unknown> {
    let settings = asking(settings);
    let schedule = schedule(cib, &settings);
    let inquiry = Inquiry::of(&schedule);
    let node = node.map(|node| inquiry.node(node)).transpose()?;
    let is_meant = |&id: &ActionId| inquiry.has_key(id, key) && node.is_none_or(|node| inquiry.run[id].node == Some(node));
    let found = inquiry.run.plan.graph.node_indices().filter(is_meant);
    let found: Vec<ActionExplanation> = found.map(|id| inquiry.explain_in_graph(id)).collect();
    let absent = if found.is_empty() {
        let resource = PrintedKey::parse(key).map_or(key, |key| key.resource);
        Some(inquiry.part(inquiry.resource(resource)?))
    } else {
        None
    };
    Ok(ActionReport { format: FORMAT, action: key.to_owned(), found, absent })
}

impl Inquiry<'_, '_> {
    /// Whether an action has a key, be it by the name that its instance has, by that of its resource, or by that which the graph shows.
    fn has_key(&self, id: ActionId, key: &str) -> bool {
        let own = key_text(self.run, id);
        let is_by_resource = |resource: ResourceId| {
            let rest = own.strip_prefix(self.run[resource].id.as_str());
            rest.is_some() && rest == key.strip_prefix(self.run[resource].xml_id.as_str())
        };
        own == key || self.run[id].resource.is_some_and(is_by_resource) || shown_key(self.run, id) == key
    }

    /// The actions that are done about a resource, and those that can't be, in the order in which they would be.
    pub(super) fn explain_actions(&self, resource: ResourceId) -> Vec<ActionExplanation> {
        let leaves = self.run.cluster.leaves(resource);
        let actions = leaves.iter().flat_map(|&leaf| self.run[leaf].actions.iter().copied());
        let mut told: Vec<ActionId> = actions.filter(|&id| self.is_worth_telling(id)).collect();
        told.sort_by_key(|&id| rank(self.run[id].task));
        told.into_iter().map(|id| self.explain_one(id, Some(resource))).collect()
    }

    /// Whether nothing stands against the start of a resource where it is to be.
    pub(super) fn can_run(&self, resource: ResourceId) -> bool {
        !self.run.cluster.leaves(resource).iter().any(|&leaf| self.impossible_start(leaf).is_some())
    }

    fn impossible_start(&self, leaf: ResourceId) -> Option<ActionId> {
        let assigned = self.run[leaf].assigned.filter(|node| !self.run[leaf].active_on.contains(node))?;
        let mut starts = self.run.plan.on_node(leaf, ActionKey::once(Task::Start), assigned);
        starts.find(|&start| self.verdict_of(start) == Verdict::Impossible)
    }

    /// A resource, and those whose actions stand against its start.
    pub(super) fn blocking(&self, resource: ResourceId) -> Vec<ResourceId> {
        let mut found = vec![resource];
        for leaf in self.run.cluster.leaves(resource) {
            let (mut seen, mut next) = (Vec::new(), self.impossible_start(leaf));
            while let Some(at) = next.filter(|at| !seen.contains(at)) {
                seen.push(at);
                found.extend(self.run[at].resource);
                next = self.why(at).1;
            }
        }
        found
    }

    fn is_worth_telling(&self, id: ActionId) -> bool {
        let action = &self.run[id];
        let is_there = action.resource.is_some_and(|resource| self.run.cluster.is_active(resource));
        match self.verdict_of(id) {
            Verdict::Planned | Verdict::Held => rank(action.task).is_some(),
            Verdict::Impossible if action.task == Task::Promote => {
                action.resource.is_some_and(|resource| self.run[resource].next_role == Role::Promoted)
            }
            Verdict::Impossible => action.task == Task::Start && !(action.optional && is_there),
            Verdict::NotNeeded => false,
        }
    }

    fn explain_in_graph(&self, id: ActionId) -> ActionExplanation {
        let name = |id: ActionId| self.action_name(id);
        let waiting = self.selection.chosen.iter().filter(|&&then| self.selection.triggers(then).any(|first| first == id));
        let planned = self.verdict_of(id) == Verdict::Planned;
        let waits_for = self.selection.triggers(id).filter(|_| planned).map(name).collect();
        let before = waiting.filter(|_| planned).map(|&then| name(then)).collect();
        ActionExplanation { waits_for, before, ..self.explain_one(id, None) }
    }

    /// Explains an action; why the resource that is asked about is placed as it is stands elsewhere.
    fn explain_one(&self, id: ActionId, about: Option<ResourceId>) -> ActionExplanation {
        let (mut causes, mut seen, mut next) = (Vec::new(), Vec::new(), Some(id));
        let mut placed = None;
        while let Some(at) = next.filter(|at| !seen.contains(at)) {
            seen.push(at);
            let (reason, cause) = self.why(at);
            placed = self.run[at].resource.filter(|_| comes_from_placement(&reason));
            causes.push(ActionLink {
                action: key_text(self.run, at),
                node: self.run[at].node.map(|node| self.node_name(node)),
                verdict: self.verdict_of(at),
                reason,
            });
            next = cause;
        }
        let is_other = |at: &ResourceId| about.is_none_or(|about| !self.run.cluster.tree_of(about).contains(at));
        ActionExplanation {
            action: key_text(self.run, id),
            node: self.run[id].node.map(|node| self.node_name(node)),
            verdict: self.verdict_of(id),
            causes,
            placement: placed.filter(is_other).map(|at| self.placement_chain(at)).unwrap_or_default(),
            waits_for: Vec::new(),
            before: Vec::new(),
        }
    }

    /// A key with its node.
    fn action_name(&self, id: ActionId) -> String {
        let key = key_text(self.run, id);
        self.run[id].node.map_or(key.clone(), |node| format!("{key} on {}", self.run[node].name))
    }

    pub(super) fn verdict_of(&self, id: ActionId) -> Verdict {
        let action = &self.run[id];
        match () {
            () if self.selection.in_graph.get(id.index()) == Some(&true) => Verdict::Planned,
            () if !action.runnable => Verdict::Impossible,
            () if action.optional => Verdict::NotNeeded,
            () => Verdict::Held,
        }
    }

    /// Why an action is as it is, and the action that made it so.
    fn why(&self, id: ActionId) -> Step {
        let action = &self.run[id];
        if let Some(reason) = action.reason.as_ref().filter(|reason| counts(reason, action.runnable, action.optional)) {
            return self.by_plan(reason, action.task);
        }
        match self.verdict_of(id) {
            Verdict::Impossible => self.why_impossible(id),
            Verdict::Held => (self.why_held(id), None),
            Verdict::NotNeeded => (ActionReason::AlreadySo, None),
            Verdict::Planned => self.why_required(id),
        }
    }

    fn by_plan(&self, reason: &Reason, task: Task) -> Step {
        let next = match reason {
            Reason::Required(ActionRef { action, .. })
            | Reason::Unrunnable(ActionRef { action, .. })
            | Reason::Unmigrateable(ActionRef { action, .. }) => Some(*action),
            Reason::Colocation(with) => self.find(*with, task, |id| !self.run[id].runnable),
            Reason::RequiredBy { resource, task } => self.find(*resource, *task, |_| true),
            _ => None,
        };
        (ActionReason::Plan { reason: describe(&self.run.cluster, reason) }, next)
    }

    fn find(&self, resource: ResourceId, task: Task, is_meant: impl Fn(ActionId) -> bool) -> Option<ActionId> {
        let same = self.run.plan.with_key(resource, ActionKey::once(task));
        same.iter().rev().copied().find(|&id| is_meant(id))
    }

    fn why_impossible(&self, id: ActionId) -> Step {
        let action = &self.run[id];
        if let Some(resource) = action.resource {
            if !self.run[resource].managed {
                return (ActionReason::Unmanaged, None);
            }
            if action.task == Task::Promote && self.run[resource].is_primitive() && self.run[resource].next_role != Role::Promoted
            {
                return (ActionReason::Role { next: self.run[resource].next_role }, None);
            }
            let brings = matches!(action.task, Task::Start | Task::Promote);
            if brings && self.run.cluster.assigned_nodes(resource).is_empty() {
                return (ActionReason::NoNode, None);
            }
        }
        let unreachable = |&node: &NodeId| !action.on_dc && (!self.run[node].online || self.run[node].pending);
        if let Some(node) = action.node.filter(unreachable) {
            return (ActionReason::Condition { condition: self.condition(node) }, None);
        }
        if action.required_firsts > 0 {
            return (ActionReason::TooFew { needed: action.required_firsts }, self.impossible_first(id, Kinds::MIN_RUNNABLE));
        }
        if let Some(part) = self.part_action(id) {
            return (ActionReason::StandsFor { action: self.action_name(part) }, Some(part));
        }
        let blocking = self.impossible_first(id, Kinds::UNRUNNABLE_BLOCKS);
        match blocking.or_else(|| self.impossible_first(id, Kinds::empty())) {
            Some(first) => (ActionReason::Behind { action: self.action_name(first) }, Some(first)),
            None => (ActionReason::Unspoken, None),
        }
    }

    /// What a part of a collective does that its own action stands for, if the same becomes of it.
    fn part_action(&self, id: ActionId) -> Option<ActionId> {
        let resource = self.run[id].resource.filter(|&at| !self.run[at].is_primitive())?;
        let (task, verdict) = (self.run[id].task.original(), self.verdict_of(id));
        let leaves = self.run.cluster.leaves(resource).into_iter();
        leaves.flat_map(|leaf| self.find(leaf, task, |part| self.verdict_of(part) == verdict)).next()
    }

    /// An action that can't be done and that another one stands behind in this way.
    fn impossible_first(&self, then: ActionId, kinds: Kinds) -> Option<ActionId> {
        let mut before = self.run.plan.graph.edges_directed(then, Incoming).filter(|edge| edge.weight().after.contains(kinds));
        before.find(|edge| !self.run[edge.source()].runnable).map(|edge| edge.source())
    }

    fn why_held(&self, id: ActionId) -> ActionReason {
        let action = &self.run[id];
        match (action.resource, action.node) {
            (Some(resource), _) if !self.run[resource].managed => ActionReason::Unmanaged,
            (_, Some(node)) => ActionReason::Condition { condition: self.condition(node) },
            _ => ActionReason::Unspoken,
        }
    }

    fn why_required(&self, id: ActionId) -> Step {
        let action = &self.run[id];
        let Some((at, resource)) = action.resource.map(|at| (at, &self.run[at])) else { return (ActionReason::Unspoken, None) };
        if let Some(part) = self.part_action(id) {
            return (ActionReason::StandsFor { action: self.action_name(part) }, Some(part));
        }
        let active_there = action.node.is_some_and(|node| resource.active_on.contains(&node));
        let other = |task: Task| self.find(at, task, |id| !self.run[id].optional);
        match action.task {
            Task::Start | Task::MigrateFrom if active_there => (ActionReason::Restart, other(Task::Stop)),
            Task::Start | Task::MigrateFrom => (ActionReason::NotThere, None),
            Task::Promote | Task::Demote => (ActionReason::Role { next: resource.next_role }, None),
            Task::Stop | Task::MigrateTo => match resource.assigned {
                None => (ActionReason::Stops, None),
                Some(node) if action.node != Some(node) => (ActionReason::Leaves { to: self.node_name(node) }, None),
                Some(_) if resource.active_on.len() > 1 => (ActionReason::MultiplyActive, None),
                Some(_) if resource.start_pending && resource.pending.is_none() => (ActionReason::AgentChanged, None),
                Some(_) if resource.start_pending => (ActionReason::StartUnderWay, None),
                Some(_) if resource.failed => (ActionReason::Failed, None),
                Some(_) => match self.failed_content(at) {
                    Some(content) => (ActionReason::ContentFailed { resource: self.resource_name(content) }, None),
                    None => (ActionReason::Restart, other(Task::Start).filter(|&start| self.run[start].reason.is_some())),
                },
            },
            _ => (ActionReason::Unspoken, None),
        }
    }

    /// What failed inside of a container.
    fn failed_content(&self, container: ResourceId) -> Option<ResourceId> {
        let cluster = &self.run.cluster;
        cluster.all_resources().into_iter().find(|&at| cluster[at].launcher == Some(container) && cluster[at].failed)
    }
}

/// Whether a reason is about what is so in the end: the first one mostly stays (ACT-24).
fn counts(reason: &Reason, runnable: bool, optional: bool) -> bool {
    match reason {
        Reason::Required(_) => runnable && !optional,
        Reason::Unrunnable(_) | Reason::Colocation(_) | Reason::NoQuorum | Reason::QuorumFreeze => !runnable,
        Reason::Unmigrateable(_) => !optional,
        _ => true,
    }
}

fn comes_from_placement(reason: &ActionReason) -> bool {
    match reason {
        ActionReason::Plan { reason } => reason.kind == "node_availability",
        ActionReason::Leaves { .. } | ActionReason::Stops | ActionReason::NoNode => true,
        _ => false,
    }
}

/// The order in which a resource's actions would be done; nothing for those that follow from others.
fn rank(task: Task) -> Option<usize> {
    const ORDER: [Task; 9] = [
        Task::Demote,
        Task::MigrateTo,
        Task::MigrateFrom,
        Task::Stop,
        Task::LrmDelete,
        Task::ClearFailcount,
        Task::ReloadAgent,
        Task::Start,
        Task::Promote,
    ];
    ORDER.iter().position(|&at| at == task)
}
