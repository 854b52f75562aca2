//! Operations on the way from 2.10 to 3.0: settings that stood among their parameters, and what they require, which
//! becomes a matter of their resource (CIB section 2.2).

use super::Upgrade;
use super::to_3_0::MADE_ID;
use crate::cib::{ElementId, ElementRef};

/// What is no parameter of an operation, but a setting.
const SETTINGS: [&str; 7] = ["interval-origin", "start-delay", "enabled", "on-fail", "record-pending", "role", "timeout"];

/// What a resource is to require, as one of its operations has it. Of several the last of the highest origin counts.
#[derive(Clone, Copy)]
struct Requirement {
    origin: Origin,
    /// The resource's set that says so from now on.
    set: ElementId,
}

/// Where in an operation a requirement stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Parameters,
    Meta,
    Attribute,
}

/// Whether a pair of an operation is one that 3.0 wants elsewhere.
pub(super) fn is_misplaced(pair: ElementRef<'_>) -> bool {
    let Some(set) = pair.parent() else { return false };
    let of_op = set.parent().is_some_and(|owner| owner.name() == "op");
    let name = pair.attr("name").unwrap_or_default();
    of_op
        && match set.name() {
            "meta_attributes" => name == "requires",
            "instance_attributes" => name == "requires" || SETTINGS.contains(&name),
            _ => false,
        }
}

impl Upgrade<'_> {
    /// Rewrites a resource's own sets and its operations.
    pub(super) fn rewrite_resource(&mut self, resource: ElementId) {
        let children: Vec<_> = self.tree.get(resource).children().map(ElementRef::element_id).collect();
        let mut requirement = None;
        for &child in &children {
            match self.tree.get(child).name() {
                "instance_attributes" | "meta_attributes" => self.rewrite_set(child),
                "operations" => self.rewrite_operation_sets(resource, child, &mut requirement),
                _ => {}
            }
        }
        let ops: Vec<_> = children.into_iter().flat_map(|child| self.children(child, "op")).collect();
        for op in ops {
            self.rewrite_requires_attribute(resource, op, &mut requirement);
        }
    }

    fn rewrite_operation_sets(&mut self, resource: ElementId, operations: ElementId, requirement: &mut Option<Requirement>) {
        for op in self.children(operations, "op") {
            for kind in ["instance_attributes", "meta_attributes"] {
                for set in self.children(op, kind) {
                    self.rewrite_operation_set(resource, op, set, requirement);
                }
            }
        }
    }

    fn rewrite_operation_set(
        &mut self,
        resource: ElementId,
        op: ElementId,
        set: ElementId,
        requirement: &mut Option<Requirement>,
    ) {
        let in_parameters = self.tree.get(set).name() == "instance_attributes";
        let pairs = self.children(set, "nvpair");
        let misplaced: Vec<_> = pairs.into_iter().filter(|&pair| is_misplaced(self.tree.get(pair))).collect();
        if misplaced.is_empty() {
            return;
        }
        let subject = if in_parameters { "Resources-operation instance_attributes" } else { "Resources-operation" };
        let (op_id, resource_id, set_id) = (self.id_text(op), self.id_text(resource), self.id_text(set));
        let context = format!("{op_id} (rsc={resource_id}, meta={set_id})");
        let place = if in_parameters { "per-resource-meta_attributes" } else { "meta_attributes" };
        for pair in misplaced {
            let name = self.attr(pair, "name").unwrap_or_default().to_owned();
            if name != "requires" {
                let text = format!("moving {name} under meta_attributes as {name} unless already defined there");
                self.tell("DEBUG", subject, &context, &text, None);
                self.move_setting(pair, op, set);
            } else if self.tell_of_requires(op, subject, &context, place) {
                let origin = if in_parameters { Origin::Parameters } else { Origin::Meta };
                let made = self.set_like(resource, set);
                self.edit().move_to(pair, made);
                self.offer(resource, Requirement { origin, set: made }, requirement);
            } else {
                self.edit().remove(pair);
            }
        }
        self.remove_if_empty(set);
    }

    /// Tells what becomes of a `requires`; whether it is kept, which it is where it has to do with starting.
    fn tell_of_requires(&mut self, op: ElementId, subject: &str, context: &str, place: &str) -> bool {
        let starts = matches!(self.attr(op, "name"), Some("start" | "promote"));
        if starts {
            let text =
                format!("moving requires under {place} as requires unless already defined there for matching start|promote");
            self.tell("DEBUG", subject, context, &text, None);
        } else {
            let why = Some("only start/promote operation taken into account");
            self.tell("INFO", subject, context, "dropping requires", why);
        }
        starts
    }

    /// Moves a pair from an operation's parameters to its meta-attributes. One of its name that is there already wins.
    fn move_setting(&mut self, pair: ElementId, op: ElementId, from: ElementId) {
        let target = if self.tree.get(from).child("rule").is_some() {
            self.set_like(op, from)
        } else if let Some(set) = self.unconditional_meta(op) {
            set
        } else {
            let set_id = format!("{MADE_ID}{}-meta", self.id_text(op));
            self.edit().add_child_with(op, "meta_attributes", &[("id", &set_id)])
        };
        self.edit().move_to(pair, target);
    }

    fn rewrite_requires_attribute(&mut self, resource: ElementId, op: ElementId, requirement: &mut Option<Requirement>) {
        let Some(value) = self.attr(op, "requires").map(str::to_owned) else { return };
        let (op_id, resource_id) = (self.id_text(op), self.id_text(resource));
        let context = format!("{op_id} (rsc={resource_id})");
        self.edit().unset(op, "requires");
        if self.tell_of_requires(op, "Resources-operation", &context, "meta_attributes") {
            let tree = self.edit();
            let set = tree.add_child_with(resource, "meta_attributes", &[("id", &format!("{MADE_ID}{resource_id}-meta"))]);
            let pair = [("id", &*format!("{MADE_ID}{op_id}-meta-requires")), ("name", "requires"), ("value", &value)];
            tree.add_child_with(set, "nvpair", &pair);
            self.offer(resource, Requirement { origin: Origin::Attribute, set }, requirement);
        }
    }

    /// Takes a requirement in place of the one so far, unless the resource has one of its own or that one counts more.
    fn offer(&mut self, resource: ElementId, new: Requirement, known: &mut Option<Requirement>) {
        // The sets that are made here stand last, so they are set aside to see what the resource itself has.
        self.edit().remove(new.set);
        if let Some(known) = known {
            self.edit().remove(known.set);
        }
        if self.has_meta(resource, "requires") {
            return;
        }
        let best = known.filter(|known| known.origin > new.origin).unwrap_or(new);
        self.edit().move_to(best.set, resource);
        *known = Some(best);
    }

    /// Adds an empty set of meta-attributes that is valid when, and counts as much as, another set.
    fn set_like(&mut self, owner: ElementId, set: ElementId) -> ElementId {
        let id = format!("{MADE_ID}{}", self.id_text(set));
        let score = self.attr(set, "score").map(str::to_owned);
        let rules = self.children(set, "rule");
        let tree = self.edit();
        let made = tree.add_child_with(owner, "meta_attributes", &[("id", &id)]);
        if let Some(score) = score {
            tree.set(made, "score", &score);
        }
        for rule in rules {
            tree.duplicate(rule, made);
        }
        made
    }
}
