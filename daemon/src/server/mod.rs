//! The daemon's Unix socket: who may ask what, and answers in the order of the questions.

mod access;
mod connection;
mod lines;
mod socket;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::inbox::Inbox;
use access::Policy;
use connection::Connection;
use socket::Socket;

pub use access::NoSuchGroup;
pub use socket::BindError;

/// How many connections there may be at a time; more wait until others end.
const MOST_CONNECTIONS: usize = 256;

/// How long connections may go on when the daemon ends, to hand over what was asked for.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long to wait after the system could not give us a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// Where the daemon listens, and to whom.
#[derive(Debug, Clone, Default)]
pub struct ServerSettings {
    /// The path of the socket.
    pub path: PathBuf,
    /// The group whose members may change things, beside root and the daemon's own user.
    pub group: Option<String>,
    /// The group whose members may look.
    pub read_group: Option<String>,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A group that doesn't exist.
    #[error(transparent)]
    NoSuchGroup(#[from] NoSuchGroup),
    /// The socket can't be had.
    #[error(transparent)]
    Bind(#[from] BindError),
}

/// The daemon's socket, and who may use it.
#[derive(Debug)]
pub struct Server {
    socket: Socket,
    policy: Arc<Policy>,
}

impl Server {
    /// Begins to listen. Needs a runtime.
    ///
    /// # Errors
    ///
    /// [`ServerError`].
    pub fn bind(settings: &ServerSettings) -> Result<Self, ServerError> {
        let policy = Policy::new(settings.group.as_deref(), settings.read_group.as_deref())?;
        let socket = Socket::bind(&settings.path, policy.door())?;
        Ok(Self { socket, policy: Arc::new(policy) })
    }

    /// Answers until it is told to stop; the socket is gone then.
    pub async fn serve(self, inbox: Inbox, stop: impl Future<Output = ()>) {
        let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let (closing, closed) = watch::channel(());
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = self.accept(&permits) => accepted,
                () = &mut stop => break,
                Some(_) = connections.join_next() => continue,
            };
            match accepted {
                Ok((stream, permit)) => {
                    let connection = Connection { inbox: inbox.clone(), closing: closed.clone() };
                    let policy = self.policy.clone();
                    connections.spawn(async move {
                        connection.serve(stream, policy).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "can't accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(self);
        drop(closing);
        let all_ended = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, all_ended).await.is_err() {
            tracing::debug!("connections that don't end are cut");
        }
    }

    /// The next connection, once there may be one more.
    async fn accept(&self, permits: &Arc<Semaphore>) -> std::io::Result<(UnixStream, OwnedSemaphorePermit)> {
        let permit = permits.clone().acquire_owned().await.map_err(std::io::Error::other)?;
        let (stream, _) = self.socket.listener().accept().await?;
        Ok((stream, permit))
    }
}

#[cfg(test)]
mod tests;
