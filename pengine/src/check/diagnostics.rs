//! What the scheduler itself finds wrong as it reads resources and constraints, with its place in the text.

use roxmltree::Node;
use rustc_hash::FxHashSet;

use super::{Code, draft::Draft};
use crate::cluster::Cluster;
use crate::{Diagnostic, Problem};

pub(super) fn check(draft: &mut Draft<'_>, cluster: &Cluster, diagnostics: &[Diagnostic]) {
    let mut told = FxHashSet::default();
    for diagnostic in diagnostics {
        let element = draft.element(&diagnostic.element).unwrap_or_else(|| draft.root());
        match &diagnostic.what {
            // What follows from another problem, which is told, or found in the text.
            Problem::InvalidName { .. } | Problem::InvalidSets { .. } | Problem::DanglingReference { .. } => {}
            Problem::InvalidResource { .. } if is_of_unknown_template(draft, element) => {}
            Problem::UnknownName { name }
            | Problem::UnknownMember { name, .. }
            | Problem::UnknownFromHere { name, .. }
            | Problem::UnknownDependent { name, .. }
            | Problem::UnknownPrimary { name, .. } => {
                if told.insert((&diagnostic.element, name)) {
                    note_unknown_resource(draft, cluster, element, name);
                }
            }
            Problem::UnknownNode { node, .. } => {
                let names = cluster.nodes.iter().map(|(_, node)| node.name.as_str());
                let message = format!("there is no node '{node}'{}", draft.guess(node, names));
                draft.note(Code::UnknownNode, element, "node", message);
            }
            Problem::UnusedTemplate { name } | Problem::EmptyTag { name } => {
                let (place, attribute) = reference_to(element, name);
                draft.note(Code::DanglingReference, place, attribute, format!("'{name}' stands for no resource"));
            }
            other => draft.note(Code::SchedulerWarning, element, "", other.to_string()),
        }
    }
}

fn is_of_unknown_template(draft: &Draft<'_>, element: Node<'_, '_>) -> bool {
    element.attribute("template").is_some_and(|id| draft.element(id).is_none())
}

fn note_unknown_resource<'d>(draft: &mut Draft<'d>, cluster: &Cluster, constraint: Node<'d, 'd>, name: &str) {
    let known = cluster.by_name.keys().chain(cluster.templates.keys()).chain(cluster.tags.keys());
    let meant = draft.guess(name, known.map(String::as_str));
    let (place, attribute) = reference_to(constraint, name);
    let message = format!("there is no resource, template or tag '{name}'{meant}");
    draft.note(Code::DanglingReference, place, attribute, message);
}

/// Where a constraint names something.
fn reference_to<'d>(constraint: Node<'d, 'd>, name: &str) -> (Node<'d, 'd>, &'static str) {
    const ENDS: [&str; 4] = ["rsc", "with-rsc", "first", "then"];
    if let Some(end) = ENDS.into_iter().find(|end| constraint.attribute(*end) == Some(name)) {
        return (constraint, end);
    }
    let names_it = |at: &Node<'_, '_>| at.has_tag_name("resource_ref") && at.attribute("id") == Some(name);
    (constraint.descendants().find(names_it).unwrap_or(constraint), "id")
}
