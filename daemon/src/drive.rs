//! The loop that owns the core: what happened goes in, what is to be done comes out and goes to whom it concerns.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pengine_control::{Event as Report, Reply, Version};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use crate::cluster::LastTerm;
use crate::core::{AgentCall, CallId, Now, RequestId};
use crate::inbox::{Input, Outlet};
use crate::node::{Effect, Event, Node};
use crate::operation::{Notifier, Reloader, Signal, Signals, narration};

/// How much of what waits is handled before timers get their turn.
const BATCH: usize = 64;

/// Time as the core wants it.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that begins now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Now {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            monotonic_ms: u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX),
            epoch_s: i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX),
        }
    }

    fn at(&self, monotonic_ms: u64) -> Instant {
        self.start + Duration::from_millis(monotonic_ms)
    }
}

/// What carries out what the core wants.
pub trait Hands {
    /// Calls an agent.
    fn call(&mut self, call: AgentCall);
    /// Ends a call.
    fn cancel(&mut self, call: CallId);
    /// Saves a configuration.
    fn save(&mut self, version: Version, xml: String);
    /// Keeps the input of a transition.
    fn archive(&mut self, transition: u32, xml: String);
    /// Keeps the number of a term.
    fn keep_term(&mut self, last: LastTerm);
    /// Keeps a configuration that doesn't count any more.
    fn keep_aside(&mut self, version: Version, xml: String);
    /// Sends a part of a message to the cluster.
    fn send(&mut self, part: Vec<u8>);
}

/// Why the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The core has nothing left to do.
    InOrder,
    /// Somebody doesn't want to wait for that.
    AtOnce,
}

/// The core, and what is around it.
#[derive(Debug)]
pub struct Drive<N, H> {
    /// What hears of all, and decides.
    pub node: N,
    /// What it goes by.
    pub clock: Clock,
    /// What carries out what it wants.
    pub hands: H,
    /// What comes in, and where reports go.
    pub outlet: Outlet,
    /// Who hears how we are.
    pub notifier: Notifier,
    /// What is read again when the administrator wants it.
    pub reloader: Reloader,
    /// At the end, what runs goes on running.
    pub leave_running: bool,
}

