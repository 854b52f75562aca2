//! Why two snapshots give different plans.

use crate::cib::Score;
use crate::explain::{ActionNote, ClusterDifference, ContributionNote, NodeCondition, Part, ResourceDifference, ScoreDifference};
use crate::report::Page;

use super::resource::{movement_text, section};
use super::text_of;
use super::words::{condition_text, contribution_text};

impl ClusterDifference {
    /// The difference as a page for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut page = Page::new(false);
        let same =
            self.nodes.is_empty() && self.resources.is_empty() && self.only_first.is_empty() && self.only_second.is_empty();
        page.line(if same { "Nothing differs." } else { "From the first snapshot to the second:" });
        section(&mut page, "Nodes", &self.nodes, |page, at| {
            let word = |condition: Option<NodeCondition>| condition.map_or("unknown", condition_text);
            page.item(format_args!("{}: {} -> {}", at.node, word(at.first), word(at.second)));
        });
        section(&mut page, "Resources", &self.resources, write_resource);
        section(&mut page, "Done only in the first", &self.only_first, |page, note| page.item(action_text(note)));
        section(&mut page, "Done only in the second", &self.only_second, |page, note| page.item(action_text(note)));
        text_of(page)
    }
}

fn action_text(note: &ActionNote) -> String {
    note.node.as_ref().map_or_else(|| note.action.clone(), |node| format!("{} on {node}", note.action))
}

fn write_resource(page: &mut Page, at: &ResourceDifference) {
    let text = |part: &Option<Part>| part.as_ref().map_or_else(|| "unknown".to_owned(), movement_text);
    let (first, second) = (text(&at.first), text(&at.second));
    let change = if first == second { first } else { format!("{first} -> {second}") };
    page.open(format_args!("{}: {change}", at.resource));
    at.scores.iter().for_each(|score| write_score(page, score));
    page.end();
}

fn write_score(page: &mut Page, at: &ScoreDifference) {
    let word = |score: Option<Score>| score.map_or_else(|| "unknown".to_owned(), |score| score.to_string());
    page.open(format_args!("{}: {} -> {}", at.node, word(at.first), word(at.second)));
    let mut write = |which: &str, notes: &[ContributionNote]| {
        for note in notes {
            page.item(format_args!("only in the {which} {}: {}", note.score, contribution_text(note)));
        }
    };
    write("first", &at.only_first);
    write("second", &at.only_second);
    page.end();
}
