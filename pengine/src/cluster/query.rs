//! Questions about nodes and resources that every stage asks.

use crate::cib::ElementRef;

use super::{Cluster, Kind, NodeId, Resource, ResourceId, Role};

/// On how many nodes something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Nowhere,
    One(NodeId),
    Several,
}

impl Span {
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Span::Nowhere, span) | (span, Span::Nowhere) => span,
            _ if self == other => self,
            _ => Span::Several,
        }
    }

    fn single(self) -> Option<NodeId> {
        match self {
            Span::One(node) => Some(node),
            Span::Nowhere | Span::Several => None,
        }
    }
}

impl Cluster {
    /// The node of that name, in any case.
    #[must_use]
    pub fn node_named(&self, name: &str) -> Option<NodeId> {
        self.node_by_name.get(&name.to_ascii_lowercase()).copied()
    }

    /// The node of that id, in any case; else the one of that name (STATE-13).
    #[must_use]
    pub fn node_by_id_or_name(&self, id: &str, name: Option<&str>) -> Option<NodeId> {
        let by_id = self.node_by_id.get(&id.to_ascii_lowercase()).copied();
        by_id.or_else(|| self.node_named(name?))
    }

    /// What launches a guest or bundle node; nothing for other nodes.
    #[must_use]
    pub fn launcher_of(&self, node: NodeId) -> Option<ResourceId> {
        self[self[node].connection?].launcher
    }

    /// Whether it is a guest node; bundle nodes are guest nodes, too.
    #[must_use]
    pub fn is_guest(&self, node: NodeId) -> bool {
        self[node].is_remote_kind() && self.launcher_of(node).is_some()
    }

    /// Whether it is a remote node: of the remote kind, and nothing launches it.
    #[must_use]
    pub fn is_remote(&self, node: NodeId) -> bool {
        self[node].is_remote_kind() && self.launcher_of(node).is_none()
    }

    /// Whether it is the node inside a bundle's container.
    #[must_use]
    pub fn is_bundle_node(&self, node: NodeId) -> bool {
        self[node].connection.is_some_and(|connection| self.bundle_of(connection).is_some())
    }

    /// Whether its connection makes it a node of the remote kind that resources must not nest in (PLACE-26).
    #[must_use]
    pub fn is_connected_remote_kind(&self, node: NodeId) -> bool {
        self[node].is_remote_kind() && self[node].connection.is_some()
    }

    /// The first of what a resource launches that is the connection of a guest node.
    #[must_use]
    pub fn guest_connection_of(&self, resource: ResourceId) -> Option<ResourceId> {
        self[resource].launched.iter().copied().find(|&launched| self[launched].is_connection)
    }

    /// The node that a connection is for: the one of the connection's name.
    #[must_use]
    pub fn node_of_connection(&self, connection: ResourceId) -> Option<NodeId> {
        self.node_named(&self[connection].id)
    }

    /// The bundle that a resource is in or is itself.
    #[must_use]
    pub fn bundle_of(&self, resource: ResourceId) -> Option<ResourceId> {
        self.ancestry(resource).find(|&at| self[at].is_bundle())
    }

    /// The resource and its ancestors, from below.
    pub fn ancestry(&self, resource: ResourceId) -> impl Iterator<Item = ResourceId> {
        std::iter::successors(Some(resource), |&at| self[at].parent)
    }

    /// Whether `ancestor` is above `resource`.
    #[must_use]
    pub fn is_ancestor(&self, ancestor: ResourceId, resource: ResourceId) -> bool {
        self.ancestry(resource).skip(1).any(|at| at == ancestor)
    }

    /// The topmost ancestor below any bundle (a bundle is its own).
    #[must_use]
    pub fn top_of(&self, resource: ResourceId) -> ResourceId {
        let mut top = resource;
        while let Some(parent) = self[top].parent {
            if self[parent].is_bundle() {
                break;
            }
            top = parent;
        }
        top
    }

    /// The topmost ancestor, bundles included.
    #[must_use]
    pub fn outermost_of(&self, resource: ResourceId) -> ResourceId {
        self.ancestry(resource).last().unwrap_or(resource)
    }

