//! Writing: files appear whole or not at all, and a reader that goes away is no error.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use pengine::report::Chunk;

use super::{Failure, status};

/// Writes a line for the user to standard error, with the program's name.
pub(super) fn complain(message: &str) {
    complain_plainly(&format!("pengine: {message}"));
}

/// Writes a line to standard error.
pub(super) fn complain_plainly(message: &str) {
    // There is nobody to tell if even this can't be written.
    let _ = writeln!(io::stderr(), "{message}");
}

/// Writes what a run has to say to the two streams, in its order.
pub(super) fn write_streams(chunks: &[Chunk]) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for chunk in chunks {
        match chunk {
            Chunk::Out(text) => out.write_all(text.as_bytes())?,
            Chunk::Err(text) => {
                out.flush()?;
                io::stderr().write_all(text.as_bytes())?;
            }
        }
    }
    out.flush()
}

/// Writes to standard output; whether anybody reads on.
pub(super) fn stream_out(text: String) -> Result<bool, Failure> {
    match write_streams(&[Chunk::Out(text)]) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(status::CANNOT_WRITE, format_args!("could not write the output: {error}"))),
    }
}

/// Whether standard output is a terminal whose user doesn't mind colours.
pub(super) fn wants_colour() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !unwanted
}

/// The same result, but that a reader who has seen enough is no error.
pub(super) fn unless_closed(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

/// A file that replaces what is there only once it is complete.
#[derive(Debug)]
pub(super) struct NewFile {
    /// Where it goes.
    target: PathBuf,
    /// Where it is written; nothing if the target is no ordinary file and is written to as it is.
    draft: Option<PathBuf>,
    file: File,
}

impl NewFile {
    /// Begins a file, so that a place that can't be written to shows before any work is done.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        // A link stays, and what it leads to is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let present = fs::metadata(&target).ok();
        if present.as_ref().is_some_and(|present| !present.is_file()) {
            let file = OpenOptions::new().write(true).open(&target)?;
            return Ok(Self { target, draft: None, file });
        }
        let (draft, file) = create_draft(&target)?;
        let new = Self { target, draft: Some(draft), file };
        if let Some(present) = present {
            new.file.set_permissions(present.permissions())?;
        }
        Ok(new)
    }

    /// Fills the file and puts it into its place.
    pub(super) fn write(mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        if let Some(draft) = self.draft.as_ref() {
            fs::rename(draft, &self.target)?;
            self.draft = None;
        }
        Ok(())
    }
}

/// Creates a file of a new name beside another one.
fn create_draft(target: &Path) -> io::Result<(PathBuf, File)> {
    let name = target.file_name().ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
    let process = std::process::id();
    for attempt in 0_u32.. {
        let mut draft = OsString::from(".");
        draft.push(name);
        draft.push(format!(".{process}-{attempt}.new"));
        let draft = target.with_file_name(draft);
        match OpenOptions::new().write(true).create_new(true).open(&draft) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (draft, file)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(draft) = &self.draft {
            // What can't be removed now could not be used either.
            let _ = fs::remove_file(draft);
        }
    }
}
