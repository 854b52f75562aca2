//! A resource's own element: a private copy with its template merged in (RSC-25 to RSC-28, CIB-111 to CIB-114).

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::cib::{ElementId, ElementRef, Tree, parse_bool, parse_interval_ms};
use crate::cluster::{Cluster, Op, Role};
use crate::plan::{OpElement, TaskNames};
use crate::run::Run;

use super::ElementKind;

/// The kinds of name-value sets that a resource can have.
const SETS: [&str; 3] = ["meta_attributes", "instance_attributes", "utilization"];

/// Where a resource is defined.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'c> {
    /// In the document.
    Document(ElementRef<'c>),
    /// Among the definitions, by the cluster itself.
    Made(ElementId),
}

/// A resource's own element, with what is read from it at once.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The id in the configuration.
    pub id: String,
    /// The element among the definitions.
    pub element: ElementId,
    /// The element that it is a copy of, if it stands in the document.
    pub source: Option<ElementId>,
    /// What it defines.
    pub(super) kind: ElementKind,
    /// The template that it was made from.
    pub template: Option<String>,
    /// Its operations.
    pub ops: Arc<[Op]>,
    /// Its name-value sets: a group may have thousands of children beside them.
    pub sets: Arc<[ElementId]>,
}

/// The definition of a resource, made at the first of its instances and shared by all.
pub(super) fn define(run: &mut Run<'_>, source: Source<'_>, instance: Option<u32>) -> Option<Definition> {
    let (Source::Document(origin), Some(_)) = (source, instance) else { return define_anew(run, source) };
    if let Some(known) = run.cluster.instance_definitions.get(&origin.element_id()) {
        return Some(known.clone());
    }
    let definition = define_anew(run, source)?;
    run.cluster.instance_definitions.insert(origin.element_id(), definition.clone());
    Some(definition)
}

/// Makes a resource's own element; nothing if the kind is unknown or the template isn't there.
fn define_anew(run: &mut Run<'_>, source: Source<'_>) -> Option<Definition> {
    let (element, origin, template) = match source {
        Source::Made(element) => (element, None, None),
        Source::Document(origin) => {
            let template = origin.attr("template").map(str::to_owned);
            let element = match &template {
                Some(template) => expand_template(run, origin, template)?,
                None => run.cluster.definitions.add_copy(None, origin),
            };
            (element, Some(origin.element_id()), template)
        }
    };
    let own = run.cluster.definitions.get(element);
    let kind = ElementKind::parse(own.name())?;
    let id = own.id()?.to_owned();
    let sets = own.children().filter(|child| SETS.contains(&child.name())).map(ElementRef::element_id).collect();
    let ops = read_ops(run, element);
    Some(Definition { id, element, source: origin, kind, template, ops, sets })
}

fn expand_template(run: &mut Run<'_>, resource: ElementRef<'_>, name: &str) -> Option<ElementId> {
    let id = resource.id()?;
    let template = run.cib.element(run.cluster.templates.get(name).filter(|_| name != id)?.element);
    let definitions = &mut run.cluster.definitions;
    let element = definitions.add_copy(None, template);
    definitions.rename(element, resource.name());
    definitions.set(element, "id", id);
    let inherited = definitions.get(element).child("operations").map(ElementRef::element_id);
    for child in resource.children() {
        definitions.add_copy(Some(element), child);
    }
    if let (Some(inherited), Some(own)) = (inherited, resource.child("operations")) {
        definitions.remove(inherited);
        if own.attr("id-ref").is_none() {
            append_ops(definitions, element, template, own);
        }
    }
    Some(element)
}

/// Adds the template's operations that the resource doesn't have itself; the interval is no part of that (CIB-113).
fn append_ops(definitions: &mut Tree, element: ElementId, template: ElementRef<'_>, own: ElementRef<'_>) {
    let Some(target) = definitions.get(element).child("operations").map(ElementRef::element_id) else { return };
    let own: FxHashSet<_> = own.children_named("op").map(template_key).collect();
    let ops = template.child("operations").into_iter().flat_map(|at| at.children_named("op"));
    for op in ops.filter(|&op| !own.contains(&template_key(op))) {
        definitions.add_copy(Some(target), op);
    }
}

/// Name and role of an operation; absent, `Started` and `Unpromoted` are one role, any other text is one of its own.
fn template_key(op: ElementRef<'_>) -> (&str, &str) {
    let role = op.attr("role").filter(|role| !matches!(Role::parse(role), Some(Role::Started | Role::Unpromoted)));
    (op.attr("name").unwrap_or_default(), role.unwrap_or_default())
}

/// The `op` element itself.
#[must_use]
pub fn op_element<'r>(run: &'r Run<'_>, element: OpElement) -> ElementRef<'r> {
    match element {
        OpElement::Cib(id) => run.cib.element(id),
        OpElement::Definition(id) => run.cluster.definitions.get(id),
    }
}

fn read_ops(run: &mut Run<'_>, element: ElementId) -> Arc<[Op]> {
    let Cluster { definitions, tasks, .. } = &mut run.cluster;
    let Some(operations) = definitions.get(element).child("operations") else { return Arc::from([]) };
    let mut ops: Vec<Op> = match operations.attr("id-ref") {
        None => {
            let elements = operations.children_named("op");
            elements.map(|op| read_op(op, OpElement::Definition(op.element_id()), tasks)).collect()
        }
        Some(reference) => {
            let referred = run.cib.find_unique("operations", reference).into_iter();
            let elements = referred.flat_map(|operations| operations.children_named("op"));
            elements.map(|op| read_op(op, OpElement::Cib(op.element_id()), tasks)).collect()
        }
    };
    mark_duplicates(&mut ops);
    ops.into()
}

fn read_op(op: ElementRef<'_>, element: OpElement, tasks: &mut TaskNames) -> Op {
    Op {
        id: op.attr("id").unwrap_or_default().to_owned(),
        task: tasks.task(op.attr("name").unwrap_or_default()),
        interval_ms: op.attr("interval").and_then(parse_interval_ms).unwrap_or(0),
        enabled: op.attr("enabled").and_then(parse_bool) != Some(false),
        role: op.attr("role").map(str::to_owned),
        duplicate: false,
        element,
    }
}

fn mark_duplicates(ops: &mut [Op]) {
    let mut first = FxHashMap::default();
    for at in 0..ops.len() {
        let known = *first.entry((ops[at].task, ops[at].interval_ms)).or_insert(at);
        if known < at {
            ops[known].duplicate = true;
            ops[at].duplicate = true;
        }
    }
}
