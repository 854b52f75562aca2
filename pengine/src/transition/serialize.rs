//! The graph for serialization: actions with named fields, inputs as numbers of actions.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use smol_str::SmolStr;

use super::{GraphAction, Synapse, Transition};

type Map<'a> = BTreeMap<&'a str, &'a str>;

/// The form of [`Transition`].
#[derive(Serialize)]
struct TransitionForm<'a> {
    attributes: Map<'a>,
    synapses: &'a [Synapse],
}

/// The form of [`Synapse`].
#[derive(Serialize)]
struct SynapseForm<'a> {
    priority: i32,
    action: &'a GraphAction,
    inputs: &'a [u32],
}

/// The form of [`GraphAction`].
#[derive(Serialize)]
struct ActionForm<'a> {
    number: u32,
    kind: &'static str,
    operation: Option<&'a str>,
    key: Option<&'a str>,
    internal_key: Option<&'a str>,
    node: Option<&'a str>,
    node_id: Option<&'a str>,
    router_node: Option<&'a str>,
    mode: Option<&'a str>,
    shutdown_lock: Option<&'a str>,
    resource: Option<ResourceForm<'a>>,
    attributes: Map<'a>,
    parameters: Map<'a>,
    downed: Option<&'a [String]>,
    maintenance: Option<BTreeMap<&'a str, bool>>,
}

/// The form of the resource that an action is for.
#[derive(Serialize)]
struct ResourceForm<'a> {
    id: Option<&'a str>,
    long_id: Option<&'a str>,
    class: Option<&'a str>,
    provider: Option<&'a str>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
}

impl Serialize for Transition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let attributes = self.header.iter().map(|(name, value)| (*name, value.as_str())).collect();
        TransitionForm { attributes, synapses: &self.synapses }.serialize(serializer)
    }
}

impl Serialize for Synapse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SynapseForm { priority: self.priority, action: &self.action, inputs: &self.inputs }.serialize(serializer)
    }
}

impl Serialize for GraphAction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let details = self.details.as_deref();
        let form = ActionForm {
            number: self.id,
            kind: self.kind.as_str(),
            operation: self.attribute("operation"),
            key: self.attribute("operation_key"),
            internal_key: self.attribute("internal_operation_key"),
            node: self.attribute("on_node"),
            node_id: self.attribute("on_node_uuid"),
            router_node: self.attribute("router_node"),
            mode: self.attribute("mode"),
            shutdown_lock: self.attribute("shutdown-lock"),
            resource: details.and_then(|details| details.resource.as_deref()).map(ResourceForm::of),
            attributes: details.map(|details| texts(&details.attributes)).unwrap_or_default(),
            parameters: details.map(|details| texts(&details.params)).unwrap_or_default(),
            downed: details.and_then(|details| details.downed.as_deref()),
            maintenance: details
                .and_then(|details| details.maintenance.as_deref())
                .map(|nodes| nodes.iter().map(|(id, on)| (id.as_str(), *on)).collect()),
        };
        form.serialize(serializer)
    }
}

fn texts<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> Map<'_> {
    pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect()
}

impl<'a> ResourceForm<'a> {
    fn of(attributes: &'a [(&'static str, SmolStr)]) -> Self {
        let text = |name| attributes.iter().find(|(at, _)| *at == name).map(|(_, value)| value.as_str());
        Self { id: text("id"), long_id: text("long-id"), class: text("class"), provider: text("provider"), kind: text("type") }
    }
}
