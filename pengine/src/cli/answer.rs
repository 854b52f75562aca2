//! What commands that answer a question about a CIB have in common.

use std::path::Path;

use clap::ValueEnum;
use pengine::report::Chunk;
use pengine::simulate::EffectiveTime;
use pengine::{Cib, Settings};

use super::input::Source;
use super::output::{unless_closed, write_streams};
use super::{Failure, real_now, status};

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// An answer in the form that was asked for.
macro_rules! answer_text {
    ($format:expr, $answer:expr) => {
        match $format {
            Format::Text => $answer.to_text(),
            Format::Json => $answer.to_json().map_err(|error| Failure::new(status::SOFTWARE, error))?,
        }
    };
}
pub(super) use answer_text;

/// Reads a CIB, and settings with the time that it is judged by.
pub(super) fn read(path: &Path, datetime: Option<&str>) -> Result<(Cib, Settings), Failure> {
    let cib = Source::of(path).read()?;
    let now = EffectiveTime::of(&cib, datetime, real_now()).now;
    Ok((cib, Settings { now, sanitized: true, ..Settings::default() }))
}

/// Writes an answer to standard output.
pub(super) fn write(text: String) -> Result<(), Failure> {
    let written = unless_closed(write_streams(&[Chunk::Out(text)]));
    written.map_err(|error| Failure::new(status::CANNOT_WRITE, format_args!("could not write the output: {error}")))
}