    /// The primitives in a resource's tree, depth first.
    #[must_use]
    pub fn leaves(&self, resource: ResourceId) -> Vec<ResourceId> {
        let mut found = Vec::with_capacity(self[resource].children.len().max(1));
        self.visit(resource, &mut |at| found.extend(self[at].is_primitive().then_some(at)));
        found
    }

    /// The resource and all below it, depth first, each before its children.
    #[must_use]
    pub fn tree_of(&self, resource: ResourceId) -> Vec<ResourceId> {
        let mut found = Vec::with_capacity(self[resource].children.len() + 1);
        self.visit(resource, &mut |at| found.push(at));
        found
    }

    fn visit(&self, resource: ResourceId, see: &mut impl FnMut(ResourceId)) {
        see(resource);
        for &child in &self[resource].children {
            self.visit(child, see);
        }
    }

    /// The name-value sets of a resource's own.
    pub fn sets_of(&self, resource: ResourceId) -> impl Iterator<Item = ElementRef<'_>> {
        self[resource].sets.iter().map(|&set| self.definitions.get(set))
    }

    /// All resources in list order, depth first.
    #[must_use]
    pub fn all_resources(&self) -> Vec<ResourceId> {
        let mut found = Vec::with_capacity(self.resources.len());
        self.top.iter().for_each(|&top| self.visit(top, &mut |at| found.push(at)));
        found
    }

    /// Whether promotion decisions look at it: its top's flag counts, not its own (RSC-41).
    #[must_use]
    pub fn is_promotable(&self, resource: ResourceId) -> bool {
        self[self.top_of(resource)].promotable
    }

    /// Whether it is an instance of an anonymous clone, or below one.
    #[must_use]
    pub fn is_anonymous_clone(&self, resource: ResourceId) -> bool {
        self[resource].is_clone() && !self[resource].unique
    }

    /// The current role; a collective has its children's highest, a bundle has none (INST-7).
    #[must_use]
    pub fn role_of(&self, resource: ResourceId) -> Role {
        self.highest_role(resource, &|resource| resource.role)
    }

    /// The next role; a collective has its children's highest, a bundle has none.
    #[must_use]
    pub fn next_role_of(&self, resource: ResourceId) -> Role {
        self.highest_role(resource, &|resource| resource.next_role)
    }

    fn highest_role(&self, resource: ResourceId, role: &impl Fn(&Resource) -> Role) -> Role {
        match self[resource].kind {
            Kind::Primitive => role(&self[resource]),
            Kind::Bundle(_) => Role::Unknown,
            Kind::Group(_) | Kind::Clone(_) => {
                let children = self[resource].children.iter();
                children.map(|&child| self.highest_role(child, role)).max().unwrap_or_default()
            }
        }
    }

    /// Whether all of a resource is active (RSC-123).
    #[must_use]
    pub fn is_fully_active(&self, resource: ResourceId) -> bool {
        match self[resource].kind {
            Kind::Primitive => self.is_primitive_active(resource),
            _ => self.active_parts(resource).iter().all(|&child| self.is_fully_active(child)),
        }
    }

    /// Whether any of a resource is active (RSC-123).
    #[must_use]
    pub fn is_active(&self, resource: ResourceId) -> bool {
        match self[resource].kind {
            Kind::Primitive => self.is_primitive_active(resource),
            _ => self.active_parts(resource).iter().any(|&child| self.is_active(child)),
        }
    }

    fn active_parts(&self, resource: ResourceId) -> Vec<ResourceId> {
        match &self[resource].kind {
            Kind::Bundle(bundle) => {
                let parts = |replica: &super::Replica| [replica.ip, replica.child, replica.container, replica.connection];
                bundle.replicas.iter().flat_map(parts).flatten().collect()
            }
            _ => self[resource].children.clone(),
        }
    }

    fn is_primitive_active(&self, resource: ResourceId) -> bool {
        let resource = &self[resource];
        let counts = |&node: &NodeId| self[node].unclean || self[node].online || !resource.managed;
        resource.active_on.iter().any(counts)
    }

    /// The node a resource is on, chosen among several if it is active on several (RSC-124, PLACE-64).
    #[must_use]
    pub fn current_node(&self, resource: ResourceId) -> Option<NodeId> {
        if let Kind::Bundle(bundle) = &self[resource].kind {
            let containers: Vec<_> = bundle.replicas.iter().filter_map(|replica| replica.container).collect();
            let active: Vec<_> = containers.iter().copied().filter(|&at| !self[at].active_on.is_empty()).collect();
            if let [only] = active[..] {
                return self.current_node(only);
            }
            let mut nodes = Vec::new();
            for node in active.iter().flat_map(|&container| self[container].active_on.iter().copied()) {
                if !nodes.contains(&node) {
                    nodes.push(node);
                }
            }
            return self.preferred_of(resource, &nodes);
        }
        if let Some(migration) = self[resource].partial_migration
            && self[resource].active_on.contains(&migration.source)
        {
            return Some(migration.source);
        }
        if self[resource].partial_migration.is_some() {
            return self[resource].active_on.first().copied();
        }
        self.preferred_of(resource, &self[resource].active_on)
    }

    fn preferred_of(&self, resource: ResourceId, nodes: &[NodeId]) -> Option<NodeId> {
        let first = nodes.first().copied();
        if self[resource].needs_fencing() {
            return first;
        }
        nodes.iter().copied().find(|&node| self[node].is_online_clean()).or(first)
    }

    /// How many of a resource's nodes count for being multiply active: all if it needs fencing, else the online clean ones.
    #[must_use]
    pub fn active_count(&self, resource: ResourceId) -> usize {
        let nodes = &self[resource].active_on;
        if self[resource].needs_fencing() {
            nodes.len()
        } else {
            nodes.iter().filter(|&&node| self[node].is_online_clean()).count()
        }
    }

    /// Where a resource is assigned to, all parts together, without repeats (RSC-125).
    #[must_use]
    pub fn assigned_nodes(&self, resource: ResourceId) -> Vec<NodeId> {
        self.locations_of(resource, &|resource, nodes| nodes.extend(resource.assigned))
    }

    /// Where a resource is active, all parts together, without repeats (RSC-125).
    #[must_use]
    pub fn active_nodes(&self, resource: ResourceId) -> Vec<NodeId> {
        self.locations_of(resource, &|resource, nodes| nodes.extend(&resource.active_on))
    }

    /// Where a resource is active or an action is pending, all parts together, without repeats (RSC-125).
    #[must_use]
    pub fn active_or_pending_nodes(&self, resource: ResourceId) -> Vec<NodeId> {
        self.locations_of(resource, &|resource, nodes| {
            nodes.extend(&resource.active_on);
            nodes.extend(resource.pending.as_ref().map(|pending| pending.node));
        })
    }

    fn locations_of(&self, resource: ResourceId, of_leaf: &impl Fn(&Resource, &mut Vec<NodeId>)) -> Vec<NodeId> {
        let mut all = Vec::new();
        self.visit(resource, &mut |at| {
            if self[at].is_primitive() {
                of_leaf(&self[at], &mut all);
            }
        });
        if all.len() < 2 {
            return all;
        }
        let mut seen = super::NodeSet::default();
        all.retain(|&node| {
            !seen.contains(node) && {
                seen.insert(node);
                true
            }
        });
        all
    }

    /// The one node that all of a resource is assigned to; none if it is on several (INST-8).
    #[must_use]
    pub fn single_assigned_node(&self, resource: ResourceId) -> Option<NodeId> {
        self.span(resource, &|leaf| leaf.assigned.as_slice()).single()
    }

    /// The one node that all of a resource is active on; none if it is on several (INST-8).
    #[must_use]
    pub fn single_active_node(&self, resource: ResourceId) -> Option<NodeId> {
        self.span(resource, &|leaf| &leaf.active_on).single()
    }

    /// Over how many nodes the parts of a resource are spread.
    fn span(&self, resource: ResourceId, nodes_of: &impl Fn(&Resource) -> &[NodeId]) -> Span {
        if self[resource].is_primitive() {
            return nodes_of(&self[resource]).iter().fold(Span::Nowhere, |span, &node| span.with(Span::One(node)));
        }
        self[resource].children.iter().fold(Span::Nowhere, |span, &child| match span {
            Span::Several => span,
            _ => span.with(self.span(child, nodes_of)),
        })
    }

    /// The replica of a bundle that a container, address, connection or inner instance belongs to.
    #[must_use]
    pub fn replica_of(&self, part: ResourceId) -> Option<&super::Replica> {
        let bundle = self[self.bundle_of(part)?].bundle()?;
        bundle
            .replicas
            .iter()
            .find(|replica| [replica.container, replica.ip, replica.connection, replica.child].contains(&Some(part)))
    }

    /// The number at the end of an instance's id: behind the last `:`, or for a container behind the last `-` (INST-11).
    #[must_use]
    pub fn instance_number(&self, resource: ResourceId) -> u64 {
        let id = &self[resource].id;
        let number = id.rsplit_once(':').or_else(|| id.rsplit_once('-'));
        number.and_then(|(_, digits)| digits.parse().ok()).unwrap_or(0)
    }

    /// Puts a clone's instances in the order of their numbers, unless they are already.
    pub fn sort_instances(&mut self, clone: ResourceId) {
        if self[clone].clone_config().is_some_and(|config| !config.in_order) {
            let mut instances = self[clone].children.clone();
            instances.sort_by_cached_key(|&instance| self.instance_number(instance));
            self.set_instances(clone, instances, true);
        }
    }

    /// Puts a clone's instances in another order than that of their numbers.
    pub fn reorder_instances(&mut self, clone: ResourceId, instances: Vec<ResourceId>) {
        self.set_instances(clone, instances, false);
    }

    fn set_instances(&mut self, clone: ResourceId, instances: Vec<ResourceId>, in_order: bool) {
        self[clone].children = instances;
        if let Some(config) = self[clone].clone_config_mut() {
            config.in_order = in_order;
        }
    }

    /// The resource of that id or history name: the first in list order, depth first (RSC-120).
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ResourceId> {
        let candidates = self.by_name.get(name)?;
        let (&first, others) = candidates.split_first()?;
        let top = self.outermost_of(first);
        // What belongs together stands in the tree in order of creation, as long as names are looked up.
        if others.iter().all(|&other| self.outermost_of(other) == top) {
            return Some(first);
        }
        self.all_resources().into_iter().find(|at| candidates.binary_search(at).is_ok())
    }

    /// The resource that a constraint means by a name: one found by its history name stands for its topmost ancestor (COLO-7).
    #[must_use]
    pub fn find_for_constraint(&self, name: &str) -> Option<ResourceId> {
        let found = self.find(name)?;
        Some(if self[found].id == name { found } else { self.top_of(found) })
    }

    /// Makes a resource findable by a name.
    pub fn index_name(&mut self, name: &str, resource: ResourceId) {
        let entry = self.by_name.entry(name.to_owned()).or_default();
        if let Err(place) = entry.binary_search(&resource) {
            entry.insert(place, resource);
        }
    }

    /// Gives a resource the name that the history knows it by (HIST-20).
    pub fn set_history_name(&mut self, resource: ResourceId, name: Option<&str>) {
        if let Some(old) = self[resource].history_name.take()
            && old != self[resource].id
            && let Some(entry) = self.by_name.get_mut(&old)
        {
            entry.retain(|&at| at != resource);
        }
        if let Some(name) = name {
            self[resource].history_name = Some(name.to_owned());
            self.index_name(name, resource);
        }
    }

    /// Whether a fencing device or watchdog exists (STATE-5).
    #[must_use]
    pub fn has_fencing_device(&self) -> bool {
        self.fencing_device_exists || self.options.have_watchdog
    }

    /// Notes a time at which decisions may change; the earliest one after now is kept (CIB-68).
    pub fn recheck_at(&mut self, time: i64) {
        if time > self.now && self.recheck_by.is_none_or(|known| time < known) {
            self.recheck_by = Some(time);
        }
    }
}
