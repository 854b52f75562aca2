//! References inside the text: by `id-ref`, from tags, templates and fencing levels.

use roxmltree::Node;
use rustc_hash::FxHashSet;

use super::{Code, draft::Draft};

pub(super) fn check(draft: &mut Draft<'_>) {
    let ids = all_ids(draft);
    let devices: FxHashSet<&str> = draft.named("primitive").filter_map(|primitive| primitive.attribute("id")).collect();
    let templates: FxHashSet<&str> = draft.named("template").filter_map(|template| template.attribute("id")).collect();
    for element in draft.configuration() {
        if let Some(id) = element.attribute("id-ref") {
            check_id_ref(draft, element, id);
        }
        match element.tag_name().name() {
            "obj_ref" => {
                let id = element.attribute("id").unwrap_or_default();
                if !ids.contains(id) {
                    let meant = draft.guess(id, ids.iter().copied());
                    dangle(draft, element, "id", format!("nothing has the id '{id}'{meant}"));
                }
            }
            "primitive" => {
                if let Some(id) = element.attribute("template").filter(|id| !templates.contains(id)) {
                    let meant = draft.guess(id, templates.iter().copied());
                    dangle(draft, element, "template", format!("there is no template '{id}'{meant}"));
                }
            }
            "fencing-level" => check_level(draft, element, &devices),
            _ => {}
        }
    }
}

/// Everything that a tag may stand for.
fn all_ids<'d>(draft: &Draft<'d>) -> FxHashSet<&'d str> {
    let is_definition = |element: &Node<'_, '_>| !matches!(element.tag_name().name(), "obj_ref" | "resource_ref");
    draft.configuration().filter(is_definition).filter_map(|element| element.attribute("id")).collect()
}

fn check_id_ref<'d>(draft: &mut Draft<'d>, element: Node<'d, 'd>, id: &str) {
    let kind = element.tag_name().name();
    let is_found = draft.element(id).is_some_and(|target| target.has_tag_name(kind));
    if !is_found {
        dangle(draft, element, "id-ref", format!("there is no <{kind}> with the id '{id}'"));
    }
}

fn check_level<'d>(draft: &mut Draft<'d>, level: Node<'d, 'd>, devices: &FxHashSet<&str>) {
    let names = level.attribute("devices").unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    for name in names.filter(|name| !devices.contains(name)) {
        let meant = draft.guess(name, devices.iter().copied());
        dangle(draft, level, "devices", format!("there is no device '{name}'{meant}"));
    }
}

fn dangle<'d>(draft: &mut Draft<'d>, element: Node<'d, 'd>, attribute: &str, problem: String) {
    draft.note(Code::DanglingReference, element, attribute, problem);
}
