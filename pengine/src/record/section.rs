//! The status section of a CIB while it is changed: node states and histories by name, without searching.

use rustc_hash::FxHashMap;

use crate::cib::{Cib, ElementId, ElementRef, Tree, is_true, parse_integer, xml_id};

use super::histories::{Histories, HistoryId};

/// A status section together with indexes that are kept up to date.
#[derive(Debug)]
pub struct StatusSection<'c> {
    pub(crate) tree: &'c mut Tree,
    root: ElementId,
    status: ElementId,
    nodes: Option<ElementId>,
    /// Nodes that are not configured are added (SIM-67.1).
    invents_nodes: bool,
    states_by_name: FxHashMap<String, Vec<ElementId>>,
    states_by_id: FxHashMap<String, Vec<ElementId>>,
    /// Ids of nodes by lower-case name.
    node_ids: FxHashMap<String, String>,
    configured: FxHashMap<String, ElementId>,
    histories: Histories,
    updates: i64,
}

/// Which agent a resource has.
#[derive(Debug, Clone, Copy, Default)]
pub struct AgentName<'a> {
    /// `ocf`, `lsb`, `systemd`, …
    pub class: &'a str,
    /// Whose it is, if that is a question.
    pub provider: Option<&'a str>,
    /// Its type.
    pub kind: &'a str,
}

/// Why the state of a node can't be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// There is no such node.
    #[error("node '{0}' is unknown")]
    UnknownNode(String),
    /// A node has several states, or one without id (SIM-67.4).
    #[error("the status section has no usable node_state for node '{0}': there are several, or it has no id")]
    Ambiguous(String),
}

impl<'c> StatusSection<'c> {
    /// The status section of a CIB, to be changed; `invents_nodes` adds those to the configuration that are asked for and not in it
    /// (SIM-67.1).
    pub fn new(cib: &'c mut Cib, invents_nodes: bool) -> Self {
        let root = cib.root().element_id();
        let status = cib.root().child("status").map(ElementRef::element_id);
        let nodes = cib.root().child("configuration").and_then(|at| at.child("nodes")).map(ElementRef::element_id);
        let tree = cib.tree_mut();
        let status = status.unwrap_or_else(|| tree.add_child(root, "status"));
        let mut section = Self {
            tree,
            root,
            status,
            nodes,
            invents_nodes,
            states_by_name: FxHashMap::default(),
            states_by_id: FxHashMap::default(),
            node_ids: FxHashMap::default(),
            configured: FxHashMap::default(),
            histories: Histories::default(),
            updates: 0,
        };
        section.index_nodes();
        section
    }

    fn index_nodes(&mut self) {
        let root = self.tree.get(self.root);
        for element in root.child("configuration").into_iter().flat_map(ElementRef::descendants) {
            let Some((name, id)) = configured_node(element) else { continue };
            self.node_ids.entry(name.to_ascii_lowercase()).or_insert_with(|| id.to_owned());
            if element.name() == "node" {
                self.configured.entry(name.to_owned()).or_insert(element.element_id());
            }
        }
        for state in self.tree.get(self.status).children_named("node_state") {
            if let Some(name) = state.attr("uname") {
                self.states_by_name.entry(name.to_owned()).or_default().push(state.element_id());
                if state.attr("remote_node").is_some_and(is_true) {
                    self.node_ids.entry(name.to_ascii_lowercase()).or_insert_with(|| name.to_owned());
                }
            }
            if let Some(id) = state.id() {
                self.states_by_id.entry(id.to_owned()).or_default().push(state.element_id());
            }
        }
    }

