//! Constraints of every kind.

use pengine_tests::Element;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::RandomCluster;
use super::resource::{Kind, Resource};

/// A constraint; resources are numbers to be taken modulo how many there are, nodes likewise.
#[derive(Debug, Clone)]
pub enum Constraint {
    Location {
        resource: usize,
        node: usize,
        score: &'static str,
    },
    /// By a rule: on all nodes but one.
    LocationElsewhere {
        resource: usize,
        node: usize,
        score: &'static str,
    },
    /// Preferred for the promoted instance.
    PromotedLocation {
        resource: usize,
        node: usize,
        score: &'static str,
    },
    Colocation {
        pair: Pair,
        score: &'static str,
    },
    ColocationSet {
        resources: Vec<usize>,
        score: &'static str,
        sequential: bool,
    },
    Order {
        pair: Pair,
        kind: &'static str,
        symmetrical: bool,
    },
    OrderSet {
        resources: Vec<usize>,
        kind: &'static str,
        sequential: bool,
        require_all: bool,
    },
    /// A connection, or a machine with one, after what it needs. That is neither run nor looked for where a connection leads to, since it
    /// would wait for itself there.
    Base {
        link: usize,
        base: usize,
    },
    Ticket {
        resource: usize,
        granted: bool,
        loss_policy: &'static str,
    },
}

/// Two resources, perhaps in a role of theirs.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    pub dependent: usize,
    pub primary: usize,
    /// It is about promoted instances of the dependent, if it can be promoted.
    pub promotes_dependent: bool,
    /// It is about promoted instances of the primary, likewise.
    pub promotes_primary: bool,
}

impl Pair {
    pub fn both(self) -> [usize; 2] {
        [self.dependent, self.primary]
    }
}

pub fn constraint() -> impl Strategy<Value = Constraint> {
    let scores = || select(&["-INFINITY", "-100", "100", "INFINITY"][..]);
    let number = || 0..30usize;
    let pair =
        || {
            let promoted = || prop::bool::weighted(0.4);
            (number(), number(), promoted(), promoted()).prop_map(|(dependent, primary, promotes_dependent, promotes_primary)| {
                Pair { dependent, primary, promotes_dependent, promotes_primary }
            })
        };
    let kinds = || select(&["Mandatory", "Optional", "Serialize"][..]);
    let resources = || vec(number(), 2..=4);
    let location = || (number(), 0..12usize, scores());
    let policies = select(&["stop", "demote", "fence", "freeze"][..]);
    prop_oneof![
        6 => location().prop_map(|(resource, node, score)| Constraint::Location { resource, node, score }),
        1 => location().prop_map(|(resource, node, score)| Constraint::LocationElsewhere { resource, node, score }),
        1 => location().prop_map(|(resource, node, score)| Constraint::PromotedLocation { resource, node, score }),
        6 => (pair(), scores()).prop_map(|(pair, score)| Constraint::Colocation { pair, score }),
        1 => (resources(), scores(), any::<bool>())
            .prop_map(|(resources, score, sequential)| Constraint::ColocationSet { resources, score, sequential }),
        6 => (pair(), kinds(), prop::bool::weighted(0.8))
            .prop_map(|(pair, kind, symmetrical)| Constraint::Order { pair, kind, symmetrical }),
        1 => (resources(), kinds(), any::<bool>(), any::<bool>())
            .prop_map(|(resources, kind, sequential, require_all)| Constraint::OrderSet { resources, kind, sequential, require_all }),
        1 => (number(), number()).prop_map(|(link, base)| Constraint::Base { link, base }),
        1 => (number(), any::<bool>(), policies)
            .prop_map(|(resource, granted, loss_policy)| Constraint::Ticket { resource, granted, loss_policy }),
    ]
}

