//! What the nodes of a cluster tell each other. All of it is heard by all, in one order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use pengine_control::{Event as Report, Reply, Request, Version};
use serde::{Deserialize, Serialize};

use crate::core::{Finding, Order, RequestId, StateChange};

/// The number by which the nodes of a cluster know each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u32);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The time between two changes of who is there, during which one node decides. Numbers grow along each line of terms that a node
/// lived through; two partitions may have terms of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Term {
    /// Its number, from 1.
    pub number: u64,
    /// The node that decides.
    pub coordinator: NodeId,
    /// Stands for all that was told when it was agreed on, and so tells it from all others.
    pub origin: u64,
}

/// What a node keeps on disk of the terms that it lived through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastTerm {
    /// The last one.
    #[serde(flatten)]
    pub term: Term,
    /// The number of the last one with quorum that its configuration comes from.
    pub quorate: Option<u64>,
}

/// Messages that take effect together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The term that it is part of; none while a term is being agreed on. One of another term counts for nobody.
    pub term: Option<Term>,
    /// The messages.
    pub messages: Vec<Message>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// A node tells what it knows and does, after each change of who is there.
    Join(Box<Join>),
    /// Nodes that tell nothing are not waited for any longer.
    Without {
        /// The nodes.
        silent: BTreeSet<NodeId>,
        /// Which word of the one who says so this goes with ([`Join::run`]).
        run: (String, u64),
    },
    /// What the term begins with, for those who don't have it: told by those who know it best.
    Base(Box<Base>),

    /// By the coordinator: a node is to do something.
    Order(Box<Order>),
    /// By the coordinator: the state changes.
    Changed(Box<StateChange>),
    /// By the coordinator: a finding was heard of, and its consequences are told.
    Heard {
        /// The name of the node.
        node: String,
        /// The finding's number.
        number: u64,
    },
    /// By the coordinator: this configuration is to be saved by all.
    Save {
        /// Its version.
        version: Version,
        /// As text.
        xml: String,
    },
    /// By the coordinator: the configuration of that version is saved by all, and counts.
    Adopted(Version),
    /// By the coordinator: the configuration of that version could not be saved by all, and doesn't count.
    Abandoned(Version),
    /// By the coordinator: the answer to a request.
    Reply {
        /// The node that asked.
        to: NodeId,
        /// What it calls the request.
        request: RequestId,
        /// The answer.
        reply: Box<Reply>,
    },
    /// By the coordinator: something that people may want to know.
    Report(Report),
    /// By the coordinator: a node that wanted to leave may do so.
    LetGo(String),

    /// By any node: what it found out.
    Found(Box<Finding>),
    /// By any node: somebody there asks for something.
    Ask {
        /// What the node calls the request.
        request: RequestId,
        /// What is asked for.
        what: Box<Request>,
    },
    /// By any node: a configuration is safe on its disk, or could not be saved.
    Saved(Version, Result<(), String>),
    /// By any node: it wants to leave.
    Leave,
    /// By any node: it is there, and has nothing else to say.
    Word,
    /// By any node: these have said nothing for too long, since they said so many words in this term.
    Silent(BTreeMap<NodeId, u64>),
}

/// What a node knows and does when a term is agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The oldest version of this protocol that it speaks, and the newest.
    pub protocol: (u32, u32),
    /// Its name.
    pub name: String,
    /// Which run of its daemon that is, and the how manyth change of who is there in it: no other word of any node is alike.
    pub run: (String, u64),
    /// The last term that it lived through.
    pub term: Option<Term>,
    /// Who was part of that term, with the runs of their daemons.
    pub fellows: BTreeMap<NodeId, String>,
    /// How much was decided in that term, as far as it knows; none if it was started since, and knows no state.
    pub position: Option<u64>,
    /// The number of the last term with quorum that its configuration comes from.
    pub configured: Option<u64>,
    /// The number of the last term with quorum from which it knows the state.
    pub quorate: Option<u64>,
    /// The number of the first term since which it has been there without a break.
    pub since: u64,
    /// The version of its document.
    pub version: Version,
    /// The digest of its configuration.
    pub digest: String,
    /// What the status section says of itself.
    pub state: Option<String>,
    /// What it was ordered to do and nobody has heard the end of.
    pub open: Vec<Order>,
}

/// What a term begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Base {
    /// By who has the newest: the configuration, as text.
    pub configuration: Option<String>,
    /// By who knows the state best: what the status section says of nodes that are not there.
    pub absent: Option<Vec<String>>,
}