    /// The state of a node, found or made (SIM-67); `id` stands for what the configuration says.
    ///
    /// # Errors
    ///
    /// See [`StateError`].
    pub fn node_state(&mut self, name: &str, id: Option<&str>) -> Result<ElementId, StateError> {
        if self.invents_nodes {
            self.configure_node(name);
        }
        let ambiguous = || StateError::Ambiguous(name.to_owned());
        match self.states_by_name.get(name).map(Vec::as_slice) {
            None | Some([]) => {}
            Some(&[only]) if self.tree.get(only).id().is_some() => return Ok(only),
            Some(_) => return Err(ambiguous()),
        }
        let known = || self.node_ids.get(&name.to_ascii_lowercase()).cloned();
        let Some(id) = id.map(str::to_owned).or_else(known) else {
            return Err(StateError::UnknownNode(name.to_owned()));
        };
        let state = match self.states_by_id.get(&id).map(Vec::as_slice) {
            None | Some([]) => self.tree.add_child_with(self.status, "node_state", &[("id", &id)]),
            Some(&[only]) => only,
            Some(_) => return Err(ambiguous()),
        };
        self.tree.set(state, "uname", name);
        self.status_changed();
        self.states_by_name.entry(name.to_owned()).or_default().push(state);
        let same_id = self.states_by_id.entry(id).or_default();
        if !same_id.contains(&state) {
            same_id.push(state);
        }
        Ok(state)
    }

    fn configure_node(&mut self, name: &str) {
        let Some(nodes) = self.nodes.filter(|_| !self.configured.contains_key(name)) else { return };
        let node = self.tree.add_child_with(nodes, "node", &[("id", name), ("uname", name)]);
        self.configured.insert(name.to_owned(), node);
        self.node_ids.entry(name.to_ascii_lowercase()).or_insert_with(|| name.to_owned());
        self.configuration_changed();
    }

    /// The id of a node state.
    pub fn state_id(&self, state: ElementId) -> String {
        self.tree.get(state).id().unwrap_or_default().to_owned()
    }

    /// Sets what tells whether a node is there.
    pub fn set_membership(&mut self, state: ElementId, up: bool, origin: &str) {
        let values: [&str; 4] = if up { ["true", "online", "member", "member"] } else { ["false", "offline", "down", "down"] };
        for (name, value) in ["in_ccm", "crmd", "join", "expected"].into_iter().zip(values) {
            self.tree.set(state, name, value);
        }
        self.tree.set(state, "crm-debug-origin", origin);
        self.status_changed();
    }

    /// Says that a node isn't there any more; what is expected of it stays.
    pub fn set_lost(&mut self, state: ElementId, origin: &str) {
        for (name, value) in [("in_ccm", "false"), ("crmd", "offline"), ("join", "down"), ("crm-debug-origin", origin)] {
            self.tree.set(state, name, value);
        }
        self.status_changed();
    }

    /// Says that a node is expected to go away.
    pub fn expect_down(&mut self, state: ElementId, origin: &str) {
        self.tree.set(state, "expected", "down");
        self.tree.set(state, "crm-debug-origin", origin);
        self.status_changed();
    }

    /// Says that a remote node was fenced since it was last connected.
    pub fn set_fenced(&mut self, state: ElementId) {
        self.tree.set(state, "node_fenced", "1");
        self.status_changed();
    }

    /// Whether a node is said to be there.
    #[must_use]
    pub fn is_there(&self, state: ElementId) -> bool {
        self.tree.get(state).attr("in_ccm").is_some_and(is_true)
    }

    /// Removes a node's histories and transient attributes (SIM-116).
    pub fn forget(&mut self, state: ElementId) {
        for name in ["lrm", "transient_attributes"] {
            if let Some(part) = self.tree.get(state).child(name).map(ElementRef::element_id) {
                self.tree.remove(part);
                self.status_changed();
            }
        }
        self.histories.forget(state);
    }

    /// The history of a resource on a node: the one of `name`, or else of `other`.
    pub fn find_history(&mut self, state: ElementId, name: &str, other: Option<&str>) -> Option<HistoryId> {
        let known = self.histories.of(self.tree, state);
        known.get(name).or_else(|| known.get(other?)).copied()
    }

    /// The states of nodes that have a name, in document order.
    #[must_use]
    pub fn states(&self) -> Vec<(ElementId, String)> {
        let states = self.tree.get(self.status).children_named("node_state");
        states.filter_map(|state| Some((state.element_id(), state.attr("uname")?.to_owned()))).collect()
    }