impl Constraint {
    /// The constraint with its numbers within what there is; nothing if it would need another resource. What depends on something comes
    /// after it, since a loop of constraints need not have a solution; so does what may run on a node come after the node.
    pub fn within(self, every: &[Resource], nodes: usize) -> Option<Self> {
        let resources = every.len();
        let all = |numbers: Vec<usize>| {
            let mut numbers: Vec<usize> = numbers.into_iter().map(|number| number % resources).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let is_in_order = numbers.is_sorted_by_key(|&number| every[number].rank());
            (numbers.len() > 1 && is_in_order).then_some(numbers)
        };
        let two = |pair: Pair| match all(vec![pair.dependent, pair.primary])?.as_slice() {
            &[primary, dependent] => Some(Pair {
                dependent,
                primary,
                promotes_dependent: pair.promotes_dependent && every[dependent].is_promotable(),
                promotes_primary: pair.promotes_primary && every[primary].is_promotable(),
            }),
            _ => None,
        };
        Some(match self {
            Constraint::Location { resource, node, score } => {
                Constraint::Location { resource: resource % resources, node: node % nodes, score }
            }
            Constraint::LocationElsewhere { resource, node, score } => {
                Constraint::LocationElsewhere { resource: resource % resources, node: node % nodes, score }
            }
            Constraint::PromotedLocation { resource, node, score } => {
                Constraint::PromotedLocation { resource: resource % resources, node: node % nodes, score }
            }
            Constraint::Colocation { pair, score } => Constraint::Colocation { pair: two(pair)?, score },
            Constraint::ColocationSet { resources: numbers, score, sequential } => {
                Constraint::ColocationSet { resources: all(numbers)?, score, sequential }
            }
            Constraint::Order { pair, kind, symmetrical } => Constraint::Order { pair: two(pair)?, kind, symmetrical },
            Constraint::OrderSet { resources: numbers, kind, sequential, require_all } => {
                Constraint::OrderSet { resources: all(numbers)?, kind, sequential, require_all }
            }
            Constraint::Base { link, base } => {
                let link = nth(link, (0..resources).filter(|&number| every[number].rank() < 2))?;
                let is_base = |&number: &usize| matches!(every[number].kind, Kind::Primitive | Kind::Group { .. });
                Constraint::Base { link, base: nth(base, (0..link).filter(is_base))? }
            }
            Constraint::Ticket { resource, granted, loss_policy } => {
                Constraint::Ticket { resource: resource % resources, granted, loss_policy }
            }
        })
    }

    /// Whether it makes a resource wait for something, or puts it where that is.
    pub fn depends(&self, resource: usize) -> bool {
        match self {
            Constraint::Colocation { pair, .. } | Constraint::Order { pair, .. } => pair.dependent == resource,
            Constraint::ColocationSet { resources, .. } | Constraint::OrderSet { resources, .. } => resources.contains(&resource),
            Constraint::Base { link, .. } => *link == resource,
            _ => false,
        }
    }

