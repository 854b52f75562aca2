//! Changes of resources.

use pengine::cib::{ElementId, ElementRef, xml_id};
use pengine_control::{Refusal, ResourceChange};
use serde::{Deserialize, Serialize};

use super::{Editor, Whereabouts};

/// What of a resource's history is to be forgotten, or is to count as out of date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Forget {
    /// All of it: where it is is found out anew, and failures are forgotten.
    History,
    /// The parameters that it was started with, so that it is restarted.
    Parameters,
}

/// The primitives that a resource consists of, itself if it is one.
#[must_use]
pub fn primitives_below(resource: ElementRef<'_>) -> Vec<String> {
    let primitives = resource.descendants().filter(|element| element.name() == "primitive");
    primitives.filter_map(ElementRef::id).map(str::to_owned).collect()
}

/// Makes a change of a resource's configuration; what changes its history alone leaves it as it is.
pub(super) fn configure(
    editor: &mut Editor<'_>,
    id: &str,
    change: &ResourceChange,
    whereabouts: &Whereabouts,
) -> Result<(), Refusal> {
    let resource = editor.resource(id)?;
    match change {
        ResourceChange::Start => start(editor, resource),
        ResourceChange::Stop => set_meta(editor, resource, "target-role", Some("Stopped")),
        ResourceChange::Manage => set_meta(editor, resource, "is-managed", None),
        ResourceChange::Unmanage => set_meta(editor, resource, "is-managed", Some("false")),
        ResourceChange::Move { node: Some(node) } => {
            editor.node(node)?;
            let id = placed(editor, resource);
            clear(editor, &id, None);
            locate(editor, &format!("cli-prefer-{id}"), &id, node, "INFINITY");
        }
        ResourceChange::Move { node: None } => {
            let node = only_node(editor, resource, id, whereabouts)?;
            let id = placed(editor, resource);
            clear(editor, &id, None);
            ban(editor, &id, &node);
        }
        ResourceChange::Ban { node } => {
            let node = match node {
                Some(node) => node.clone(),
                None => only_node(editor, resource, id, whereabouts)?,
            };
            editor.node(&node)?;
            let id = placed(editor, resource);
            ban(editor, &id, &node);
        }
        ResourceChange::Clear { node } => {
            let id = placed(editor, resource);
            clear(editor, &id, node.as_deref());
        }
        ResourceChange::Restart | ResourceChange::Cleanup { .. } => {}
    }
    Ok(())
}

/// Nothing may keep it from running: neither its own target role nor one that it inherits.
fn start(editor: &mut Editor<'_>, resource: ElementId) {
    let tree = editor.tree();
    let above = std::iter::successors(tree.get(resource).parent(), |at| at.parent());
    let inherits = above.filter(|at| at.name() != "resources").any(|at| is_disabled(at));
    set_meta(editor, resource, "target-role", inherits.then_some("Started"));
}

fn is_disabled(resource: ElementRef<'_>) -> bool {
    let pairs = resource.children_named("meta_attributes").flat_map(|set| set.children_named("nvpair"));
    let mut roles = pairs.filter(|pair| pair.attr("name") == Some("target-role")).filter_map(|pair| pair.attr("value"));
    roles.any(|role| role.eq_ignore_ascii_case("stopped"))
}

fn set_meta(editor: &mut Editor<'_>, resource: ElementId, name: &str, value: Option<&str>) {
    let id = format!("{}-meta_attributes", editor.tree().get(resource).id().unwrap_or_default());
    editor.set_value(resource, "meta_attributes", &id, name, value);
}

/// The node that a resource runs on, if it is exactly one.
fn only_node(editor: &mut Editor<'_>, resource: ElementId, id: &str, at: &Whereabouts) -> Result<String, Refusal> {
    let nodes = at.nodes_of(&primitives_below(editor.tree().get(resource)));
    let reason = match &nodes[..] {
        [node] => return Ok(node.clone()),
        [] => format!("'{id}' runs nowhere, so there is no node to move it from; name a node"),
        several => format!("'{id}' runs on several nodes ({}); name one of them", several.join(", ")),
    };
    Err(Refusal::Invalid { reason })
}

/// The id of what a location of a resource has to name: instances are placed by their clone or bundle.
fn placed(editor: &mut Editor<'_>, resource: ElementId) -> String {
    let own = editor.tree().get(resource);
    let above = std::iter::successors(Some(own), |at| at.parent());
    let collective = above.filter(|at| matches!(at.name(), "clone" | "master" | "bundle")).last();
    collective.unwrap_or(own).id().unwrap_or_default().to_owned()
}

fn ban(editor: &mut Editor<'_>, resource: &str, node: &str) {
    locate(editor, &xml_id(&format!("cli-ban-{resource}-on-{node}")), resource, node, "-INFINITY");
}

fn locate(editor: &mut Editor<'_>, id: &str, resource: &str, node: &str, score: &str) {
    let constraints = editor.section("constraints");
    let values = [("id", id), ("rsc", resource), ("role", "Started"), ("node", node), ("score", score)];
    match editor.with_id(id) {
        Some(present) => values.iter().for_each(|(name, value)| editor.tree().set(present, name, value)),
        None => {
            editor.tree().add_child_with(constraints, "rsc_location", &values);
        }
    }
}

/// Removes what moves and bans have put in.
fn clear(editor: &mut Editor<'_>, resource: &str, node: Option<&str>) {
    let constraints = editor.section("constraints");
    let is_ours = |constraint: &ElementRef<'_>| {
        let id = constraint.id().unwrap_or_default();
        let by_command = id.starts_with("cli-prefer-") || id.starts_with("cli-ban-");
        let at = constraint.attr("node");
        by_command && constraint.attr("rsc") == Some(resource) && (node.is_none() || at == node)
    };
    let locations = editor.tree().get(constraints).children_named("rsc_location").filter(is_ours);
    let locations: Vec<ElementId> = locations.map(ElementRef::element_id).collect();
    locations.into_iter().for_each(|constraint| editor.tree().remove(constraint));
}
