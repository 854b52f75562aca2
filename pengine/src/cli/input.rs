//! Reading CIBs from files and standard input.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use pengine::{Cib, CibError};
use pengine_files::ReadError;

use super::{Failure, status};

/// Where a CIB is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    File(PathBuf),
    StandardInput,
}

impl Source {
    /// The source that a file name stands for: `-` is standard input.
    pub(super) fn of(path: &Path) -> Self {
        if path == Path::new("-") { Self::StandardInput } else { Self::File(path.to_owned()) }
    }

    /// Whether its name says that it is packed.
    pub(super) fn is_packed(&self) -> bool {
        matches!(self, Self::File(path) if pengine_files::is_packed(path))
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::StandardInput => "standard input".to_owned(),
        }
    }

    /// Reads a CIB.
    pub(super) fn read(&self) -> Result<Cib, Failure> {
        self.parse(self.read_text()?)
    }

    /// The CIB that a text is, which was read from here.
    pub(super) fn parse(&self, text: impl Into<String>) -> Result<Cib, Failure> {
        Cib::parse(text).map_err(|error| {
            let status = if is_malformed(&error) { status::UNREADABLE } else { status::UNUSABLE };
            Failure::new(status, format_args!("{}: {error}", self.name()))
        })
    }

    /// Reads a text, whatever it says.
    pub(super) fn read_text(&self) -> Result<String, Failure> {
        self.text().map_err(|error| Failure::new(status::UNREADABLE, format_args!("{}: {error}", self.name())))
    }

    fn text(&self) -> Result<String, ReadError> {
        match self {
            Self::StandardInput => {
                let mut bytes = Vec::new();
                io::stdin().lock().read_to_end(&mut bytes)?;
                pengine_files::text(bytes)
            }
            Self::File(path) => pengine_files::read(path),
        }
    }
}

/// Whether a text is not even XML.
fn is_malformed(error: &CibError) -> bool {
    matches!(error, CibError::NotXml { .. })
}