    /// Its configuration.
    pub fn element(&self, at: usize, cluster: &RandomCluster) -> Element {
        let RandomCluster { resources, .. } = cluster;
        let id = |number: usize| resources.get(number).map(|resource| resource.id(number)).unwrap_or_default();
        let constraint = |name: &'static str| Element::new(name).with("id", format!("constraint{at}"));
        let set = |set: &str, numbers: &[usize]| {
            let members = numbers.iter().map(|&number| Element::new("resource_ref").with("id", id(number)));
            Element::new("resource_set").with("id", format!("constraint{at}-{set}")).holding(members)
        };
        match self {
            Constraint::Location { resource, node, score } => {
                constraint("rsc_location").with("rsc", id(*resource)).with("node", cluster.node_name(*node)).with("score", score)
            }
            Constraint::LocationElsewhere { resource, node, score } => {
                constraint("rsc_location").with("rsc", id(*resource)).holding([rule(at, &cluster.node_name(*node), "ne", score)])
            }
            Constraint::PromotedLocation { resource, node, score } => constraint("rsc_location")
                .with("rsc", id(*resource))
                .holding([rule(at, &cluster.node_name(*node), "eq", score).with("role", "Promoted")]),
            Constraint::Colocation { pair, score } => {
                let colocation = constraint("rsc_colocation").with("rsc", id(pair.dependent)).with("with-rsc", id(pair.primary));
                let roles = [("rsc-role", pair.promotes_dependent), ("with-rsc-role", pair.promotes_primary)];
                let roles = roles.into_iter().filter(|(_, is_promoted)| *is_promoted);
                roles.fold(colocation.with("score", score), |colocation, (name, _)| colocation.with(name, "Promoted"))
            }
            Constraint::ColocationSet { resources, score, sequential } => {
                constraint("rsc_colocation").with("score", score).holding([set("set", resources).with("sequential", sequential)])
            }
            Constraint::Order { pair, kind, symmetrical } => {
                let order =
                    constraint("rsc_order").with("first", id(pair.primary)).with("then", id(pair.dependent)).with("kind", kind);
                let order = if *symmetrical { order } else { order.with("symmetrical", false) };
                let action = |is_promoted: bool| if is_promoted { "promote" } else { "start" };
                match pair {
                    Pair { promotes_dependent: false, promotes_primary: false, .. } => order,
                    _ => order
                        .with("first-action", action(pair.promotes_primary))
                        .with("then-action", action(pair.promotes_dependent)),
                }
            }
            Constraint::Base { link, base } => constraint("rsc_order").with("first", id(*base)).with("then", id(*link)),
            Constraint::OrderSet { resources, kind, sequential, require_all } => {
                let (last, first) = resources.split_last().expect("it orders at least two");
                let first = set("first", first).with("sequential", sequential).with("require-all", require_all);
                constraint("rsc_order").with("kind", kind).holding([first, set("then", &[*last])])
            }
            Constraint::Ticket { resource, loss_policy, .. } => constraint("rsc_ticket")
                .with("rsc", id(*resource))
                .with("ticket", format!("ticket{at}"))
                .with("loss-policy", loss_policy),
        }
    }

    /// What keeps a base where it is neither run nor looked for.
    pub fn place(&self, at: usize, cluster: &RandomCluster) -> Option<Element> {
        let &Constraint::Base { base, .. } = self else { return None };
        let id = |what: &str| format!("constraint{at}-{what}");
        let expression = Element::new("expression").with("id", id("kind")).with("attribute", "#kind");
        let expression = expression.with("operation", "ne").with("value", "cluster");
        let rule = Element::new("rule").with("id", id("rule")).with("score", "-INFINITY").holding([expression]);
        let location = Element::new("rsc_location").with("id", id("place")).with("rsc", cluster.resources[base].id(base));
        Some(location.with("resource-discovery", "never").holding([rule]))
    }

    /// The state of its ticket.
    pub fn ticket(&self, at: usize) -> Option<Element> {
        let Constraint::Ticket { granted, .. } = self else { return None };
        Some(Element::new("ticket_state").with("id", format!("ticket{at}")).with("granted", granted))
    }
}

/// One of some numbers, taken modulo how many there are.
fn nth(number: usize, mut among: impl Iterator<Item = usize> + Clone) -> Option<usize> {
    let count = among.clone().count();
    among.nth(number.checked_rem(count)?)
}

/// Never on all nodes of bundles and all guests: what keeps away from a bundle and prefers its node would wait for itself (PLACE-41 lets it
/// in).
fn rule(at: usize, node: &str, operation: &str, score: &str) -> Element {
    let expression = |attribute: &str, operation: &str, value: &str| {
        let expression = Element::new("expression").with("id", format!("constraint{at}-{operation}-{value}"));
        expression.with("attribute", attribute).with("operation", operation).with("value", value)
    };
    let expressions = [expression("#uname", operation, node), expression("#kind", "ne", "container")];
    Element::new("rule").with("id", format!("constraint{at}-rule")).with("score", score).holding(expressions)
}
