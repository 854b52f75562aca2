//! The resource list of a status: primitives, groups and bundles (RSC section 16); clones are in [`super::clones`].

use crate::cib::is_true;
use crate::cluster::{Cluster, Kind, NodeId, Resource, ResourceId, Role};
use crate::plan::Task;
use crate::run::Run;

use super::Page;
use super::failed_probes::FailedProbes;

/// What the resource list needs to know.
pub(super) struct Listing<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) failed_probes: FailedProbes<'a>,
    /// Whether actions begun and not finished are shown.
    pub(super) pending: bool,
}

/// Writes the list of all resources.
pub fn resource_list(page: &mut Page, run: &Run<'_>, pending: bool) {
    let listing = Listing { cluster: &run.cluster, failed_probes: FailedProbes::collect(run), pending };
    page.begin("Full List of Resources");
    let mut any = false;
    for top in listed(&run.cluster) {
        any |= listing.resource(page, top);
    }
    if !any {
        page.item("No resources");
    }
    page.end();
}

/// The top-level resources that a list shows: removed ones only while they are active (RSC-130).
pub(super) fn listed(cluster: &Cluster) -> impl Iterator<Item = ResourceId> {
    cluster.top.iter().copied().filter(|&top| !cluster[top].removed || cluster.is_fully_active(top))
}

/// Whether a resource is the cluster's own business (RSC-131).
pub(super) fn is_hidden(cluster: &Cluster, id: ResourceId) -> bool {
    cluster[id].is_primitive() && cluster[id].meta("internal_rsc").is_some_and(is_true)
}

/// An action begun and not finished, as a status shows it (RSC-133).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[allow(missing_docs)]
pub enum PendingState {
    Starting,
    Stopping,
    Migrating,
    Promoting,
    Demoting,
    Monitoring,
}

impl PendingState {
    fn of(task: Task) -> Option<Self> {
        Some(match task {
            Task::Start => Self::Starting,
            Task::Stop => Self::Stopping,
            Task::MigrateTo | Task::MigrateFrom => Self::Migrating,
            Task::Promote => Self::Promoting,
            Task::Demote => Self::Demoting,
            Task::Monitor => Self::Monitoring,
            _ => return None,
        })
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "Starting",
            Self::Stopping => "Stopping",
            Self::Migrating => "Migrating",
            Self::Promoting => "Promoting",
            Self::Demoting => "Demoting",
            Self::Monitoring => "Monitoring",
        }
    }
}

/// How many primitives there are, how many of them are disabled, and how many blocked (RSC-127).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[allow(missing_docs)]
pub struct InstanceCounts {
    pub all: usize,
    pub disabled: usize,
    pub blocked: usize,
}

/// Counts the instances of all resources.
#[must_use]
pub fn count_instances(cluster: &Cluster) -> InstanceCounts {
    let mut counts = InstanceCounts::default();
    for leaf in cluster.top.iter().flat_map(|&top| cluster.leaves(top)) {
        let resource = &cluster[leaf];
        if resource.removed && resource.role <= Role::Stopped {
            continue;
        }
        counts.all += 1;
        counts.disabled += usize::from(is_disabled(cluster, leaf));
        counts.blocked += usize::from(resource.blocked);
    }
    counts
}

/// The role that `target-role` asks for, as configured.
pub(super) fn target_role(cluster: &Cluster, resource: ResourceId) -> Option<Role> {
    cluster[resource].meta("target-role").and_then(Role::parse)
}

/// Whether a resource shall not do all that it could (RSC-44).
pub(super) fn is_disabled(cluster: &Cluster, resource: ResourceId) -> bool {
    match target_role(cluster, resource) {
        Some(Role::Stopped) => true,
        Some(Role::Unpromoted) => cluster.is_promotable(resource),
        _ => false,
    }
}

