//! Changes of the document itself: another configuration, or single elements.

use pengine::Cib;
use pengine::cib::{ElementId, ElementRef};
use pengine_control::Refusal;

use super::Editor;
use super::editor::in_short;

/// The document that is to stand in place of the present one.
pub(super) fn replacement(xml: &str) -> Result<Cib, Refusal> {
    Cib::parse(xml).map_err(|error| invalid(format!("that is no configuration: {error}")))
}

fn invalid(reason: String) -> Refusal {
    Refusal::Invalid { reason }
}

/// Makes the changes of a patch, in order: all or none.
pub(super) fn apply(editor: &mut Editor<'_>, xml: &str) -> Result<(), Refusal> {
    // The parser reads whole documents; one around the patch changes nothing but the column of an error.
    let wrapped = Cib::parse(format!("<cib validate-with=\"none\">{xml}</cib>"));
    let patch = wrapped.map_err(|error| invalid(format!("that is no patch: {error}")))?;
    let mut steps: Vec<ElementRef<'_>> = Vec::new();
    for element in patch.root().children().filter(|element| element.name() != "status") {
        match element.name() {
            "patch" => steps.extend(element.children()),
            _ => steps.push(element),
        }
    }
    if steps.is_empty() {
        return Err(invalid("the patch changes nothing; it needs <create>, <modify> or <delete>".to_owned()));
    }
    steps.into_iter().try_for_each(|step| carry_out(editor, step))
}

fn carry_out(editor: &mut Editor<'_>, step: ElementRef<'_>) -> Result<(), Refusal> {
    match step.name() {
        "create" => {
            let parent = step.attr("parent").unwrap_or_default();
            let parent = place(editor, parent)?;
            step.children().try_for_each(|element| create(editor, parent, element))
        }
        "modify" => step.children().try_for_each(|element| {
            let present = find(editor, element)?;
            modify(editor, present, element);
            Ok(())
        }),
        "delete" => step.children().try_for_each(|element| {
            let present = find(editor, element)?;
            editor.tree().remove(present);
            Ok(())
        }),
        other => Err(invalid(format!("a patch consists of <create>, <modify> and <delete>, not of <{other}>"))),
    }
}

/// The element that new ones are put in: one of that id, or else a section.
fn place(editor: &mut Editor<'_>, parent: &str) -> Result<ElementId, Refusal> {
    const SECTIONS: [&str; 9] =
        ["crm_config", "nodes", "resources", "constraints", "fencing-topology", "op_defaults", "rsc_defaults", "tags", "alerts"];
    if let Some(element) = editor.with_id(parent) {
        return Ok(element);
    }
    if SECTIONS.contains(&parent) {
        return Ok(editor.section(parent));
    }
    let what = "element or section".to_owned();
    Err(Refusal::Unknown { what, id: parent.to_owned(), known: in_short(SECTIONS.into_iter()) })
}

fn create(editor: &mut Editor<'_>, parent: ElementId, element: ElementRef<'_>) -> Result<(), Refusal> {
    for id in element.descendants().filter_map(ElementRef::id) {
        if editor.with_id(id).is_some() {
            return Err(invalid(format!("there is an element with the id '{id}' already; modify it, or choose another id")));
        }
    }
    editor.tree().add_copy(Some(parent), element);
    Ok(())
}

/// The present element that one of a patch stands for.
fn find(editor: &Editor<'_>, element: ElementRef<'_>) -> Result<ElementId, Refusal> {
    let Some(id) = element.id() else {
        return Err(invalid(format!("<{}> has no id to find it by", element.name())));
    };
    let what = format!("<{}> with the id", element.name());
    editor.with_id(id).ok_or_else(|| Refusal::Unknown { what, id: id.to_owned(), known: "see 'pengine cib query'".to_owned() })
}

/// Attributes that are given are set, children that are known by their ids changed likewise, others added.
fn modify(editor: &mut Editor<'_>, present: ElementId, element: ElementRef<'_>) {
    for (name, value) in element.attributes() {
        editor.tree().set(present, name, value);
    }
    for child in element.children() {
        let same = same_below(editor.tree().get(present), child);
        match same {
            Some(same) => modify(editor, same, child),
            None => {
                editor.tree().add_copy(Some(present), child);
            }
        }
    }
}

/// The child that another element stands for.
fn same_below(parent: ElementRef<'_>, element: ElementRef<'_>) -> Option<ElementId> {
    let mut children = parent.children();
    children.find(|at| at.name() == element.name() && at.id() == element.id()).map(ElementRef::element_id)
}
