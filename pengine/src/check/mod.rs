//! What is wrong with a configuration, or looks like a slip: findings as values, each with its place in the text.
//!
//! The text is judged as it is written, old schemas included; what constraints mean is asked of the scheduler's own reading of
//! them. Nothing depends on the state of the cluster.

mod attributes;
mod code;
mod colocations;
mod diagnostics;
mod draft;
mod fencing;
mod finding;
mod ids;
mod locations;
mod meta;
mod operations;
mod options;
mod orders;
mod reading;
mod references;
mod vocabulary;

use crate::cib::parse_document;
use crate::{Cib, CibError, Settings, Snapshot, constraints};

pub use code::Code;
pub use finding::{Finding, Findings, Place};

use draft::Draft;
use reading::Reading;

/// Checks the text of a CIB; `now` is the time that its rules are judged by, in seconds since the epoch.
///
/// # Errors
///
/// Those of [`Cib::parse`].
pub fn check(text: &str, now: i64) -> Result<Findings, CibError> {
    let cib = Cib::parse(text)?;
    let document = parse_document(text)?;
    let mut draft = Draft::new(&document);
    attributes::check(&mut draft);
    ids::check(&mut draft);
    options::check(&mut draft);
    meta::check(&mut draft);
    operations::check(&mut draft);

    let settings = Settings { now, ..Settings::default() };
    let mut run = Snapshot::read(&cib, &settings).run;
    constraints::read(&mut run);
    let diagnostics = std::mem::take(&mut run.diagnostics);
    references::check(&mut draft);
    diagnostics::check(&mut draft, &run.cluster, &diagnostics);
    fencing::check(&mut draft, &run.cluster);
    let reading = Reading::of(&mut run, &draft);
    locations::check(&mut draft, &reading);
    colocations::check(&mut draft, &reading);
    orders::check(&mut draft, &reading);
    Ok(draft.finish())
}
