//! Random clusters: nodes and resources in any state, and constraints between them.
//!
//! Numbers that refer to something are taken modulo how many there are, so that whatever is left of a cluster is one, and a failure
//! shrinks to few nodes, resources and constraints.

mod bundle;
mod constraint;
mod history;
mod node;
mod part;
mod resource;

use std::fmt;
use std::ops::Range;

use pengine_tests::{Arrangement, Element};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

pub use constraint::{Constraint, Pair};
pub use history::History;
pub use node::{Link, NodeState, Standing};
pub use part::{Part, PartRole};
pub use resource::{Care, Kind, Meta, Resource};

use node::member_name;

/// A cluster, and how things are in it. Nodes are known by number: those of the cluster itself, its members, come first, and then those that
/// are reached through resources, of which those that only a bundle has use for are last.
#[derive(Clone)]
pub struct RandomCluster {
    pub options: Options,
    pub members: Vec<NodeState>,
    pub links: Vec<Link>,
    pub resources: Vec<Resource>,
    pub constraints: Vec<Constraint>,
    /// The parts whose names are known, resource by resource.
    parts: Vec<Vec<Part>>,
}

#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub fencing: Fencing,
    pub has_quorum: bool,
    pub policy: &'static str,
    pub stickiness: u32,
    pub is_symmetric: bool,
    /// The cluster is left alone.
    pub maintenance: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fencing {
    Disabled,
    Enabled,
    /// It is wanted, and there is no device.
    WithoutDevice,
}

/// Clusters of up to 8 nodes and 30 primitives or so, mostly small ones.
pub fn clusters() -> impl Strategy<Value = RandomCluster> {
    // Shortened rather than made short, since what is made of two sorts shrinks within its own.
    let limits = prop_oneof![5 => Just((4, 4, 4)), 1 => Just((8, 4, 4)), 1 => Just((4, 15, 15)), 1 => Just((8, 15, 15))];
    let members = vec(node::node_state(), 1..=8);
    let resources = vec(resource::resource(), 1..=15);
    let constraints = vec(constraint::constraint(), 0..=15);
    (limits, options(), members, resources, constraints).prop_map(|(limits, options, mut members, mut resources, constraints)| {
        members.truncate(limits.0);
        resources.truncate(limits.1);
        let mut links: Vec<Link> = resources.iter().enumerate().flat_map(|(at, resource)| resource.links(at)).collect();
        links.sort_by_key(|link| link.is_reserved);
        let of_use = members.len() + links.iter().filter(|link| !link.is_reserved).count();
        let constraints = constraints.into_iter().take(limits.2);
        let mut constraints: Vec<Constraint> =
            constraints.filter_map(|constraint| constraint.within(&resources, of_use)).collect();
        let bases = constraints.iter().filter_map(|constraint| match constraint {
            Constraint::Base { base, .. } => Some(*base),
            _ => None,
        });
        let bases: Vec<usize> = bases.collect();
        constraints.retain(|constraint| !bases.iter().any(|&base| constraint.depends(base)));
        let parts = resources.iter().enumerate().map(|(at, resource)| resource.parts(at)).collect();
        RandomCluster { options, members, links, resources, constraints, parts }
    })
}

fn options() -> impl Strategy<Value = Options> {
    let fencing = prop_oneof![5 => Just(Fencing::Disabled), 5 => Just(Fencing::Enabled), 1 => Just(Fencing::WithoutDevice)];
    let policies = select(&["stop", "ignore", "freeze", "demote", "fence"][..]);
    let quorum = (prop::bool::weighted(0.2), policies);
    let rest = (select(&[0, 1, 100][..]), prop::bool::weighted(0.1), prop::bool::weighted(0.03));
    (fencing, quorum, rest).prop_map(|(fencing, (lacks_quorum, policy), (stickiness, is_asymmetric, maintenance))| Options {
        fencing,
        has_quorum: !lacks_quorum,
        policy,
        stickiness,
        is_symmetric: !is_asymmetric,
        maintenance,
    })
}

/// The document, which says all and can be tried elsewhere.
impl fmt::Debug for RandomCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_xml())
    }
}

