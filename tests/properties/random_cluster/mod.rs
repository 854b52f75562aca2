//! Random clusters: nodes and resources in any state, and constraints between them.
//!
//! Numbers that refer to something are taken modulo how many there are, so that whatever is left of a cluster is one, and a failure
//! shrinks to few nodes, resources and constraints.

mod constraint;
mod history;
mod node;
mod resource;

use std::fmt;

use pengine_tests::{Arrangement, Element};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

pub use constraint::{Constraint, Pair};
pub use history::History;
pub use node::{NodeState, node_name};
pub use resource::{Care, Kind, Resource};

/// A cluster, and how things are in it.
#[derive(Clone)]
pub struct RandomCluster {
    pub options: Options,
    pub nodes: Vec<NodeState>,
    pub resources: Vec<Resource>,
    pub constraints: Vec<Constraint>,
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

/// A primitive, or an instance with a name of its own: where it is in the configuration. All instances of an anonymous clone are one.
#[derive(Debug, Clone)]
pub struct Part {
    pub name: String,
    pub resource: usize,
    /// Its number among the names of the resource.
    pub member: usize,
}

impl Part {
    /// Whether an action's resource is meant by that; an instance of an anonymous clone that nothing is known of has its number.
    pub fn is_called(&self, name: &str) -> bool {
        name.strip_prefix(&self.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }
}

/// Clusters of up to 8 nodes and 30 primitives or so, mostly small ones.
pub fn clusters() -> impl Strategy<Value = RandomCluster> {
    // Shortened rather than made short, since what is made of two sorts shrinks within its own.
    let limits = prop_oneof![5 => Just((4, 4, 4)), 1 => Just((8, 4, 4)), 1 => Just((4, 15, 15)), 1 => Just((8, 15, 15))];
    let nodes = vec(node::node_state(), 1..=8);
    let resources = vec(resource::resource(), 1..=15);
    let constraints = vec(constraint::constraint(), 0..=15);
    (limits, options(), nodes, resources, constraints).prop_map(|(limits, options, mut nodes, mut resources, constraints)| {
        nodes.truncate(limits.0);
        resources.truncate(limits.1);
        let constraints = constraints.into_iter().take(limits.2);
        let constraints = constraints.filter_map(|constraint| constraint.within(resources.len(), nodes.len()));
        RandomCluster { options, constraints: constraints.collect(), nodes, resources }
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
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        self.resources.iter().enumerate().flat_map(|(at, resource)| {
            let names = resource.names(at).into_iter().enumerate();
            names.map(move |(member, name)| Part { name, resource: at, member })
        })
    }

    /// What is known of a part on a node.
    pub fn history(&self, part: &Part, node: usize) -> History {
        let is_here = |state: &NodeState| state.has_history();
        let Some(resource) = self.resources.get(part.resource).filter(|_| self.nodes.get(node).is_some_and(is_here)) else {
            return History::Nothing;
        };
        let count = resource.names(part.resource).len();
        let of_part = |event: &&history::Event| event.primitive % count == part.member && event.node % self.nodes.len() == node;
        let history = resource.events.iter().find(of_part).map_or(History::Probed, |event| event.history);
        if history == History::Promoted && !resource.is_promotable() { History::Started } else { history }
    }

    /// The nodes on which a part may be active.
    pub fn may_be_active_on(&self, part: &Part) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(|&node| self.history(part, node).may_be_active())
    }

    /// The document.
    pub fn to_xml(&self) -> String {
        self.to_xml_arranged(Arrangement::default())
    }

    /// The document with all that has no order in another order.
    pub fn to_xml_arranged(&self, arrangement: Arrangement) -> String {
        let coordinator = self.nodes.iter().position(|&state| state == NodeState::Online).unwrap_or(0);
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
        let nodes = self.nodes.iter().enumerate().map(|(number, state)| state.node(number));
        let device = Element::new("primitive").with("id", "fence").with("class", "stonith").with("type", "fence_dummy");
        let device = (fencing == Fencing::Enabled).then_some(device);
        let resources = self.resources.iter().enumerate().map(|(at, resource)| resource.element(at));
        let constraints = self.constraints.iter().enumerate().map(|(at, constraint)| constraint.element(at, &self.resources));
        Element::bag("configuration").holding([
            Element::new("crm_config").holding(Element::set("cluster_property_set", "options", options)),
            Element::bag("nodes").holding(nodes),
            Element::new("resources").holding([resource::template()]).holding(device).holding(resources),
            Element::new("constraints").holding(constraints),
            Element::new("rsc_defaults").holding(defaults),
        ])
    }

    fn status(&self) -> Element {
        let tickets: Vec<_> = self.constraints.iter().enumerate().filter_map(|(at, constraint)| constraint.ticket(at)).collect();
        let states = self.nodes.iter().enumerate().map(|(number, &state)| self.state(number, state));
        Element::new("status").holding([Element::bag("tickets").holding(tickets)]).holding(states)
    }

    fn state(&self, node: usize, state: NodeState) -> Element {
        let known: Vec<(String, History)> = self.parts().map(|part| (part.name.clone(), self.history(&part, node))).collect();
        let failures = known.iter().filter_map(|(name, history)| Some((name, history.failure()?)));
        let failures = failures.flat_map(|(name, (operation, count))| {
            let counted = (format!("fail-count-{name}#{operation}"), count.to_owned());
            [counted, (format!("last-failure-{name}#{operation}"), "1700000002".to_owned())]
        });
        let shutdown = (state == NodeState::ShuttingDown).then(|| ("shutdown".to_owned(), "1700000000".to_owned()));
        let id = node + 1;
        let attributes = Element::set("instance_attributes", &format!("status-{id}"), failures.chain(shutdown));
        let histories = known.iter().filter_map(|(name, history)| history.resource(name));
        let lrm = Element::new("lrm").with("id", id).holding([Element::new("lrm_resources").holding(histories)]);
        state.state(node).holding([Element::new("transient_attributes").with("id", id).holding(attributes), lrm])
    }
}