/// `CLASS:PROVIDER:TYPE`; only OCF agents have a provider.
pub(super) fn agent_text(resource: &Resource) -> String {
    let meta = |name| resource.meta(name).unwrap_or_default();
    let provider = if meta("class") == "ocf" { format!("{}:", meta("provider")) } else { String::new() };
    format!("{}:{provider}{}", meta("class"), meta("type"))
}

/// ` (a, b)`, or nothing.
pub(super) fn in_parentheses(flags: &[impl AsRef<str>]) -> String {
    if flags.is_empty() {
        return String::new();
    }
    let flags: Vec<&str> = flags.iter().map(AsRef::as_ref).collect();
    format!(" ({})", flags.join(", "))
}

impl Listing<'_> {
    /// Writes a resource and what belongs to it; whether there was anything to write.
    pub(super) fn resource(&self, page: &mut Page, id: ResourceId) -> bool {
        match self.cluster[id].kind {
            Kind::Primitive if is_hidden(self.cluster, id) => return false,
            Kind::Primitive => {
                let name = self.cluster[id].printed_name();
                page.item(self.primitive_line(id, name, self.shown_node(id)));
            }
            Kind::Group(_) => self.group(page, id),
            Kind::Clone(_) => self.clone_set(page, id),
            Kind::Bundle(_) => self.bundle(page, id),
        }
        true
    }

    fn group(&self, page: &mut Page, id: ResourceId) {
        let mut flags = Vec::new();
        if is_disabled(self.cluster, id) {
            flags.push("disabled");
        }
        flags.extend(self.management_flag(id));
        page.begin(format_args!("Resource Group: {}{}", self.cluster[id].id, in_parentheses(&flags)));
        for &member in &self.cluster[id].children {
            self.resource(page, member);
        }
        page.end();
    }

    /// What a collective's header says of its being left alone; never that it is blocked.
    pub(super) fn management_flag(&self, id: ResourceId) -> Option<&'static str> {
        let resource = &self.cluster[id];
        if resource.maintenance { Some("maintenance") } else { (!resource.managed).then_some("unmanaged") }
    }

    fn bundle(&self, page: &mut Page, id: ResourceId) {
        let Some(bundle) = self.cluster[id].bundle() else { return };
        let set = if bundle.replicas.len() == 1 { "" } else { " set" };
        let unique = if self.cluster[id].unique { " (unique)" } else { "" };
        let managed = self.management_flag(id).map_or_else(String::new, |flag| format!(" ({flag})"));
        page.begin(format_args!("Container bundle{set}: {} [{}]{unique}{managed}", self.cluster[id].id, bundle.image));
        for replica in &bundle.replicas {
            let Some(container) = replica.container else { continue };
            let mut name = self.cluster[replica.connection.unwrap_or(container)].printed_name().to_owned();
            if let Some(address) = &replica.address {
                name = format!("{name} ({address})");
            }
            // RSC-143: the state is that of what runs inside, the node is the container's.
            let shown = self.cluster.current_node(container);
            page.item(self.primitive_line(replica.child.unwrap_or(container), &name, shown));
        }
        page.end();
    }

    /// The node to show: where a primitive is, where something was begun, or which it is kept for (RSC-134).
    pub(super) fn shown_node(&self, id: ResourceId) -> Option<NodeId> {
        let resource = &self.cluster[id];
        if resource.active_on.len() > 1 {
            return None;
        }
        let pending = || resource.pending.as_ref().map(|pending| pending.node);
        self.cluster.current_node(id).or_else(pending).or_else(|| resource.lock.map(|lock| lock.node))
    }

    fn primitive_line(&self, id: ResourceId, name: &str, node: Option<NodeId>) -> String {
        let resource = &self.cluster[id];
        let mut line = format!("{name}\t({}):\t", agent_text(resource));
        if resource.removed {
            line.push_str(" ORPHANED");
        }
        let role = self.shown_role(id);
        for word in self.state_words(id, role) {
            line.push(' ');
            line.push_str(word);
        }
        if let Some(node) = node {
            line.push(' ');
            line.push_str(&self.cluster[node].name);
        }
        if let Some(reason) = self.failed_probe(id, node) {
            line.push_str(&format!(" ({reason}) "));
        }
        line.push_str(&in_parentheses(&self.primitive_flags(id, node)));
        if resource.active_on.len() > 1 {
            if let Some(description) = self.cluster.definitions.get(resource.xml).attr("description") {
                line.push_str(&format!(" ({description})"));
            }
            let names: Vec<&str> = resource.active_on.iter().map(|&node| self.cluster[node].name.as_str()).collect();
            line.push_str(&format!(" [ {} ]", names.join(" ")));
        }
        line
    }

    /// Why a stopped resource can't be on a node, or anywhere.
    pub(super) fn failed_probe(&self, id: ResourceId, node: Option<NodeId>) -> Option<&'static str> {
        let node = node.map(|node| &self.cluster[node]);
        let reason = self.failed_probes.reason(self.probe_name(id), node);
        reason.filter(|_| self.shown_role(id) == Role::Stopped)
    }

    pub(super) fn shown_role(&self, id: ResourceId) -> Role {
        match self.cluster[id].role {
            Role::Started if self.cluster.is_promotable(id) => Role::Unpromoted,
            role => role,
        }
    }

    /// The role, or what stands for it (RSC-133.2).
    fn state_words(&self, id: ResourceId, role: Role) -> Vec<&'static str> {
        if self.cluster[id].failed {
            let role = (role > Role::Unpromoted).then_some(role.as_str());
            return std::iter::once("FAILED").chain(role).collect();
        }
        // A monitor doesn't change the role, so it is only a flag.
        let pending = self.pending_state(id).filter(|&pending| pending != PendingState::Monitoring);
        vec![pending.map_or(role.as_str(), PendingState::as_str)]
    }

    /// The action begun and not finished, if those are shown; probes are never among them (HIST-46).
    pub(super) fn pending_task(&self, id: ResourceId) -> Option<Task> {
        self.cluster[id].pending.as_ref().filter(|_| self.pending).map(|pending| pending.task)
    }

    pub(super) fn pending_state(&self, id: ResourceId) -> Option<PendingState> {
        self.pending_task(id).and_then(PendingState::of)
    }

    fn primitive_flags(&self, id: ResourceId, node: Option<NodeId>) -> Vec<String> {
        let resource = &self.cluster[id];
        let mut flags = Vec::new();
        if node.is_some_and(|node| !self.cluster[node].online && self.cluster[node].unclean) {
            flags.push("UNCLEAN".to_owned());
        }
        if node.is_some() && node == resource.lock.map(|lock| lock.node) {
            flags.push("LOCKED".to_owned());
        }
        if self.pending_state(id) == Some(PendingState::Monitoring) {
            flags.push(PendingState::Monitoring.as_str().to_owned());
        }
        match target_role(self.cluster, id) {
            Some(Role::Stopped) => flags.push("disabled".to_owned()),
            Some(Role::Unpromoted) if self.cluster.is_promotable(id) => {
                flags.push(format!("target-role:{}", resource.meta("target-role").unwrap_or_default()));
            }
            _ => {}
        }
        if resource.blocked {
            flags.push("blocked".to_owned());
        } else {
            flags.extend(self.management_flag(id).map(str::to_owned));
        }
        if resource.failure_ignored {
            flags.push("failure ignored".to_owned());
        }
        flags
    }

    /// The name that the keys of a resource's failed probes have: below a clone that of the cloned element (RSC-135).
    fn probe_name(&self, id: ResourceId) -> &str {
        let clone = self.cluster.ancestry(id).find(|&at| self.cluster[at].is_clone());
        clone.and_then(|clone| self.cloned_id(clone)).unwrap_or(&self.cluster[id].id)
    }

    /// The id of the element that is cloned.
    pub(super) fn cloned_id(&self, clone: ResourceId) -> Option<&str> {
        self.cluster[clone].children.first().map(|&child| self.cluster[child].xml_id.as_str())
    }
}
