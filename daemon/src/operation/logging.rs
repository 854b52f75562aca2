//! Logs: to standard error, a file, or the journal.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::sys::stat::fstat;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

/// In which form logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// A line for each event.
    #[default]
    Plain,
    /// To systemd's journal, with fields.
    Journald,
    /// A line of JSON for each event.
    Json,
}

impl LogFormat {
    /// The form that suits whoever started us: the journal if it is what reads our standard error.
    #[must_use]
    pub fn suitable() -> Self {
        let journal = std::env::var("JOURNAL_STREAM").ok();
        let stderr = fstat(io::stderr()).ok().map(|stat| (stat.st_dev, stat.st_ino));
        if leads_to(journal.as_deref(), stderr) { Self::Journald } else { Self::Plain }
    }
}

/// Whether a stream, by its device and inode, is the one that `JOURNAL_STREAM` names.
fn leads_to(journal: Option<&str>, stream: Option<(u64, u64)>) -> bool {
    let journal = journal.and_then(|text| text.split_once(':'));
    let numbers = journal.and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    numbers.is_some() && numbers == stream
}

/// Where logs go, in which form, and how much of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTarget {
    /// The form.
    pub format: LogFormat,
    /// A file in place of standard error.
    pub file: Option<PathBuf>,
    /// 0 for what an administrator wants to know; 1 and 2 for more.
    pub verbosity: u8,
}

/// The logs of this process.
#[derive(Debug)]
pub struct Logging {
    output: Output,
}

impl Logging {
    /// Begins to log.
    ///
    /// # Errors
    ///
    /// What the system said: the file can't be written, or there is no journal.
    pub fn start(target: &LogTarget) -> io::Result<Self> {
        let output = Output::open(target.file.as_deref())?;
        let plain = || fmt::layer().with_target(false).with_ansi(false).with_writer(output.clone());
        let layer: Box<dyn Layer<Registry> + Send + Sync> = match target.format {
            LogFormat::Plain => plain().boxed(),
            LogFormat::Json => plain().json().flatten_event(true).boxed(),
            LogFormat::Journald => tracing_journald::layer()?.with_field_prefix(Some("PENGINE".to_owned())).boxed(),
        };
        let registry = tracing_subscriber::registry().with(layer.with_filter(levels(target.verbosity)));
        registry.try_init().map_err(io::Error::other)?;
        Ok(Self { output })
    }

    /// No logs but those that somebody else began.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self { output: Output::StandardError }
    }

    /// Opens the file of the same name again, for those who rename it to begin a new one.
    ///
    /// # Errors
    ///
    /// What the system said; logs go where they went, then.
    pub fn reopen(&self) -> io::Result<()> {
        self.output.reopen()
    }
}

/// What is logged: ours, and what is serious of the libraries beneath.
fn levels(verbosity: u8) -> Targets {
    let (ours, others) = match verbosity {
        0 => (LevelFilter::INFO, LevelFilter::WARN),
        1 => (LevelFilter::DEBUG, LevelFilter::WARN),
        _ => (LevelFilter::TRACE, LevelFilter::DEBUG),
    };
    Targets::new().with_default(others).with_target("pengined", ours)
}

/// Standard error, or a file that can be opened anew.
#[derive(Debug, Clone)]
enum Output {
    StandardError,
    File { path: PathBuf, file: Arc<Mutex<File>> },
}

impl Output {
    fn open(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self::StandardError) };
        Ok(Self::File { path: path.to_owned(), file: Arc::new(Mutex::new(append_to(path)?)) })
    }

    fn reopen(&self) -> io::Result<()> {
        if let Self::File { path, file } = self {
            *lock(file) = append_to(path)?;
        }
        Ok(())
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}

/// A file has no state that a panic could leave half changed.
fn lock(file: &Mutex<File>) -> MutexGuard<'_, File> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> MakeWriter<'a> for Output {
    type Writer = Box<dyn Write + 'a>;

    fn make_writer(&'a self) -> Self::Writer {
        match self {
            Self::StandardError => Box::new(io::stderr()),
            Self::File { file, .. } => Box::new(Locked(lock(file))),
        }
    }
}

struct Locked<'a>(MutexGuard<'a, File>);

impl Write for Locked<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_journal_is_known_by_the_stream_that_it_reads() {
        assert!(leads_to(Some("9:4711"), Some((9, 4711))));
        assert!(!leads_to(Some("9:4711"), Some((9, 4712))));
        assert!(!leads_to(Some("nonsense"), None));
        assert!(!leads_to(None, Some((9, 4711))));
        assert!(!leads_to(None, None));
    }

    #[test]
    fn a_file_that_was_renamed_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("log"), folder.path().join("log.1"));
        let output = Output::open(Some(&path)).unwrap();
        writeln!(output.make_writer(), "one").unwrap();
        fs::rename(&path, &old).unwrap();
        writeln!(output.make_writer(), "two").unwrap();
        output.reopen().unwrap();
        writeln!(output.make_writer(), "three").unwrap();
        assert_eq!(fs::read_to_string(&old).unwrap(), "one\ntwo\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "three\n");
    }

    #[test]
    fn more_is_told_of_ourselves_than_of_libraries() {
        let told = |verbosity, target, level| levels(verbosity).would_enable(target, &level);
        assert!(told(0, "pengined::drive", tracing::Level::INFO) && !told(0, "pengined::drive", tracing::Level::DEBUG));
        assert!(told(0, "hyper", tracing::Level::WARN) && !told(0, "hyper", tracing::Level::INFO));
        assert!(told(2, "pengined", tracing::Level::TRACE) && !told(2, "hyper", tracing::Level::TRACE));
    }
}
