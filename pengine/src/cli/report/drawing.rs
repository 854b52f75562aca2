//! The transition as a drawing in layers, and as a list of steps.

use std::collections::HashMap;
use std::fmt::Write;

use pengine::cib::Escaped;
use pengine::transition::{ElementKind, GraphAction, Transition};

use super::layers::{self, Placed};

const WIDTH: usize = 210;
const HEIGHT: usize = 42;
const GAP_ACROSS: usize = 60;
const GAP_DOWN: usize = 16;
const MARGIN: usize = 10;
/// Longer names are cut in the drawing; the list has them whole.
const MOST_LETTERS: usize = 27;

pub(super) fn section(transition: Option<&Transition>) -> String {
    let placed = transition.map(layers::of).unwrap_or_default();
    let mut page = String::from("<section id=\"transition\">\n<h2>Transition</h2>\n");
    if placed.is_empty() {
        return page + "<p>There is nothing to do.</p>\n</section>\n";
    }
    let steps = placed.iter().map(|at| at.layer + 1).max().unwrap_or_default();
    let _ = write!(
        page,
        "<p>What stands in a column can be done at the same time. Step through it with the buttons, or with the arrow keys, Home and End.\
         </p>\n<div class=\"controls\" role=\"group\" aria-label=\"Steps\" hidden>\
         <button type=\"button\" data-go=\"first\">First</button> <button type=\"button\" data-go=\"back\">Back</button> \
         <button type=\"button\" data-go=\"next\">Next</button> <button type=\"button\" data-go=\"last\">Last</button> \
         <output aria-live=\"polite\" data-steps=\"{steps}\"></output></div>\n"
    );
    page.push_str(&svg(&placed, steps));
    page.push_str(&list(&placed, steps));
    page + "</section>\n"
}

fn corner(at: &Placed<'_>) -> (usize, usize) {
    (MARGIN + at.layer * (WIDTH + GAP_ACROSS), MARGIN + at.row * (HEIGHT + GAP_DOWN))
}

fn svg(placed: &[Placed<'_>], steps: usize) -> String {
    let rows = placed.iter().map(|at| at.row + 1).max().unwrap_or_default();
    let width = 2 * MARGIN + steps * (WIDTH + GAP_ACROSS) - GAP_ACROSS;
    let height = 2 * MARGIN + rows * (HEIGHT + GAP_DOWN) - GAP_DOWN;
    let mut page = format!(
        "<div class=\"scroll\" id=\"drawing\" tabindex=\"0\" role=\"region\" aria-label=\"Drawing of the transition\">\n\
         <svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"{} actions in {steps} steps; the list below has the same\">\n",
        placed.len()
    );
    let by_number: HashMap<u32, &Placed<'_>> = placed.iter().map(|at| (at.synapse.action.id, at)).collect();
    for at in placed {
        for before in at.synapse.inputs.iter().filter_map(|input| by_number.get(input)) {
            page.push_str(&line(before, at));
        }
    }
    placed.iter().for_each(|at| page.push_str(&card(at)));
    page + "</svg>\n</div>\n"
}

fn line(from: &Placed<'_>, to: &Placed<'_>) -> String {
    let ((x, y), (end_x, end_y)) = (corner(from), corner(to));
    let (x, y, end_y) = (x + WIDTH, y + HEIGHT / 2, end_y + HEIGHT / 2);
    let bend = GAP_ACROSS / 2;
    let (out, into) = (x + bend, end_x.saturating_sub(bend));
    format!("<path class=\"line\" data-step=\"{}\" d=\"M{x} {y}C{out} {y} {into} {end_y} {end_x} {end_y}\"/>\n", to.layer + 1)
}

fn card(at: &Placed<'_>) -> String {
    let ((x, y), action) = (corner(at), &at.synapse.action);
    let kind = match action.kind {
        ElementKind::Resource => "resource",
        ElementKind::Pseudo => "pseudo",
        ElementKind::Cluster => "cluster",
    };
    let (key, node) = (key(action), action.attribute("on_node").unwrap_or_default());
    let (short, short_node) = (shortened(key), shortened(node));
    format!(
        "<g class=\"card {kind}\" data-step=\"{}\"><title>{} {}</title><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         rx=\"6\"/><text x=\"{}\" y=\"{}\">{}</text><text class=\"where\" x=\"{}\" y=\"{}\">{}</text></g>\n",
        at.layer + 1,
        Escaped(key),
        Escaped(node),
        x + 8,
        y + 18,
        Escaped(&short),
        x + 8,
        y + 34,
        Escaped(&short_node),
    )
}

fn list(placed: &[Placed<'_>], steps: usize) -> String {
    let mut items = vec![String::new(); steps];
    for at in placed {
        let action = &at.synapse.action;
        let place = action.attribute("on_node").map(|node| format!(" on {}", Escaped(node))).unwrap_or_default();
        let note = if action.kind == ElementKind::Pseudo { " <small>(nothing is executed)</small>" } else { "" };
        let _ = write!(items[at.layer], "<li>{}{place}{note}</li>", Escaped(key(action)));
    }
    let mut page = String::from("<ol class=\"steps\">\n");
    for (step, items) in items.iter().enumerate() {
        let _ = writeln!(page, "<li data-step=\"{}\"><ul>{items}</ul></li>", step + 1);
    }
    page + "</ol>\n"
}

fn key(action: &GraphAction) -> &str {
    let named = action.attribute("operation_key").or_else(|| action.attribute("operation"));
    named.unwrap_or_default()
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MOST_LETTERS {
        return text.to_owned();
    }
    text.chars().take(MOST_LETTERS - 1).chain(['…']).collect()
}
