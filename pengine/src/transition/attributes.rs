//! The `attributes` element: parameters, meta-attributes and extras of an action (GRAPH section 9).

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::cib::{FEATURE_SET, IdScope, NameValues, NextChange, RuleInput, read_sets};
use crate::cluster::build::{op_element, parameters};
use crate::cluster::{Kind, NodeId, ResourceId};
use crate::plan::{ActionId, OpElement, Task, meta};
use crate::run::Run;

type Pairs = Vec<(Arc<str>, String)>;
type Params = Vec<(String, String)>;

/// Names of attributes, each kept once however many actions have it.
#[derive(Debug, Default)]
pub(super) struct AttributeNames {
    /// By the name as it is.
    plain: FxHashMap<String, Arc<str>>,
    /// By the name of the meta-attribute; nothing for one that is left out.
    meta: FxHashMap<String, Option<Arc<str>>>,
}

impl AttributeNames {
    fn plain(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.plain.get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = name.into();
        self.plain.insert(name.to_owned(), Arc::clone(&shared));
        shared
    }

    /// `CRM_meta_` and the name with `_` for `-`; names with `#` or `:` are left out (GRAPH-49).
    fn meta(&mut self, name: &str) -> Option<Arc<str>> {
        if let Some(known) = self.meta.get(name) {
            return known.clone();
        }
        let shown = (!name.contains(['#', ':'])).then(|| self.plain(&format!("CRM_meta_{}", name.replace('-', "_"))));
        self.meta.insert(name.to_owned(), shown.clone());
        shown
    }
}

/// The attributes of one action as they are put together.
struct Attributes<'n> {
    names: &'n mut AttributeNames,
    pairs: Pairs,
}

impl Attributes<'_> {
    fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(at, _)| **at == *name)
    }

    /// Adds an attribute unless there is one of that name.
    fn put(&mut self, name: &str, value: &str) {
        if !self.has(name) {
            let name = self.names.plain(name);
            self.pairs.push((name, value.to_owned()));
        }
    }

    fn put_meta(&mut self, name: &str, value: &str) {
        if let Some(name) = self.names.meta(name)
            && !self.has(&name)
        {
            self.pairs.push((name, value.to_owned()));
        }
    }

    /// Adds an attribute, or replaces the one of that name.
    fn set(&mut self, name: &str, value: &str) {
        match self.pairs.iter_mut().find(|(at, _)| **at == *name) {
            Some((_, known)) => value.clone_into(known),
            None => self.put(name, value),
        }
    }
}

/// The attributes sorted by name, and the parameters that can't be attributes.
pub(super) fn collect(run: &mut Run<'_>, id: ActionId, names: &mut AttributeNames) -> (Pairs, Params) {
    let mut values = Attributes { names, pairs: Vec::with_capacity(8) };
    values.put("crm_feature_set", FEATURE_SET);
    add_own_parameters(run, id, &mut values);
    let params = add_resource_parameters(run, id, &mut values);
    add_meta(run, id, &mut values);
    if let Some(resource) = run[id].resource {
        add_extras(run, resource, &mut values);
        add_guest_host(run, id, resource, &mut values);
    }
    let mut sorted = values.pairs;
    sorted.sort_unstable();
    sorted.shrink_to_fit();
    (sorted, params)
}

/// The `op` element's own parameters on the action's node (ACT-10).
fn add_own_parameters(run: &Run<'_>, id: ActionId, values: &mut Attributes<'_>) {
    let action = &run[id];
    let Some(op) = action.operation.and_then(|operation| run.plan.operations[operation].op) else { return };
    let (Some(resource), true) = (action.resource, action.has_own_parameters) else { return };
    let own = run.cluster.definitions.get(run[resource].xml);
    let scope = IdScope { cib: run.cib, own: matches!(op, OpElement::Definition(_)).then_some(own) };
    let attributes = action.node.map(|node| &run[node].attributes);
    let input = RuleInput { now: run.cluster.now, node: attributes, ..RuleInput::default() };
    let words = run.cluster.options.health_words;
    let mut found = NameValues::default();
    read_sets(op_element(run, op), "instance_attributes", scope, &input, words, &mut found, &mut NextChange::default());
    for (name, value) in &found {
        values.put(name, value);
    }
}

