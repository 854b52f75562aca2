//! Reports as JSON text.

use serde::Serialize;

use crate::audit::AuditReport;
use crate::explain::{ActionReport, ClusterDifference, Explanation};

use super::document::SimulationReport;

/// A value as JSON text, indented for people.
fn pretty(value: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text)
}

macro_rules! to_json {
    ($($report:ty, $schema:literal;)+) => {
        $(impl $report {
            #[doc = concat!("The report as JSON text, indented for people, as `schema/", $schema, ".schema.json` describes it.")]
            ///
            /// # Errors
            ///
            /// None that a report can bring about; they are those of the serializer.
            pub fn to_json(&self) -> serde_json::Result<String> {
                pretty(self)
            }
        })+
    };
}

to_json! {
    SimulationReport, "simulate";
    Explanation, "explain";
    ActionReport, "explain";
    ClusterDifference, "explain";
    AuditReport, "audit";
}

#[cfg(feature = "check")]
to_json! {
    crate::check::Findings, "check";
}
