//! A blocking client.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::{Event, Refusal, Reply, Request};

/// A connection to a daemon.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
    path: PathBuf,
}

/// Why a request got no answer that could be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there, or not to us.
    #[error("can't reach the daemon at {}: {source}; is pengined running, and does --socket name its socket?", path.display())]
    Unreachable {
        /// The socket's path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The daemon's socket is not for us.
    #[error(
        "you are not allowed to use the daemon's socket at {}; root and the members of the daemon's groups (--group and \
         --read-group) are",
        path.display()
    )]
    NotAllowed {
        /// The socket's path.
        path: PathBuf,
    },
    /// The connection broke.
    #[error("the connection to the daemon at {} broke: {source}", path.display())]
    Broken {
        /// The socket's path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An answer that this version doesn't understand.
    #[error("the daemon's answer is not understood: {0}; are program and daemon of the same version?")]
    NotUnderstood(#[from] serde_json::Error),
    /// An answer to another question.
    #[error("the daemon's answer fits no question: {0:?}; are program and daemon of the same version?")]
    OffTopic(Box<Reply>),
    /// The daemon said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Exit statuses of programs that ask the daemon.
pub mod exit_status {
    /// Something else went wrong: the request makes no sense, or can't be carried out.
    pub const FAILED: u8 = 1;
    /// The words on the command line were wrong.
    pub const USAGE: u8 = 64;
    /// Not allowed.
    pub const NOT_ALLOWED: u8 = 77;
    /// The daemon can't be reached, or went away.
    pub const DISCONNECTED: u8 = 102;
    /// There is no such thing.
    pub const NO_SUCH: u8 = 105;
}

impl ClientError {
    /// The exit status of a program that fails because of it.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } => exit_status::DISCONNECTED,
            Self::NotAllowed { .. } | Self::Refused(Refusal::NotAllowed) => exit_status::NOT_ALLOWED,
            Self::Refused(Refusal::Unknown { .. }) => exit_status::NO_SUCH,
            Self::NotUnderstood(_) | Self::OffTopic(_) | Self::Refused(_) => exit_status::FAILED,
        }
    }
}

impl Client {
    /// Connects to the daemon that listens at a path.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unreachable`] and [`ClientError::NotAllowed`].
    pub fn connect(path: &Path) -> Result<Self, ClientError> {
        let stream = UnixStream::connect(path).map_err(|source| match source.kind() {
            ErrorKind::PermissionDenied => ClientError::NotAllowed { path: path.to_owned() },
            _ => ClientError::Unreachable { path: path.to_owned(), source },
        })?;
        Ok(Self { stream: BufReader::new(stream), path: path.to_owned() })
    }

    /// Asks and waits for the answer; a refusal is an error.
    ///
    /// # Errors
    ///
    /// All but those of [`Client::connect`].
    pub fn ask(&mut self, request: &Request) -> Result<Reply, ClientError> {
        let mut line = serde_json::to_string(request)?;
        line.push('\n');
        self.stream.get_mut().write_all(line.as_bytes()).map_err(|source| self.broken(source))?;
        match serde_json::from_str(&self.line()?)? {
            Reply::Refused(refusal) => Err(refusal.into()),
            reply => Ok(reply),
        }
    }

    /// The next event, after [`Request::Follow`].
    ///
    /// # Errors
    ///
    /// [`ClientError::Broken`] and [`ClientError::NotUnderstood`].
    pub fn next_event(&mut self) -> Result<Event, ClientError> {
        Ok(serde_json::from_str(&self.line()?)?)
    }

    fn line(&mut self) -> Result<String, ClientError> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => Err(self.broken(ErrorKind::UnexpectedEof.into())),
            Ok(_) => Ok(line),
            Err(source) => Err(self.broken(source)),
        }
    }

    fn broken(&self, source: std::io::Error) -> ClientError {
        ClientError::Broken { path: self.path.clone(), source }
    }
}
