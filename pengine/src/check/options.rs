//! Cluster options.

use super::vocabulary::{all_options, is_option, meta_attribute, nearest, suggestion};
use super::{Code, draft::Draft};
use crate::cib::option_accepts;

/// The set that is meant for options; agents keep notes of their own in others.
const OPTIONS_SET: &str = "cib-bootstrap-options";

pub(super) fn check(draft: &mut Draft<'_>) {
    for set in draft.named("cluster_property_set") {
        let is_for_options = set.attribute("id") == Some(OPTIONS_SET);
        for pair in set.descendants().filter(|pair| pair.has_tag_name("nvpair")) {
            let Some(name) = pair.attribute("name") else { continue };
            let value = pair.attribute("value").unwrap_or_default();
            if is_option(name) {
                if option_accepts(name, value) == Some(false) && !value.eq_ignore_ascii_case("#default") {
                    draft.note(Code::InvalidValue, pair, "value", format!("'{value}' is no value of the option {name}"));
                }
            } else if meta_attribute(name).is_some_and(|known| known.distinct) {
                let message = format!("{name} is a meta-attribute of resources; a default for all belongs in rsc_defaults");
                draft.note(Code::MisplacedSetting, pair, "name", message);
            } else {
                let meant = nearest(name, all_options());
                if meant.is_some() || is_for_options {
                    let message = format!("there is no cluster option '{name}'{}", suggestion(meant));
                    draft.note(Code::UnknownOption, pair, "name", message);
                }
            }
        }
    }
}
