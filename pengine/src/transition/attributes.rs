//! The `attributes` element: parameters, meta-attributes and extras of an action (GRAPH section 9).

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::cib::{FEATURE_SET, IdScope, NameValues, NextChange, RuleInput, read_sets};
use crate::cluster::build::op_element;
use crate::cluster::{Kind, NodeId, ResourceId};
use crate::digest::{TIMEOUT, parameter_digest};
use crate::digits::digits;
use crate::plan::{ActionId, OpElement, Task, meta};
use crate::run::Run;

use super::element::Text;

/// The name of an attribute: that of a parameter, or of a meta-attribute, which is shown as `CRM_meta_` and the name with `_`
/// for `-` (GRAPH-49).
#[derive(Debug, Clone)]
pub(super) struct Name<'a> {
    text: Text<'a>,
    is_meta: bool,
    has_dashes: bool,
}

const META: &str = "CRM_meta_";

impl<'a> Name<'a> {
    /// A name that is shown as it is.
    pub fn plain(text: impl Into<Text<'a>>) -> Self {
        Self { text: text.into(), is_meta: false, has_dashes: false }
    }

    /// The name of a meta-attribute.
    fn meta(text: &'a str) -> Self {
        Self { text: text.into(), is_meta: true, has_dashes: text.contains('-') }
    }

    /// The text as it is shown, piece by piece.
    pub fn pieces(&self) -> impl Iterator<Item = &str> {
        let pieces = self.text.split(|at| at == '-' && self.has_dashes).enumerate();
        let prefix = if self.is_meta { META } else { "" };
        std::iter::once(prefix).chain(pieces.flat_map(|(at, piece)| [if at > 0 { "_" } else { "" }, piece]))
    }

    /// The name under which it may count in a digest of parameters.
    fn counted(&self) -> Option<&str> {
        if self.is_meta { (&*self.text == "timeout").then_some(TIMEOUT) } else { Some(&self.text) }
    }

    /// The text as it is shown.
    fn shown(&self) -> String {
        self.pieces().collect()
    }

    /// Compares what is behind the first bytes of the plain one of two names, if only one is plain.
    fn compare_behind(&self, skipped: usize, other: &Self) -> Ordering {
        let (a, b) = (&self.text.as_bytes()[skipped..], other.text.as_bytes());
        if !self.has_dashes && !other.has_dashes {
            return a.cmp(b);
        }
        let shown = |name: &Self, byte: u8| if byte == b'-' && name.has_dashes { b'_' } else { byte };
        a.iter().map(|&byte| shown(self, byte)).cmp(b.iter().map(|&byte| shown(other, byte)))
    }

    /// Compares a plain name with that of a meta-attribute.
    fn compare_with_meta(&self, other: &Self) -> Ordering {
        if self.text.starts_with(META) {
            self.compare_behind(META.len(), other)
        } else {
            self.text.as_bytes().cmp(META.as_bytes())
        }
    }

    fn length(&self) -> usize {
        self.text.len() + if self.is_meta { META.len() } else { 0 }
    }
}

impl Ord for Name<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_meta, other.is_meta) {
            (false, true) => self.compare_with_meta(other),
            (true, false) => other.compare_with_meta(self).reverse(),
            _ => self.compare_behind(0, other),
        }
    }
}

impl PartialOrd for Name<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.length() == other.length() && self.cmp(other).is_eq()
    }
}

impl Eq for Name<'_> {}

/// The attributes of one action as they are put together.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    /// As they came.
    pub attributes: Vec<(Name<'a>, Text<'a>)>,
    /// Parameters that can't be attributes.
    pub params: Vec<(&'a str, &'a str)>,
    /// Where each attribute is, by the name that it is shown by, once there are more than a few.
    places: FxHashMap<String, usize>,
}

/// Up to so many attributes are looked through one by one.
const FEW: usize = 32;

impl<'a> Attributes<'a> {
    /// The value of a meta-attribute.
    pub fn detail(&self, name: &str) -> Option<&str> {
        let wanted = Name::meta(name);
        self.attributes.iter().find(|(at, _)| *at == wanted).map(|(_, value)| &**value)
    }

