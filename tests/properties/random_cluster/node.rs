//! Nodes, and what is known of their state.

use pengine_tests::Element;
use proptest::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeState {
    Online,
    Standby,
    Maintenance,
    /// It asked to leave.
    ShuttingDown,
    /// It joins, but is not there yet.
    Pending,
    /// It left in order.
    Offline,
    /// It was expected to be there.
    Lost,
    /// It is there, and its controller is not.
    ControllerLost,
}

pub fn node_state() -> impl Strategy<Value = NodeState> {
    prop_oneof![
        12 => Just(NodeState::Online),
        2 => Just(NodeState::Standby),
        1 => Just(NodeState::Maintenance),
        1 => Just(NodeState::ShuttingDown),
        1 => Just(NodeState::Pending),
        1 => Just(NodeState::Offline),
        3 => Just(NodeState::Lost),
        1 => Just(NodeState::ControllerLost),
    ]
}

/// The name of a node of the cluster itself, by its number from 0.
pub fn member_name(number: usize) -> String {
    format!("n{}", number + 1)
}

/// What is known of a node that is reached through a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Available,
    Standby,
    Maintenance,
    /// There is no state of it.
    Unknown,
}

pub fn standing() -> impl Strategy<Value = Standing> {
    prop_oneof![
        10 => Just(Standing::Available),
        1 => Just(Standing::Standby),
        1 => Just(Standing::Maintenance),
        2 => Just(Standing::Unknown),
    ]
}

/// A node that is reached through a resource.
#[derive(Debug, Clone)]
pub struct Link {
    /// The resource that it belongs to.
    pub resource: usize,
    /// Its connection among the parts of the resource, which has its name.
    pub connection: usize,
    /// What runs it, likewise; nothing if it is a machine of its own.
    pub launcher: Option<usize>,
    pub standing: Standing,
    /// It is a bundle's container, for which only the bundle has use.
    pub is_reserved: bool,
}

impl Link {
    /// Its entry in the status section, without transient attributes and histories.
    pub fn state(&self, name: &str) -> Element {
        let state = Element::new("node_state").with("id", name).with("uname", name).with("remote_node", true);
        state.with("in_ccm", true).with("node_in_maintenance", u8::from(self.standing == Standing::Maintenance))
    }

    /// Its permanent entry in the configuration, if it needs one.
    pub fn node(&self, name: &str) -> Option<Element> {
        let attribute = match self.standing {
            Standing::Standby => ("standby", "on"),
            Standing::Maintenance => ("maintenance", "on"),
            Standing::Available | Standing::Unknown => return None,
        };
        let attributes = Element::set("instance_attributes", &format!("{name}-attributes"), [attribute]);
        Some(Element::new("node").with("id", name).with("uname", name).with("type", "remote").holding(attributes))
    }
}

impl NodeState {
    /// Whether something may run there that nobody hears of any more.
    pub fn is_lost(self) -> bool {
        matches!(self, NodeState::Lost | NodeState::ControllerLost)
    }

    /// Whether its controller can be told to do something.
    pub fn obeys(self) -> bool {
        matches!(self, NodeState::Online | NodeState::Standby | NodeState::Maintenance | NodeState::ShuttingDown)
    }

    /// Whether it has a history: one that left in order stopped everything before, and one that joins has not begun.
    pub fn has_history(self) -> bool {
        !matches!(self, NodeState::Offline | NodeState::Pending)
    }

    /// Its entry in the configuration.
    pub fn node(self, number: usize) -> Element {
        let (id, name) = (number + 1, member_name(number));
        let attribute = match self {
            NodeState::Standby => Some(("standby", "on")),
            NodeState::Maintenance => Some(("maintenance", "on")),
            _ => None,
        };
        let attributes = Element::set("instance_attributes", &format!("{name}-attributes"), attribute);
        Element::new("node").with("id", id).with("uname", name).holding(attributes)
    }

    /// Its entry in the status section, without transient attributes and histories.
    pub fn state(self, number: usize) -> Element {
        let (member, controller, join, expected) = match self {
            NodeState::Online | NodeState::Standby | NodeState::Maintenance | NodeState::ShuttingDown => {
                (true, "online", "member", "member")
            }
            NodeState::Pending => (true, "online", "pending", "member"),
            NodeState::Offline => (false, "offline", "down", "down"),
            NodeState::Lost => (false, "offline", "down", "member"),
            NodeState::ControllerLost => (true, "offline", "member", "member"),
        };
        let state = Element::new("node_state").with("id", number + 1).with("uname", member_name(number));
        state.with("in_ccm", member).with("crmd", controller).with("join", join).with("expected", expected)
    }
}
