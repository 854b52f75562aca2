//! Clones in the resource list: instances that need no line of their own are listed by node (RSC-138 to RSC-142).

use crate::cib::compare_names;
use crate::cluster::{NodeId, NodeSet, ResourceId, Role};

use super::Page;
use super::resources::{Listing, in_parentheses, is_disabled, target_role};

/// How one instance of a clone is shown.
enum Shown {
    InFull,
    Promoted(NodeId),
    Started(NodeId),
    Nowhere,
}

impl Listing<'_> {
    pub(super) fn clone_set(&self, page: &mut Page, id: ResourceId) {
        let clone = &self.cluster[id];
        let mut flags = Vec::new();
        flags.extend(self.cluster.is_promotable(id).then_some("promotable"));
        flags.extend(clone.unique.then_some("unique"));
        flags.extend(is_disabled(self.cluster, id).then_some("disabled"));
        flags.extend(self.management_flag(id));
        let content = self.cloned_id(id).unwrap_or_default();
        page.begin(format_args!("Clone Set: {} [{content}]{}", clone.id, in_parentheses(&flags)));
        let (mut promoted, mut started) = (Vec::new(), Vec::new());
        for &instance in &clone.children {
            match self.instance(id, instance) {
                Shown::InFull => {
                    self.resource(page, instance);
                }
                Shown::Promoted(node) => promoted.push(node),
                Shown::Started(node) => started.push(node),
                Shown::Nowhere => {}
            }
        }
        let listed = promoted.len() + started.len();
        self.node_names(page, "Promoted", promoted);
        self.node_names(page, self.started_label(id), started);
        if !clone.unique && clone.clone_config().is_some_and(|config| config.max as usize > listed) {
            self.stopped_nodes(page, id);
        }
        page.end();
    }

    /// How an instance is shown (RSC-139).
    fn instance(&self, clone: ResourceId, instance: ResourceId) -> Shown {
        let cluster = self.cluster;
        if cluster[clone].unique || self.pending_task(instance).is_some() {
            return Shown::InFull;
        }
        if !cluster.is_active(instance) {
            return Shown::Nowhere;
        }
        let remarkable = |at: &ResourceId| cluster[*at].removed || cluster[*at].failed || !cluster[*at].managed;
        if cluster.tree_of(instance).iter().any(remarkable) || !cluster.is_fully_active(instance) {
            return Shown::InFull;
        }
        match cluster.single_active_node(instance) {
            Some(node) if cluster[node].online || !cluster[node].unclean => {
                let promoted = cluster.role_of(instance) > Role::Unpromoted;
                if promoted { Shown::Promoted(node) } else { Shown::Started(node) }
            }
            _ => Shown::InFull,
        }
    }

    /// The configured role: the clone's own or its first instance's (RSC-140).
    fn configured_role(&self, clone: ResourceId) -> Option<Role> {
        let of_instance = || self.cluster[clone].children.first().and_then(|&first| target_role(self.cluster, first));
        if self.cluster[clone].meta("target-role").is_some() { target_role(self.cluster, clone) } else { of_instance() }
    }

    fn started_label(&self, clone: ResourceId) -> &'static str {
        if !self.cluster.is_promotable(clone) {
            "Started"
        } else if self.configured_role(clone) == Some(Role::Unpromoted) {
            "Unpromoted (target-role)"
        } else {
            "Unpromoted"
        }
    }

    /// Lists the nodes on which an instance could be and none is, by the reason for that (RSC-141).
    fn stopped_nodes(&self, page: &mut Page, id: ResourceId) {
        let (clone, allowed) = (&self.cluster[id], &self.cluster.allowed[id]);
        let mut active = NodeSet::default();
        self.cluster.active_nodes(id).into_iter().for_each(|node| active.insert(node));
        let candidates: Vec<NodeId> = if allowed.is_empty() {
            self.cluster.nodes.ids().filter(|&node| clone.known_on.contains(node)).collect()
        } else {
            allowed.iter().map(|(node, _)| node).collect()
        };
        let disabled = self.configured_role(id) == Some(Role::Stopped);
        // A cloned group has no history under its own id.
        let probed = self.cloned_id(id).filter(|_| clone.children.first().is_some_and(|&at| self.cluster[at].is_primitive()));
        let mut nodes: Vec<(String, NodeId)> = Vec::new();
        for node in candidates.into_iter().filter(|&node| !active.contains(node)) {
            let failed = probed.and_then(|name| self.failed_probes.reason(name, Some(&self.cluster[node])));
            let label = match failed {
                Some(reason) => format!("Stopped ({reason})"),
                None if disabled => "Stopped (disabled)".to_owned(),
                None => "Stopped".to_owned(),
            };
            nodes.push((label, node));
        }
        nodes.sort_by(|(a, _), (b, _)| a.cmp(b));
        for same in nodes.chunk_by(|(a, _), (b, _)| a == b) {
            if let Some((label, _)) = same.first() {
                self.node_names(page, label, same.iter().map(|&(_, node)| node).collect());
            }
        }
    }

    /// `LABEL: [ a b ]` with the names in order; nothing without nodes.
    fn node_names(&self, page: &mut Page, label: &str, nodes: Vec<NodeId>) {
        let mut names: Vec<&str> = nodes.into_iter().map(|node| self.cluster[node].name.as_str()).collect();
        names.sort_by(|a, b| compare_names(a, b));
        if !names.is_empty() {
            page.item(format_args!("{label}: [ {} ]", names.join(" ")));
        }
    }
}
