//! One connection: requests in order, and whatever a follower gets.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pengine_control::{Event as Report, Happening, Refusal, Reply, Request};
use serde::Serialize;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{broadcast, watch};
use tokio::time::timeout;

use super::access::{Access, Peer, Policy};
use super::lines::{Line, Lines};
use crate::inbox::Inbox;

/// How long a request may be: longer than any configuration that makes sense.
const LONGEST_LINE: usize = 16 * 1024 * 1024;

/// How long a request of a stranger may be, who is refused whatever it says.
const LONGEST_LINE_OF_STRANGERS: usize = 4 * 1024;

/// How long a stranger may take to ask.
const PATIENCE_WITH_STRANGERS: Duration = Duration::from_secs(5);

/// How long a peer may take to read what it gets.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a connection has to do with.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) inbox: Inbox,
    /// Ends when the server does.
    pub(super) closing: watch::Receiver<()>,
}

impl Connection {
    /// Answers a peer until either side ends the connection.
    pub(super) async fn serve(mut self, stream: UnixStream, policy: Arc<Policy>) {
        let result = match peer(&stream).await {
            Ok(peer) => {
                let access = policy.access(&peer);
                tracing::debug!(?peer, ?access, "a connection");
                match access {
                    Access::Nothing => timeout(PATIENCE_WITH_STRANGERS, refuse(stream)).await.unwrap_or(Ok(())),
                    Access::Read | Access::Write => self.answer(stream, access).await,
                }
            }
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            tracing::debug!(%error, "a connection broke");
        }
    }

    /// Answers requests, one after the other.
    pub(super) async fn answer(&mut self, stream: UnixStream, access: Access) -> io::Result<()> {
        let (input, mut output) = stream.into_split();
        let mut lines = Lines::new(input, LONGEST_LINE);
        loop {
            let longest = lines.longest();
            let line = tokio::select! {
                line = lines.next() => line?,
                _ = self.closing.changed() => return Ok(()),
            };
            let Some(line) = line else { return Ok(()) };
            let reply = match request(&line, longest) {
                Err(refusal) => Reply::Refused(refusal),
                Ok(request) if request.needs_write() && access < Access::Write => Reply::Refused(Refusal::NotAllowed),
                Ok(Request::Follow) => return self.lead(&mut lines, &mut output).await,
                Ok(request) => self.inbox.ask(request).await,
            };
            send(&mut output, &reply).await?;
        }
    }

    /// Sends all that happens from now on, until the follower hangs up or falls behind.
    async fn lead(&mut self, lines: &mut Lines<OwnedReadHalf>, output: &mut OwnedWriteHalf) -> io::Result<()> {
        let mut reports = self.inbox.follow();
        send(output, &Reply::Following).await?;
        loop {
            let report = tokio::select! {
                report = reports.recv() => report,
                hung_up = lines.end() => return hung_up,
                _ = self.closing.changed() => break,
            };
            match report {
                Ok(report) => send(output, &report).await?,
                Err(broadcast::error::RecvError::Lagged(missed)) => return send(output, &too_slow(missed)).await,
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            }
        }
        while let Ok(report) = reports.try_recv() {
            send(output, &report).await?;
        }
        Ok(())
    }
}

/// Who is at the other end.
async fn peer(stream: &UnixStream) -> io::Result<Peer> {
    let credentials = stream.peer_cred()?;
    tokio::task::spawn_blocking(move || Peer::look_up(credentials)).await.map_err(io::Error::other)
}

/// Lets a stranger ask, so that it reads the answer.
pub(super) async fn refuse(stream: UnixStream) -> io::Result<()> {
    let (input, mut output) = stream.into_split();
    Lines::new(input, LONGEST_LINE_OF_STRANGERS).next().await?;
    send(&mut output, &Reply::Refused(Refusal::NotAllowed)).await
}

/// The request that a line is.
fn request(line: &Line<'_>, longest: usize) -> Result<Request, Refusal> {
    let malformed = |reason: String| Refusal::Malformed { reason };
    match line {
        Line::Whole(line) => serde_json::from_slice(line).map_err(|error| malformed(error.to_string())),
        Line::TooLong => Err(malformed(format!("a line may be {longest} bytes long, and this one is longer"))),
    }
}

/// Sends a line.
async fn send(output: &mut OwnedWriteHalf, what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    timeout(PATIENCE, output.write_all(&line)).await?
}

/// The last words to a follower that can't keep up.
fn too_slow(missed: u64) -> Report {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let text = format!("you read too slowly and missed {missed} events; these are the last words: connect anew");
    Report { at: i64::try_from(since.as_secs()).unwrap_or(i64::MAX), what: Happening::Warning { text } }
}
