//! Probes: finding out where a resource is that no history tells of (ACT section 8, INST section 13).

use rustc_hash::{FxHashMap, FxHashSet};

use crate::cluster::status::request_fencing;
use crate::cluster::{Discovery, Kind, NodeId, Replica, ResourceId, Role};
use crate::run::Run;

use super::{
    ActionId, ActionKey, Expectation, FenceReason, Kinds, Side, Task, order, order_after_unfencing, order_tasks, remote, request,
};

/// Plans all probes (PLACE-1 phase 20).
pub fn create_all(run: &mut Run<'_>) {
    if !run.cluster.options.enable_startup_probes {
        return;
    }
    let mut progress = Progress::default();
    for node in run.cluster.node_order.clone() {
        if !run[node].online {
            if run.cluster.is_remote(node) && remote::is_failed(run, node) {
                request_fencing(run, node, FenceReason::ConnectionUnrecoverable, false);
            }
        } else if !run[node].unclean && run[node].probes {
            for top in run.cluster.top.clone() {
                create(run, top, node, &mut progress);
            }
        }
    }
}

/// What came out on the nodes before: which instances of anonymous clones are probed, and what was ordered.
#[derive(Default)]
struct Progress {
    /// Clones that were looked at.
    seen: FxHashSet<ResourceId>,
    known: FxHashMap<(ResourceId, NodeId), ResourceId>,
    assigned: FxHashMap<(ResourceId, NodeId), ResourceId>,
    /// Containers whose probes were ordered before the starts of others.
    ordered: FxHashSet<ResourceId>,
}

impl Progress {
    /// The first instance known on the node, else the first assigned to it, else the first of all (INST-75).
    fn instance_on(&mut self, run: &Run<'_>, clone: ResourceId, node: NodeId) -> Option<ResourceId> {
        if self.seen.insert(clone) {
            self.look_at(run, clone);
        }
        let at = (clone, node);
        self.known.get(&at).or_else(|| self.assigned.get(&at)).or(run[clone].children.first()).copied()
    }

    fn look_at(&mut self, run: &Run<'_>, clone: ResourceId) {
        for &child in &run[clone].children {
            for leaf in run.cluster.leaves(child) {
                for node in run[leaf].known_on.iter() {
                    self.known.entry((clone, node)).or_insert(child);
                }
            }
            if let Some(node) = run.cluster.single_assigned_node(child) {
                self.assigned.entry((clone, node)).or_insert(child);
            }
        }
    }
}

/// Plans the probes of a resource on a node; whether there is one.
fn create(run: &mut Run<'_>, id: ResourceId, node: NodeId, progress: &mut Progress) -> bool {
    match &run[id].kind {
        Kind::Primitive => create_primitive(run, id, node).is_some(),
        Kind::Group(_) => create_each(run, &run[id].children.clone(), node, progress),
        Kind::Clone(_) => create_clone(run, id, node, progress),
        Kind::Bundle(bundle) => {
            let per_host = bundle.replicas_per_host;
            create_bundle(run, &bundle.replicas.clone(), per_host, node, progress);
            false
        }
    }
}

fn create_each(run: &mut Run<'_>, ids: &[ResourceId], node: NodeId, progress: &mut Progress) -> bool {
    ids.iter().fold(false, |any, &id| create(run, id, node, progress) | any)
}

/// ACT-44 to ACT-46.
fn create_primitive(run: &mut Run<'_>, id: ResourceId, node: NodeId) -> Option<ActionId> {
    if !is_wanted(run, id, node) || !guest_allows(run, id, node) {
        return None;
    }
    let probe = request(run, id, ActionKey::probe(), Some(node), false);
    // Probes of unmanaged resources are required, too.
    run[probe].optional = false;
    order_after_unfencing(run, id, node, probe, Kinds::SEQUENCE);
    let expected = match run[id].active_on.contains(&node) {
        false => Some(Expectation::Inactive),
        true if run[id].role == Role::Promoted => Some(Expectation::Promoted),
        true => None,
    };
    if expected.is_some() {
        run[probe].expects = expected;
    }
    order_before_start(run, id, probe);
    Some(probe)
}

/// Whether the state of a resource on a node is to be found out at all (ACT-44.1 to 7).
fn is_wanted(run: &Run<'_>, id: ResourceId, node: NodeId) -> bool {
    let resource = &run[id];
    if run[node].is_remote_kind() && (resource.fencing_device || resource.is_connection) {
        return false;
    }
    if run.cluster.is_guest(node) && run.cluster.guest_connection_of(id).is_some() {
        return false;
    }
    if resource.launcher.is_some() && !resource.is_connection || resource.removed || resource.known_on.contains(node) {
        return false;
    }
    let entry = run.cluster.allowed[id].get(node);
    let top = run.cluster.top_of(id);
    if (resource.exclusive_discovery || run[top].exclusive_discovery)
        && entry.is_none_or(|entry| entry.discovery != Discovery::Exclusive)
    {
        return false;
    }
    entry.map_or(run[node].discovery, |entry| entry.discovery) != Discovery::Never
}

