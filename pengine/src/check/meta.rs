//! Meta-attributes: their names, values and places.

use roxmltree::Node;
use rustc_hash::FxHashSet;

use super::vocabulary::{Concern, OPERATION_SETTINGS, is_option, meta_attribute, meta_names, nearest, suggestion};
use super::{Code, draft::Draft};

/// What a set of pairs belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// A resource, or the defaults of all; whether anything of it is cloned, or may be.
    Resource { cloned: bool },
    /// An operation, or the defaults of all.
    Operation,
}

pub(super) fn check(draft: &mut Draft<'_>) {
    let asked = asked_by_rules(draft);
    for set in draft.configuration() {
        let Some(owner) = owner_of(set) else { continue };
        let is_meta = set.has_tag_name("meta_attributes");
        if !is_meta && !set.has_tag_name("instance_attributes") {
            continue;
        }
        for pair in set.descendants().filter(|pair| pair.has_tag_name("nvpair")) {
            let Some(name) = pair.attribute("name") else { continue };
            match owner {
                Owner::Resource { cloned } if is_meta => check_meta(draft, pair, name, cloned, &asked),
                Owner::Resource { .. } => check_parameter(draft, pair, name),
                Owner::Operation if is_meta => check_operation(draft, pair, name),
                Owner::Operation => {}
            }
        }
    }
}

/// The names that rules ask for as meta-attributes.
fn asked_by_rules<'d>(draft: &Draft<'d>) -> FxHashSet<&'d str> {
    let by_meta = draft.named("expression").filter(|expression| expression.attribute("value-source") == Some("meta"));
    by_meta.filter_map(|expression| expression.attribute("value")).collect()
}

fn owner_of(set: Node<'_, '_>) -> Option<Owner> {
    let parent = set.parent_element()?;
    match parent.tag_name().name() {
        "primitive" | "group" => {
            let is_cloned = |at: Node<'_, '_>| matches!(at.tag_name().name(), "clone" | "master" | "bundle");
            Some(Owner::Resource { cloned: parent.ancestors().any(is_cloned) })
        }
        "clone" | "master" | "bundle" | "template" | "rsc_defaults" => Some(Owner::Resource { cloned: true }),
        "op" | "op_defaults" => Some(Owner::Operation),
        _ => None,
    }
}

fn check_meta<'d>(draft: &mut Draft<'d>, pair: Node<'d, 'd>, name: &str, cloned: bool, asked: &FxHashSet<&str>) {
    let value = pair.attribute("value").unwrap_or_default();
    let Some(known) = meta_attribute(name) else {
        if OPERATION_SETTINGS.contains(&name) {
            let message = format!("{name} is a setting of operations, not of resources");
            draft.note(Code::MisplacedSetting, pair, "name", message);
        } else if is_option(name) {
            draft.note(Code::MisplacedSetting, pair, "name", format!("{name} is an option of the cluster, not of resources"));
        } else if let Some(meant) = nearest(name, meta_names()).filter(|_| !asked.contains(name)) {
            let message = format!("there is no meta-attribute '{name}'{}", suggestion(Some(meant)));
            draft.note(Code::UnknownMetaAttribute, pair, "name", message);
        }
        return;
    };
    if known.concern == Concern::Clone && !cloned {
        let message = format!("{name} is a meta-attribute of clones, and this resource is not cloned");
        draft.note(Code::MisplacedSetting, pair, "name", message);
    }
    if known.accepts.is_some_and(|accepts| !accepts(value)) && !value.eq_ignore_ascii_case("#default") {
        draft.note(Code::InvalidValue, pair, "value", format!("'{value}' is no value of the meta-attribute {name}"));
    }
}

fn check_parameter<'d>(draft: &mut Draft<'d>, pair: Node<'d, 'd>, name: &str) {
    if meta_attribute(name).is_some_and(|known| known.distinct) {
        let message = format!("{name} is a meta-attribute, but stands among the parameters of the agent");
        draft.note(Code::MisplacedSetting, pair, "name", message);
    }
}

fn check_operation<'d>(draft: &mut Draft<'d>, pair: Node<'d, 'd>, name: &str) {
    if meta_attribute(name).is_some_and(|known| known.distinct) {
        let message = format!("{name} is a meta-attribute of resources, not of operations");
        draft.note(Code::MisplacedSetting, pair, "name", message);
    }
}
