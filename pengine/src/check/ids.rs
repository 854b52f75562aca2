//! Ids that are there twice.

use rustc_hash::FxHashMap;

use super::Code;
use super::draft::{Draft, defines_id};

pub(super) fn check(draft: &mut Draft<'_>) {
    let mut nodes = FxHashMap::default();
    for element in draft.configuration() {
        let Some(id) = element.attribute("id") else { continue };
        let first = if defines_id(element) {
            draft.element(id).filter(|first| *first != element)
        } else if element.has_tag_name("node") {
            nodes.insert(id, element)
        } else {
            None
        };
        if let Some(first) = first {
            draft.note_pair(Code::DuplicateId, element, (first, "the other one"), format!("the id '{id}' is there twice"));
        }
    }
}