    /// That of [`super::GraphAction::parameter_digest`].
    pub fn parameter_digest(&self, interval: u32) -> String {
        let attributes = self.attributes.iter().filter_map(|(name, value)| Some((name.counted()?, &**value)));
        parameter_digest(attributes.chain(self.params.iter().copied()), interval)
    }

    /// Adds an attribute unless there is one of that name.
    fn put(&mut self, name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) {
        self.put_named(Name::plain(name), value.into());
    }

    /// Adds a meta-attribute; names with `#` or `:` are left out (GRAPH-49).
    fn put_meta(&mut self, name: &'a str, value: &'a str) {
        if !name.contains(['#', ':']) {
            self.put_named(Name::meta(name), value.into());
        }
    }

    fn put_named(&mut self, name: Name<'a>, value: Text<'a>) {
        if self.place(&name).is_none() {
            self.push(name, value);
        }
    }

    fn place(&self, name: &Name<'_>) -> Option<usize> {
        if self.attributes.len() <= FEW {
            return self.attributes.iter().position(|(at, _)| at == name);
        }
        self.places.get(&name.shown()).copied()
    }

    fn push(&mut self, name: Name<'a>, value: Text<'a>) {
        self.attributes.push((name, value));
        let count = self.attributes.len();
        if count > FEW {
            let known = if count == FEW + 1 { 0 } else { count - 1 };
            let shown = self.attributes.iter().enumerate().skip(known).map(|(at, (name, _))| (name.shown(), at));
            self.places.extend(shown);
        }
    }

    /// Adds an attribute, or replaces the one of that name.
    fn set(&mut self, name: Name<'a>, value: impl Into<Text<'a>>) {
        match self.place(&name) {
            Some(at) => self.attributes[at].1 = value.into(),
            None => self.push(name, value.into()),
        }
    }
}

/// Gathers the attributes of an action; `node` is the one that its element names.
pub(super) fn collect<'r>(run: &'r Run<'_>, id: ActionId, node: Option<NodeId>) -> Attributes<'r> {
    let mut values = Attributes { attributes: Vec::with_capacity(12), ..Attributes::default() };
    values.put("crm_feature_set", FEATURE_SET);
    add_own_parameters(run, id, &mut values);
    add_resource_parameters(run, id, &mut values);
    if let Some(node) = node {
        // An element with a node has it among its attributes, too (GRAPH-43).
        values.put_meta("on_node", &run[node].name);
        values.put_meta("on_node_uuid", &run[node].id);
    }
    add_meta(run, id, &mut values);
    if let Some(resource) = run[id].resource {
        add_extras(run, resource, &mut values);
        add_guest_host(run, id, resource, &mut values);
    }
    values
}

/// The `op` element's own parameters on the action's node (ACT-10).
fn add_own_parameters<'r>(run: &'r Run<'_>, id: ActionId, values: &mut Attributes<'r>) {
    let action = &run[id];
    let Some(op) = action.operation.and_then(|operation| run.plan.operations[operation].op) else { return };
    let (Some(resource), true) = (action.resource, action.has_own_parameters) else { return };
    let own = run.cluster.definitions.get(run[resource].xml);
    let scope = IdScope { cib: run.cib, own: matches!(op, OpElement::Definition(_)).then_some(own) };
    let attributes = action.node.map(|node| &run[node].attributes);
    let input = RuleInput { node: attributes, ..run.cluster.rule_input() };
    let words = run.cluster.options.health_words;
    let mut found = NameValues::default();
    read_sets(
        op_element(run, op).children(),
        "instance_attributes",
        scope,
        &input,
        words,
        &mut found,
        &mut NextChange::default(),
    );
    for (name, value) in found {
        values.put(name, value);
    }
}

/// Whether the resource's parameters are among the attributes of an action (GRAPH-51).
pub(super) fn has_parameters(run: &Run<'_>, id: ActionId) -> bool {
    run[id].resource.is_some_and(|resource| run[id].node.is_some() || run[resource].is_primitive())
}

