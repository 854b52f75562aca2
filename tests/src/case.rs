//! One recorded case: an input and the outputs that are expected of it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use pengine::Cib;
use pengine::report::Chunk;
use pengine::simulate::{Session, SessionOptions, simulate};
use pengine::transition::DotOptions;

use crate::compare::{Difference, Outputs, PARTS, Part, compare};

/// A time for what has none recorded: later than all recordings.
pub const REAL_NOW: i64 = 1_750_000_000;

/// A recorded case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name.
    pub name: String,
    datetime: Option<String>,
}

/// The folder of the cases; if there is none, says that what needs it is skipped.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    let folder = env::var_os("PENGINE_CONFORMANCE").map_or_else(beside, PathBuf::from);
    let is_there = folder.join("cases.tsv").is_file();
    if !is_there {
        println!("skipped: there are no recorded cases here; PENGINE_CONFORMANCE can name their folder");
    }
    is_there.then_some(folder)
}

/// The cases in a folder.
///
/// # Errors
///
/// If the list can't be read, or has options that no case had so far.
pub fn cases(folder: &Path) -> io::Result<Vec<Case>> {
    let list = fs::read_to_string(folder.join("cases.tsv"))?;
    list.lines().map(|line| Case::parse(line).ok_or_else(|| io::Error::other(format!("cases.tsv: what is '{line}'?")))).collect()
}

impl Case {
    /// Reads a line of the list: group, name, options, description.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t').skip(1);
        let (name, options) = (fields.next()?.to_owned(), fields.next()?);
        let datetime = match options.split_once(' ') {
            None if options.is_empty() => None,
            Some(("-t", datetime)) => Some(datetime.trim_matches('\'').to_owned()),
            _ => return None,
        };
        Some(Self { name, datetime })
    }

    /// Runs the case and compares each of its outputs with the expected one.
    ///
    /// # Errors
    ///
    /// What is wrong if it can't be run at all.
    pub fn run(&self, folder: &Path) -> Result<Vec<Difference>, String> {
        let path = folder.join("xml").join(format!("{}.xml", self.name));
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let outputs = self.outputs(&text)?;
        let differences = PARTS.into_iter().filter_map(|part| compare(part, &outputs, &self.expected(folder, part)));
        Ok(differences.collect())
    }

    fn expected(&self, folder: &Path, part: Part) -> String {
        let path = folder.join(part.folder()).join(format!("{}.{}", self.name, part.folder()));
        // A file that isn't there stands for an empty one.
        fs::read(path).map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Runs a case the two ways that its outputs were recorded in.
    fn outputs(&self, text: &str) -> Result<Outputs, String> {
        let all = self.session(text, SessionOptions { execute: true, ..SessionOptions::default() })?;
        let dot = Some(DotOptions::default());
        let brief =
            SessionOptions { execute: true, quiet: true, show_scores: true, graph: true, dot, ..SessionOptions::default() };
        let brief = self.session(text, brief)?;
        if !brief.complete {
            return Err("the transition was not carried out to its end".to_owned());
        }
        Ok(Outputs {
            summary: merged(&all.output),
            scores: brief
                .output
                .iter()
                .filter_map(|chunk| if let Chunk::Out(text) = chunk { Some(text.as_str()) } else { None })
                .collect(),
            stderr: brief
                .output
                .iter()
                .filter_map(|chunk| if let Chunk::Err(text) = chunk { Some(text.as_str()) } else { None })
                .collect(),
            dot: brief.dot.unwrap_or_default(),
            graph: brief.graph.unwrap_or_default(),
        })
    }

    fn session(&self, text: &str, options: SessionOptions) -> Result<Session, String> {
        let cib = Cib::parse(text).map_err(|error| error.to_string())?;
        let datetime = self.datetime.clone();
        let options = SessionOptions { sanitized: true, datetime, real_now: REAL_NOW, ..options };
        simulate(cib, &options).map_err(|error| error.to_string())
    }
}

/// All that was written, to whichever stream, in order.
#[must_use]
pub fn merged(output: &[Chunk]) -> String {
    output
        .iter()
        .map(|chunk| match chunk {
            Chunk::Out(text) | Chunk::Err(text) => text.as_str(),
        })
        .collect()
}
