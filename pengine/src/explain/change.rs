//! Single changes of a cluster that may send a resource elsewhere.

use crate::cib::{Cib, ElementId, ElementRef, Score, parse_integer};
use crate::cluster::Cluster;
use crate::record::{StatusSection, is_instance, remembers_failures};
use crate::simulate::{Injections, TicketChange, inject};

/// A change, told so that somebody could make it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum Change {
    /// A location constraint that prefers a node.
    Prefer {
        /// For this resource.
        resource: String,
        /// This node.
        node: String,
        /// With this score.
        score: Score,
    },
    /// Forgetting the failures of a resource on a node.
    Cleanup {
        /// The resource.
        resource: String,
        /// The node.
        node: String,
    },
    /// Taking a node out of standby.
    LeaveStandby {
        /// The node.
        node: String,
    },
    /// Taking a node out of maintenance.
    LeaveMaintenance {
        /// The node.
        node: String,
    },
    /// The health of a node turning green.
    Recover {
        /// The node.
        node: String,
    },
    /// Giving a node more capacity.
    Enlarge {
        /// The node.
        node: String,
        /// The utilization attribute.
        attribute: String,
        /// How much more of it.
        by: i64,
    },
    /// Bringing a node online.
    Online {
        /// The node.
        node: String,
    },
    /// Letting the cluster take care of a resource.
    Manage {
        /// The resource.
        resource: String,
    },
    /// Wanting a resource started.
    Start {
        /// The resource.
        resource: String,
    },
    /// Granting a ticket.
    Grant {
        /// The ticket.
        ticket: String,
    },
    /// Having quorum.
    Quorum,
    /// Deleting a constraint.
    Remove {
        /// The constraint.
        constraint: String,
    },
}

/// A change that was tried, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ChangeNote {
    /// The change.
    pub change: Change,
    /// Where the resource would be, or one more instance of it.
    pub assigned_to: String,
}

impl Change {
    /// Makes the change; nothing comes of one that has nothing to be made to.
    pub(super) fn make(&self, cib: &mut Cib, cluster: &Cluster) {
        match self {
            Change::Prefer { resource, node, score } => prefer(cib, resource, node, *score),
            Change::Cleanup { resource, node } => clean_up(cib, resource, node),
            Change::LeaveStandby { node } => drop_attributes(cib, node, |name| name == "standby"),
            Change::LeaveMaintenance { node } => drop_attributes(cib, node, |name| name == "maintenance"),
            Change::Recover { node } => drop_attributes(cib, node, |name| name.starts_with("#health")),
            Change::Enlarge { node, attribute, by } => enlarge(cib, node, attribute, *by),
            Change::Online { node } => {
                inject_all(cib, cluster, Injections { node_up: vec![node.clone()], ..Injections::default() });
            }
            Change::Grant { ticket } => {
                let tickets = [TicketChange::Grant, TicketChange::Activate].map(|change| (change, ticket.clone())).to_vec();
                inject_all(cib, cluster, Injections { tickets, ..Injections::default() });
            }
            Change::Quorum => StatusSection::new(cib, false).set_quorum("true"),
            Change::Manage { resource } => {
                set_meta(cib, resource, "is-managed", "true");
                set_meta(cib, resource, "maintenance", "false");
            }
            Change::Start { resource } => set_meta(cib, resource, "target-role", "Started"),
            Change::Remove { constraint } => remove_constraint(cib, constraint),
        }
    }
}

fn inject_all(cib: &mut Cib, cluster: &Cluster, injections: Injections) {
    // A node whose state is not clear stays as it is, and the change won't help.
    let _ = inject(cib, cluster, &injections, 0);
}

fn prefer(cib: &mut Cib, resource: &str, node: &str, score: Score) {
    let Some(constraints) = section(cib, "constraints") else { return };
    let attributes = [("id", "pengine-trial"), ("rsc", resource), ("node", node), ("score", &score.to_string())];
    cib.tree_mut().add_child_with(constraints, "rsc_location", &attributes);
}

/// A part of the configuration, which is made if there is none.
fn section(cib: &mut Cib, name: &str) -> Option<ElementId> {
    if let Some(found) = cib.section(name) {
        return Some(found.element_id());
    }
    let configuration = cib.root().child("configuration")?.element_id();
    Some(cib.tree_mut().add_child(configuration, name))
}

