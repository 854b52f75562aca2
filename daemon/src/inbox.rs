//! The way to the core: everything that happens waits in one bounded queue for the loop that owns it.

use pengine_control::{Event as Report, Refusal, Reply, Request};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::node::Event;

/// How much may wait; whoever has more to tell waits himself.
const CAPACITY: usize = 256;

/// How many reports a follower may be behind before he misses some.
const REPORTS: usize = 1024;

/// What waits for the core.
#[derive(Debug)]
pub enum Input {
    /// Something that happened.
    Event(Event),
    /// Somebody asks for something, and waits for the answer. Whether he may was judged before.
    Ask(Request, oneshot::Sender<Reply>),
}

/// Where adapters tell and ask; clones lead to the same core.
#[derive(Debug, Clone)]
pub struct Inbox {
    inputs: mpsc::Sender<Input>,
    reports: broadcast::Sender<Report>,
}

impl Inbox {
    /// An inbox, and its other end.
    #[must_use]
    pub fn new() -> (Self, Outlet) {
        let (inputs, waiting) = mpsc::channel(CAPACITY);
        let (reports, _) = broadcast::channel(REPORTS);
        (Self { inputs, reports: reports.clone() }, Outlet { waiting, reports })
    }

    /// Tells the core of something. Once the loop has ended nobody listens any more, and nothing is left to be done about it.
    pub async fn tell(&self, event: Event) {
        let _ = self.inputs.send(Input::Event(event)).await;
    }

    /// Like [`Self::tell`], for those who are not part of the loop's thread.
    pub fn tell_blocking(&self, event: Event) {
        let _ = self.inputs.blocking_send(Input::Event(event));
    }

    /// Asks the core for something and waits for the answer.
    pub async fn ask(&self, request: Request) -> Reply {
        let (answer, reply) = oneshot::channel();
        let ended = Reply::Refused(Refusal::ShuttingDown);
        match self.inputs.send(Input::Ask(request, answer)).await {
            Ok(()) => reply.await.unwrap_or(ended),
            Err(_) => ended,
        }
    }

    /// What the core reports from now on.
    #[must_use]
    pub fn follow(&self) -> broadcast::Receiver<Report> {
        self.reports.subscribe()
    }
}

/// The other end of an [`Inbox`].
#[derive(Debug)]
pub struct Outlet {
    /// What waits for the core.
    pub waiting: mpsc::Receiver<Input>,
    /// Where the core's reports go.
    pub reports: broadcast::Sender<Report>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asks_gets_the_answer() {
        let (inbox, mut outlet) = Inbox::new();
        let asker = tokio::spawn(async move { inbox.ask(Request::Metrics).await });
        let Some(Input::Ask(Request::Metrics, answer)) = outlet.waiting.recv().await else { unreachable!() };
        answer.send(Reply::Following).unwrap();
        assert_eq!(asker.await.unwrap(), Reply::Following);
    }

    #[tokio::test]
    async fn after_the_end_askers_are_refused() {
        let (inbox, outlet) = Inbox::new();
        let mut reports = inbox.follow();
        drop(outlet);
        inbox.tell(Event::Tick).await;
        assert_eq!(inbox.ask(Request::Status).await, Reply::Refused(Refusal::ShuttingDown));
        assert!(reports.try_recv().is_err());
    }
}
