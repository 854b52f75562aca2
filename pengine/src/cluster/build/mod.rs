//! From the configuration to nodes and resources (chapters 02 and 03).
//!
//! Order: nodes, the nodes of remote connections and guests, resources in document order, links to launchers, the sort by
//! priority.

mod bundle;
mod clone;
mod definition;
mod links;
mod meta;
mod nodes;
mod parameters;
mod properties;
mod removed;

use std::cmp::Reverse;

use crate::cib::{ElementId, ElementRef};
use crate::diagnostic::Problem;
use crate::limits::{Granted, Limits};
use crate::placement::enter_node;
use crate::run::Run;

use super::{Group, Kind, Names, Resource, ResourceId, Template};
pub use definition::Definition;
use definition::{Source, define};

pub use clone::{add_instance, number as clone_number};
pub use definition::op_element;
pub use links::link_connection;
pub use nodes::{create_remote_node, start_unclean};
pub use parameters::parameters;
pub use properties::requested_role;
pub use removed::removed_resource;

/// As many instances or replicas as were asked for, within the limits.
fn limit(run: &mut Run<'_>, resource: ResourceId, asked: u32, grant: fn(&mut Granted, Limits, u32) -> u32) -> u32 {
    let most = grant(&mut run.granted, run.settings.limits, asked);
    if asked > most {
        let id = run[resource].id.clone();
        run.diagnose(&id, Problem::TooManyInstances { resource: id.clone(), asked, most });
    }
    most
}

/// Reads nodes, resources, and tags (PLACE-1 phases 2 to 6).
pub fn read(run: &mut Run<'_>) {
    run.cluster.unfencing = properties::unfencing_in_use(run.cib);
    nodes::read_nodes(run);
    let implicit = nodes::read_implicit_nodes(run);
    read_templates(run);
    read_resources(run, &implicit);
    links::link_all(run);
    let resources = &run.cluster.resources;
    run.cluster.top.sort_by_key(|&top| Reverse(resources[top].priority));
    read_tags(run);
}

/// Of templates with one id only the first counts.
fn read_templates(run: &mut Run<'_>) {
    for template in run.cib.resources().into_iter().flat_map(|resources| resources.children_named("template")) {
        if let Some(id) = template.id() {
            let element = template.element_id();
            run.cluster.templates.entry(id.to_owned()).or_insert_with(|| Template { element, users: Names::default() });
        }
    }
}

fn read_resources(run: &mut Run<'_>, implicit: &[ElementId]) {
    let cib = run.cib;
    for element in cib.resources().into_iter().flat_map(ElementRef::children) {
        let Some(id) = element.id() else {
            run.diagnose("", Problem::ResourceWithoutId { kind: element.name().to_owned() });
            continue;
        };
        if element.name() == "template" {
            continue;
        }
        if let Some(resource) = build(run, Source::Document(element), None, None) {
            add_top(run, resource);
        } else {
            run.diagnose(id, Problem::InvalidResource { kind: element.name().to_owned(), resource: id.to_owned() });
        }
    }
    for &element in implicit {
        if let Some(resource) = build(run, Source::Made(element), None, None) {
            add_top(run, resource);
        }
    }
}

/// Puts a finished resource at the end of the top-level list and makes its tree findable.
fn add_top(run: &mut Run<'_>, resource: ResourceId) {
    run.cluster.top.push(resource);
    index_tree(run, resource);
}

fn index_tree(run: &mut Run<'_>, resource: ResourceId) {
    for at in run.cluster.tree_of(resource) {
        let id = run[at].id.clone();
        run.cluster.index_name(&id, at);
    }
}

fn read_tags(run: &mut Run<'_>) {
    let cib = run.cib;
    for tag in cib.section("tags").into_iter().flat_map(|tags| tags.children_named("tag")) {
        let Some(id) = tag.id() else { continue };
        let references = run.cluster.tags.entry(id.to_owned()).or_default();
        references.extend(tag.children_named("obj_ref").filter_map(ElementRef::id).map(str::to_owned));
    }
}

/// Builds a resource and all below it; nothing if its configuration is invalid (RSC-20).
fn build<'c>(run: &mut Run<'c>, source: Source<'c>, parent: Option<ResourceId>, instance: Option<u32>) -> Option<ResourceId> {
    let definition = define(run, source, instance)?;
    let resource = allocate(run, &definition, parent, instance);
    run[resource].meta = meta::read(run, resource);
    properties::derive(run, resource);
    let built = match definition.kind {
        ElementKind::Primitive => clone::limit_to_agent(run, resource),
        ElementKind::Group => build_group(run, resource, source, instance),
        ElementKind::Clone => clone::build(run, resource, &definition),
        ElementKind::Bundle => bundle::build(run, resource, source),
    };
    built?;
    add_default_nodes(run, resource);
    properties::read_utilization(run, resource);
    if let Some(template) = definition.template.and_then(|name| run.cluster.templates.get_mut(&name)) {
        template.users.insert(definition.id);
    }
    Some(resource)
}

/// What an element of `resources` is called (RSC-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ElementKind {
    Primitive,
    Group,
    Clone,
    Bundle,
}

impl ElementKind {
    fn parse(name: &str) -> Option<Self> {
        const NAMES: [(&str, ElementKind); 4] = [
            ("primitive", ElementKind::Primitive),
            ("group", ElementKind::Group),
            ("clone", ElementKind::Clone),
            ("bundle", ElementKind::Bundle),
        ];
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
    }
}

fn allocate(run: &mut Run<'_>, definition: &Definition, parent: Option<ResourceId>, instance: Option<u32>) -> ResourceId {
    let id = instance.map_or_else(|| definition.id.clone(), |number| format!("{}:{number}", definition.id));
    let resource = Resource {
        xml_id: definition.id.clone(),
        instance,
        parent,
        ops: definition.ops.clone(),
        sets: definition.sets.clone(),
        managed: !run.cluster.options.maintenance_mode,
        ..Resource::new(id, definition.element)
    };
    run.cluster.resources.alloc(resource)
}

fn build_group<'c>(run: &mut Run<'c>, group: ResourceId, source: Source<'c>, instance: Option<u32>) -> Option<()> {
    let holds = |name: &str, run: &Run<'_>| run[group].meta(name).and_then(crate::cib::parse_bool) != Some(false);
    let (collocated, ordered) = (holds("collocated", run), holds("ordered", run));
    run[group].kind = Kind::Group(Group { collocated, ordered });
    let Source::Document(element) = source else { return None };
    for member in element.children_named("primitive") {
        if let Some(member) = build(run, Source::Document(member), Some(group), instance) {
            run[group].children.push(member);
        }
    }
    (!run[group].children.is_empty()).then_some(())
}

/// In a symmetric cluster every node known so far is allowed; in another one only for connections of guests (RSC-22).
fn add_default_nodes(run: &mut Run<'_>, resource: ResourceId) {
    let is_guest_connection = run[resource].is_connection && run[resource].meta("container").is_some();
    let symmetric = run.cluster.options.symmetric_cluster;
    if !symmetric && !is_guest_connection || symmetric && run[resource].exclusive_discovery {
        return;
    }
    for index in 0..run.cluster.node_order.len() {
        let node = run.cluster.node_order[index];
        if !symmetric || run[node].discovery != super::Discovery::Never {
            enter_node(run, resource, node);
        }
    }
}