/// Whether a guest runs and will go on running; if not, the start waits for what happens to it (ACT-44.8 and 9).
fn guest_allows(run: &mut Run<'_>, id: ResourceId, node: NodeId) -> bool {
    let Some(launcher) = run.cluster.launcher_of(node).filter(|_| run[node].is_remote_kind()) else { return true };
    let top = run.cluster.top_of(id);
    if run.cluster.role_of(launcher) == Role::Stopped {
        if run[launcher].assigned.is_some_and(|host| !run[launcher].known_on.contains(host)) {
            order_tasks(run, (launcher, Task::Monitor), (top, Task::Start), Kinds::SEQUENCE);
        }
        return false;
    }
    if guest_will_stop(run, launcher, node) {
        order_tasks(run, (launcher, Task::Stop), (top, Task::Start), Kinds::SEQUENCE);
        return false;
    }
    true
}

fn guest_will_stop(run: &Run<'_>, launcher: ResourceId, node: NodeId) -> bool {
    let (guest, host) = (&run[node], &run[launcher]);
    let moves = host.role > Role::Stopped && host.assigned.is_some_and(|assigned| !host.active_on.contains(&assigned));
    guest.reset_needed || guest.unclean || host.failed || host.next_role == Role::Stopped || moves
}

/// The start waits for the probes on all nodes; in a clone it is the whole clone's (ACT-46, INST-76).
fn order_before_start(run: &mut Run<'_>, id: ResourceId, probe: ActionId) {
    let top = run.cluster.top_of(id);
    let starts = if run[top].is_clone() { top } else { id };
    let mut kinds = Kinds::SEQUENCE;
    if !run[probe].runnable && run[starts].active_on.is_empty() {
        kinds |= Kinds::UNRUNNABLE_BLOCKS;
    }
    order(run, Side::Action(probe), Side::Key(starts, ActionKey::once(Task::Start)), kinds);
    let reload = Side::Key(starts, ActionKey::once(Task::ReloadAgent));
    order(run, Side::Action(probe), reload, Kinds::SEQUENCE);
}

/// INST-75: each instance of a unique clone, one of an anonymous clone.
fn create_clone(run: &mut Run<'_>, id: ResourceId, node: NodeId, progress: &mut Progress) -> bool {
    if run[id].exclusive_discovery
        && run.cluster.allowed[id].get(node).is_none_or(|entry| entry.discovery != Discovery::Exclusive)
    {
        run.cluster.allowed.change(id).remove(node);
        return false;
    }
    run.cluster.sort_instances(id);
    if run[id].unique {
        return create_each(run, &run[id].children.clone(), node, progress);
    }
    progress.instance_on(run, id, node).is_some_and(|child| create(run, child, node, progress))
}

/// INST-77.
fn create_bundle(run: &mut Run<'_>, replicas: &[Replica], per_host: u32, node: NodeId, progress: &mut Progress) {
    for replica in replicas {
        if let Some(ip) = replica.ip {
            create(run, ip, node, progress);
        }
        if let Some(child) = replica.child
            && replica.node == Some(node)
        {
            create(run, child, node, progress);
        }
        let Some(container) = replica.container else { continue };
        if create(run, container, node, progress) && per_host == 1 {
            order_before_other_containers(run, replicas, container, progress.ordered.insert(container));
        }
        if let Some(connection) = replica.connection
            && let Some(probe) = create_primitive(run, connection, node)
        {
            let start = Side::Key(container, ActionKey::once(Task::Start));
            order(run, start, Side::Action(probe), Kinds::NESTED_PROBE);
        }
    }
}

/// No container starts on a node before it is known that no other replica's is there.
fn order_before_other_containers(run: &mut Run<'_>, replicas: &[Replica], probed: ResourceId, is_first: bool) {
    let start = ActionKey::once(Task::Start);
    for other in replicas.iter().filter_map(|replica| replica.container).filter(|&other| other != probed) {
        // The same again changes nothing, unless what it is about comes to be only when orderings are applied.
        if !is_first && !run[other].may_migrate && !run.plan.with_key(other, start).is_empty() {
            continue;
        }
        order_tasks(run, (probed, Task::Monitor), (other, Task::Start), Kinds::SEQUENCE | Kinds::SAME_NODE);
    }
}
