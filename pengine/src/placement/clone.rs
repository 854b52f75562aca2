//! Assigning a clone (INST section 4).

use crate::cluster::{ColocationId, NodeId};
use crate::run::{AssignStep, Run};

use super::assignment::{Request, Turn};
use super::colocation::{Merge, has_influence, this_with, with_this};
use super::instance_order::sort_for_assignment;
use super::instances::{InstanceAssignments, Limits};
use super::lines::note_scores;
use super::promotion::{choose_roles, prefer_promoted_nodes};

/// The assignment of the instances; the clone itself never has a node.
#[derive(Debug)]
pub(super) struct CloneAssignment {
    request: Request,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Own,
    /// What the clone is to be with goes first.
    Primaries(std::vec::IntoIter<ColocationId>),
    Instances(InstanceAssignments),
}

impl CloneAssignment {
    pub(super) fn new(request: Request) -> Self {
        Self { request, stage: Stage::Own }
    }

    /// Goes on; the node is that of what was waited for.
    pub(super) fn go_on(&mut self, run: &mut Run<'_>, node: Option<NodeId>) -> Turn {
        let clone = self.request.resource;
        loop {
            match &mut self.stage {
                Stage::Own if !run[clone].provisional || run[clone].assigning => return Turn::Done(None),
                Stage::Own => {
                    run[clone].assigning = true;
                    if run[clone].promotable {
                        prefer_promoted_nodes(run, clone);
                    }
                    self.stage = Stage::Primaries(this_with(run, clone).into_iter());
                }
                Stage::Primaries(left) => match left.next() {
                    Some(id) => return Turn::Wait(self.request.of(run[id].primary)),
                    None => self.stage = Stage::Instances(self.begin_instances(run)),
                },
                Stage::Instances(instances) => {
                    if let Some(request) = instances.go_on(run, node) {
                        return Turn::Wait(request);
                    }
                    self.finish(run);
                    return Turn::Done(None);
                }
            }
        }
    }

    fn begin_instances(&self, run: &mut Run<'_>) -> InstanceAssignments {
        let clone = self.request.resource;
        let merge = Merge { target: clone, nonnegative: true, may_roll_back: true };
        for id in with_this(run, clone) {
            if has_influence(run, &run[id], run[id].primary) {
                merge.heed_dependent(run, id);
            }
        }
        note_scores(run, AssignStep::Clone, clone);
        let mut instances = run[clone].children.clone();
        sort_for_assignment(run, &mut instances);
        run.cluster.reorder_instances(clone, instances.clone());
        let (total, per_node) = run[clone].clone_config().map_or((0, 0), |config| (config.max, config.node_max));
        InstanceAssignments::new(run, instances, Limits { collective: clone, total, per_node })
    }

    fn finish(&self, run: &mut Run<'_>) {
        let clone = self.request.resource;
        if run[clone].promotable {
            choose_roles(run, clone);
        }
        run[clone].provisional = false;
        run[clone].assigning = false;
    }
}