impl RandomCluster {
    /// The parts whose names are known, in the order of configuration.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().flatten()
    }

    /// The parts of a resource.
    pub fn parts_of(&self, resource: usize) -> &[Part] {
        &self.parts[resource]
    }

    /// The resource that a name in a plan belongs to: that of one of its parts, or of what holds them.
    pub fn resource_called(&self, name: &str) -> Option<usize> {
        let part = self.parts().find(|part| part.is_called(name)).map(|part| part.resource);
        let digits = name.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        part.or_else(|| digits[..end].parse().ok().filter(|&number| number < self.resources.len()))
    }

    /// The nodes of all sorts.
    pub fn nodes(&self) -> Range<usize> {
        0..self.members.len() + self.links.len()
    }

    /// How a node is reached, if it is none of the cluster itself.
    pub fn link(&self, node: usize) -> Option<&Link> {
        node.checked_sub(self.members.len()).and_then(|number| self.links.get(number))
    }

    pub fn node_name(&self, node: usize) -> String {
        self.link(node).map_or_else(|| member_name(node), |link| self.connection(link).name.clone())
    }

    pub fn connection(&self, link: &Link) -> &Part {
        &self.parts[link.resource][link.connection]
    }

    /// What runs a node that is reached through a resource; nothing if it is a machine of its own.
    pub fn launcher(&self, link: &Link) -> Option<&Part> {
        link.launcher.map(|launcher| &self.parts[link.resource][launcher])
    }

    /// The meta-attributes that count for a part.
    pub fn meta(&self, part: &Part) -> Meta {
        let Resource { kind, meta, .. } = &self.resources[part.resource];
        let meta = match (kind, part.role) {
            // The connection takes nothing else from its machine (RSC-12).
            (Kind::Guest, PartRole::Connection { .. }) if meta.care == Care::Unmanaged => {
                Meta { care: meta.care, ..Meta::default() }
            }
            (Kind::Guest, PartRole::Connection { .. }) => Meta::default(),
            (_, PartRole::Container { .. } | PartRole::Address { .. } | PartRole::Connection { .. }) => {
                Meta { on_fail: None, ..*meta }
            }
            _ => *meta,
        };
        // A connection needs no fencing unless it is said to (RSC-42).
        Meta { requires: meta.requires.or(part.role.is_connection().then_some("quorum")), ..meta }
    }

    /// What is known of a part on a node.
    pub fn history(&self, part: &Part, node: usize) -> History {
        let is_told = |node: usize| match self.link(node) {
            Some(link) => link.standing != Standing::Unknown && self.is_launched(link),
            None => self.members[node].has_history(),
        };
        if !self.can_run(part, node) || !is_told(node) {
            return History::Nothing;
        }
        let resource = &self.resources[part.resource];
        let support = part.role.support().map(|support| &self.parts[part.resource][support]);
        if support.is_some_and(|support| !self.history(support, node).may_be_active()) {
            return History::Probed;
        }
        let (count, nodes) = (self.parts[part.resource].len(), self.nodes().len());
        let of_part = |event: &&history::Event| event.primitive % count == part.member && event.node % nodes == node;
        let otherwise = if support.is_some() || part.role == PartRole::Contained { History::Started } else { History::Probed };
        let history = resource.events.iter().find(of_part).map_or(otherwise, |event| event.history);
        match (history, part.role) {
            (History::Promoted, _) if !self.may_be_promoted(part) => History::Started,
            (History::StopFailed, PartRole::Connection { .. }) => History::StopForgiven,
            _ => history,
        }
    }

    /// Whether a part's instances can be promoted.
    pub fn may_be_promoted(&self, part: &Part) -> bool {
        self.resources[part.resource].is_promotable() && matches!(part.role, PartRole::Service | PartRole::Contained)
    }

    /// Whether a part is of a kind that the node can run.
    pub fn can_run(&self, part: &Part, node: usize) -> bool {
        match (self.link(node), part.role) {
            (Some(link), PartRole::Contained) => link.is_reserved && link.resource == part.resource,
            // What is a node itself is not looked for on guests (ACT-44).
            (Some(link), PartRole::Container { is_node: true }) => !link.is_reserved && link.launcher.is_none(),
            (Some(link), role) => !link.is_reserved && !role.needs_member() && !self.is_base(part.resource),
            (None, role) => role != PartRole::Contained,
        }
    }

    /// Whether a connection needs a resource.
    pub fn is_base(&self, resource: usize) -> bool {
        self.constraints.iter().any(|constraint| matches!(constraint, Constraint::Base { base, .. } if *base == resource))
    }

    /// Whether what runs a node may be active.
    fn is_launched(&self, link: &Link) -> bool {
        self.launcher(link).is_none_or(|launcher| self.may_be_active_on(launcher).next().is_some())
    }

    /// The nodes on which a part may be active.
    pub fn may_be_active_on(&self, part: &Part) -> impl Iterator<Item = usize> {
        self.nodes().filter(|&node| self.history(part, node).may_be_active())
    }

    /// Whether a node can be told to do something. One that is reached through a resource can if its connection is active, once, and has
    /// not failed, and that holds of what runs it as well.
    pub fn obeys(&self, node: usize) -> bool {
        let is_well = |part: &Part| {
            let active: Vec<usize> = self.may_be_active_on(part).collect();
            matches!(active[..], [node] if self.obeys(node) && self.history(part, node) == History::Started)
        };
        match self.link(node) {
            Some(link) => is_well(self.connection(link)) && self.launcher(link).is_none_or(is_well),
            None => self.members[node].obeys(),
        }
    }

    /// The document.
    pub fn to_xml(&self) -> String {
        self.to_xml_arranged(Arrangement::default())
    }

    /// The document with all that has no order in another order.
    pub fn to_xml_arranged(&self, arrangement: Arrangement) -> String {
        let coordinator = self.members.iter().position(|&state| state == NodeState::Online).unwrap_or(0);
        let cib = Element::bag("cib").with("crm_feature_set", "3.20.5").with("validate-with", "pacemaker-4.0");
        let cib = cib.with("epoch", 1).with("num_updates", 0).with("admin_epoch", 0).with("dc-uuid", coordinator + 1);
        let cib = cib.with("have-quorum", u8::from(self.options.has_quorum)).with("no-quorum-panic", 1);
        cib.holding([self.configuration(), self.status()]).to_xml(arrangement)
    }

    fn configuration(&self) -> Element {
        let Options { fencing, policy, stickiness, is_symmetric, maintenance, .. } = self.options;
        let options = [
            ("fencing-enabled", (fencing != Fencing::Disabled).to_string()),
            ("no-quorum-policy", policy.to_owned()),
            ("symmetric-cluster", is_symmetric.to_string()),
            ("maintenance-mode", maintenance.to_string()),
        ];
        let defaults = Element::set("meta_attributes", "defaults", [("resource-stickiness", stickiness)]);
        let nodes = self.members.iter().enumerate().map(|(number, state)| state.node(number));
        let linked = self.links.iter().filter_map(|link| link.node(&self.connection(link).name));
        let device = Element::new("primitive").with("id", "fence").with("class", "stonith").with("type", "fence_dummy");
        let device = (fencing == Fencing::Enabled).then_some(device);
        let resources = self.resources.iter().enumerate().map(|(at, resource)| resource.element(at));
        let constraints = self.constraints.iter().enumerate();
        let constraints =
            constraints.flat_map(|(at, constraint)| [Some(constraint.element(at, self)), constraint.place(at, self)]);
        Element::bag("configuration").holding([
            Element::new("crm_config").holding(Element::set("cluster_property_set", "options", options)),
            Element::bag("nodes").holding(nodes).holding(linked),
            Element::new("resources").holding([resource::template()]).holding(device).holding(resources),
            Element::new("constraints").holding(constraints.flatten()),
            Element::new("rsc_defaults").holding(defaults),
        ])
    }

    fn status(&self) -> Element {
        let tickets: Vec<_> = self.constraints.iter().enumerate().filter_map(|(at, constraint)| constraint.ticket(at)).collect();
        let members = self.members.iter().enumerate().map(|(number, state)| self.state(number, state.state(number)));
        let linked = self.links.iter().zip(self.members.len()..).filter(|(link, _)| link.standing != Standing::Unknown);
        let linked = linked.map(|(link, number)| self.state(number, link.state(&self.node_name(number))));
        Element::new("status").holding([Element::bag("tickets").holding(tickets)]).holding(members).holding(linked)
    }

    /// A node's state, with what is known of its transient attributes and histories.
    fn state(&self, node: usize, state: Element) -> Element {
        let known: Vec<(&Part, History)> = self.parts().map(|part| (part, self.history(part, node))).collect();
        let failures = known.iter().filter_map(|(part, history)| Some((&part.name, history.failure(part)?)));
        let failures = failures.flat_map(|(name, (operation, count))| {
            let counted = (format!("fail-count-{name}#{operation}"), count.to_owned());
            [counted, (format!("last-failure-{name}#{operation}"), "1700000002".to_owned())]
        });
        let promotable = known.iter().filter(|(part, history)| self.may_be_promoted(part) && history.may_be_active());
        let promotable = promotable.map(|(part, history)| {
            let score = if *history == History::Promoted { "10" } else { "5" };
            (format!("master-{}", part.name), score.to_owned())
        });
        let leaves = self.members.get(node) == Some(&NodeState::ShuttingDown);
        let shutdown = leaves.then(|| ("shutdown".to_owned(), "1700000000".to_owned()));
        let id = if self.link(node).is_some() { self.node_name(node) } else { (node + 1).to_string() };
        let attributes = Element::set("instance_attributes", &format!("status-{id}"), failures.chain(promotable).chain(shutdown));
        let histories = known.iter().filter_map(|(part, history)| history.resource(part));
        let lrm = Element::new("lrm").with("id", &id).holding([Element::new("lrm_resources").holding(histories)]);
        state.holding([Element::new("transient_attributes").with("id", id).holding(attributes), lrm])
    }
}
