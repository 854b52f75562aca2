//! The graph as a picture for Graphviz (GRAPH section 12).

use std::fmt::{self, Write};

use crate::plan::{ActionId, Kinds, Task, meta};
use crate::run::Run;

use super::element::{action_key, shown_interval, shown_task};
use super::{Input, Selection};

/// What the dot file shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct DotOptions {
    /// Actions that are not in the transition, too.
    pub all_actions: bool,
    /// Numbers behind the names.
    pub numbers: bool,
}

/// The graph in Graphviz's language.
#[must_use]
pub fn dot(run: &Run<'_>, selection: &Selection, options: DotOptions) -> String {
    let mut text = String::from(" digraph \"g\" {\n");
    let newest_first = || (0..run.plan.graph.node_count()).rev().map(ActionId::new);
    let names = Names::of(run, options);
    let mut shown = vec![false; run.plan.graph.node_count()];
    for id in newest_first() {
        if let Some((style, color, font)) = look(run, selection, id, options) {
            shown[id.index()] = true;
            let name = names.get(id);
            text.extend(["\"", name, "\" [ style=", style, " color=\"", color, "\" fontcolor=\"", font, "\"]\n"]);
        }
    }
    for id in newest_first() {
        for input in selection.inputs(id) {
            let both_shown = shown[id.index()] && shown[input.first.index()];
            if let Some(style) = edge_style(input, both_shown, options) {
                text.extend(["\"", names.get(input.first), "\" -> \"", names.get(id), "\" [ style = ", style, "]\n"]);
            }
        }
    }
    text.push_str("}\n");
    text
}

/// The names of all actions, one behind the other.
struct Names {
    text: String,
    ends: Vec<usize>,
}

impl Names {
    fn of(run: &Run<'_>, options: DotOptions) -> Self {
        let mut names = Self { text: String::new(), ends: Vec::with_capacity(run.plan.graph.node_count()) };
        for id in run.plan.graph.node_indices() {
            // Writing into a string can't fail.
            let _ = write_name(run, id, options, &mut names.text);
            names.ends.push(names.text.len());
        }
        names
    }

    fn get(&self, id: ActionId) -> &str {
        let start = id.index().checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[id.index()]]
    }
}

/// Style, colour and font colour of a node; nothing if it isn't shown (GRAPH-59).
fn look(
    run: &Run<'_>,
    selection: &Selection,
    id: ActionId,
    options: DotOptions,
) -> Option<(&'static str, &'static str, &'static str)> {
    let action = &run[id];
    let font = if action.pseudo { "orange" } else { "black" };
    if selection.in_graph.get(id.index()).copied().unwrap_or(false) {
        return Some(("bold", "green", font));
    }
    if action.resource.is_some_and(|resource| !run[resource].managed) {
        return options.all_actions.then_some(("dashed", "red", "purple"));
    }
    if action.optional {
        return options.all_actions.then_some(("dashed", "blue", font));
    }
    Some(("dashed", "red", font))
}

/// GRAPH-60.
fn edge_style(input: &Input, both_shown: bool, options: DotOptions) -> Option<&'static str> {
    if input.used {
        return Some("bold");
    }
    if input.kinds.is_empty() {
        return None;
    }
    let dashed = both_shown && input.kinds != Kinds::LOAD || options.all_actions;
    dashed.then_some("dashed")
}

/// GRAPH-61.
fn write_name(run: &Run<'_>, id: ActionId, options: DotOptions, out: &mut String) -> fmt::Result {
    let action = &run[id];
    let host = match action.node {
        Some(node) => Some(run[node].name.as_str()),
        None if !action.pseudo => Some("<none>"),
        None => None,
    };
    let prefix = if action.task == Task::Cancel { "Cancel " } else { "" };
    let text = |name: &str| meta(run, id, name).unwrap_or_default();
    let history_name = action.resource.and_then(|resource| run[resource].history_name.as_deref());
    match (history_name, host) {
        (Some(name), _) if matches!(action.task, Task::Notify | Task::Notified) => {
            write!(out, "{prefix}{name}_{}_notify_{}_0", text("notify_key_type"), text("notify_key_operation"))?;
        }
        (Some(name), _) => write!(out, "{prefix}{name}_{}_{}", shown_task(run, id), shown_interval(run, id))?,
        (None, _) if action.task == Task::Fence => write!(out, "stonith '{}'", text("stonith_action"))?,
        (None, Some(_)) if action.resource.is_some() => out.extend([prefix, &action_key(run, id)]),
        (None, Some(_)) => out.push_str(run.cluster.tasks.name(action.task)),
        (None, None) => out.push_str(&action_key(run, id)),
    }
    if let Some(host) = host {
        out.extend([" ", host]);
    }
    if options.numbers {
        write!(out, " ({})", id.index() + 1)?;
    }
    Ok(())
}
