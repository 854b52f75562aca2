//! The state of a cluster as XML.

use crate::cib::format_utc;
use crate::report::Health;
use crate::report::document::{
    BundleStatus, ClusterStatus, CollectiveStatus, FailedAction, NodeAttributes, NodeFailCounts, NodeStatus, NodeType,
    PrimitiveStatus, ResourceStatus,
};
use crate::report::failures::date_text;

use super::writer::{Document, Element};

/// What stands for the feature set of software that is too old to tell it.
const UNKNOWN_FEATURE_SET: &str = "<3.15.1";

/// Writes the sections of a status.
pub(super) fn write(document: &mut Document, status: &ClusterStatus) {
    document.nest(Element::new("nodes"), |document| status.nodes.iter().for_each(|at| document.empty(node(at))));
    document.nest(Element::new("resources"), |document| status.resources.iter().for_each(|at| resource(document, at)));
    if let Some(nodes) = status.node_attributes.as_ref().filter(|nodes| !nodes.is_empty()) {
        document.nest(Element::new("node_attributes"), |document| nodes.iter().for_each(|at| attributes(document, at)));
    }
    if let Some(nodes) = &status.fail_counts {
        document.nest(Element::new("node_history"), |document| nodes.iter().for_each(|at| fail_counts(document, at)));
    }
    if let Some(failed) = status.failed_actions.as_ref().filter(|failed| !failed.is_empty()) {
        document.nest(Element::new("failures"), |document| failed.iter().for_each(|at| document.empty(failure(at))));
    }
}

fn node(node: &NodeStatus) -> Element<'static> {
    let health = match node.health {
        Health::Green => "green",
        Health::Yellow => "yellow",
        Health::Red => "red",
    };
    let is_member = node.kind == NodeType::Member;
    let feature_set = node.feature_set.as_deref().unwrap_or(UNKNOWN_FEATURE_SET);
    Element::new("node")
        .with("name", &node.name)
        .with("id", &node.id)
        .with("online", node.online)
        .with("standby", node.standby)
        .with("standby_onfail", node.standby_on_fail)
        .with("maintenance", node.maintenance)
        .with("pending", node.pending)
        .with("unclean", node.unclean)
        .with("health", health)
        .with_some("feature_set", (is_member && node.online && node.expected_up).then_some(feature_set))
        .with("shutdown", node.shutting_down)
        .with("expected_up", node.expected_up)
        .with("is_dc", node.is_dc)
        .with("resources_running", node.resources_running)
        .with("type", if is_member { "member" } else { "remote" })
        .with_some("id_as_resource", node.launcher.as_ref())
}

fn resource(document: &mut Document, resource: &ResourceStatus) {
    match resource {
        ResourceStatus::Primitive(status) => primitive(document, status),
        ResourceStatus::Group(status) => collective(document, group_element(status), status),
        ResourceStatus::Clone(status) => collective(document, clone_element(status), status),
        ResourceStatus::Bundle(status) => bundle(document, status),
    }
}

fn primitive(document: &mut Document, status: &PrimitiveStatus) {
    let element = Element::new("resource")
        .with("id", &status.name)
        .with("resource_agent", &status.agent)
        .with("role", status.role.as_str())
        .with_some("target_role", status.target_role.as_ref())
        .with("active", status.active)
        .with("orphaned", status.orphaned)
        .with("removed", status.orphaned)
        .with("blocked", status.blocked)
        .with("maintenance", status.maintenance)
        .with("managed", status.managed)
        .with("failed", status.failed)
        .with("failure_ignored", status.failure_ignored)
        .with("nodes_running_on", status.nodes.len())
        .with_some("pending", status.pending.map(|pending| pending.as_str()))
        .with_some("locked_to", status.locked_to.as_ref());
    document.nest(element, |document| {
        for node in &status.nodes {
            let element = Element::new("node").with("name", &node.name).with("id", &node.id);
            document.empty(element.with("cached", node.online));
        }
    });
}

fn group_element(status: &CollectiveStatus) -> Element<'static> {
    Element::new("group")
        .with("id", &status.id)
        .with("number_resources", status.members.len())
        .with("maintenance", status.maintenance)
        .with("managed", status.managed)
        .with("disabled", status.disabled)
}

fn clone_element(status: &CollectiveStatus) -> Element<'static> {
    Element::new("clone")
        .with("id", &status.id)
        .with("multi_state", status.promotable)
        .with("unique", status.unique)
        .with("maintenance", status.maintenance)
        .with("managed", status.managed)
        .with("disabled", status.disabled)
        .with("failed", status.failed)
        .with("failure_ignored", status.failure_ignored)
        .with_some("target_role", status.target_role.as_ref())
}

fn collective(document: &mut Document, element: Element<'_>, status: &CollectiveStatus) {
    document.nest(element, |document| status.members.iter().for_each(|member| resource(document, member)));
}

fn bundle(document: &mut Document, status: &BundleStatus) {
    let element = Element::new("bundle")
        .with("id", &status.id)
        .with("type", &status.technology)
        .with("image", &status.image)
        .with("unique", status.unique)
        .with("maintenance", status.maintenance)
        .with("managed", status.managed)
        .with("failed", status.failed);
    document.nest(element, |document| {
        for replica in &status.replicas {
            document.nest(Element::new("replica").with("id", replica.number), |document| {
                replica.resources.iter().for_each(|part| resource(document, part));
            });
        }
    });
}

fn attributes(document: &mut Document, node: &NodeAttributes) {
    document.nest(Element::new("node").with("name", &node.node), |document| {
        for attribute in &node.attributes {
            let element = Element::new("attribute").with("name", &attribute.name).with("value", &attribute.value);
            document.empty(element.with_some("expected", attribute.expected));
        }
    });
}

fn fail_counts(document: &mut Document, node: &NodeFailCounts) {
    document.nest(Element::new("node").with("name", &node.node), |document| {
        for failure in &node.failures {
            let element = Element::new("resource_history")
                .with("id", &failure.resource)
                .with("orphan", failure.orphaned)
                .with("migration-threshold", failure.migration_threshold.value())
                .with("fail-count", failure.fail_count)
                .with_some("last-failure", failure.last_failure.map(date_text));
            document.empty(element);
        }
    });
}

fn failure(failed: &FailedAction) -> Element<'static> {
    let element = Element::new("failure")
        .with("op_key", &failed.key)
        .with("node", &failed.node)
        .with("exitstatus", &failed.exit_text)
        .with("exitreason", failed.exit_reason.as_deref().unwrap_or("none"))
        .with("exitcode", failed.exit_status)
        .with("call", failed.call.map_or_else(|| "unknown".to_owned(), |call| call.to_string()))
        .with("status", &failed.execution_status);
    let Some(changed) = failed.last_change else { return element };
    element
        .with("last-rc-change", format_utc(changed))
        .with("queued", failed.queue_time_ms.unwrap_or(0))
        .with("exec", failed.execution_time_ms.unwrap_or(0))
        .with("interval", failed.interval_ms)
        .with("task", &failed.operation)
}
