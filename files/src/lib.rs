//! CIBs in files, packed or not.
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Why a file can't be read as text.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system says no, or the file is not packed as its name says.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is no text.
    #[error("line {line}, column {column}: this is no UTF-8 text; convert the file to UTF-8")]
    NoText {
        /// The line of the first wrong byte, from 1.
        line: usize,
        /// Its column in characters, from 1.
        column: usize,
    },
}

/// Whether a file's name says that it is packed.
#[must_use]
pub fn is_packed(path: &Path) -> bool {
    matches!(extension(path), Some("bz2" | "gz" | "xz"))
}

/// The text in a file, unpacked if its name says that it is packed.
///
/// # Errors
///
/// [`ReadError`].
pub fn read(path: &Path) -> Result<String, ReadError> {
    let mut file = File::open(path)?;
    // Room for a little more: whoever reads a CIB may change it.
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    let mut bytes = Vec::with_capacity(size + size / 8);
    match extension(path) {
        Some("bz2") => bzip2::read::MultiBzDecoder::new(file).read_to_end(&mut bytes),
        Some("gz") => flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes),
        Some("xz") => lzma_rust2::XzReader::new(file, true).read_to_end(&mut bytes),
        _ => file.read_to_end(&mut bytes),
    }?;
    text(bytes)
}

/// Bytes as text.
///
/// # Errors
///
/// [`ReadError::NoText`].
pub fn text(bytes: Vec<u8>) -> Result<String, ReadError> {
    String::from_utf8(bytes).map_err(|error| {
        let (line, column) = position(error.as_bytes(), error.utf8_error().valid_up_to());
        ReadError::NoText { line, column }
    })
}

/// Text as it is kept in a file whose name ends in `.bz2`.
///
/// # Errors
///
/// None in practice: there is nothing to run out of but memory.
pub fn pack_bzip2(text: &str) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    bzip2::read::BzEncoder::new(text.as_bytes(), bzip2::Compression::best()).read_to_end(&mut packed)?;
    Ok(packed)
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn packed_text_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let (packed, plain) = (folder.path().join("cib.xml.bz2"), folder.path().join("cib.xml"));
        std::fs::write(&packed, pack_bzip2("<cib/>\n").unwrap()).unwrap();
        std::fs::write(&plain, "<cib/>\n").unwrap();
        assert!(is_packed(&packed) && !is_packed(&plain));
        assert_eq!(read(&packed).unwrap(), read(&plain).unwrap());
    }

    #[test]
    fn what_is_no_text_is_told_by_its_place() {
        let error = text(b"<cib>\n  \xc3\xa4 \xff".to_vec()).unwrap_err();
        assert!(matches!(error, ReadError::NoText { line: 2, column: 5 }), "{error}");
    }
}