impl<N: Node, H: Hands> Drive<N, H> {
    /// Runs until the core has nothing left to do, or until somebody doesn't want to wait for that.
    pub async fn run(self, mut signals: Signals) -> (Ended, H) {
        let mut turning = Turning {
            next_keep_alive: self.notifier.keep_alive().map(|_| Instant::now()),
            drive: self,
            askers: HashMap::new(),
            last_request: 0,
            is_stopping: false,
            ended: None,
        };
        let mut waiting = Vec::with_capacity(BATCH);
        loop {
            let due = turning.next_due();
            // What waits goes before timers: a result that is there already may change what is due.
            tokio::select! {
                biased;
                signal = signals.next() => turning.heed(signal),
                1.. = turning.drive.outlet.waiting.recv_many(&mut waiting, BATCH) => waiting.drain(..).for_each(|input| turning.take(input)),
                () = until(due) => {}
            }
            turning.do_what_is_due();
            if let Some(ended) = turning.ended {
                return (ended, turning.drive.hands);
            }
        }
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// A loop while it turns.
struct Turning<N, H> {
    drive: Drive<N, H>,
    /// Who waits for an answer.
    askers: HashMap<RequestId, oneshot::Sender<Reply>>,
    last_request: u64,
    is_stopping: bool,
    /// When the service manager has to hear again that the loop turns.
    next_keep_alive: Option<Instant>,
    ended: Option<Ended>,
}

impl<N: Node, H: Hands> Turning<N, H> {
    fn next_due(&self) -> Option<Instant> {
        let deadline = self.drive.node.deadline().map(|deadline| self.drive.clock.at(deadline));
        [deadline, self.next_keep_alive].into_iter().flatten().min()
    }

    fn do_what_is_due(&mut self) {
        let now = Instant::now();
        if self.next_keep_alive.is_some_and(|due| due <= now) {
            self.drive.notifier.alive();
            self.next_keep_alive = self.drive.notifier.keep_alive().map(|interval| now + interval);
        }
        if self.drive.node.deadline().is_some_and(|deadline| deadline <= self.drive.clock.now().monotonic_ms) {
            self.handle(Event::Tick);
        }
    }

    fn heed(&mut self, signal: Signal) {
        match signal {
            Signal::Reload => self.drive.reloader.begin(),
            Signal::Stop if self.is_stopping => self.ended = Some(Ended::AtOnce),
            Signal::Stop => {
                self.is_stopping = true;
                self.drive.notifier.stopping();
                self.handle(Event::Stop { leave_running: self.drive.leave_running });
            }
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Event(event) => self.handle(event),
            Input::Ask(request, answer) => {
                self.last_request += 1;
                let id = RequestId(self.last_request);
                self.askers.insert(id, answer);
                self.handle(Event::Request(id, request));
            }
        }
    }

    fn handle(&mut self, event: Event) {
        // Whatever still comes in after the end is too late.
        if self.ended.is_none() {
            let effects = self.drive.node.handle(self.drive.clock.now(), event);
            effects.into_iter().for_each(|effect| self.carry_out(effect));
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Call(call) => self.drive.hands.call(call),
            Effect::Cancel(call) => self.drive.hands.cancel(call),
            Effect::Save { version, xml } => self.drive.hands.save(version, xml),
            Effect::Archive { transition, xml } => self.drive.hands.archive(transition, xml),
            Effect::KeepTerm(last) => self.drive.hands.keep_term(last),
            Effect::KeepAside { version, xml } => self.drive.hands.keep_aside(version, xml),
            Effect::Send(part) => self.drive.hands.send(part),
            Effect::Reply(request, reply) => {
                if let Some(answer) = self.askers.remove(&request) {
                    // Who hung up doesn't want it any more.
                    let _ = answer.send(reply);
                }
            }
            Effect::Report(report) => self.spread(report),
            Effect::Exit => self.ended = Some(Ended::InOrder),
            Effect::Abort => self.ended = Some(Ended::AtOnce),
        }
    }

    /// Tells the log, the service manager and all who follow.
    fn spread(&self, report: Report) {
        narration::log(&report.what);
        if let Some(line) = narration::status(&report.what) {
            self.drive.notifier.status(&line);
        }
        // There may be nobody who follows.
        let _ = self.drive.outlet.reports.send(report);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use pengine::Cib;
    use pengine_control::{Change, CibChange, Happening, Refusal, Request};

    use super::*;
    use crate::core::{Member, Membership, Settings};
    use crate::inbox::Inbox;
    use crate::node::Alone;
    use crate::operation::Logging;

    const CIB: &str = r#"<cib validate-with="pacemaker-4.0"><configuration>
        <crm_config/><nodes/><resources/><constraints/>
      </configuration></cib>"#;

    /// Hands that save everything at once, and have no agents.
    struct Quick(Inbox);

    impl Hands for Quick {
        fn call(&mut self, call: AgentCall) {
            unreachable!("{call:?}");
        }

        fn cancel(&mut self, call: CallId) {
            unreachable!("{call:?}");
        }

        fn save(&mut self, version: Version, _: String) {
            let inbox = self.0.clone();
            tokio::spawn(async move { inbox.tell(Event::Saved(version, Ok(()))).await });
        }

        fn archive(&mut self, _: u32, _: String) {}

        fn keep_term(&mut self, _: LastTerm) {}

        fn keep_aside(&mut self, _: Version, _: String) {}

        fn send(&mut self, _: Vec<u8>) {}
    }

    fn drive(notifier: Notifier) -> (Drive<Alone, Quick>, Inbox) {
        let (inbox, outlet) = Inbox::new();
        let clock = Clock::start();
        let settings = Settings {
            node: "alice".to_owned(),
            node_id: "1".to_owned(),
            node_limit: 0,
            run_id: "this".to_owned(),
            waits_for_others: false,
        };
        let node = Alone::new(settings, &Cib::parse(CIB).unwrap(), clock.now()).unwrap();
        let reloader = Reloader { inbox: inbox.clone(), file: None, logging: Logging::none() };
        let hands = Quick(inbox.clone());
        (Drive { node, clock, hands, outlet, notifier, reloader, leave_running: false }, inbox)
    }

    #[tokio::test]
    async fn what_is_asked_is_answered_and_what_happens_is_told_until_the_end() {
        let (drive, inbox) = drive(Notifier::from_environment());
        let mut reports = inbox.follow();
        let end = tokio::spawn(drive.run(Signals::listen().unwrap()));
        let alice = Member { name: "alice".to_owned(), id: "1".to_owned() };
        inbox.tell(Event::Membership(Membership { members: vec![alice], quorum: true })).await;
        let change = Change::Cib(CibChange::Replace { xml: CIB.replace("<cib ", "<cib epoch=\"7\" "), base: None });
        let reply = inbox.ask(Request::Change { change, dry_run: false }).await;
        assert!(matches!(reply, Reply::Changed { .. }), "{reply:?}");
        assert!(matches!(reports.recv().await.unwrap().what, Happening::Configured { .. }));
        let Reply::Status(status) = inbox.ask(Request::Status).await else { unreachable!() };
        assert!(status.have_quorum && status.nodes[0].name == "alice");
        inbox.tell(Event::Stop { leave_running: false }).await;
        assert_eq!(end.await.unwrap().0, Ended::InOrder);
        assert_eq!(inbox.ask(Request::Status).await, Reply::Refused(Refusal::ShuttingDown));
    }

    #[tokio::test]
    async fn the_service_manager_hears_that_the_loop_turns() {
        let folder = tempfile::tempdir().unwrap();
        let manager = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        let notifier = Notifier::to(&folder.path().join("notify"), Duration::from_millis(1)).unwrap();
        let (drive, inbox) = drive(notifier);
        let end = tokio::spawn(drive.run(Signals::listen().unwrap()));
        let heard = tokio::task::spawn_blocking(move || {
            let mut words = [0; 16];
            (0..3).map(|_| manager.recv(&mut words).map(|length| words[..length].to_vec())).collect::<Result<Vec<_>, _>>()
        });
        assert_eq!(heard.await.unwrap().unwrap(), [b"WATCHDOG=1"; 3]);
        inbox.tell(Event::Stop { leave_running: true }).await;
        assert_eq!(end.await.unwrap().0, Ended::InOrder);
    }
}
