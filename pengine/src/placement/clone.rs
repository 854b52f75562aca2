//! Assigning a clone (INST section 4).

use crate::cluster::{NodeId, ResourceId};
use crate::run::{AssignStep, Run};

use super::colocation::{Merge, has_influence, this_with, with_this};
use super::instance_order::sort_for_assignment;
use super::instances::{Limits, assign_instances};
use super::lines::note_scores;
use super::promotion::{choose_roles, prefer_promoted_nodes};
use super::{Mode, assign};

/// Assigns the instances; the clone itself never has a node.
pub(super) fn assign_clone(run: &mut Run<'_>, clone: ResourceId, preferred: Option<NodeId>, mode: Mode) {
    if !run[clone].provisional || run[clone].assigning {
        return;
    }
    let Some(config) = run[clone].clone_config() else { return };
    let limits = Limits { collective: clone, total: config.max, per_node: config.node_max };
    run[clone].assigning = true;
    if run[clone].promotable {
        prefer_promoted_nodes(run, clone);
    }
    for id in this_with(run, clone) {
        let primary = run[id].primary;
        assign(run, primary, preferred, mode);
    }
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
    assign_instances(run, &instances, limits);
    if run[clone].promotable {
        choose_roles(run, clone);
    }
    run[clone].provisional = false;
    run[clone].assigning = false;
}