/// Names that begin with a digit become `param` elements (GRAPH-54).
fn add_resource_parameters<'r>(run: &'r Run<'_>, id: ActionId, values: &mut Attributes<'r>) {
    let Some(resource) = run[id].resource.filter(|_| has_parameters(run, id)) else { return };
    let Some(found) = run[resource].parameters.get(run[id].node) else { return };
    for (name, value) in found.iter() {
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            values.params.push((name, value));
        } else {
            values.put(name.as_str(), value.as_str());
        }
    }
}

/// GRAPH-49.
fn add_meta<'r>(run: &'r Run<'_>, id: ActionId, values: &mut Attributes<'r>) {
    let action = &run[id];
    if let Some(expected) = action.expects {
        values.put_meta("op_target_rc", expected.exit_code());
    }
    let configured = action.operation.map(|operation| &run.plan.operations[operation].meta);
    for (name, value) in action.meta.iter().chain(configured.into_iter().flatten()) {
        values.put_meta(name, value);
    }
}

/// What the resource and everything above it adds, over what is there (GRAPH-53).
fn add_extras<'r>(run: &'r Run<'_>, resource: ResourceId, values: &mut Attributes<'r>) {
    for at in run.cluster.ancestry(resource) {
        match &run[at].kind {
            Kind::Primitive => add_primitive_extras(run, at, values),
            Kind::Clone(_) => add_clone_extras(run, at, values),
            Kind::Group(_) | Kind::Bundle(_) => {}
        }
    }
}

fn add_primitive_extras<'r>(run: &'r Run<'_>, id: ResourceId, values: &mut Attributes<'r>) {
    let resource = &run[id];
    let named = [
        ("clone", Name::meta("clone")),
        ("remote-node", Name::meta("remote_node")),
        ("external-ip", Name::plain("pcmk_external_ip")),
    ];
    for (meta, name) in named {
        if let Some(value) = resource.meta(meta) {
            values.set(name, value);
        }
    }
    let launcher = run.cluster.ancestry(id).filter_map(|at| run[at].launcher).last();
    if let Some(launcher) = launcher {
        values.set(Name::meta("container"), run[launcher].id.as_str());
    }
}

fn add_clone_extras<'r>(run: &'r Run<'_>, id: ResourceId, values: &mut Attributes<'r>) {
    let resource = &run[id];
    let Some(config) = resource.clone_config() else { return };
    let flag = |set: bool| if set { "true" } else { "false" };
    values.set(Name::meta("globally_unique"), flag(resource.unique));
    values.set(Name::meta("notify"), flag(resource.notify));
    let mut numbers = vec![("clone_max", config.max), ("clone_node_max", config.node_max)];
    if resource.promotable {
        numbers.extend([("promoted_max", config.promoted_max), ("promoted_node_max", config.promoted_node_max)]);
        numbers.extend([("master_max", config.promoted_max), ("master_node_max", config.promoted_node_max)]);
    }
    for (name, number) in numbers {
        values.set(Name::meta(name), digits(number));
    }
}

/// The host behind a guest node (GRAPH-55).
fn add_guest_host<'r>(run: &'r Run<'_>, id: ActionId, resource: ResourceId, values: &mut Attributes<'r>) {
    let Some(host) = run[id].node.and_then(|node| guest_host(run, id, node)) else { return };
    if let Some(target) = run[resource].meta("container-attribute-target") {
        values.put_named(Name::meta("container_attribute_target"), target.into());
    }
    values.put_named(Name::meta("physical_host"), run[host].name.as_str().into());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_and_compared_alike() {
        let names = [
            Name::meta("on-fail"),
            Name::meta("on_node"),
            Name::plain("CRM_meta_on_fail"),
            Name::plain("a-b"),
            Name::meta("on-node-"),
            Name::plain("CRM_meta_"),
            Name::plain("CRM"),
        ];
        assert_eq!((names[0].shown(), names[3].shown()), ("CRM_meta_on_fail".to_owned(), "a-b".to_owned()));
        for a in &names {
            for b in &names {
                assert_eq!(a.cmp(b), a.shown().cmp(&b.shown()), "{a:?} {b:?}");
                assert_eq!(a == b, a.shown() == b.shown(), "{a:?} {b:?}");
            }
        }
    }
}