fn elements(cib: &Cib, is_meant: impl Fn(ElementRef<'_>) -> bool) -> Vec<ElementId> {
    cib.root().descendants().filter(|&at| is_meant(at)).map(ElementRef::element_id).collect()
}

fn remove_all(cib: &mut Cib, elements: Vec<ElementId>) {
    elements.into_iter().for_each(|element| cib.tree_mut().remove(element));
}

fn remove_constraint(cib: &mut Cib, id: &str) {
    let found = cib.section("constraints").map(|section| {
        // A rule or a set stands for its constraint.
        let holds = |at: &ElementRef<'_>| at.id() == Some(id) || at.descendants().any(|inner| inner.id() == Some(id));
        section.children().filter(holds).map(ElementRef::element_id).collect()
    });
    remove_all(cib, found.unwrap_or_default());
}

fn is_node(at: ElementRef<'_>, name: &str) -> bool {
    matches!(at.name(), "node" | "node_state") && at.attr("uname").is_some_and(|uname| uname.eq_ignore_ascii_case(name))
}

fn drop_attributes(cib: &mut Cib, node: &str, is_meant: impl Fn(&str) -> bool) {
    let belongs = |pair: ElementRef<'_>| std::iter::successors(pair.parent(), |at| at.parent()).any(|at| is_node(at, node));
    let found = elements(cib, |at| at.name() == "nvpair" && at.attr("name").is_some_and(&is_meant) && belongs(at));
    remove_all(cib, found);
}

fn enlarge(cib: &mut Cib, node: &str, attribute: &str, by: i64) {
    let nodes = cib.section("nodes").into_iter().flat_map(ElementRef::children);
    let Some(node) = nodes.into_iter().find(|&at| is_node(at, node)) else { return };
    let sets = node.children_named("utilization").flat_map(|set| set.children_named("nvpair"));
    let known = sets.filter(|pair| pair.attr("name") == Some(attribute)).map(|pair| {
        let amount = pair.attr("value").and_then(parse_integer).unwrap_or(0);
        (pair.element_id(), amount.saturating_add(by).to_string())
    });
    let (node, known) = (node.element_id(), known.collect::<Vec<_>>());
    let tree = cib.tree_mut();
    if known.is_empty() {
        let set = tree.add_child_with(node, "utilization", &[("id", "pengine-trial-utilization")]);
        let pair = [("id", "pengine-trial-capacity"), ("name", attribute), ("value", &by.to_string())];
        tree.add_child_with(set, "nvpair", &pair);
    }
    known.iter().for_each(|(pair, amount)| tree.set(*pair, "value", amount));
}

fn clean_up(cib: &mut Cib, resource: &str, node: &str) {
    let mut section = StatusSection::new(cib, false);
    let Ok(state) = section.node_state(node, None) else { return };
    section.remove_transient_attributes(state, |name| remembers_failures(name, resource));
    section.finish();
    // What was found where nothing ran, and what went well, is known still.
    let failed = |at: &ElementRef<'_>| !matches!(at.attr("rc-code"), Some("0" | "7" | "8" | "190" | "191"));
    let histories = cib.element(state).descendants().filter(|at| at.name() == "lrm_resource");
    let histories = histories.filter(|at| at.id().is_some_and(|id| is_instance(id, resource)));
    let entries = histories.flat_map(|history| history.children_named("lrm_rsc_op")).filter(failed);
    let entries = entries.map(ElementRef::element_id).collect();
    remove_all(cib, entries);
}

/// Sets a meta-attribute of a resource, and of whatever above it has it.
fn set_meta(cib: &mut Cib, resource: &str, name: &str, value: &str) {
    let Some(resources) = cib.resources() else { return };
    let Some(element) = resources.descendants().find(|at| at.id() == Some(resource)) else { return };
    let (id, mut pairs) = (element.element_id(), Vec::new());
    let mut above = Some(element);
    while let Some(at) = above.filter(|at| at.name() != "resources") {
        let sets = at.children_named("meta_attributes").flat_map(|set| set.children_named("nvpair"));
        pairs.extend(sets.filter(|pair| pair.attr("name") == Some(name)).map(ElementRef::element_id));
        above = at.parent();
    }
    let tree = cib.tree_mut();
    if pairs.is_empty() {
        let set = tree.add_child_with(id, "meta_attributes", &[("id", "pengine-trial-meta")]);
        let pair = format!("pengine-trial-{name}");
        tree.add_child_with(set, "nvpair", &[("id", &pair), ("name", name), ("value", value)]);
    }
    pairs.into_iter().for_each(|pair| tree.set(pair, "value", value));
}
