//! Whether nodes can be fenced.

use super::{Code, draft::Draft};
use crate::cluster::Cluster;

pub(super) fn check(draft: &mut Draft<'_>, cluster: &Cluster) {
    let Some(resources) = draft.named("resources").next().filter(|section| section.has_children()) else { return };
    let options = &cluster.options;
    if !options.fencing_enabled {
        let is_switch = |name: &str| matches!(name, "fencing-enabled" | "stonith-enabled");
        let switch = draft.named("nvpair").find(|pair| pair.attribute("name").is_some_and(is_switch));
        draft.note(Code::NoFencing, switch.unwrap_or(resources), "value", "fencing is switched off".to_owned());
    } else if !cluster.has_fencing_device() {
        draft.note(Code::NoFencing, resources, "", "fencing is enabled, but there is no fencing device".to_owned());
    }
}