/// GRAPH-51; names that begin with a digit become `param` elements (GRAPH-54).
fn add_resource_parameters(run: &mut Run<'_>, id: ActionId, values: &mut Attributes<'_>) -> Params {
    let mut params = Vec::new();
    let Some(resource) = run[id].resource else { return params };
    let node = run[id].node;
    if node.is_none() && !run[resource].is_primitive() {
        return params;
    }
    let mut found = parameters(run, resource, node);
    if found.get("addr").map(String::as_str) == Some("#uname") {
        let resolved = parameters(run, resource, None).get("addr").cloned();
        let mut changed = (*found).clone();
        changed.insert("addr".to_owned(), resolved.unwrap_or_default());
        found = changed.into();
        run[resource].parameters.insert(node, found.clone());
    }
    for (name, value) in found.iter() {
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            params.push((name.clone(), value.clone()));
        } else {
            values.put(name, value);
        }
    }
    params
}

/// GRAPH-49.
fn add_meta(run: &Run<'_>, id: ActionId, values: &mut Attributes<'_>) {
    let action = &run[id];
    let configured = action.operation.map(|operation| &run.plan.operations[operation].meta);
    for (name, value) in action.meta.iter().chain(configured.into_iter().flatten()) {
        values.put_meta(name, value);
    }
}

/// What the resource and everything above it adds, over what is there (GRAPH-53).
fn add_extras(run: &Run<'_>, resource: ResourceId, values: &mut Attributes<'_>) {
    for at in run.cluster.ancestry(resource) {
        match &run[at].kind {
            Kind::Primitive => add_primitive_extras(run, at, values),
            Kind::Clone(_) => add_clone_extras(run, at, values),
            Kind::Group(_) | Kind::Bundle(_) => {}
        }
    }
}

fn add_primitive_extras(run: &Run<'_>, id: ResourceId, values: &mut Attributes<'_>) {
    let resource = &run[id];
    for (meta, name) in
        [("clone", "CRM_meta_clone"), ("remote-node", "CRM_meta_remote_node"), ("external-ip", "pcmk_external_ip")]
    {
        if let Some(value) = resource.meta(meta) {
            values.set(name, value);
        }
    }
    let launcher = run.cluster.ancestry(id).filter_map(|at| run[at].launcher).last();
    if let Some(launcher) = launcher {
        values.set("CRM_meta_container", &run[launcher].id);
    }
}

fn add_clone_extras(run: &Run<'_>, id: ResourceId, values: &mut Attributes<'_>) {
    let resource = &run[id];
    let Some(config) = resource.clone_config() else { return };
    let mut extras = vec![
        ("globally_unique", resource.unique.to_string()),
        ("notify", resource.notify.to_string()),
        ("clone_max", config.max.to_string()),
        ("clone_node_max", config.node_max.to_string()),
    ];
    if resource.promotable {
        let (max, node_max) = (config.promoted_max.to_string(), config.promoted_node_max.to_string());
        extras.extend([("promoted_max", max.clone()), ("promoted_node_max", node_max.clone())]);
        extras.extend([("master_max", max), ("master_node_max", node_max)]);
    }
    for (name, value) in extras {
        values.set(&format!("CRM_meta_{name}"), &value);
    }
}

/// The host behind a guest node (GRAPH-55).
fn add_guest_host(run: &Run<'_>, id: ActionId, resource: ResourceId, values: &mut Attributes<'_>) {
    let Some(host) = run[id].node.and_then(|node| guest_host(run, id, node)) else { return };
    if let Some(target) = run[resource].meta("container-attribute-target") {
        values.put("CRM_meta_container_attribute_target", target);
    }
    values.put("CRM_meta_physical_host", &run[host].name);
}

fn guest_host(run: &Run<'_>, id: ActionId, node: NodeId) -> Option<NodeId> {
    let launcher = run.cluster.launcher_of(node).filter(|_| run[node].is_remote_kind())?;
    let task = match run[id].task {
        Task::Notify | Task::Notified => Task::from_name(meta(run, id, "notify_operation").unwrap_or_default()),
        task => Some(task),
    };
    match task? {
        Task::Stop | Task::Stopped | Task::Demote | Task::Demoted => run.cluster.current_node(launcher),
        Task::Start | Task::Running | Task::Monitor | Task::Promote | Task::Promoted => run[launcher].assigned,
        _ => None,
    }
}
