//! XML attributes that an element doesn't have.

use super::vocabulary::{attributes_of, nearest, suggestion};
use super::{Code, draft::Draft};

pub(super) fn check(draft: &mut Draft<'_>) {
    let anything_goes = draft.follows_no_schema();
    for element in draft.configuration() {
        let Some(known) = attributes_of(element.tag_name().name()) else { continue };
        for attribute in element.attributes().filter(|attribute| attribute.namespace().is_none()) {
            let name = attribute.name();
            if known.clone().any(|known| known == name) {
                continue;
            }
            let meant = nearest(name, known.clone());
            // Without a schema, attributes of one's own are meta-attributes of a resource (CIB-116).
            if meant.is_some() || !anything_goes {
                let message = format!("<{}> has no attribute '{name}'{}", element.tag_name().name(), suggestion(meant));
                draft.note_attribute(Code::UnknownAttribute, element, &attribute, message);
            }
        }
    }
}
