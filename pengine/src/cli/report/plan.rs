//! What is planned, and why.

use std::fmt::Write;

use pengine::cib::Escaped;
use pengine::report::document::{NodeVerb, PlannedAction, ResourceAction};

pub(super) fn section(actions: &[PlannedAction]) -> String {
    let mut page = String::from("<section id=\"plan\">\n<h2>Plan</h2>\n");
    if actions.is_empty() {
        page.push_str("<p>There is nothing to do.</p>\n");
    } else {
        page.push_str("<ul>\n");
        for action in actions {
            page.push_str(&line(action));
        }
        page.push_str("</ul>\n");
    }
    page + "</section>\n"
}

fn line(action: &PlannedAction) -> String {
    match action {
        PlannedAction::Node(action) => {
            let verb = match action.action {
                NodeVerb::Fence => "Fence",
                NodeVerb::Shutdown => "Shut down",
            };
            format!("<li><b>{verb}</b> {}: {}</li>\n", Escaped(&action.node), Escaped(&action.reason.text))
        }
        PlannedAction::Resource(action) => resource_line(action),
    }
}

fn resource_line(action: &ResourceAction) -> String {
    let mut line = format!("<li><b>{}</b> {}", action.action.as_str(), Escaped(&action.resource));
    match (&action.origin, &action.destination) {
        (Some(from), Some(to)) if from != to => {
            let _ = write!(line, " from {} to {}", Escaped(from), Escaped(to));
        }
        (_, Some(at)) | (Some(at), None) => {
            let _ = write!(line, " on {}", Escaped(at));
        }
        (None, None) => {}
    }
    if action.blocked {
        line.push_str(" <strong>(can't be done)</strong>");
    }
    if let Some(reason) = &action.reason {
        let _ = write!(line, ": {}", Escaped(&reason.text));
    }
    line + "</li>\n"
}
