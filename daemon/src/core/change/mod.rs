//! Changes that an administrator asks for, made in a document.

mod editor;
mod node;
mod option;
mod patch;
mod resource;

use pengine::record::is_instance;
use pengine::{Cib, Snapshot};
use pengine_control::{Change, CibChange, Refusal, Version};

pub use editor::Editor;
pub use node::set_lasting_attribute;
pub use option::set_option;
pub use resource::{Forget, primitives_below};

/// Where resources are active, which some changes want to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// Ids of primitives, their instances' names in histories, and the names of nodes that they are active on.
    pub active: Vec<(String, String)>,
}

impl Whereabouts {
    /// What a snapshot says.
    #[must_use]
    pub fn of(snapshot: &mut Snapshot<'_>) -> Self {
        let mut active = Vec::new();
        for primitive in snapshot.status().primitives() {
            active.extend(primitive.nodes.iter().map(|node| (primitive.name.clone(), node.name.clone())));
        }
        Self { active }
    }

    /// The names of nodes that any of these primitives is active on, each once.
    #[must_use]
    pub fn nodes_of(&self, primitives: &[String]) -> Vec<String> {
        let mut nodes: Vec<String> = Vec::new();
        let is_meant = |name: &str| primitives.iter().any(|primitive| is_instance(name, primitive));
        for (_, node) in self.active.iter().filter(|(name, _)| is_meant(name)) {
            if !nodes.contains(node) {
                nodes.push(node.clone());
            }
        }
        nodes
    }
}

/// Makes a change of the configuration; nothing if it is one of the state.
///
/// # Errors
///
/// If the change makes no sense for this document.
pub fn configure(cib: &mut Cib, change: &Change, whereabouts: &Whereabouts, present: Version) -> Result<(), Refusal> {
    match change {
        Change::Node { node, change } => node::configure(&mut Editor::new(cib), node, change),
        Change::Resource { resource, change } => resource::configure(&mut Editor::new(cib), resource, change, whereabouts),
        Change::Cib(CibChange::Replace { xml, base }) => {
            check_base(*base, present)?;
            *cib = patch::replacement(xml)?;
            Ok(())
        }
        Change::Cib(CibChange::Patch { xml, base }) => {
            check_base(*base, present)?;
            patch::apply(&mut Editor::new(cib), xml)
        }
    }
}

/// A change made from another configuration than the present one is refused; the state may have changed since.
fn check_base(base: Option<Version>, present: Version) -> Result<(), Refusal> {
    let configuration = |version: Version| (version.admin_epoch, version.epoch);
    match base {
        Some(base) if configuration(base) != configuration(present) => Err(Refusal::Stale { base, present }),
        _ => Ok(()),
    }
}
