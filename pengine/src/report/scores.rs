//! Scores and utilization as text (PLACE section 14, INST section 17).

use std::fmt::{self, Display};

use crate::cluster::Cluster;
use crate::run::{AssignStep, ScoreLine};

use super::Page;

/// Writes scores and utilization as items; messages among them stand out of the list and are left out if `quiet` (SIM-58).
pub fn scores(page: &mut Page, cluster: &Cluster, lines: &[ScoreLine], quiet: bool) {
    for line in lines {
        match line {
            ScoreLine::Note(_) if quiet => {}
            ScoreLine::Note(note) => page.line(note),
            line => page.item(LineText { cluster, line }),
        }
    }
}

/// A score line together with what its ids stand for.
struct LineText<'a> {
    cluster: &'a Cluster,
    line: &'a ScoreLine,
}

impl Display for LineText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cluster = self.cluster;
        match self.line {
            ScoreLine::Assignment { step, resource, node, score } => {
                let (resource, node) = (&cluster[*resource].id, &cluster[*node].name);
                write!(f, "{}: {resource} allocation score on {node}: {score}", step_word(*step))
            }
            ScoreLine::Promotion { resource, node: Some(node), score } => {
                write!(f, "{} promotion score on {}: {score}", cluster[*resource].id, cluster[*node].name)
            }
            ScoreLine::Promotion { resource, node: None, score } => {
                write!(f, "{} promotion score (inactive): {score}", cluster[*resource].id)
            }
            ScoreLine::OriginalCapacity { node, values } => {
                write!(f, "Original: {} capacity:{}", cluster[*node].name, Values(values))
            }
            ScoreLine::RemainingCapacity { node, values } => {
                write!(f, "Remaining: {} capacity:{}", cluster[*node].name, Values(values))
            }
            ScoreLine::Utilization { resource, node, values } => {
                let (resource, node) = (&cluster[*resource].id, &cluster[*node].name);
                write!(f, "pcmk__assign_resource: {resource} utilization on {node}:{}", Values(values))
            }
            ScoreLine::Note(note) => f.write_str(note),
        }
    }
}

/// The word that a dump of scores starts with; scripts of the field look for it.
pub(super) fn step_word(step: AssignStep) -> &'static str {
    match step {
        AssignStep::Primitive => "pcmk__primitive_assign",
        AssignStep::Group => "pcmk__group_assign",
        AssignStep::Clone => "pcmk__clone_assign",
        AssignStep::Bundle => "pcmk__bundle_assign",
    }
}

struct Values<'a>(&'a [(String, String)]);

impl Display for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}
