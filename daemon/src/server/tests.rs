//! The server with a core that isn't there.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use pengine_control::{
    AgentAnswer, AgentRequest, Change, Client, ClientError, ClusterStatus, Event as Report, Happening, NodeChange, Refusal,
    Reply, Request, Version,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::sync::{broadcast, oneshot};
use tokio::task::JoinHandle;

use super::access::Access;
use super::*;
use crate::inbox::{Input, Outlet};

/// A server that listens in a folder of its own, with a core that has an answer to everything.
struct Running {
    folder: tempfile::TempDir,
    reports: broadcast::Sender<Report>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    core: JoinHandle<()>,
}

impl Running {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = ServerSettings { path: folder.path().join("socket"), ..ServerSettings::default() };
        let server = Server::bind(&settings).unwrap();
        let (inbox, outlet) = Inbox::new();
        let (stop, stopped) = oneshot::channel();
        let reports = outlet.reports.clone();
        let server = tokio::spawn(server.serve(inbox, async { stopped.await.unwrap() }));
        Self { folder, reports, stop, server, core: tokio::spawn(be_core(outlet)) }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("socket")
    }

    /// Ends the server, and waits for that.
    async fn stop(self) -> tempfile::TempDir {
        self.stop.send(()).unwrap();
        self.server.await.unwrap();
        self.core.abort();
        self.folder
    }
}

/// Answers all requests.
async fn be_core(mut outlet: Outlet) {
    while let Some(input) = outlet.waiting.recv().await {
        let Input::Ask(request, answer) = input else { continue };
        // Who asked may be gone by now.
        let _ = answer.send(match request {
            Request::Status => {
                Reply::Status(Box::new(ClusterStatus { local_node: "alice".to_owned(), ..ClusterStatus::default() }))
            }
            Request::Cib { section } => Reply::Cib { xml: section.unwrap_or_default(), version: Version::default() },
            Request::Change { dry_run: true, .. } => Reply::Plan { text: "nothing".to_owned() },
            Request::Change { .. } => Reply::Changed { version: Version::default() },
            _ => Reply::Agent(AgentAnswer::Done),
        });
    }
}

fn warning(text: &str) -> Report {
    Report { at: 1, what: Happening::Warning { text: text.to_owned() } }
}

fn standby(dry_run: bool) -> Request {
    Request::Change { change: Change::Node { node: "alice".to_owned(), change: NodeChange::Standby { on: true } }, dry_run }
}

/// Asks from another thread, as programs do.
async fn ask(path: &Path, request: Request) -> Result<Reply, ClientError> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || Client::connect(&path)?.ask(&request)).await.unwrap()
}

/// A peer's end of a connection, the other end of which is answered with some access.
struct Peer {
    input: BufReader<tokio::net::unix::OwnedReadHalf>,
    output: tokio::net::unix::OwnedWriteHalf,
    reports: broadcast::Sender<Report>,
    _closing: watch::Sender<()>,
}

impl Peer {
    fn connect(access: Access) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (inbox, outlet) = Inbox::new();
        let reports = outlet.reports.clone();
        tokio::spawn(be_core(outlet));
        let (closing, closed) = watch::channel(());
        tokio::spawn(async move { Connection { inbox, closing: closed }.answer(theirs, access).await });
        let (input, output) = ours.into_split();
        Self { input: BufReader::new(input), output, reports, _closing: closing }
    }

    async fn say(&mut self, text: &str) {
        self.output.write_all(text.as_bytes()).await.unwrap();
    }

    async fn ask(&mut self, request: &Request) -> Reply {
        self.say(&format!("{}\n", serde_json::to_string(request).unwrap())).await;
        self.reply().await
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.input.read_line(&mut line).await.unwrap();
        line
    }

    async fn reply(&mut self) -> Reply {
        serde_json::from_str(&self.line().await).unwrap()
    }

    async fn event(&mut self) -> Report {
        serde_json::from_str(&self.line().await).unwrap()
    }
}

#[tokio::test]
async fn the_daemons_own_user_may_do_everything() {
    let running = Running::start();
    assert!(matches!(ask(&running.path(), Request::Status).await, Ok(Reply::Status(status)) if status.local_node == "alice"));
    assert!(matches!(ask(&running.path(), standby(false)).await, Ok(Reply::Changed { .. })));
    let folder = running.stop().await;
    assert!(!folder.path().join("socket").exists());
    assert!(matches!(ask(&folder.path().join("socket"), Request::Status).await, Err(ClientError::Unreachable { .. })));
}

