//! Fencing and shutdown of nodes, and what that means for everything on them (FENCE sections 4 to 7).

use rustc_hash::FxHashMap;

use crate::cluster::{NodeId, NodeKind, ResourceId, status};
use crate::run::Run;

use super::{
    Action, ActionId, ActionKey, FenceReason, Kinds, Reason, Requirement, Side, Task, fencing_action, find_on, newest, notify,
    order, relate,
};

/// Fencing and shutdowns that are to come before the designated controller's own.
#[derive(Default)]
struct Collected {
    fencings: Vec<ActionId>,
    shutdowns: Vec<ActionId>,
    controller: Option<ActionId>,
    stops: Option<FxHashMap<NodeId, Vec<ActionId>>>,
}

/// Plans fencing and shutdown for every node in order (PLACE-1 phase 24).
pub fn create_all(run: &mut Run<'_>) {
    // STATE-72: nothing is fenced as long as there is nothing to manage.
    let any_managed = run.cluster.all_resources().into_iter().any(|id| run[id].managed);
    let mut collected = Collected::default();
    for node in run.cluster.node_order.clone() {
        if run.cluster.is_guest(node) {
            if run[node].reset_needed && any_managed && status::can_fence(run, node) {
                fence_guest(run, node);
            }
        } else if run[node].unclean && any_managed && status::can_fence(run, node) {
            collected.fence(run, node);
        } else if run[node].kind == NodeKind::Member && run[node].online && run[node].shutting_down {
            collected.shut_down(run, node);
        }
    }
    collected.order_before_controller(run);
}

impl Collected {
    /// FENCE-20.
    fn fence(&mut self, run: &mut Run<'_>, node: NodeId) {
        let reason = Reason::Fence(FenceReason::NodeUnclean);
        let fencing = fencing_action(run, node, None, false, Some(reason), false);
        order_resources(run, node, fencing);
        if run.cluster.dc == Some(node) {
            self.controller = Some(fencing);
            return;
        }
        if let Some(&previous) = self.fencings.last()
            && !run.cluster.options.concurrent_fencing
        {
            relate(run, previous, fencing, Kinds::SEQUENCE);
        }
        self.fencings.push(fencing);
    }

    /// FENCE-40: a shutdown waits for the stops on the node, and makes them required.
    fn shut_down(&mut self, run: &mut Run<'_>, node: NodeId) {
        let mut action = Action {
            name: Some(format!("do_shutdown-{}", run[node].name).into()),
            ..Action::new(None, Some(node), ActionKey::once(Task::Shutdown), Task::Shutdown)
        };
        action.meta.insert("op_no_wait", "true");
        let shutdown = run.plan.graph.add_node(action);
        if !run[node].maintenance {
            let stops = self.stops.get_or_insert_with(|| stops_by_node(run));
            for &stop in stops.get(&node).map_or(&[][..], Vec::as_slice).iter().rev() {
                let Some(resource) = run[stop].resource.map(|id| &run[id]) else { continue };
                if !resource.maintenance && (resource.managed || resource.blocked) {
                    run[stop].optional = false;
                    let kinds = Kinds::SEQUENCE | Kinds::UNRUNNABLE_BLOCKS;
                    order(run, Side::Action(stop), Side::Action(shutdown), kinds);
                }
            }
        }
        if run.cluster.dc == Some(node) {
            self.controller = Some(shutdown);
        } else {
            self.shutdowns.push(shutdown);
        }
    }

    /// FENCE-23: the designated controller goes last.
    fn order_before_controller(&self, run: &mut Run<'_>) {
        let Some(controller) = self.controller else { return };
        if run[controller].task == Task::Shutdown {
            for &shutdown in self.shutdowns.iter().rev() {
                relate(run, shutdown, controller, Kinds::SEQUENCE);
            }
        }
        let chained = !run.cluster.options.concurrent_fencing;
        for &fencing in self.fencings.iter().rev().take(if chained { 1 } else { usize::MAX }) {
            relate(run, fencing, controller, Kinds::SEQUENCE);
        }
    }
}

/// All stops by node, oldest first.
fn stops_by_node(run: &Run<'_>) -> FxHashMap<NodeId, Vec<ActionId>> {
    let mut stops: FxHashMap<NodeId, Vec<ActionId>> = FxHashMap::default();
    for id in run.plan.graph.node_indices() {
        if let (Task::Stop, Some(node)) = (&run[id].task, run[id].node) {
            stops.entry(node).or_default().push(id);
        }
    }
    stops
}