    /// The names of the histories of a node, sorted.
    pub fn history_names(&mut self, state: ElementId) -> Vec<String> {
        let mut names: Vec<String> = self.histories.of(self.tree, state).keys().map(ToString::to_string).collect();
        names.sort_unstable();
        names
    }

    /// Makes a history say that its resource was started with other parameters than any that are configured.
    pub fn outdate_parameters(&mut self, history: HistoryId) {
        let history = self.tree.get(self.histories.element(history));
        let entries = history.children().filter(|entry| entry.attr("op-digest").is_some());
        let entries: Vec<ElementId> = entries.map(ElementRef::element_id).collect();
        for entry in entries {
            self.tree.set(entry, "op-digest", "outdated");
            if self.tree.get(entry).attr("op-restart-digest").is_some() {
                self.tree.set(entry, "op-restart-digest", "outdated");
            }
            self.updates += 1;
        }
    }

    /// Adds a history without entries to those of a node.
    pub fn add_history(&mut self, state: ElementId, id: &str, agent: AgentName<'_>) -> HistoryId {
        let parent = histories_parent(self.tree, state);
        let provider = agent.provider.map(|provider| ("provider", provider));
        let attributes = [("id", id), ("class", agent.class)].into_iter().chain(provider).chain([("type", agent.kind)]);
        let history = self.tree.add_child_new(parent, "lrm_resource", attributes);
        self.histories.add(self.tree, state, id, history)
    }

    /// Forgets what a resource did on a node.
    pub fn remove_history(&mut self, state: ElementId, name: &str) {
        if let Some(history) = self.histories.remove(self.tree, state, name) {
            self.tree.remove(history);
            self.updates += 1;
        }
    }

    /// The number of the next call of a resource's agent on a node.
    pub fn next_call(&mut self, history: HistoryId) -> i64 {
        let last_call = &mut self.histories.entries(self.tree, history).last_call;
        *last_call = last_call.saturating_add(1);
        *last_call
    }

    /// Forgets one entry of a history.
    pub fn remove_entry(&mut self, history: HistoryId, id: &str) {
        if let Some(entry) = self.histories.entries(self.tree, history).by_id.remove(id) {
            self.tree.remove(entry);
            self.updates += 1;
        }
    }

