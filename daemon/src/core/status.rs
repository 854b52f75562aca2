//! The state of the cluster, as people are shown it.

use pengine::Snapshot;
use pengine::report::document::{self, PrimitiveStatus};
use pengine::report::{Chunk, Page, StatusOptions};
use pengine_control::{ClusterStatus, Failure, NodeStatus, ResourceStatus, TransitionStatus};

use super::{Core, Runner};

impl Core {
    pub(super) fn status(&self) -> ClusterStatus {
        let settings = self.engine_settings();
        let mut snapshot = Snapshot::read(self.document.cib(), &settings);
        let status = snapshot.status();
        let mut page = Page::new(false);
        snapshot.write_status(&mut page, "Cluster status", StatusOptions { pending: true, attributes: false, failures: false });
        let texts = page.finish().into_iter().filter_map(|chunk| match chunk {
            Chunk::Out(text) => Some(text),
            Chunk::Err(_) => None,
        });
        ClusterStatus {
            local_node: self.settings.node.clone(),
            nodes: status.nodes.iter().map(|node| self.node_status(node)).collect(),
            resources: status.primitives().into_iter().flat_map(|primitive| self.resource_status(primitive)).collect(),
            failures: failures(&status),
            have_quorum: self.membership.quorum,
            transition: self.transition_status(),
            version: self.document.version(),
            text: texts.collect(),
        }
    }

    fn node_status(&self, node: &document::NodeStatus) -> NodeStatus {
        NodeStatus {
            name: node.name.clone(),
            online: node.online,
            standby: node.standby,
            maintenance: node.maintenance,
            // The only one that decides is the one that is asked.
            dc: self.is_local(&node.name),
            unclean: node.unclean,
        }
    }

    fn resource_status(&self, primitive: &PrimitiveStatus) -> Vec<ResourceStatus> {
        let nodes = primitive.nodes.iter().map(|node| Some(node.name.clone()));
        let nodes: Vec<Option<String>> = if primitive.nodes.is_empty() { vec![None] } else { nodes.collect() };
        let on = |node: Option<String>| ResourceStatus {
            id: primitive.id.clone(),
            agent: primitive.agent.clone(),
            role: primitive.role.as_str().to_owned(),
            pending: self.pending(&primitive.name, node.as_deref()),
            node,
            managed: primitive.managed,
            failed: primitive.failed,
            blocked: primitive.blocked,
        };
        nodes.into_iter().map(on).collect()
    }

    /// What is being done about a resource, on a node or, if it is active nowhere, anywhere.
    fn pending(&self, resource: &str, node: Option<&str>) -> Option<String> {
        let is_there = |at: &str| node.is_none_or(|node| node == at);
        let calls = self.calls.values().filter(|call| is_there(&call.order.node));
        let mut tasks = calls.filter_map(|call| {
            let key = call.order.key();
            let task = key.strip_prefix(resource)?.strip_prefix('_')?.strip_suffix("_0")?;
            Some(match task {
                "start" => "starting",
                "stop" => "stopping",
                "promote" => "promoting",
                "demote" => "demoting",
                "monitor" => "probing",
                _ => return None,
            })
        });
        tasks.next().map(str::to_owned)
    }

    fn transition_status(&self) -> TransitionStatus {
        let (done, total) = self.runner.as_ref().map_or((0, 0), Runner::progress);
        let running = self.calls.values().map(|call| format!("{} on {}", call.order.key(), call.order.node));
        TransitionStatus {
            state: self.transition_state(),
            number: self.transitions,
            done,
            total,
            running: running.collect(),
            next_check: self.agenda.next_check(),
        }
    }
}

fn failures(status: &document::ClusterStatus) -> Vec<Failure> {
    let counted = |resource: &str, node: &str| {
        let nodes = status.fail_counts.iter().flatten().filter(|at| at.node == node);
        let mut entries = nodes.flat_map(|at| &at.failures).filter(|entry| entry.resource == resource);
        entries.next().map(|entry| entry.fail_count)
    };
    let failure = |action: &document::FailedAction| {
        let suffix = format!("_{}_{}", action.operation, action.interval_ms);
        let resource = action.key.strip_suffix(&suffix).unwrap_or(&action.key).to_owned();
        let count = counted(&resource, &action.node);
        Failure {
            count: count.filter(|count| !count.is_infinite()).and_then(|count| u64::try_from(count.value()).ok()),
            resource,
            operation: action.operation.clone(),
            interval_ms: u64::from(action.interval_ms),
            node: action.node.clone(),
            exit_status: i32::try_from(action.exit_status).unwrap_or(-1),
            exit_text: action.exit_text.clone(),
            reason: action.exit_reason.clone().unwrap_or_default(),
            at: action.last_change.unwrap_or(0),
        }
    };
    let mut failures: Vec<Failure> = status.failed_actions.iter().flatten().map(failure).collect();
    failures.sort_by_key(|failure| failure.at);
    failures
}
