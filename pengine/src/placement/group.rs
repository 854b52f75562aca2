//! Assigning a group (PLACE-83).

use crate::cluster::{NodeId, ResourceId};
use crate::run::{AssignStep, Run};

use super::lines::note_scores;
use super::{Mode, assign};

/// Assigns the members in order; the group itself never has a node.
pub(super) fn assign_group(run: &mut Run<'_>, group: ResourceId, preferred: Option<NodeId>, mode: Mode) -> Option<NodeId> {
    if !run[group].provisional || run[group].assigning {
        return None;
    }
    run[group].assigning = true;
    let members = run[group].children.clone();
    if let Some(&first) = members.first() {
        run[group].role = run[first].role;
    }
    note_scores(run, AssignStep::Group, group);
    let mut chosen = None;
    for &member in &members {
        let node = assign(run, member, preferred, mode);
        chosen = chosen.or(node);
    }
    if let Some(&first) = members.first() {
        run[group].next_role = run[first].next_role;
    }
    run[group].assigning = false;
    run[group].provisional = false;
    chosen.filter(|_| run[group].group().is_some_and(|group| group.collocated))
}
