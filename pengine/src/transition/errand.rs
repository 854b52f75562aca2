//! What has to be known of an action to carry it out, without the rest of its element: little, and apart from what it was planned with.

use smol_str::SmolStr;

use crate::cluster::{NodeId, ResourceId};
use crate::plan::{ActionId, Task, parse_key_interval};
use crate::run::Run;

use super::element::{Describer, number};
use super::select::priority;
use super::{ElementKind, Selection};

/// An action of a transition, to be carried out.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    pub action: ActionId,
    pub priority: i32,
    /// Its key as the graph shows it.
    pub key: SmolStr,
    /// The node that its element names.
    pub node: Option<NodeId>,
    pub resource: Option<ResourceId>,
    pub task: Task,
    pub work: Work,
}

/// Who does an action.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Nothing is to be done.
    Nothing,
    /// The cluster itself does it.
    Cluster,
    /// A node is fenced in this way.
    Fence(SmolStr),
    /// An agent is called.
    Agent(Box<AgentCall>),
}

/// What an agent is called with.
#[derive(Debug, Clone)]
pub(crate) struct AgentCall {
    /// In milliseconds.
    pub interval: u32,
    /// Another node passes it on.
    pub is_routed: bool,
    /// The exit status that is expected, as text.
    pub expected: Option<SmolStr>,
    /// The phase and the operation that a notification is about.
    pub notify: Option<(SmolStr, SmolStr)>,
    pub migrate_source: Option<SmolStr>,
    pub migrate_target: Option<SmolStr>,
    /// The digest of its parameters.
    pub digest: String,
}

impl Errand {
    /// The errands of all that was selected, in the order of the synapses.
    pub fn all(run: &Run<'_>, selection: &Selection) -> Vec<Self> {
        selection.chosen.iter().map(|&id| Self::of(run, id)).collect()
    }

    /// The number of its action.
    pub fn number(&self) -> u32 {
        number(self.action)
    }

    fn of(run: &Run<'_>, id: ActionId) -> Self {
        let describer = Describer::new(run, id);
        let action = &run[id];
        let work = match describer.kind() {
            ElementKind::Pseudo => Work::Nothing,
            ElementKind::Cluster if action.task == Task::Fence => {
                Work::Fence(describer.attributes().detail("stonith_action").unwrap_or_default().into())
            }
            ElementKind::Cluster => Work::Cluster,
            ElementKind::Resource => Work::Agent(Box::new(AgentCall::of(describer, action.task))),
        };
        let (key, node) = (describer.key().into(), describer.node());
        Self { action: id, priority: priority(run, id), key, node, resource: action.resource, task: action.task, work }
    }
}

impl AgentCall {
    fn of(describer: Describer<'_, '_>, task: Task) -> Self {
        let attributes = describer.attributes();
        let detail = |name| attributes.detail(name).map(SmolStr::new);
        let (is_notification, is_migration) = (task == Task::Notify, matches!(task, Task::MigrateTo | Task::MigrateFrom));
        let interval = attributes.detail("interval").map_or(0, parse_key_interval);
        Self {
            interval,
            is_routed: describer.node().and_then(|node| describer.router(node)).is_some(),
            expected: detail("op_target_rc"),
            notify: is_notification.then(|| detail("notify_type").zip(detail("notify_operation"))).flatten(),
            migrate_source: is_migration.then(|| detail("migrate_source")).flatten(),
            migrate_target: is_migration.then(|| detail("migrate_target")).flatten(),
            digest: attributes.parameter_digest(interval),
        }
    }
}
