//! Signals: what the terminal, the service manager and the administrator want.

use std::io;

use tokio::signal::unix::{Signal as Source, SignalKind, signal};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End: `SIGTERM` and `SIGINT`.
    Stop,
    /// Read what is configured outside of the store again: `SIGHUP`.
    Reload,
}

/// The signals that the daemon listens to.
#[derive(Debug)]
pub struct Signals {
    terminate: Source,
    interrupt: Source,
    hang_up: Source,
}

impl Signals {
    /// Begins to listen. Needs a runtime.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.hang_up.recv() => Signal::Reload,
        }
    }
}