/// A guest is fenced by what stops its launcher (FENCE-35).
fn fence_guest(run: &mut Run<'_>, node: NodeId) {
    let Some(connection) = run[node].connection else { return };
    let Some(launcher) = run[connection].launcher else { return };
    let stop = newest(run, launcher, Task::Stop, None);
    let word = if newest(run, launcher, Task::Start, None).is_some() { "reboot" } else { "off" };
    let reason = Reason::Fence(FenceReason::GuestUnclean);
    let fencing = fencing_action(run, node, Some(word), false, Some(reason), false);
    run[fencing].pseudo = true;
    run[fencing].runnable = true;
    let follows = Kinds::UNRUNNABLE_BLOCKS | Kinds::FIRST_IMPLIES_THEN;
    match stop {
        Some(stop) if run[stop].pseudo => {
            if let Some(host) = run[stop].node {
                let host_fencing = fencing_action(run, host, None, false, None, false);
                relate(run, host_fencing, fencing, follows);
            }
        }
        Some(stop) => {
            relate(run, stop, fencing, follows);
        }
        None => {
            if let Some(stop) = newest(run, connection, Task::Stop, None) {
                relate(run, stop, fencing, Kinds::SEQUENCE);
            }
        }
    }
    order_resources(run, node, fencing);
}

/// Relates every managed primitive's actions to a fencing action (FENCE section 5).
fn order_resources(run: &mut Run<'_>, target: NodeId, fencing: ActionId) {
    for id in run.cluster.all_resources() {
        if run[id].is_primitive() && run[id].managed {
            order_starts(run, id, target, fencing);
            imply_stops(run, id, target, fencing);
            imply_demotes(run, id, target, fencing);
        }
    }
}

/// FENCE-26: what needs fencing waits for all of it; what needs quorum, for nodes where it may be active unknown.
fn order_starts(run: &mut Run<'_>, id: ResourceId, target: NodeId, fencing: ActionId) {
    let parent = run[id].parent.filter(|&parent| run.cluster.is_anonymous_clone(parent));
    let is_known = run[id].known_on.contains(target) || parent.is_some_and(|parent| run[parent].known_on.contains(target));
    for action in run[id].actions.clone().into_iter().rev() {
        match run[action].requirement {
            Requirement::Nothing => {}
            Requirement::Fencing => {
                relate(run, fencing, action, Kinds::SEQUENCE);
            }
            Requirement::Quorum => {
                if run[action].task == Task::Start && run.cluster.allowed[id].contains(target) && !is_known {
                    relate(run, fencing, action, Kinds::SEQUENCE | Kinds::UNRUNNABLE_BLOCKS);
                }
            }
        }
    }
}

/// FENCE-27 to FENCE-31: fencing stops whatever is there.
fn imply_stops(run: &mut Run<'_>, id: ResourceId, target: NodeId, fencing: ActionId) {
    let stops = find_on(run, id, ActionKey::once(Task::Stop), target);
    if stops.is_empty() {
        return;
    }
    let implies_order = run[id].needs_fencing() || run.cluster.is_guest(target);
    let top = run.cluster.top_of(id);
    let top_stop = newest(run, top, Task::Stop, None).filter(|_| implies_order);
    for stop in stops {
        run[stop].pseudo = true;
        run[stop].runnable = true;
        if implies_order && run.cluster.bundle_of(id).is_none() {
            relate(run, fencing, stop, Kinds::GUEST_ALLOWED);
        }
        if let Some(top_stop) = top_stop {
            relate(run, fencing, top_stop, Kinds::GUEST_ALLOWED);
        }
        if run[id].notify {
            notify::create_after_fencing(run, id, stop, fencing);
        }
    }
}

/// FENCE-32.
fn imply_demotes(run: &mut Run<'_>, id: ResourceId, target: NodeId, fencing: ActionId) {
    for demote in find_on(run, id, ActionKey::once(Task::Demote), target) {
        if run[target].is_online_clean() && !run[id].failed {
            continue;
        }
        run[demote].pseudo = true;
        run[demote].runnable = true;
        let implies_order = run[id].needs_fencing() || run.cluster.is_guest(target);
        if implies_order && run.cluster.bundle_of(id).is_none() {
            relate(run, fencing, demote, Kinds::SEQUENCE | Kinds::GUEST_ALLOWED);
        }
    }
}
