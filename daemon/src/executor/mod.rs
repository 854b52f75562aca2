//! Running agents: calls in, how they ended out.
//!
//! [`Executor`] gives each call its turn and its time; a file a class of agents knows how such agents are found and called, and
//! what their exit statuses mean in OCF's terms; `process.rs` runs programs.

mod bounds;
mod environment;
mod heartbeat;
mod lsb;
mod metadata;
mod ocf;
mod orphans;
mod outcome;
mod own;
mod process;
mod reason;
mod service;
mod settings;
mod standing;
mod stonith;
mod systemd;
mod turns;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, watch};

use self::bounds::Bounds;
use self::metadata::Catalogue;
use self::orphans::Orphans;
use self::outcome::Outcome;
use self::systemd::Systemd;
use self::turns::{Turn, Turns};
use crate::core::{AgentCall, AgentClass, CallEnd, CallId, CallResult};
use crate::inbox::Inbox;
use crate::node::Event;

pub use self::own::write_own_agents;
pub use self::settings::ExecutorSettings;

/// Runs agents, a bounded number at once, each for as long as it may take. It needs a tokio runtime with I/O and time.
#[derive(Debug)]
pub struct Executor {
    context: Arc<Context>,
    inbox: Inbox,
    /// What ends each call that has not ended yet, and some that have.
    cancels: HashMap<CallId, watch::Sender<bool>>,
}

/// What calls share.
#[derive(Debug)]
struct Context {
    settings: ExecutorSettings,
    orphans: Orphans,
    turns: Turns,
    catalogue: Catalogue,
    systemd: Systemd,
    /// Fence devices that were started.
    devices: Mutex<BTreeSet<String>>,
}

impl Executor {
    /// An executor that tells of ended calls as [`Event::CallEnded`], and of agents as [`Event::AgentKnown`].
    ///
    /// # Errors
    ///
    /// The agents' state directory can't be made ready.
    pub fn new(settings: ExecutorSettings, inbox: Inbox) -> io::Result<Self> {
        environment::prepare_state(&settings.state)?;
        let context = Context {
            orphans: Orphans::find(&settings),
            turns: Turns::new(settings.most_at_once),
            catalogue: Catalogue::default(),
            systemd: Systemd::new(settings.bus.clone()),
            devices: Mutex::default(),
            settings,
        };
        Ok(Self { context: Arc::new(context), inbox, cancels: HashMap::new() })
    }

    /// Begins a call, or lets it wait for its turn; its end is told by an event.
    pub fn call(&mut self, call: AgentCall) {
        let (cancel, cancelled) = watch::channel(false);
        self.cancels.retain(|_, cancel| !cancel.is_closed());
        self.cancels.insert(call.id, cancel);
        let (context, inbox) = (Arc::clone(&self.context), self.inbox.clone());
        tokio::spawn(async move {
            let result = context.carry_out(&call, cancelled, &inbox).await;
            tracing::debug!(resource = call.resource, action = call.action, ?result, "call ended");
            inbox.tell(Event::CallEnded(call.id, result)).await;
        });
    }

    /// Ends a call, if it has not ended yet; its end is told all the same.
    pub fn cancel(&mut self, call: CallId) {
        if let Some(cancel) = self.cancels.get(&call) {
            cancel.send_replace(true);
        }
    }

    /// Waits for the end of all calls.
    pub async fn close(self) {
        for cancel in self.cancels.values() {
            cancel.closed().await;
        }
    }
}

impl Context {
    async fn carry_out(&self, call: &AgentCall, cancelled: watch::Receiver<bool>, inbox: &Inbox) -> CallResult {
        let queued = Instant::now();
        let turn = tokio::select! {
            turn = self.turn(call) => Some(turn),
            () = bounds::cancellation(cancelled.clone()) => None,
        };
        let begun = Instant::now();
        let outcome = if turn.is_some() {
            let bounds = Bounds::new(Duration::from_millis(call.timeout_ms.into()), cancelled);
            let learn = async {
                if let Some(facts) = self.catalogue.learn(&self.settings, &call.agent).await {
                    inbox.tell(Event::AgentKnown(call.agent.clone(), facts)).await;
                }
            };
            tokio::join!(self.run(call, &bounds), learn).0
        } else {
            Outcome::ended(CallEnd::Cancelled)
        };
        CallResult {
            end: outcome.end,
            exit_status: outcome.exit_status,
            reason: if outcome.reason.is_empty() { our_reason(call, outcome.end) } else { outcome.reason },
            output: outcome.output,
            exec_ms: milliseconds(begun.elapsed()),
            queue_ms: milliseconds(begun - queued),
        }
    }

    /// Waits for the turn of a call.
    async fn turn(&self, call: &AgentCall) -> Turn {
        self.orphans.gone(&call.resource).await;
        self.turns.wait(call).await
    }

    async fn run(&self, call: &AgentCall, bounds: &Bounds) -> Outcome {
        match call.agent.class {
            AgentClass::Ocf => ocf::run(self, call, bounds).await,
            AgentClass::Lsb => lsb::run(self, call, bounds).await,
            AgentClass::Systemd => self.systemd.run(call, bounds).await,
            AgentClass::Service => service::run(self, call, bounds).await,
            AgentClass::Heartbeat => heartbeat::run(self, call, bounds).await,
            AgentClass::Stonith => stonith::run(self, call, bounds).await,
        }
    }
}

/// What to say of a call that can't say anything itself.
fn our_reason(call: &AgentCall, end: CallEnd) -> String {
    match end {
        CallEnd::TimedOut => {
            format!("{} took longer than {:?} and was ended", call.action, Duration::from_millis(call.timeout_ms.into()))
        }
        CallEnd::Cancelled => format!("{} was cancelled", call.action),
        CallEnd::Exited | CallEnd::NotInstalled | CallEnd::Error => String::new(),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
