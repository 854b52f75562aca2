//! A report as JSON text.

use super::document::SimulationReport;

impl SimulationReport {
    /// The report as JSON text, indented for people, as `schema/simulate.schema.json` describes it.
    ///
    /// # Errors
    ///
    /// None that a report can bring about; they are those of the serializer.
    pub fn to_json(&self) -> serde_json::Result<String> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }
}
