//! Reading CIBs from files and standard input, packed or not.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use pengine::{Cib, CibError};

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
        matches!(self, Self::File(path) if matches!(extension(path), Some("bz2" | "gz" | "xz")))
    }

    fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::StandardInput => "standard input".to_owned(),
        }
    }

    /// Reads a CIB.
    pub(super) fn read(&self) -> Result<Cib, Failure> {
        let failure =
            |problem: &dyn std::fmt::Display| Failure::new(status::UNREADABLE, format_args!("{}: {problem}", self.name()));
        let bytes = self.bytes().map_err(|error| failure(&error))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let (line, column) = position(error.as_bytes(), valid);
            failure(&format_args!("line {line}, column {column}: this is no UTF-8 text; convert the file to UTF-8"))
        })?;
        Cib::parse(text).map_err(|error| {
            let status = if is_malformed(&error) { status::UNREADABLE } else { status::UNUSABLE };
            Failure::new(status, format_args!("{}: {error}", self.name()))
        })
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Self::StandardInput => io::stdin().lock().read_to_end(&mut bytes)?,
            Self::File(path) => unpacked(path)?.read_to_end(&mut bytes)?,
        };
        Ok(bytes)
    }
}

/// Whether a text is not even XML.
fn is_malformed(error: &CibError) -> bool {
    matches!(error, CibError::NotXml { .. })
}

/// The contents of a file, unpacked if its name says that it is packed.
fn unpacked(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = File::open(path)?;
    Ok(match extension(path) {
        Some("bz2") => Box::new(bzip2::read::MultiBzDecoder::new(file)),
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Some("xz") => Box::new(lzma_rust2::XzReader::new(file, true)),
        _ => Box::new(file),
    })
}

fn extension(path: &Path) -> Option<&str> {
    path.extension().and_then(|extension| extension.to_str())
}

/// The line and column of a byte, from 1.
fn position(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = bytes.get(..at).unwrap_or(bytes);
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let lines = before.iter().filter(|&&byte| byte == b'\n').count();
    (lines + 1, String::from_utf8_lossy(&before[line_start..]).chars().count() + 1)
}