    /// Gives the entry of that id these attributes, in place of those of the same names that it has; makes it if it isn't there.
    pub fn write_entry<'v>(&mut self, history: HistoryId, id: &'v str, values: impl Iterator<Item = (&'v str, &'v str)>) {
        let element = self.histories.element(history);
        let known = &mut self.histories.entries(self.tree, history).by_id;
        if let Some(&entry) = known.get(id) {
            values.for_each(|(name, value)| self.tree.set(entry, name, value));
            return;
        }
        let entry = self.tree.add_child_new(element, "lrm_rsc_op", std::iter::once(("id", id)).chain(values));
        known.insert(id.into(), entry);
    }

    /// The status section itself.
    pub fn status(&self) -> ElementId {
        self.status
    }

    /// A part of the configuration, found or made.
    pub fn configuration_part(&mut self, name: &str) -> ElementId {
        ["configuration", name].into_iter().fold(self.root, |parent, name| {
            let found = self.tree.get(parent).child(name).map(ElementRef::element_id);
            found.unwrap_or_else(|| self.tree.add_child(parent, name))
        })
    }

    /// The present value of one of a node's transient attributes; nothing if it is there several times.
    #[must_use]
    pub fn transient_attribute(&self, state: ElementId, name: &str) -> Option<&str> {
        let parts = self.tree.get(state).children_named("transient_attributes").flat_map(ElementRef::descendants);
        let mut found = parts.filter(|at| at.name() == "nvpair" && at.attr("name") == Some(name));
        found.next().filter(|_| found.next().is_none())?.attr("value")
    }

    /// Sets a transient attribute of a node (SIM-81).
    pub fn set_transient_attribute(&mut self, state: ElementId, name: &str, value: &str) {
        self.put_transient_attribute(state, name, value);
        self.status_changed();
    }

    /// Sets a transient attribute as part of another change.
    pub(super) fn put_transient_attribute(&mut self, state: ElementId, name: &str, value: &str) {
        let node = self.state_id(state);
        let mut set = state;
        for part in ["transient_attributes", "instance_attributes"] {
            let found = self.tree.get(set).child(part).map(ElementRef::element_id);
            set = found.unwrap_or_else(|| self.tree.add_child_with(set, part, &[("id", &node)]));
        }
        let id = xml_id(&format!("{}-{name}", self.tree.get(set).attr("id").unwrap_or_default()));
        let same = self.tree.get(set).children_named("nvpair").find(|pair| pair.attr("id") == Some(&id));
        match same.map(ElementRef::element_id) {
            Some(pair) => {
                self.tree.set(pair, "name", name);
                self.tree.set(pair, "value", value);
            }
            None => {
                self.tree.add_child_with(set, "nvpair", &[("id", &id), ("name", name), ("value", value)]);
            }
        }
    }

    /// Removes all of a node's transient attributes whose names are like this.
    pub fn remove_transient_attributes(&mut self, state: ElementId, is_meant: impl Fn(&str) -> bool) {
        let parts = self.tree.get(state).children_named("transient_attributes").flat_map(ElementRef::descendants);
        let meant = parts.filter(|at| at.name() == "nvpair" && at.attr("name").is_some_and(&is_meant));
        let meant: Vec<ElementId> = meant.map(ElementRef::element_id).collect();
        for &pair in &meant {
            self.tree.remove(pair);
            self.updates += 1;
        }
    }

    /// Says whether this partition has quorum.
    pub fn set_quorum(&mut self, value: &str) {
        self.tree.set(self.root, "have-quorum", value);
        self.status_changed();
    }

    /// Says which node decides, by its id.
    pub fn set_coordinator(&mut self, id: &str) {
        self.tree.set(self.root, "dc-uuid", id);
        self.status_changed();
    }

    /// Counts a change that the configuration has no part in (SIM-21).
    pub fn status_changed(&mut self) {
        self.updates += 1;
    }

    /// Counts a change of the configuration (SIM-21).
    pub fn configuration_changed(&mut self) {
        let epoch = self.tree.get(self.root).attr("epoch").and_then(parse_integer).unwrap_or(0);
        self.tree.set(self.root, "epoch", &epoch.saturating_add(1).to_string());
        self.tree.set(self.root, "num_updates", "0");
        self.updates = 0;
    }

    /// Writes down how often the status section changed.
    pub fn finish(self) {
        if self.updates > 0 {
            let before = self.tree.get(self.root).attr("num_updates").and_then(parse_integer).unwrap_or(0);
            self.tree.set(self.root, "num_updates", &before.saturating_add(self.updates).to_string());
        }
    }
}

/// The name and id of a node that an element of the configuration tells of (SIM-67.3).
fn configured_node(element: ElementRef<'_>) -> Option<(&str, &str)> {
    match element.name() {
        "node" => {
            let name = element.attr("uname")?;
            let remote = element.attr("type") == Some("remote");
            Some((name, if remote { name } else { element.id()? }))
        }
        "primitive" => {
            let agent = ["class", "provider", "type"].map(|name| element.attr(name).unwrap_or_default());
            let id = element.id()?;
            (agent == ["ocf", "pacemaker", "remote"]).then_some((id, id))
        }
        "nvpair" if element.attr("name") == Some("remote-node") => {
            let name = element.attr("value")?;
            Some((name, name))
        }
        _ => None,
    }
}

/// The element that a node's histories stand in, found or made.
fn histories_parent(tree: &mut Tree, state: ElementId) -> ElementId {
    let lrm = tree.get(state).child("lrm").map(ElementRef::element_id);
    let lrm = lrm.unwrap_or_else(|| {
        let id = tree.get(state).id().unwrap_or_default().to_owned();
        tree.add_child_with(state, "lrm", &[("id", &id)])
    });
    let list = tree.get(lrm).child("lrm_resources").map(ElementRef::element_id);
    list.unwrap_or_else(|| tree.add_child(lrm, "lrm_resources"))
}
