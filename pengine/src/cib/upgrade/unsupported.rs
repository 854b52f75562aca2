//! What 4.0 has no more: kinds of resources and meta-attributes (steps p and q of CIB section 2.1).

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Upgrade;
use crate::cib::{ElementId, ElementRef, HealthWords, Score};

/// Templates of a class that is gone, with that class.
type LostTemplates = FxHashMap<String, String>;

impl Upgrade<'_> {
    pub(super) fn drop_unsupported(&mut self) {
        let elements = self.elements_with_sets_last();
        let templates = self.lost_templates(&elements);
        let mut lost_elements = FxHashSet::default();
        let mut lost_ids = FxHashSet::default();
        for id in elements {
            if lost_elements.contains(&id) {
                continue;
            }
            let element = self.tree.get(id);
            if let Some(note) = why_resource_goes(element, &templates) {
                lost_elements.extend(element.descendants().map(ElementRef::element_id));
                let resources = element.descendants().filter(|inner| is_resource(inner.name()));
                lost_ids.extend(resources.filter_map(ElementRef::id).map(str::to_owned));
                self.note(note);
                self.edit().remove(id);
            } else if let Some(note) = why_pair_goes(element) {
                self.note(note);
                self.edit().remove(id);
            }
        }
        if !lost_ids.is_empty() {
            self.drop_references(&lost_ids);
        }
    }

    /// What the configuration has, with the sets of each element behind its other children and the highest score first.
    /// Step h sorts them so, which matters only for the order of what is told here.
    fn elements_with_sets_last(&self) -> Vec<ElementId> {
        let mut found = Vec::new();
        let mut open = vec![self.tree.get(self.root)];
        while let Some(element) = open.pop() {
            found.push(element.element_id());
            let mut children: Vec<_> = element.children().filter(|child| child.name() != "status").collect();
            children.sort_by_key(|&child| is_set(child.name()).then(|| Reverse(score_of(child))));
            open.extend(children.into_iter().rev());
        }
        found
    }

    fn lost_templates(&self, elements: &[ElementId]) -> LostTemplates {
        let elements = elements.iter().map(|&id| self.tree.get(id));
        let templates = elements.filter(|element| element.name() == "template");
        templates.filter_map(|template| Some((template.id()?.to_owned(), own_lost_class(template)?.to_owned()))).collect()
    }

    /// Takes lost resources out of all constraints, and out of the document the constraints that have lost one.
    fn drop_references(&mut self, lost: &FxHashSet<String>) {
        for id in self.elements() {
            let element = self.tree.get(id);
            if element.parent().is_none_or(|parent| parent.name() != "constraints") {
                continue;
            }
            let is_lost = |name: &str| element.attr(name).is_some_and(|id| lost.contains(id));
            if ["rsc", "with-rsc", "first", "then"].into_iter().any(is_lost) {
                self.edit().remove(id);
                continue;
            }
            let sets = self.children(id, "resource_set");
            let emptied = sets.iter().filter(|&&set| self.drop_members(set, lost)).count();
            if emptied > 0 && emptied == sets.len() {
                self.edit().remove(id);
            }
        }
    }

    /// Takes lost resources out of a set, and the set out of its constraint if that emptied it.
    fn drop_members(&mut self, set: ElementId, lost: &FxHashSet<String>) -> bool {
        let members = self.children(set, "resource_ref");
        let is_lost = |member: &ElementId| self.attr(*member, "id").is_some_and(|id| lost.contains(id));
        let gone: Vec<_> = members.iter().copied().filter(is_lost).collect();
        let emptied = !gone.is_empty() && gone.len() == members.len();
        for member in gone {
            self.edit().remove(member);
        }
        if emptied {
            self.edit().remove(set);
        }
        emptied
    }
}

fn is_set(name: &str) -> bool {
    matches!(name, "cluster_property_set" | "instance_attributes" | "meta_attributes" | "utilization")
}

fn score_of(set: ElementRef<'_>) -> Score {
    set.attr("score").and_then(|text| Score::parse(text, HealthWords::default())).unwrap_or_default()
}

fn is_resource(name: &str) -> bool {
    matches!(name, "primitive" | "template" | "group" | "clone" | "bundle")
}

/// The class that an element names, if it is one of those that are gone.
fn own_lost_class(element: ElementRef<'_>) -> Option<&str> {
    element.attr("class").filter(|class| ["nagios", "upstart"].iter().any(|lost| class.eq_ignore_ascii_case(lost)))
}

fn lost_class<'a>(primitive: ElementRef<'a>, templates: &'a LostTemplates) -> Option<&'a str> {
    own_lost_class(primitive).or_else(|| templates.get(primitive.attr("template")?).map(String::as_str))
}

/// Step p: what is said about a resource that goes, if it does.
fn why_resource_goes(element: ElementRef<'_>, templates: &LostTemplates) -> Option<String> {
    let shown = element.attr("id").unwrap_or_default();
    match element.name() {
        "template" => own_lost_class(element)
            .map(|class| format!("WARNING: Dropping template {shown} because {class} resources are no longer supported")),
        "primitive" => lost_class(element, templates)
            .map(|class| format!("WARNING: Dropping resource {shown} because {class} resources are no longer supported")),
        "group" | "clone" if is_emptied(element, templates) => {
            let kind = element.name();
            Some(format!("INFO: Dropping {kind} {shown} because it would become empty"))
        }
        "bundle" if element.child("rkt").is_some() => {
            Some(format!("WARNING: Dropping bundle resource {shown} because rkt containers are no longer supported"))
        }
        _ => None,
    }
}

/// Whether all that a group or clone is made of goes.
fn is_emptied(element: ElementRef<'_>, templates: &LostTemplates) -> bool {
    let mut members = element.children().filter(|child| is_resource(child.name())).peekable();
    members.peek().is_some()
        && members.all(|member| match member.name() {
            "primitive" => lost_class(member, templates).is_some(),
            "group" if element.name() == "clone" => is_emptied(member, templates),
            _ => false,
        })
}

/// Step q: what is said about a meta-attribute that goes, if it does.
fn why_pair_goes(pair: ElementRef<'_>) -> Option<String> {
    if pair.name() != "nvpair" {
        return None;
    }
    let name = pair.attr("name")?;
    if !matches!(name, "restart-type" | "can_fail" | "role_after_failure") {
        return None;
    }
    let set = pair.parent().filter(|set| set.name() == "meta_attributes")?;
    let owner = set.parent()?.name();
    let advice = if name == "restart-type" {
        (is_resource(owner) || owner == "rsc_defaults").then_some("\"kind\" attribute for relevant constraints")?
    } else {
        matches!(owner, "op" | "op_defaults").then_some("\"on-fail\" operation attribute instead")?
    };
    let set = set.attr("id").unwrap_or_default();
    Some(format!(
        "WARNING: Dropping {name} meta-attribute from {set} because it is no longer supported. Consider setting the {advice}"
    ))
}
