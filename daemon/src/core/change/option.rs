//! Changes of cluster options.

use super::Editor;

/// Sets a cluster option, in the set of that id or wherever it is, or removes it.
pub fn set_option(editor: &mut Editor<'_>, name: &str, value: Option<&str>, set: Option<&str>) {
    let section = editor.section("crm_config");
    match set {
        Some(set) => editor.set_value_in(section, "cluster_property_set", set, name, value),
        None => editor.set_value(section, "cluster_property_set", "cib-bootstrap-options", name, value),
    }
}