#[tokio::test]
async fn requests_are_answered_in_their_order() {
    let mut peer = Peer::connect(Access::Write);
    let sections = ["nodes", "resources", "status"];
    let lines = sections.map(|section| {
        let request = Request::Cib { section: Some(section.to_owned()) };
        format!("{}\n", serde_json::to_string(&request).unwrap())
    });
    peer.say(&lines.concat()).await;
    for section in sections {
        assert_eq!(peer.reply().await, Reply::Cib { xml: section.to_owned(), version: Version::default() });
    }
}

#[tokio::test]
async fn after_lines_that_are_no_requests_the_connection_goes_on() {
    let mut peer = Peer::connect(Access::Write);
    let too_long = format!("\"{}\"", "much".repeat(4 * 1024 * 1024));
    for (line, reason) in [
        ("status", "expected value at line 1 column 1"),
        (r#"{"request":"state"}"#, "unknown variant `state`"),
        ("\u{0}", "expected value at line 1 column 1"),
        (&too_long, "a line may be 16777216 bytes long, and this one is longer"),
    ] {
        peer.say(&format!("{line}\n")).await;
        let Reply::Refused(Refusal::Malformed { reason: said }) = peer.reply().await else { unreachable!() };
        assert!(said.starts_with(reason), "{said}");
    }
    assert!(matches!(peer.ask(&Request::Status).await, Reply::Status(_)));
}

#[tokio::test]
async fn readers_may_look_and_try_but_not_change() {
    let mut peer = Peer::connect(Access::Read);
    assert!(matches!(peer.ask(&Request::Status).await, Reply::Status(_)));
    assert!(matches!(peer.ask(&standby(true)).await, Reply::Plan { .. }));
    assert_eq!(peer.ask(&standby(false)).await, Reply::Refused(Refusal::NotAllowed));
    let clear = AgentRequest::ClearFailCount { resource: "web".to_owned(), node: None };
    assert_eq!(peer.ask(&Request::Agent(clear)).await, Reply::Refused(Refusal::NotAllowed));
    assert_eq!(peer.ask(&Request::Follow).await, Reply::Following);
}

#[tokio::test]
async fn strangers_are_refused_whatever_they_ask() {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let refusal = tokio::spawn(connection::refuse(theirs));
    ours.write_all(b"{\"request\":\"status\"}\n").await.unwrap();
    let mut said = String::new();
    ours.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "{\"reply\":\"refused\",\"refusal\":\"not-allowed\"}\n");
    refusal.await.unwrap().unwrap();
}

#[tokio::test]
async fn followers_get_what_happens_until_the_end() {
    let mut peer = Peer::connect(Access::Read);
    assert_eq!(peer.ask(&Request::Follow).await, Reply::Following);
    for text in ["one", "two"] {
        peer.reports.send(warning(text)).unwrap();
        assert_eq!(peer.event().await, warning(text));
    }
    // What a follower says has no effect, and no answer.
    peer.say("{\"request\":\"status\"}\n").await;
    peer.reports.send(warning("three")).unwrap();
    assert_eq!(peer.event().await, warning("three"));
}

#[tokio::test]
async fn the_last_events_reach_followers_when_the_server_ends() {
    let running = Running::start();
    let path = running.path();
    let (following, followed) = oneshot::channel();
    let follower = tokio::task::spawn_blocking(move || {
        let mut client = Client::connect(&path).unwrap();
        following.send(client.ask(&Request::Follow).unwrap()).unwrap();
        (client.next_event().unwrap(), client.next_event().unwrap_err())
    });
    assert_eq!(followed.await.unwrap(), Reply::Following);
    running.reports.send(Report { at: 2, what: Happening::Stopping { leave_running: false } }).unwrap();
    running.stop().await;
    let (event, end) = follower.await.unwrap();
    assert_eq!(event.what, Happening::Stopping { leave_running: false });
    assert!(matches!(end, ClientError::Broken { .. }));
}

#[tokio::test]
async fn a_follower_that_falls_behind_is_told_and_dropped() {
    let mut peer = Peer::connect(Access::Read);
    assert_eq!(peer.ask(&Request::Follow).await, Reply::Following);
    for number in 0..5000 {
        peer.reports.send(warning(&number.to_string())).unwrap();
    }
    let mut last = None;
    loop {
        let line = peer.line().await;
        if line.is_empty() {
            break;
        }
        last = Some(serde_json::from_str::<Report>(&line).unwrap());
    }
    let Some(Report { what: Happening::Warning { text }, .. }) = last else { unreachable!() };
    assert!(text.starts_with("you read too slowly and missed "), "{text}");
}

#[tokio::test]
async fn a_follower_that_hangs_up_is_forgotten() {
    let mut peer = Peer::connect(Access::Read);
    assert_eq!(peer.ask(&Request::Follow).await, Reply::Following);
    assert_eq!(peer.reports.receiver_count(), 1);
    drop((peer.input, peer.output));
    let forgotten = async {
        while peer.reports.receiver_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), forgotten).await.unwrap();
}
