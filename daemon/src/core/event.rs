//! What the core hears of the world, and what it wants done there.

use pengine_control::{Event as Report, Reply, Request, Version};

use super::{Agent, AgentCall, AgentFacts, CallId, CallResult};

/// What time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// Milliseconds since some moment before the start, never going back: what timers go by.
    pub monotonic_ms: u64,
    /// Seconds since the epoch: what is written down, and what rules go by.
    pub epoch_s: i64,
}

/// The number of a request, never given twice by one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Who is there.
    Membership(Membership),
    /// A call of an agent ended.
    CallEnded(CallId, CallResult),
    /// What an agent's meta-data tells: once, before the end of the first call of that agent, and again when the agent has changed.
    /// Agents without meta-data are never told of.
    AgentKnown(Agent, AgentFacts),
    /// Somebody asks for something. Whether they may was judged before.
    Request(RequestId, Request),
    /// A configuration is safe on disk, or could not be saved.
    Saved(Version, Result<(), String>),
    /// Time has passed: what was due is due.
    Tick,
    /// The daemon is to end.
    Stop {
        /// What runs goes on running.
        leave_running: bool,
    },
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Call an agent; [`Event::CallEnded`] will tell what came of it.
    Call(AgentCall),
    /// End a call that runs or waits; its result is told all the same.
    Cancel(CallId),
    /// Answer a request.
    Reply(RequestId, Reply),
    /// Save a configuration; [`Event::Saved`] will tell how that went.
    Save {
        /// Its version.
        version: Version,
        /// The document, without what is not kept (the status section).
        xml: String,
    },
    /// Keep the input of a transition, so that the decision can be looked at again.
    Archive {
        /// The transition's number.
        transition: u32,
        /// The document with its status section.
        xml: String,
    },
    /// Tell whoever follows.
    Report(Report),
    /// Nothing is left to do: end.
    Exit,
}

/// Who is there, as far as this node can see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Membership {
    /// The members' names and ids, this node among them.
    pub members: Vec<Member>,
    /// Whether this partition has quorum.
    pub quorum: bool,
}

/// A node that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
}
