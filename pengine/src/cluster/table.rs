//! The nodes that a resource knows, with its score on each: a dense row per node.

use std::ops::Index;

use crate::cib::Score;

use super::{Discovery, Node, NodeId, ResourceId};

/// What a resource knows of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// How much it wants to be there.
    pub score: Score,
    /// How many instances of a collective are there (INST-16).
    pub count: u32,
    /// Whether it is probed there.
    pub discovery: Discovery,
}

/// A resource's allowed nodes (PLACE-10). A node that isn't in is not allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeTable {
    rows: Vec<Option<Entry>>,
    /// The nodes in the order they were put in, which fixes the order of [`crate::compat`].
    order: Vec<NodeId>,
}

impl NodeTable {
    /// The entry of a node.
    #[must_use]
    pub fn get(&self, node: NodeId) -> Option<&Entry> {
        self.rows.get(node.index())?.as_ref()
    }

    /// The entry of a node, to be changed.
    pub fn get_mut(&mut self, node: NodeId) -> Option<&mut Entry> {
        self.rows.get_mut(node.index())?.as_mut()
    }

    /// The score of a node that is in.
    #[must_use]
    pub fn score(&self, node: NodeId) -> Option<Score> {
        self.get(node).map(|entry| entry.score)
    }

    /// Whether the node is in.
    #[must_use]
    pub fn contains(&self, node: NodeId) -> bool {
        self.get(node).is_some()
    }

    /// Puts a node in, or replaces what is there.
    pub fn insert(&mut self, node: NodeId, entry: Entry) {
        if self.rows.len() <= node.index() {
            self.rows.resize(node.index() + 1, None);
        }
        if self.rows[node.index()].replace(entry).is_none() {
            self.order.push(node);
        }
    }

    /// The entry of a node; if it isn't in, it is put in with its own base score first (PLACE-11).
    pub fn entry(&mut self, id: NodeId, node: &Node) -> &mut Entry {
        if self.rows.len() <= id.index() {
            self.rows.resize(id.index() + 1, None);
        }
        let row = &mut self.rows[id.index()];
        if row.is_none() {
            self.order.push(id);
        }
        row.get_or_insert(Entry { score: node.score, count: 0, discovery: node.discovery })
    }

    /// Adds to a node's score; if the node isn't in, it is put in with exactly this score (PLACE-41).
    pub fn add_or_insert(&mut self, id: NodeId, node: &Node, score: Score) {
        match self.get_mut(id) {
            Some(entry) => entry.score += score,
            None => self.insert(id, Entry { score, count: 0, discovery: node.discovery }),
        }
    }

    /// Takes a node out.
    pub fn remove(&mut self, node: NodeId) {
        if let Some(row) = self.rows.get_mut(node.index())
            && row.take().is_some()
        {
            self.order.retain(|&at| at != node);
        }
    }

    /// All entries in order of node creation.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Entry)> {
        self.rows.iter().enumerate().filter_map(|(index, row)| Some((NodeId::new(index), row.as_ref()?)))
    }

    /// All entries in order of node creation, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (NodeId, &mut Entry)> {
        self.rows.iter_mut().enumerate().filter_map(|(index, row)| Some((NodeId::new(index), row.as_mut()?)))
    }

    /// The nodes in the order they were put in.
    #[must_use]
    pub fn insertion_order(&self) -> &[NodeId] {
        &self.order
    }

    /// Changes the order to that of another walk over the same nodes.
    pub fn reorder(&mut self, order: Vec<NodeId>) {
        self.order = order;
    }

    /// Whether no node is in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

/// The tables of all resources. Who has worked something out from tables can ask which ones have changed since.
#[derive(Debug, Clone, Default)]
pub struct NodeTables {
    tables: Vec<Tracked>,
    changed: Vec<ResourceId>,
}

#[derive(Debug, Clone, Default)]
struct Tracked {
    table: NodeTable,
    /// It is among the changed ones already.
    changed: bool,
}

impl NodeTables {
    /// The table of a resource, to be changed.
    pub fn change(&mut self, resource: ResourceId) -> &mut NodeTable {
        let index = resource.index();
        if self.tables.len() <= index {
            self.tables.resize_with(index + 1, Tracked::default);
        }
        let tracked = &mut self.tables[index];
        if !std::mem::replace(&mut tracked.changed, true) {
            self.changed.push(resource);
        }
        &mut tracked.table
    }

    /// The resources whose tables have changed since this was asked last.
    pub fn take_changed(&mut self) -> Vec<ResourceId> {
        for resource in &self.changed {
            self.tables[resource.index()].changed = false;
        }
        std::mem::take(&mut self.changed)
    }
}

impl Index<ResourceId> for NodeTables {
    type Output = NodeTable;
    fn index(&self, resource: ResourceId) -> &NodeTable {
        static EMPTY: NodeTable = NodeTable { rows: Vec::new(), order: Vec::new() };
        self.tables.get(resource.index()).map_or(&EMPTY, |tracked| &tracked.table)
    }
}

/// A set of nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeSet {
    words: Vec<u64>,
}

impl NodeSet {
    /// Puts a node in.
    pub fn insert(&mut self, node: NodeId) {
        let word = node.index() / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (node.index() % 64);
    }

    /// Whether a node is in.
    #[must_use]
    pub fn contains(&self, node: NodeId) -> bool {
        self.words.get(node.index() / 64).is_some_and(|word| word & (1 << (node.index() % 64)) != 0)
    }

    /// The nodes that are in.
    pub fn iter(&self) -> impl Iterator<Item = NodeId> {
        let bits = |(at, &word): (usize, &u64)| {
            let rest = std::iter::successors(Some(word), |&rest| Some(rest & rest.wrapping_sub(1)));
            rest.take_while(|&rest| rest != 0).map(move |rest| NodeId::new(at * 64 + rest.trailing_zeros() as usize))
        };
        self.words.iter().enumerate().flat_map(bits)
    }

    /// Whether no node is in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        let mut set = Self::default();
        for node in nodes {
            set.insert(node);
        }
        set
    }
}
