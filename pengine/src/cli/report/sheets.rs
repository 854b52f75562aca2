//! The score sheet of each resource.

use std::fmt::Write;

use pengine::cib::Escaped;
use pengine::explain::{AssignStep, ContributionNote, NodeScore, ScoreSheet};

pub(super) fn section(sheets: impl Iterator<Item = ScoreSheet>) -> String {
    let mut page = String::from("<section id=\"scores\">\n<h2>Scores</h2>\n");
    for sheet in sheets.filter(|sheet| !sheet.nodes.is_empty()) {
        let (resource, step) = (Escaped(&sheet.resource), step(sheet.step));
        let _ = writeln!(page, "<details><summary>{resource} <small>{step}</small></summary>");
        page.push_str("<table>\n<thead><tr><th scope=\"col\">node</th><th scope=\"col\">score</th><th scope=\"col\">made of</th></tr></thead>\n");
        sheet.nodes.iter().for_each(|node| page.push_str(&row(node)));
        page.push_str("</table></details>\n");
    }
    page + "</section>\n"
}

/// Parts of a collective have scores before it is placed, and again as each of them is.
fn step(step: AssignStep) -> &'static str {
    match step {
        AssignStep::Primitive => "",
        AssignStep::Group => "as the group is placed",
        AssignStep::Clone => "as the clone is placed",
        AssignStep::Bundle => "as the bundle is placed",
    }
}

fn row(node: &NodeScore) -> String {
    let parts: Vec<String> = node.contributions.iter().map(contribution).collect();
    let (name, score) = (Escaped(&node.node), &node.score);
    format!("<tr><th scope=\"row\">{name}</th><td class=\"number\">{score}</td><td>{}</td></tr>\n", parts.join("<br>"))
}

fn contribution(note: &ContributionNote) -> String {
    let cause = serde_json::to_value(note.cause).unwrap_or_default();
    let mut text = cause.as_str().unwrap_or_default().replace('_', " ");
    for name in [&note.id, &note.resource].into_iter().flatten() {
        let _ = write!(text, " {name}");
    }
    format!("{}: {}", note.score, Escaped(&text))
}
