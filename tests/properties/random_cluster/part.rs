//! The primitives of a cluster, each of which has a history of its own.

use pengine::record::parameter_digest;

/// A primitive, or an instance with a name of its own: where it is in the configuration. All instances of an anonymous clone are one.
#[derive(Debug, Clone)]
pub struct Part {
    pub name: String,
    pub resource: usize,
    /// Its number among the parts of the resource.
    pub member: usize,
    pub role: PartRole,
    /// Whether it is one thing, which may run only once.
    pub is_single: bool,
    pub parameters: Vec<(&'static str, String)>,
}

/// What a part is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartRole {
    Service,
    /// The connection to a machine.
    Remote,
    /// A virtual machine that is a node.
    Machine,
    /// The connection to what another part runs.
    Connection {
        launcher: usize,
    },
    /// Whether it is a node itself.
    Container {
        is_node: bool,
    },
    /// A container's address.
    Address {
        container: usize,
    },
    /// What runs in the containers of a bundle, in all of them.
    Contained,
}

impl PartRole {
    /// The part without which it is not active.
    pub fn support(self) -> Option<usize> {
        match self {
            PartRole::Connection { launcher: support } | PartRole::Address { container: support } => Some(support),
            _ => None,
        }
    }

    /// Whether it leads to a node.
    pub fn is_connection(self) -> bool {
        matches!(self, PartRole::Remote | PartRole::Connection { .. })
    }

    /// Whether orders of its resource are about it. The address and the connection of a container only have to do with the container
    /// (INST-85), and the connection of a guest with its machine (RSC-12).
    pub fn is_ordered(self) -> bool {
        self.support().is_none()
    }

    /// Whether colocations of its resource are about it; what is in a container goes where that goes (INST-87).
    pub fn is_placed(self) -> bool {
        self.is_ordered() && self != PartRole::Contained
    }

    /// Whether locations of its resource count for it (INST-86).
    pub fn is_located(self) -> bool {
        !matches!(self, PartRole::Connection { .. } | PartRole::Contained)
    }

    /// Whether only nodes of the cluster itself can have it.
    pub fn needs_member(self) -> bool {
        self.is_connection() || self == PartRole::Machine
    }

    /// How often it is looked at.
    pub fn interval(self) -> u32 {
        match self {
            PartRole::Service | PartRole::Remote | PartRole::Machine | PartRole::Contained => 10_000,
            PartRole::Connection { .. } => 30_000,
            PartRole::Container { .. } | PartRole::Address { .. } => 60_000,
        }
    }

    /// Provider and type of its agent.
    pub fn agent(self) -> (&'static str, &'static str) {
        match self {
            PartRole::Service | PartRole::Machine | PartRole::Contained => ("heartbeat", "Dummy"),
            PartRole::Remote | PartRole::Connection { .. } => ("pacemaker", "remote"),
            PartRole::Container { .. } => ("heartbeat", "podman"),
            PartRole::Address { .. } => ("heartbeat", "IPaddr2"),
        }
    }
}

impl Part {
    /// The digest of what an operation is done with, as the history has it; of repetitions that is their timeout, too.
    pub fn digest(&self, interval: u32) -> String {
        let timeout = if matches!(self.role, PartRole::Connection { .. }) { "30000" } else { "20000" };
        let parameters = self.parameters.iter().map(|(name, value)| (*name, value.as_str()));
        parameter_digest(parameters.chain([("CRM_meta_timeout", timeout)]), interval)
    }

    /// Whether an action's resource is meant by that; an instance of an anonymous clone that nothing is known of has its number.
    pub fn is_called(&self, name: &str) -> bool {
        name.strip_prefix(&self.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }
}
