//! From the configuration to nodes and resources (chapters 02 and 03).

use crate::run::Run;

use super::{NodeId, ResourceId};
use crate::cib::{ElementRef, NameValues};
use std::sync::Arc;

/// Builds a primitive for a history that no configured resource fits (RSC-92).
pub fn removed_resource(run: &mut Run<'_>, history: ElementRef<'_>) -> Option<ResourceId> {
    let _ = (run, history);
    todo!()
}

/// Makes one more instance of a clone (RSC-84).
pub fn add_instance(run: &mut Run<'_>, clone: ResourceId) -> Option<ResourceId> {
    let _ = (run, clone);
    todo!()
}

/// The parameters of a resource, evaluated for a node or for none (CIB-120).
pub fn parameters(run: &mut Run<'_>, resource: ResourceId, node: Option<NodeId>) -> Arc<NameValues> {
    let _ = (run, resource, node);
    todo!()
}
