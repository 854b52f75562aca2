//! Changes of nodes.

use pengine_control::{Lifetime, NodeChange, Refusal};

use super::Editor;

/// Makes a change of a node's configuration.
pub(super) fn configure(editor: &mut Editor<'_>, node: &str, change: &NodeChange) -> Result<(), Refusal> {
    let on = |on: bool| on.then_some("on");
    match change {
        NodeChange::Standby { on: standby } => set_lasting_attribute(editor, node, "standby", on(*standby)),
        NodeChange::Maintenance { on: maintenance } => {
            set_lasting_attribute(editor, node, "maintenance", maintenance.then_some("true"))
        }
        NodeChange::Attribute { name, value, lifetime: Lifetime::Forever } => {
            set_lasting_attribute(editor, node, name, value.as_deref())
        }
        NodeChange::Fence | NodeChange::Attribute { lifetime: Lifetime::Reboot, .. } => editor.node(node).map(|_| ()),
    }
}

/// Sets a node's attribute in the configuration, or removes it.
///
/// # Errors
///
/// If there is no such node, or no name.
pub fn set_lasting_attribute(editor: &mut Editor<'_>, node: &str, name: &str, value: Option<&str>) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::Invalid { reason: "an attribute needs a name".to_owned() });
    }
    let element = editor.node(node)?;
    let id = format!("nodes-{}", editor.tree().get(element).id().unwrap_or(node));
    editor.set_value(element, "instance_attributes", &id, name, value);
    Ok(())
}
