//! Assigning a group (PLACE-83).

use crate::cluster::{NodeId, ResourceId};
use crate::run::{AssignStep, Run};

use super::assignment::{Request, Turn};
use super::lines::note_scores;

/// The assignment of the members in order; the group itself never has a node.
#[derive(Debug)]
pub(super) struct GroupAssignment {
    request: Request,
    /// The members that are left, once it has begun.
    members: Option<std::vec::IntoIter<ResourceId>>,
    /// The node of the first member that has one.
    chosen: Option<NodeId>,
}

impl GroupAssignment {
    pub(super) fn new(request: Request) -> Self {
        Self { request, members: None, chosen: None }
    }

    /// Goes on with the next member; the node is that of the last.
    pub(super) fn go_on(&mut self, run: &mut Run<'_>, node: Option<NodeId>) -> Turn {
        let group = self.request.resource;
        if self.members.is_none() && (!run[group].provisional || run[group].assigning) {
            return Turn::Done(None);
        }
        self.chosen = self.chosen.or(node);
        match self.members.get_or_insert_with(|| begin(run, group)).next() {
            Some(member) => Turn::Wait(self.request.of(member)),
            None => Turn::Done(self.finish(run)),
        }
    }

    fn finish(&self, run: &mut Run<'_>) -> Option<NodeId> {
        let group = self.request.resource;
        if let Some(&first) = run[group].children.first() {
            run[group].next_role = run[first].next_role;
        }
        run[group].assigning = false;
        run[group].provisional = false;
        self.chosen.filter(|_| run[group].group().is_some_and(|group| group.collocated))
    }
}

fn begin(run: &mut Run<'_>, group: ResourceId) -> std::vec::IntoIter<ResourceId> {
    run[group].assigning = true;
    if let Some(&first) = run[group].children.first() {
        run[group].role = run[first].role;
    }
    note_scores(run, AssignStep::Group, group);
    run[group].children.clone().into_iter()
}
