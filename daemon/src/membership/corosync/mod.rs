//! Corosync: a process group for who is there and for messages in one order, the quorum service, names and numbers from its map.

mod gate;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rust_corosync::{CsError, DispatchFlags, TrackFlags, cmap, cpg, quorum};

use self::gate::{Gate, Heard};
use crate::cluster::NodeId;
use crate::inbox::Inbox;
use crate::node::Event;

/// The group that all daemons of a cluster join.
const GROUP: &str = "pengine";
/// How long a change of who is there waits for the quorum that follows from it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait before something is asked for again that corosync has no time for.
const PAUSE: Duration = Duration::from_millis(2);
/// How long corosync is given at the start.
const START: Duration = Duration::from_secs(10);

/// Why corosync can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CorosyncError {
    /// It doesn't answer.
    #[error("corosync can't be reached ({0}): is it running? To manage this machine alone, say --standalone")]
    Unreachable(CsError),
    /// It refuses something.
    #[error("corosync does not let this daemon {what}: {source}")]
    Refused {
        /// What the daemon wants.
        what: &'static str,
        /// What corosync says.
        source: CsError,
    },
}

/// A connection to corosync, before the group is joined.
#[derive(Debug)]
pub struct Corosync {
    /// This node's number.
    pub id: NodeId,
    /// This node's name, if corosync knows it.
    pub name: Option<String>,
}

/// Where messages to the group go.
#[derive(Debug)]
pub struct Outgoing {
    parts: mpsc::Sender<Vec<u8>>,
}

impl Outgoing {
    /// Sends a part of a message to all.
    pub fn send(&self, part: Vec<u8>) {
        // Once corosync is lost nobody hears anything any more.
        let _ = self.parts.send(part);
    }
}

/// What comes of corosync, by whichever way.
enum News {
    Heard(Heard),
    Counted(bool, BTreeSet<NodeId>),
    Lost(CsError),
}

thread_local! {
    /// What the callbacks of this thread were told while it waited.
    static TOLD: RefCell<Vec<News>> = const { RefCell::new(Vec::new()) };
}

fn told(news: News) {
    TOLD.with_borrow_mut(|told| told.push(news));
}

/// Repeats what corosync has no time for just now.
fn patiently<T>(mut ask: impl FnMut() -> Result<T, CsError>) -> Result<T, CsError> {
    let over = Instant::now() + START;
    loop {
        match ask() {
            Err(CsError::CsErrTryAgain | CsError::CsErrLibrary) if Instant::now() < over => thread::sleep(PAUSE * 50),
            result => return result,
        }
    }
}

impl Corosync {
    /// Asks corosync who this node is.
    ///
    /// # Errors
    ///
    /// It doesn't answer.
    pub fn find() -> Result<Self, CorosyncError> {
        let map = patiently(|| cmap::initialize(cmap::Map::Icmap)).map_err(CorosyncError::Unreachable)?;
        let refused = |source| CorosyncError::Refused { what: "ask for this node's number", source };
        let id = match cmap::get(&map, "runtime.votequorum.this_node_id").map_err(refused)? {
            cmap::Data::UInt32(id) => NodeId(id),
            _ => return Err(refused(CsError::CsErrInvalidParam)),
        };
        Ok(Self { id, name: name_of(&map, id) })
    }

