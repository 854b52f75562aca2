//! Clones and their instances (RSC-71 to RSC-84).

use crate::cib::{ElementRef, is_true, leading_integer};
use crate::cluster::{CloneConfig, Kind, ResourceId};
use crate::limits::Granted;
use crate::run::Run;

use super::definition::{Definition, Source};

/// What agents of a class can do (RSC-70).
struct AgentClass {
    unique_clones: bool,
    promotable: bool,
}

impl AgentClass {
    fn of(class: &str) -> Self {
        let is = |name: &str| class.eq_ignore_ascii_case(name);
        Self { unique_clones: is("ocf") || is("stonith"), promotable: is("ocf") }
    }
}

/// A number as clones read it: unset is the default, anything invalid or negative is 0 (INST-1).
pub fn number(run: &Run<'_>, clone: ResourceId, names: &[&str], default: u32) -> u32 {
    let Some(text) = names.iter().find_map(|name| run[clone].meta(name)) else { return default };
    let value = leading_integer(text).map_or(0, |number| number.value);
    u32::try_from(value.clamp(0, i64::from(i32::MAX))).unwrap_or(0)
}

/// Reads a clone's numbers and makes its instances.
pub(super) fn build(run: &mut Run<'_>, clone: ResourceId, definition: &Definition) -> Option<()> {
    let source = run.cib.element(definition.source?);
    build_of(run, clone, source)
}

/// Makes the instances of a clone whose content stands below `source` in the document.
pub(super) fn build_of(run: &mut Run<'_>, clone: ResourceId, source: ElementRef<'_>) -> Option<()> {
    let content = source.children().find(|child| matches!(child.name(), "primitive" | "group"))?;
    read_numbers(run, clone, content);
    let unique = run[clone].unique;
    let meta = &mut run[clone].meta;
    // RSC-45: the clone's own stickiness stays 0; its instances inherit this.
    meta.insert_new("resource-stickiness", "1");
    meta.insert("globally-unique", unique.to_string());
    loop {
        let count = run[clone].children.len();
        let max = run[clone].clone_config().map_or(0, |config| config.max as usize);
        // With `clone-max` 0 there is one instance all the same, and it counts as removed.
        if count >= max.max(1) {
            return Some(());
        }
        new_instance(run, clone)?;
    }
}

fn read_numbers(run: &mut Run<'_>, clone: ResourceId, content: ElementRef<'_>) {
    let promotable = run[clone].promotable;
    let known_nodes = u32::try_from(run.cluster.nodes.len()).unwrap_or(u32::MAX).max(1);
    let asked = number(run, clone, &["clone-max"], known_nodes);
    let max = super::limit(run, clone, asked, Granted::instances);
    let promoted = |names: &[&str]| if promotable { number(run, clone, names, 1) } else { 0 };
    let config = CloneConfig {
        max,
        // Anonymous clones support one instance on a node only.
        node_max: match number(run, clone, &["clone-node-max"], 1) {
            many if many > 1 && !run[clone].unique => 1,
            node_max => node_max,
        },
        promoted_max: promoted(&["promoted-max", "master-max"]),
        promoted_node_max: promoted(&["promoted-node-max", "master-node-max"]),
        ordered: run[clone].meta("ordered").is_some_and(is_true),
        promotion_scores_added: false,
        promotion_sorted: false,
        in_order: false,
        content: content.element_id(),
    };
    run[clone].kind = Kind::Clone(config);
}

/// Makes one more instance of a clone; it counts as removed if the clone is full (RSC-84).
fn new_instance(run: &mut Run<'_>, clone: ResourceId) -> Option<ResourceId> {
    let (content, max) = run[clone].clone_config().map(|config| (config.content, config.max))?;
    let number = u32::try_from(run[clone].children.len()).ok()?;
    let source = Source::Document(run.cib.element(content));
    let instance = super::build(run, source, Some(clone), Some(number))?;
    if number >= max {
        for at in run.cluster.tree_of(instance) {
            run[at].removed = true;
        }
    }
    run[clone].children.push(instance);
    run[clone].clone_config_mut()?.in_order = false;
    run[instance].meta.insert("clone-max", max.to_string());
    Some(instance)
}

/// Makes an instance for a history that none of the present ones is free for.
pub fn add_instance(run: &mut Run<'_>, clone: ResourceId) -> Option<ResourceId> {
    let instance = new_instance(run, clone)?;
    super::index_tree(run, instance);
    Some(instance)
}

/// Holds a primitive against what its agent's class can do: it can't be promoted, or its clone can't be unique.
pub(super) fn limit_to_agent(run: &mut Run<'_>, primitive: ResourceId) -> Option<()> {
    let top = run.cluster.top_of(primitive);
    let class = AgentClass::of(run[primitive].meta("class").unwrap_or_default());
    if run[top].promotable && !class.promotable {
        return None;
    }
    if top != primitive && run[top].is_clone() && run[primitive].unique && !class.unique_clones {
        force_anonymous(run, top, primitive);
    }
    Some(())
}

fn force_anonymous(run: &mut Run<'_>, clone: ResourceId, primitive: ResourceId) {
    let known_nodes = u32::try_from(run.cluster.nodes.len()).unwrap_or(u32::MAX);
    if let Kind::Clone(config) = &mut run[clone].kind {
        config.node_max = 1;
        config.max = config.max.min(known_nodes);
    }
    // RSC-72: instances and members that are still being built are not reached; the next instance mends that.
    let mut affected = run.cluster.tree_of(clone);
    affected.push(primitive);
    for at in affected {
        run[at].unique = false;
        run[at].meta.insert("globally-unique", "false");
    }
}
