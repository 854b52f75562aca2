//! What people and agents ask for at this node, which the coordinator answers.

use std::collections::BTreeMap;

use pengine_control::{AgentAnswer, Refusal, Reply, Request, Version};

use super::{Member, Message};
use crate::core::RequestId;
use crate::node::Effect;

/// Requests that nobody has answered yet.
#[derive(Debug, Default)]
pub struct Requests {
    open: BTreeMap<RequestId, Open>,
}

#[derive(Debug)]
struct Open {
    what: Request,
    /// The coordinator has heard it.
    is_heard: bool,
}

impl Requests {
    /// A request has come to its place in the order of messages.
    pub fn heard(&mut self, is_ours: bool, request: RequestId) {
        if let Some(open) = self.open.get_mut(&request).filter(|_| is_ours) {
            open.is_heard = true;
        }
    }
}

impl Member {
    /// Somebody asks for something.
    pub(super) fn asked(&mut self, request: RequestId, what: Request) {
        match what {
            Request::Follow => self.effects.push(Effect::Reply(request, Reply::Following)),
            what => {
                let what = match what {
                    Request::Agent(what) => Request::Agent(what.on(&self.settings.node)),
                    other => other,
                };
                self.requests.open.insert(request, Open { what: what.clone(), is_heard: false });
                if self.term().is_some() {
                    self.outgoing.push(Message::Ask { request, what: Box::new(what) });
                }
            }
        }
    }

    /// The term is over. A change that the coordinator had heard of may have been made or not; all else is asked again.
    pub(super) fn requests_unsettled(&mut self) {
        let mut uncertain = Vec::new();
        for (&request, open) in &mut self.requests.open {
            if open.is_heard && matches!(open.what, Request::Change { dry_run: false, .. }) {
                uncertain.push(request);
            }
            open.is_heard = false;
        }
        for request in uncertain {
            self.requests.open.remove(&request);
            self.effects.push(Effect::Reply(request, Reply::Refused(Refusal::CoordinatorLost)));
        }
    }

    /// A new term has begun: what nobody has heard is asked.
    pub(super) fn ask_again(&mut self) {
        let open = self.requests.open.iter();
        self.outgoing.extend(open.map(|(&request, open)| Message::Ask { request, what: Box::new(open.what.clone()) }));
    }

    /// An answer has come.
    pub(super) fn answered(&mut self, request: RequestId, reply: Reply) {
        if self.requests.open.remove(&request).is_none() {
            return;
        }
        let node = &self.settings.node;
        let reply = match reply {
            Reply::Status(mut status) => {
                status.local_node.clone_from(node);
                Reply::Status(status)
            }
            Reply::Agent(AgentAnswer::Nodes { mut nodes, have_quorum }) => {
                nodes.sort_by_key(|at| (at.name != *node, at.name.clone()));
                Reply::Agent(AgentAnswer::Nodes { nodes, have_quorum })
            }
            Reply::Metrics { text } => Reply::Metrics { text: text + &self.worker_metrics() },
            reply => reply,
        };
        self.effects.push(Effect::Reply(request, reply));
    }

    /// A configuration was saved, or could not be.
    pub(super) fn saved(&mut self, version: Version, result: Result<(), String>) {
        if self.replica.saved(version, result.is_ok()) {
            if self.term().is_some() {
                self.outgoing.push(Message::Saved(version, result));
            }
        } else if let Err(reason) = result {
            self.warn(format!("configuration {version} could not be saved: {reason}"));
        }
    }
}
