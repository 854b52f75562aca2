//! Assigning a bundle: containers, what belongs to them, and what runs inside (INST-83).

use crate::cib::Score;
use crate::cluster::{NodeId, ResourceId};
use crate::ledger::Cause;
use crate::run::{AssignStep, Run};

use super::assignment::{Request, Turn};
use super::colocation::colocate_with_host_connection;
use super::criteria::reached_threshold;
use super::instance_order::sort_for_assignment;
use super::instances::{InstanceAssignments, Limits};
use super::lines::note_scores;
use super::scores::{known_nodes, set_score};

/// The assignment of all parts; the bundle itself never has a node. Each does all of it anew.
#[derive(Debug)]
pub(super) struct BundleAssignment {
    request: Request,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Own,
    Containers(InstanceAssignments),
    Parts {
        left: std::vec::IntoIter<Part>,
        /// What runs inside, and how it was marked, while one of its instances is assigned.
        marked: Option<(ResourceId, bool)>,
    },
}

/// What is assigned after the containers.
#[derive(Debug)]
enum Part {
    Ip(ResourceId),
    Connection {
        connection: ResourceId,
        container: Option<ResourceId>,
    },
    Child {
        child: ResourceId,
        node: NodeId,
        inner: ResourceId,
    },
    /// What all children are instances of.
    Inner(ResourceId),
}

impl BundleAssignment {
    pub(super) fn new(request: Request) -> Self {
        Self { request, stage: Stage::Own }
    }

    /// Goes on; the node is that of what was waited for.
    pub(super) fn go_on(&mut self, run: &mut Run<'_>, node: Option<NodeId>) -> Turn {
        let bundle = self.request.resource;
        loop {
            match &mut self.stage {
                Stage::Own => self.stage = Stage::Containers(begin_containers(run, bundle)),
                Stage::Containers(containers) => match containers.go_on(run, node) {
                    Some(request) => return Turn::Wait(request),
                    None => self.stage = Stage::Parts { left: parts(run, bundle).into_iter(), marked: None },
                },
                Stage::Parts { left, marked } => {
                    if let Some((inner, was_assigning)) = marked.take() {
                        run[inner].assigning = was_assigning;
                    }
                    let Some(part) = left.next() else {
                        run[bundle].assigning = false;
                        run[bundle].provisional = false;
                        return Turn::Done(None);
                    };
                    return Turn::Wait(prepare(run, bundle, &part, self.request, marked));
                }
            }
        }
    }
}

fn begin_containers(run: &mut Run<'_>, bundle: ResourceId) -> InstanceAssignments {
    run[bundle].assigning = true;
    note_scores(run, AssignStep::Bundle, bundle);
    let (replicas, per_node) = run[bundle].bundle().map_or((&[][..], 0), |config| (&config.replicas, config.replicas_per_host));
    let total = u32::try_from(replicas.len()).unwrap_or(u32::MAX);
    let mut containers: Vec<ResourceId> = replicas.iter().filter_map(|replica| replica.container).collect();
    sort_for_assignment(run, &mut containers);
    InstanceAssignments::new(run, containers, Limits { collective: bundle, total, per_node })
}

fn parts(run: &Run<'_>, bundle: ResourceId) -> Vec<Part> {
    let Some(config) = run[bundle].bundle() else { return Vec::new() };
    let mut parts = Vec::new();
    for replica in &config.replicas {
        let container = replica.container;
        parts.extend(replica.ip.map(Part::Ip));
        parts.extend(replica.connection.map(|connection| Part::Connection { connection, container }));
        if let (Some(child), Some(node), Some(inner)) = (replica.child, replica.node, config.inner) {
            parts.push(Part::Child { child, node, inner });
        }
    }
    parts.extend(config.inner.map(Part::Inner));
    parts
}

/// Makes a part ready to be assigned.
fn prepare(
    run: &mut Run<'_>,
    bundle: ResourceId,
    part: &Part,
    request: Request,
    marked: &mut Option<(ResourceId, bool)>,
) -> Request {
    match *part {
        Part::Ip(ip) => request.of(ip),
        Part::Connection { connection, container } => {
            colocate_with_host(run, container, connection);
            request.of(connection)
        }
        Part::Child { child, node, inner } => {
            keep_inside(run, child, node);
            *marked = Some((inner, std::mem::replace(&mut run[inner].assigning, true)));
            Request { preferred: Some(node), ..request.of(child) }
        }
        Part::Inner(inner) => {
            ban_other_nodes(run, bundle, inner);
            request.of(inner)
        }
    }
}

/// An instance inside can only be on the node that its container makes.
fn keep_inside(run: &mut Run<'_>, child: ResourceId, node: NodeId) {
    for at in known_nodes(run, child) {
        if at != node {
            set_score(run, child, at, Score::MINUS_INFINITY, Cause::Instances);
        } else if !reached_threshold(run, child, node) {
            set_score(run, child, at, Score::INFINITY, Cause::Instances);
        }
    }
}

/// What runs inside can only be on the nodes that the containers make.
fn ban_other_nodes(run: &mut Run<'_>, bundle: ResourceId, inner: ResourceId) {
    let replicas = run[bundle].bundle().map_or(&[][..], |config| &config.replicas);
    let own: Vec<NodeId> = replicas.iter().filter_map(|replica| replica.node).collect();
    for node in known_nodes(run, inner) {
        let score = if own.contains(&node) { Score::ZERO } else { Score::MINUS_INFINITY };
        set_score(run, inner, node, score, Cause::Instances);
    }
}

/// A connection to a container on a node that is itself connected needs that connection (COLO-33).
fn colocate_with_host(run: &mut Run<'_>, container: Option<ResourceId>, connection: ResourceId) {
    let host = container.and_then(|container| run[container].assigned).filter(|&host| run[host].is_remote_kind());
    if let Some(host_connection) = host.and_then(|host| run[host].connection) {
        colocate_with_host_connection(run, connection, host_connection);
    }
}