    /// Joins the group. All that is heard from then on goes to the inbox.
    ///
    /// # Errors
    ///
    /// [`CorosyncError`].
    pub fn join(self, inbox: Inbox) -> Result<Outgoing, CorosyncError> {
        let callbacks = cpg::Model1Data {
            flags: cpg::Model1Flags::None,
            deliver_fn: Some(|_, _, from, _, part, _| told(News::Heard(Heard::Message(NodeId(from.into()), part.to_vec())))),
            confchg_fn: Some(|_, _, members, left, _| {
                let ids = |addresses: &[cpg::Address]| addresses.iter().map(|at| NodeId(at.nodeid.into())).collect();
                let gone = left.into_iter().filter(|at| matches!(at.reason, cpg::Reason::NodeDown)).collect::<Vec<_>>();
                told(News::Heard(Heard::View { members: ids(&members), gone: ids(&gone) }));
            }),
            totem_confchg_fn: None,
        };
        let group = patiently(|| cpg::initialize(&cpg::ModelData::ModelV1(callbacks), 0)).map_err(CorosyncError::Unreachable)?;
        let callbacks = quorum::Model1Data {
            flags: quorum::Model1Flags::None,
            quorum_notification_fn: Some(|_, quorum, _, nodes| {
                told(News::Counted(quorum, nodes.into_iter().map(|id| NodeId(id.into())).collect()));
            }),
            nodelist_notification_fn: None,
        };
        let (count, _) =
            patiently(|| quorum::initialize(&quorum::ModelData::ModelV1(callbacks), 0)).map_err(CorosyncError::Unreachable)?;
        patiently(|| quorum::trackstart(&count, TrackFlags::Changes))
            .map_err(|source| CorosyncError::Refused { what: "follow quorum", source })?;
        patiently(|| cpg::join(&group, GROUP)).map_err(|source| CorosyncError::Refused { what: "join its group", source })?;

        let (news, waiting) = mpsc::channel();
        let (listener, counter) = (group.clone(), news.clone());
        thread::spawn(move || follow(&news, || cpg::dispatch(&listener, DispatchFlags::One)));
        thread::spawn(move || follow(&counter, || quorum::dispatch(&count, DispatchFlags::One)));
        thread::spawn(move || pass_on(&waiting, &inbox));
        let (parts, outgoing) = mpsc::channel();
        thread::spawn(move || send_all(&group, &outgoing));
        Ok(Outgoing { parts })
    }
}

/// The name that corosync's list of nodes has for a node.
fn name_of(map: &cmap::Handle, id: NodeId) -> Option<String> {
    let text = |key: &str| match cmap::get(map, key) {
        Ok(cmap::Data::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let is_meant = |at: &u32| matches!(cmap::get(map, &format!("nodelist.node.{at}.nodeid")), Ok(cmap::Data::UInt32(number)) if number == id.0);
    let place = (0..128).find(is_meant)?;
    text(&format!("nodelist.node.{place}.name"))
}

/// Waits for what one service tells, until it is lost.
fn follow(news: &mpsc::Sender<News>, mut wait: impl FnMut() -> Result<(), CsError>) {
    loop {
        let result = wait();
        let mut told = TOLD.take();
        match result {
            Ok(()) => {}
            Err(CsError::CsErrTryAgain) => thread::sleep(PAUSE),
            Err(error) => told.push(News::Lost(error)),
        }
        let is_last = told.last().is_some_and(|news| matches!(news, News::Lost(_)));
        for what in told {
            if news.send(what).is_err() {
                return;
            }
        }
        if is_last {
            return;
        }
    }
}

/// Hands on what all services tell, in an order that makes sense.
fn pass_on(waiting: &mpsc::Receiver<News>, inbox: &Inbox) {
    let mut gate = Gate::default();
    let mut opens_at = None;
    loop {
        let patience = opens_at.map_or(PATIENCE, |at: Instant| at.saturating_duration_since(Instant::now()));
        let events = match waiting.recv_timeout(patience) {
            Ok(News::Heard(heard)) => gate.heard(heard),
            Ok(News::Counted(quorum, nodes)) => gate.counted(quorum, nodes),
            Ok(News::Lost(error)) => return inbox.tell_blocking(Event::Lost(error.to_string())),
            Err(RecvTimeoutError::Timeout) if gate.is_shut() => gate.open(),
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if !events.is_empty() || !gate.is_shut() {
            opens_at = None;
        }
        if gate.is_shut() {
            opens_at.get_or_insert(Instant::now() + PATIENCE);
        }
        events.into_iter().for_each(|event| inbox.tell_blocking(event));
    }
}

/// Sends what is to be sent, as fast as corosync takes it.
fn send_all(group: &cpg::Handle, outgoing: &mpsc::Receiver<Vec<u8>>) {
    while let Ok(part) = outgoing.recv() {
        loop {
            match cpg::mcast_joined(group, cpg::Guarantee::TypeAgreed, &part) {
                Err(CsError::CsErrTryAgain | CsError::CsErrQueueFull) => thread::sleep(PAUSE),
                Ok(()) => break,
                Err(error) => {
                    tracing::error!("corosync takes no messages any more: {error}");
                    return;
                }
            }
        }
    }
}
