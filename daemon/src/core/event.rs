//! What the core hears of the world, and what it wants done there.

use pengine_control::{Event as Report, Reply, Request, Version};

use serde::{Deserialize, Serialize};

use super::{Finding, Order, StateChange};

/// What time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// Milliseconds since some moment before the start, never going back: what timers go by.
    pub monotonic_ms: u64,
    /// Seconds since the epoch: what is written down, and what rules go by.
    pub epoch_s: i64,
}

/// The number of a request, never given twice by one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// Something that whoever decides hears of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Who is there.
    Membership(Membership),
    /// What a node found out by calling an agent.
    Found(Box<Finding>),
    /// Somebody asks for something. Whether they may was judged before.
    Request(RequestId, Request),
    /// A configuration is safe on disk, or could not be saved.
    Saved(Version, Result<(), String>),
    /// Time has passed: what was due is due.
    Tick,
    /// A node wants to leave.
    Leave(String),
    /// Nothing more is to be begun.
    Pause,
}

/// Something that whoever decides wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Let a node do something; [`Event::Found`] will tell what came of it.
    Order(Box<Order>),
    /// A node's finding was heard of, by its number: what followed from it is among what was to be done.
    Heard {
        /// The node's name.
        node: String,
        /// Its number.
        number: u64,
    },
    /// The state was changed.
    Changed(Box<StateChange>),
    /// Answer a request.
    Reply(RequestId, Reply),
    /// Save a configuration; [`Event::Saved`] will tell how that went.
    Save {
        /// Its version.
        version: Version,
        /// The document, without what is not kept (the status section).
        xml: String,
    },
    /// The configuration of that version was saved, and counts.
    Adopted(Version),
    /// The configuration of that version could not be saved, and doesn't count.
    Abandoned(Version),
    /// Keep the input of a transition, so that the decision can be looked at again.
    Archive {
        /// The transition's number.
        transition: u32,
        /// The document with its status section.
        xml: String,
    },
    /// Tell whoever follows.
    Report(Report),
    /// Nothing is left to do on a node that wanted to leave.
    LetGo(String),
}

/// Who is there, as far as this node can see.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Membership {
    /// The members' names and ids, this node among them.
    pub members: Vec<Member>,
    /// Whether this partition has quorum.
    pub quorum: bool,
}

/// A node that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
}

impl Membership {
    /// Whether a node of that name is there.
    #[must_use]
    pub fn has(&self, node: &str) -> bool {
        self.members.iter().any(|member| member.name == node)
    }
}
