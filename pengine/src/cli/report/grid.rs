//! Nodes and resources as a grid, before and after.

use std::collections::BTreeMap;
use std::fmt::Write;

use pengine::cib::Escaped;
use pengine::report::document::{ClusterStatus, NodeStatus, PrimitiveStatus, ResourceStatus};

/// What a resource is on each node that it is active on.
type Row = BTreeMap<String, &'static str>;

/// The section with both grids.
pub(super) fn section(before: Option<&ClusterStatus>, after: Option<&ClusterStatus>) -> String {
    let before_rows = before.map(rows).unwrap_or_default();
    let after_rows = after.map(rows).unwrap_or_default();
    let mut page = String::from("<section id=\"states\">\n<h2>Before and after</h2>\n<div class=\"pair\">\n");
    for (title, status, rows, others) in
        [("Before", before, &before_rows, &after_rows), ("After", after, &after_rows, &before_rows)]
    {
        if let Some(status) = status {
            page.push_str(&grid(title, &status.nodes, rows, others));
        }
    }
    page + "</div>\n<p class=\"note\">A cell with a dashed border is not the same before and after.</p>\n</section>\n"
}

fn rows(status: &ClusterStatus) -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    status.resources.iter().for_each(|resource| collect(resource, &mut rows));
    rows
}

fn collect(resource: &ResourceStatus, rows: &mut BTreeMap<String, Row>) {
    match resource {
        ResourceStatus::Primitive(primitive) => add(primitive, rows),
        ResourceStatus::Group(parts) | ResourceStatus::Clone(parts) => {
            parts.members.iter().for_each(|member| collect(member, rows));
        }
        ResourceStatus::Bundle(bundle) => {
            let parts = bundle.replicas.iter().flat_map(|replica| &replica.resources);
            parts.for_each(|part| collect(part, rows));
        }
    }
}

fn add(primitive: &PrimitiveStatus, rows: &mut BTreeMap<String, Row>) {
    // Instances of a clone share a row.
    let row = rows.entry(primitive.name.clone()).or_default();
    for node in &primitive.nodes {
        let word = if primitive.failed { "failed" } else { primitive.role.as_str() };
        row.insert(node.name.clone(), word);
    }
}

fn grid(title: &str, nodes: &[NodeStatus], rows: &BTreeMap<String, Row>, others: &BTreeMap<String, Row>) -> String {
    let mut page = format!("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\">\n<table>\n");
    let _ = write!(page, "<caption>{title}</caption>\n<thead><tr><th scope=\"col\">resource</th>");
    for node in nodes {
        let (name, condition) = (Escaped(&node.name), condition(node));
        let _ = write!(page, "<th scope=\"col\">{name}<br><small>{condition}</small></th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    let empty = Row::new();
    for (resource, row) in rows {
        let other = others.get(resource).unwrap_or(&empty);
        let _ = write!(page, "<tr><th scope=\"row\">{}</th>", Escaped(resource));
        for node in nodes {
            let word = row.get(&node.name).copied().unwrap_or_default();
            let change = if other.get(&node.name).copied().unwrap_or_default() == word { "" } else { " changed" };
            let _ = write!(page, "<td class=\"{}{change}\">{word}</td>", word.to_lowercase());
        }
        page.push_str("</tr>\n");
    }
    page + "</tbody>\n</table>\n</div>\n"
}

fn condition(node: &NodeStatus) -> &'static str {
    match node {
        _ if node.unclean => "unclean",
        _ if !node.online => "offline",
        _ if node.pending => "joining",
        _ if node.shutting_down => "shutting down",
        _ if node.standby || node.standby_on_fail => "standby",
        _ if node.maintenance => "maintenance",
        _ => "online",
    }
}
