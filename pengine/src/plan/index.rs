//! Finding the actions of a resource: by key, by key and node, by task.

use rustc_hash::FxHashMap;

use crate::cluster::{NodeId, ResourceId};

use super::few::Few;
use super::{Action, ActionId, ActionKey, Task};

/// The actions of a resource with one key.
#[derive(Debug, Clone, Default)]
struct SameKey {
    /// Oldest first.
    all: Few<ActionId>,
    /// Those that have a node, by node, then by age.
    placed: Few<(NodeId, ActionId)>,
}

impl SameKey {
    fn place(&mut self, id: ActionId, node: NodeId) {
        let at = self.placed.as_slice().partition_point(|&known| known < (node, id));
        self.placed.insert(at, (node, id));
    }
}

/// All actions of resources.
#[derive(Debug, Clone, Default)]
pub(super) struct ActionIndex {
    by_key: FxHashMap<(ResourceId, ActionKey), SameKey>,
    /// Actions with a task that they keep; see [`super::newest`].
    by_task: FxHashMap<(ResourceId, Task), Few<ActionId>>,
}

impl ActionIndex {
    pub fn add(&mut self, id: ActionId, resource: ResourceId, action: &Action) {
        let same = self.by_key.entry((resource, action.key)).or_default();
        same.all.push(id);
        if let Some(node) = action.node {
            same.place(id, node);
        }
        if action.task.is_settled() {
            self.by_task.entry((resource, action.task)).or_default().push(id);
        }
    }

    pub fn with_key(&self, resource: ResourceId, key: ActionKey) -> &[ActionId] {
        self.by_key.get(&(resource, key)).map_or(&[], |same| same.all.as_slice())
    }

    pub fn on_node(&self, resource: ResourceId, key: ActionKey, node: NodeId) -> impl Iterator<Item = ActionId> + '_ {
        let placed = self.by_key.get(&(resource, key)).map_or(&[][..], |same| same.placed.as_slice());
        let start = placed.partition_point(|(at, _)| *at < node);
        placed[start..].iter().take_while(move |(at, _)| *at == node).map(|(_, id)| *id)
    }

    pub fn with_task(&self, resource: ResourceId, task: Task) -> &[ActionId] {
        self.by_task.get(&(resource, task)).map_or(&[], Few::as_slice)
    }

    /// Places the actions that have no node on one; these are the actions.
    pub fn place_orphans(&mut self, resource: ResourceId, key: ActionKey, node: NodeId) -> Vec<ActionId> {
        let Some(same) = self.by_key.get_mut(&(resource, key)) else { return Vec::new() };
        let (all, placed) = (same.all.as_slice(), same.placed.as_slice());
        if placed.len() == all.len() {
            return Vec::new();
        }
        let is_orphan = |id: &ActionId| placed.iter().all(|(_, placed)| placed != id);
        let orphans: Vec<ActionId> = all.iter().copied().filter(is_orphan).collect();
        for &id in &orphans {
            same.place(id, node);
        }
        orphans
    }
}
