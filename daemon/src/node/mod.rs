//! What a daemon's loop turns: a node that hears of the world and wants things done there.

mod alone;

use pengine_control::{Event as Report, Reply, Request, Version};

use crate::cluster::{LastTerm, NodeId, View};
use crate::core::{Agent, AgentCall, AgentFacts, CallId, CallResult, Membership, Now, RequestId};

pub use alone::Alone;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Who is there, for a node alone.
    Membership(Membership),
    /// Who hears the same messages from now on.
    View(View),
    /// Whether they have quorum, though they are the same.
    Quorum(bool),
    /// A part of a message was delivered, of the node of that number.
    Delivered(NodeId, Vec<u8>),
    /// Nobody hears this node any more, and it hears nobody.
    Lost(String),
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
    /// Send a part of a message to all nodes, this one among them.
    Send(Vec<u8>),
    /// Keep the number of the present term, before anything that is saved after it.
    KeepTerm(LastTerm),
    /// Keep a configuration that doesn't count any more where people can find it.
    KeepAside {
        /// Its version.
        version: Version,
        /// As text.
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
    /// Nothing can be done any more: end at once, and leave everything as it is.
    Abort,
}

/// A node: pure, events in, effects out.
pub trait Node: Send {
    /// Takes what happened; returns what is to be done, in order.
    fn handle(&mut self, now: Now, event: Event) -> Vec<Effect>;

    /// When something will be due, in milliseconds of the same clock as [`Now::monotonic_ms`].
    fn deadline(&self) -> Option<u64>;
}

impl Node for Box<dyn Node> {
    fn handle(&mut self, now: Now, event: Event) -> Vec<Effect> {
        self.as_mut().handle(now, event)
    }

    fn deadline(&self) -> Option<u64> {
        self.as_ref().deadline()
    }
}
