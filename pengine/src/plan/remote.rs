//! Orderings between what runs on a remote or guest node and the node's connection (FENCE sections 8 and 9).

use crate::cluster::status::request_fencing;
use crate::cluster::{NodeId, ResourceId, Role};
use crate::run::Run;

use super::{ActionId, ActionKey, FenceReason, Kinds, Side, Task, meta, order};

/// What can be hoped of a remote connection (FENCE-45).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectionState {
    /// It works.
    Alive,
    /// It will work again elsewhere.
    Resting,
    /// It is taken down.
    Stopped,
    /// It is lost.
    Failed,
    /// Nothing is known.
    Unknown,
}

fn connection_state(run: &Run<'_>, node: NodeId, connection: ResourceId) -> ConnectionState {
    let resource = &run[connection];
    let current = run.cluster.current_node(connection);
    if resource.next_role == Role::Stopped || resource.assigned.is_none() {
        if current.is_some_and(|current| run[current].unclean) {
            return ConnectionState::Failed;
        }
        if !resource.failed {
            return ConnectionState::Stopped;
        }
        let asked_to_leave = run[node].attribute("shutdown").is_some_and(|text| text != "0");
        let waits = resource.next_role == Role::Stopped && resource.reconnect_interval_ms > 0;
        if waits && run[node].fenced && !asked_to_leave {
            return ConnectionState::Unknown;
        }
        return ConnectionState::Failed;
    }
    let Some(current) = current else { return ConnectionState::Unknown };
    let migrates = resource.active_on.len() > 1 && resource.partial_migration.is_some();
    if !run[current].is_online_clean() || migrates {
        return ConnectionState::Resting;
    }
    ConnectionState::Alive
}

/// Whether the connection of a remote node is lost.
#[must_use]
pub fn is_failed(run: &Run<'_>, node: NodeId) -> bool {
    let connection = run[node].connection;
    connection.is_some_and(|connection| connection_state(run, node, connection) == ConnectionState::Failed)
}

/// Orders everything on remote and guest nodes against their connections, newest action first (PLACE-1 phase 23).
pub fn order_all(run: &mut Run<'_>) {
    if !run.cluster.has_remote_nodes {
        return;
    }
    for index in (0..run.plan.graph.node_count()).rev() {
        order_one(run, ActionId::new(index));
    }
}

fn order_one(run: &mut Run<'_>, id: ActionId) {
    let Some(resource) = run[id].resource else { return };
    if run[resource].is_connection && run[id].task == Task::ClearFailcount {
        let start = Side::Key(resource, ActionKey::once(Task::Start));
        order(run, Side::Action(id), start, Kinds::SEQUENCE);
        return;
    }
    let Some(node) = run[id].node.filter(|&node| run[node].is_remote_kind()) else { return };
    let Some(connection) = run[node].connection.filter(|_| !run[id].pseudo) else { return };
    if run[id].task == Task::Start {
        keep_until_connected(run, resource, node, connection);
    }
    let behind = Behind { node, connection, action: id };
    if run[connection].launcher.is_some() { behind.order_on_guest(run) } else { behind.order_on_remote(run) }
}

/// What starts on the remote node is not stopped elsewhere before the connection is up.
fn keep_until_connected(run: &mut Run<'_>, resource: ResourceId, node: NodeId, connection: ResourceId) {
    for stop in run[resource].actions.clone().into_iter().rev() {
        if run[stop].task == Task::Stop && run[stop].node != Some(node) {
            let start = Side::Key(connection, ActionKey::once(Task::Start));
            order(run, start, Side::Action(stop), Kinds::SEQUENCE);
        }
    }
}

/// An action behind a connection.
struct Behind {
    node: NodeId,
    connection: ResourceId,
    action: ActionId,
}

impl Behind {
    fn after_start(&self, run: &mut Run<'_>, extra: Kinds) {
        let start = Side::Key(self.connection, ActionKey::once(Task::Start));
        let kinds = Kinds::GUEST_ALLOWED | Kinds::UNRUNNABLE_BLOCKS | extra;
        order(run, start, Side::Action(self.action), kinds);
    }

    fn before_stop(&self, run: &mut Run<'_>, extra: Kinds) {
        let stop = Side::Key(self.connection, ActionKey::once(Task::Stop));
        order(run, Side::Action(self.action), stop, Kinds::GUEST_ALLOWED | extra);
    }

    fn recurs(&self, run: &Run<'_>) -> bool {
        meta(run, self.action, "interval").is_some_and(|interval| interval != "0")
    }

    /// FENCE-46.
    fn order_on_remote(&self, run: &mut Run<'_>) {
        let state = connection_state(run, self.node, self.connection);
        match run[self.action].task {
            Task::Start | Task::Promote => {
                let extra = if state == ConnectionState::Failed { Kinds::FIRST_IMPLIES_THEN } else { Kinds::empty() };
                self.after_start(run, extra);
            }
            Task::Stop | Task::MigrateTo | Task::MigrateFrom => self.order_stop(run, state),
            Task::Demote => {
                if matches!(state, ConnectionState::Resting | ConnectionState::Unknown) {
                    self.after_start(run, Kinds::empty());
                }
            }
            _ if self.recurs(run) => self.after_start(run, Kinds::FIRST_IMPLIES_THEN),
            _ => self.order_other(run, state),
        }
    }

    fn order_stop(&self, run: &mut Run<'_>, state: ConnectionState) {
        match state {
            ConnectionState::Alive => self.before_stop(run, Kinds::THEN_IMPLIES_FIRST),
            ConnectionState::Failed => {
                request_fencing(run, self.node, FenceReason::ActiveConnectionUnrecoverable, false);
            }
            _ if run[self.connection].next_role == Role::Stopped => self.before_stop(run, Kinds::THEN_IMPLIES_FIRST),
            _ => self.after_start(run, Kinds::empty()),
        }
    }

    fn order_other(&self, run: &mut Run<'_>, state: ConnectionState) {
        if state == ConnectionState::Failed && run[self.action].task == Task::Monitor {
            request_fencing(run, self.node, FenceReason::UnknownConnectionUnrecoverable, false);
        }
        if state == ConnectionState::Stopped && run.cluster.current_node(self.connection).is_some() {
            self.before_stop(run, Kinds::UNRUNNABLE_BLOCKS);
        } else {
            self.after_start(run, Kinds::empty());
        }
    }

    /// FENCE-52.
    fn order_on_guest(&self, run: &mut Run<'_>) {
        let Some(launcher) = run[self.connection].launcher else { return };
        match run[self.action].task {
            Task::Start | Task::Promote => {
                let start = Side::Key(launcher, ActionKey::once(Task::Start));
                let kinds = Kinds::GUEST_ALLOWED | Kinds::UNRUNNABLE_BLOCKS | Kinds::FIRST_IMPLIES_THEN;
                order(run, start, Side::Action(self.action), kinds);
                self.after_start(run, Kinds::empty());
            }
            Task::Stop | Task::Demote | Task::MigrateTo | Task::MigrateFrom => {
                if !run[launcher].failed {
                    self.before_stop(run, Kinds::empty());
                }
            }
            Task::Cancel | Task::Other(_) => {}
            _ if self.recurs(run) => self.after_start(run, Kinds::FIRST_IMPLIES_THEN),
            _ => self.after_start(run, Kinds::empty()),
        }
    }
}
