//! Assigning a primitive (PLACE section 10).

use crate::cib::{NoQuorumPolicy, Score};
use crate::cluster::{ColocationId, NodeId, ResourceId, Role};
use crate::ledger::Cause;
use crate::run::{AssignStep, Run};

use super::assignment::{Mode, Request, Turn};
use super::choose::choose;
use super::colocation::{Merge, apply, has_influence, this_with, with_this};
use super::commit::{commit, leave_without_node, pin};
use super::lines::note_scores;
use super::scores::{add_score, has_usable, remember, restore};

/// The assignment of a primitive: it gets a node if it can have one.
#[derive(Debug)]
pub(super) struct PrimitiveAssignment {
    request: Request,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The parent goes first.
    Parent,
    /// It comes to its own turn.
    Own,
    /// Its colocations are applied.
    Colocations {
        left: std::vec::IntoIter<Pull>,
        /// The one whose primary was waited for.
        awaited: Option<ColocationId>,
    },
}

/// A colocation that has its say about a primitive.
#[derive(Debug, Clone, Copy)]
enum Pull {
    /// It is the dependent.
    ToPrimary(ColocationId),
    /// It is the primary.
    ToDependent(ColocationId),
}

impl PrimitiveAssignment {
    pub(super) fn new(request: Request) -> Self {
        Self { request, stage: Stage::Parent }
    }

    /// Goes on as far as it can.
    pub(super) fn go_on(&mut self, run: &mut Run<'_>) -> Turn {
        let resource = self.request.resource;
        loop {
            match &mut self.stage {
                Stage::Parent => {
                    self.stage = Stage::Own;
                    if let Some(parent) = run[resource].parent.filter(|&parent| !run[parent].assigning) {
                        return Turn::Wait(self.request.of(parent));
                    }
                }
                Stage::Own if !run[resource].provisional => return Turn::Done(run[resource].assigned),
                Stage::Own if run[resource].assigning => return Turn::Done(None),
                Stage::Own => {
                    run[resource].assigning = true;
                    self.stage = Stage::Colocations { left: pulls(run, resource).into_iter(), awaited: None };
                }
                Stage::Colocations { left, awaited } => {
                    if let Some(primary) = apply_colocations(run, resource, left, awaited) {
                        return Turn::Wait(Request { resource: primary, preferred: None, mode: Mode::Final });
                    }
                    return Turn::Done(self.finish(run));
                }
            }
        }
    }

    fn finish(&self, run: &mut Run<'_>) -> Option<NodeId> {
        let Request { resource, preferred, mode } = self.request;
        settle_next_role(run, resource);
        note_scores(run, AssignStep::Primitive, resource);
        let options = &run.cluster.options;
        let stop_all = options.stop_all_resources;
        if options.fencing_enabled && !run.cluster.has_fencing_device() {
            run[resource].managed = false;
        }
        if !run[resource].managed {
            run[resource].next_role = run[resource].role;
            pin(run, resource, run.cluster.current_node(resource), mode);
        } else if stop_all {
            leave_without_node(run, resource, mode);
        } else {
            let chosen = choose(run, resource, preferred);
            commit(run, resource, chosen, mode);
        }
        run[resource].assigning = false;
        if run[resource].is_connection {
            update_connected_node(run, resource);
        }
        run[resource].assigned
    }
}

/// Mandatory colocations first, then optional ones; of each kind first those with primaries (PLACE-65.5).
fn pulls(run: &Run<'_>, resource: ResourceId) -> Vec<Pull> {
    let primaries = this_with(run, resource);
    let dependents = with_this(run, resource);
    let mut pulls = Vec::with_capacity(primaries.len() + dependents.len());
    for mandatory in [true, false] {
        let is_due = |id: &&ColocationId| run[**id].score.is_mandatory() == mandatory;
        pulls.extend(primaries.iter().filter(is_due).copied().map(Pull::ToPrimary));
        pulls.extend(dependents.iter().filter(is_due).copied().map(Pull::ToDependent));
    }
    pulls
}

/// Applies colocations up to one whose primary has to be assigned first; that primary.
fn apply_colocations(
    run: &mut Run<'_>,
    resource: ResourceId,
    left: &mut std::vec::IntoIter<Pull>,
    awaited: &mut Option<ColocationId>,
) -> Option<ResourceId> {
    if let Some(id) = awaited.take() {
        follow_primary(run, resource, id);
    }
    let merge = Merge { target: resource, nonnegative: false, may_roll_back: true };
    for pull in left {
        match pull {
            Pull::ToPrimary(id) if run[run[id].primary].provisional => {
                *awaited = Some(id);
                return Some(run[id].primary);
            }
            Pull::ToPrimary(id) => follow_primary(run, resource, id),
            Pull::ToDependent(id) if has_influence(run, &run[id], run[id].primary) => merge.heed_dependent(run, id),
            Pull::ToDependent(_) => {}
        }
    }
    None
}

/// Applies a colocation with a primary that was assigned if it could be.
fn follow_primary(run: &mut Run<'_>, resource: ResourceId, id: ColocationId) {
    let primary = run[id].primary;
    let score = run[id].score;
    let optional_negative = score.is_negative() && !score.is_minus_infinite();
    if !optional_negative && run[id].dependent_role != Some(Role::Promoted) {
        apply(run, resource, primary, id);
        return;
    }
    let before = remember(run, resource);
    apply(run, resource, primary, id);
    if !has_usable(run, &run.cluster.allowed[resource]) {
        restore(run, resource, &before);
    }
}

/// A resource that shall stop may be nowhere; without quorum its role can't rise (PLACE-65.6).
fn settle_next_role(run: &mut Run<'_>, resource: ResourceId) {
    if run[resource].next_role == Role::Stopped {
        add_score(run, resource, None, Score::MINUS_INFINITY, Cause::TargetRole);
    } else if run[resource].next_role > run[resource].role && is_frozen(run) {
        run[resource].next_role = run[resource].role;
    }
}

/// Whether lack of quorum keeps everything as it is.
pub(super) fn is_frozen(run: &Run<'_>) -> bool {
    !run.cluster.has_quorum && run.cluster.options.no_quorum_policy == NoQuorumPolicy::Freeze
}

/// PLACE-57: what a connection is given decides whether resources can be placed on the node behind it.
fn update_connected_node(run: &mut Run<'_>, connection: ResourceId) {
    let Some(node) = run.cluster.node_of_connection(connection) else { return };
    if run[connection].assigned.is_some() && run[connection].next_role != Role::Stopped {
        run[node].online = true;
        if !run[node].seen {
            run[node].unclean = false;
        }
    } else {
        run[node].shutting_down = true;
    }
}
