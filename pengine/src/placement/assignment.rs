//! Assigning one resource, and whatever has to be assigned before it.
//!
//! Chains of colocations can be as long as there are resources: what waits for another resource is kept in a list, not on
//! the program's stack.

use crate::cluster::{Kind, NodeId, ResourceId};
use crate::run::Run;

use super::bundle::BundleAssignment;
use super::clone::CloneAssignment;
use super::group::GroupAssignment;
use super::primitive::PrimitiveAssignment;

/// Whether a failure to assign a resource is the last word (PLACE-81).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is: without node the resource stops.
    Final,
    /// It is a try, and may be undone.
    Tentative,
}

/// That a resource be assigned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub resource: ResourceId,
    /// The node that it gets if that is as good as any.
    pub preferred: Option<NodeId>,
    pub mode: Mode,
}

impl Request {
    /// The same for another resource.
    pub(super) fn of(self, resource: ResourceId) -> Self {
        Self { resource, ..self }
    }
}

/// How an assignment goes on.
#[derive(Debug)]
pub(super) enum Turn {
    /// Something else has to be assigned first; its node is told in the next turn.
    Wait(Request),
    /// It is done. A collective other than a group has no node.
    Done(Option<NodeId>),
}

/// An assignment under way.
#[derive(Debug)]
enum Assignment {
    Primitive(PrimitiveAssignment),
    Group(GroupAssignment),
    Clone(CloneAssignment),
    Bundle(BundleAssignment),
}

impl Assignment {
    fn new(run: &Run<'_>, request: Request) -> Self {
        match run[request.resource].kind {
            Kind::Primitive => Self::Primitive(PrimitiveAssignment::new(request)),
            Kind::Group(_) => Self::Group(GroupAssignment::new(request)),
            Kind::Clone(_) => Self::Clone(CloneAssignment::new(request)),
            Kind::Bundle(_) => Self::Bundle(BundleAssignment::new(request)),
        }
    }

    fn go_on(&mut self, run: &mut Run<'_>, node: Option<NodeId>) -> Turn {
        match self {
            Self::Primitive(assignment) => assignment.go_on(run),
            Self::Group(assignment) => assignment.go_on(run, node),
            Self::Clone(assignment) => assignment.go_on(run, node),
            Self::Bundle(assignment) => assignment.go_on(run, node),
        }
    }
}

/// Assigns a resource.
pub(super) fn assign(run: &mut Run<'_>, request: Request) {
    let mut waiting = vec![Assignment::new(run, request)];
    let mut node = None;
    while let Some(last) = waiting.last_mut() {
        match last.go_on(run, node.take()) {
            Turn::Wait(request) => waiting.push(Assignment::new(run, request)),
            Turn::Done(chosen) => {
                node = chosen;
                waiting.pop();
            }
        }
    }
}
