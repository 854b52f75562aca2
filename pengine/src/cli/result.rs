//! What a run shows, in the form and at the place that were asked for.

use std::io;
use std::path::Path;

use pengine::report::Chunk;
use pengine::report::document::SimulationReport;

use super::output::{NewFile, unless_closed, write_streams};
use super::{Failure, status};

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
    Xml,
    Nothing,
}

impl Format {
    fn parse(name: &str) -> Result<Self, Failure> {
        match name {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "xml" => Ok(Self::Xml),
            "none" => Ok(Self::Nothing),
            _ => {
                let problem = format_args!("there is no output format '{name}'; use --output-as=text, json, xml or none");
                Err(Failure::new(status::CANNOT_CREATE, problem))
            }
        }
    }
}

/// What a run has to show.
pub(super) struct Outcome {
    /// Text for the streams.
    pub(super) chunks: Vec<Chunk>,
    /// The whole as a value, if the format is that of a document.
    pub(super) report: Option<SimulationReport>,
    /// The exit status.
    pub(super) status: u8,
}

/// Writes what a run shows.
pub(super) struct ResultWriter<'a> {
    format: Format,
    /// The file to write to; nothing if that is standard output.
    destination: Option<NewFile>,
    /// The command line.
    request: &'a str,
}

impl<'a> ResultWriter<'a> {
    /// Begins the output, so that a place that can't be written to shows before any work is done.
    pub(super) fn create(format: &str, destination: Option<&Path>, request: &'a str) -> Result<Self, Failure> {
        let format = Format::parse(format)?;
        let destination = destination.filter(|path| *path != Path::new("-"));
        let create = |path: &Path| {
            NewFile::create(path).map_err(|error| {
                Failure::new(status::CANNOT_CREATE, format_args!("could not create '{}': {error}", path.display()))
            })
        };
        Ok(Self { format, destination: destination.map(create).transpose()?, request })
    }

    /// Whether the output is one document rather than text.
    pub(super) fn is_document(&self) -> bool {
        matches!(self.format, Format::Json | Format::Xml)
    }

    /// Writes what a run has to show; its exit status.
    pub(super) fn write(self, outcome: Outcome) -> Result<u8, Failure> {
        let Outcome { mut chunks, report, status } = outcome;
        if self.format == Format::Nothing {
            chunks.retain(|chunk| matches!(chunk, Chunk::Err(_)));
        }
        if let Some(report) = report {
            chunks.push(Chunk::Out(self.document(&report)?));
        }
        write_chunks(chunks, self.destination)?;
        Ok(status)
    }

    /// Tells of a run that ended early, in a document too if that is the format; the failure is handed on.
    pub(super) fn write_failure(self, failure: Failure) -> Result<u8, Failure> {
        if self.is_document() {
            let report = SimulationReport::ended(failure.status, failure.message.clone());
            write_chunks(vec![Chunk::Out(self.document(&report)?)], self.destination)?;
        }
        Err(failure)
    }

    fn document(&self, report: &SimulationReport) -> Result<String, Failure> {
        match self.format {
            Format::Json => report.to_json().map_err(|error| Failure::new(status::SOFTWARE, error)),
            _ => Ok(report.to_xml(self.request)),
        }
    }
}

/// Writes to a file or, without one, to the streams.
fn write_chunks(chunks: Vec<Chunk>, destination: Option<NewFile>) -> Result<(), Failure> {
    let failure = |error: io::Error| Failure::new(status::CANNOT_WRITE, format_args!("could not write the output: {error}"));
    let Some(destination) = destination else {
        return unless_closed(write_streams(&chunks)).map_err(failure);
    };
    let mut text = String::new();
    let mut errors = Vec::new();
    for chunk in chunks {
        match chunk {
            Chunk::Out(more) => text.push_str(&more),
            error => errors.push(error),
        }
    }
    write_streams(&errors).and_then(|()| destination.write(&text)).map_err(failure)
}
