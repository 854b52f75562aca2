//! A life of the daemon: its parts are made, driven, and closed in order.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use pengine::{Cib, CibError};
use pengine_control::{Version, exit_status};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::{error, info};

use crate::cli::{Cli, Options, Surroundings, UsageError};
#[cfg(feature = "corosync")]
use crate::cluster;
use crate::cluster::LastTerm;
use crate::core::{AgentCall, CallId, Member, Settings};
use crate::disk::{self, Archive, CibFile, Disk, Lock, Store};
use crate::drive::{Clock, Drive, Ended, Hands};
use crate::executor::{self, Executor, ExecutorSettings};
use crate::inbox::Inbox;
use crate::membership::{self, Standalone};
#[cfg(feature = "corosync")]
use crate::membership::{Corosync, CorosyncError};
use crate::node::{Alone, Node};
use crate::operation::{Logging, Metrics, Notifier, Reloader, Signals};
use crate::server::Server;
use crate::tools;

/// Why the daemon can't begin.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error(transparent)]
    Lock(#[from] disk::LockError),
    #[error(transparent)]
    Store(#[from] disk::StoreError),
    #[error(transparent)]
    Configuration(#[from] disk::ConfigurationError),
    #[error("the saved configuration can't be used: {0}")]
    Cib(#[from] CibError),
    #[error(transparent)]
    Server(#[from] crate::server::ServerError),
    #[cfg(feature = "corosync")]
    #[error(transparent)]
    Corosync(#[from] CorosyncError),
    #[error("{what}: {source}")]
    Io { what: &'static str, source: io::Error },
}

impl StartError {
    /// Completes what the system said by what it was asked for.
    fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }

    fn exit_status(&self) -> u8 {
        match self {
            Self::Usage(_) => exit_status::USAGE,
            _ => exit_status::FAILED,
        }
    }
}

/// Runs the daemon with the words of a command line.
#[must_use]
pub fn run(words: &[OsString]) -> ExitCode {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            // There is nobody to tell if even this can't be written.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit_status::USAGE } else { 0 });
        }
    };
    match live(cli) {
        Ok(Ended::InOrder) => ExitCode::SUCCESS,
        Ok(Ended::AtOnce) => ExitCode::from(exit_status::FAILED),
        Err(error) => {
            // The log may be elsewhere, or not be there yet.
            eprintln!("pengined: {error}");
            ExitCode::from(error.exit_status())
        }
    }
}

fn live(cli: Cli) -> Result<Ended, StartError> {
    let options = cli.options(&Surroundings::of_process())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(StartError::io("can't begin"))?;
    let ended = runtime.block_on(async { begin(&options).await?.go_on().await });
    // All is closed if it ended in order; if not, nothing is waited for.
    runtime.shutdown_background();
    ended
}

/// The daemon, with all that it is made of.
struct Daemon {
    drive: Drive<Box<dyn Node>, Machine>,
    signals: Signals,
    server: JoinHandle<()>,
    stop_server: oneshot::Sender<()>,
    /// Keeps others off as long as it is there.
    _lock: Lock,
}

/// The machine that the daemon runs on.
#[derive(Debug)]
struct Machine {
    executor: Executor,
    disk: Disk,
    network: Network,
}

/// Where messages to other nodes go, if there can be any.
#[cfg(feature = "corosync")]
type Network = Option<membership::Outgoing>;
/// There can be no other nodes.
#[cfg(not(feature = "corosync"))]
type Network = Option<std::convert::Infallible>;

impl Hands for Machine {
    fn call(&mut self, call: AgentCall) {
        self.executor.call(call);
    }

    fn cancel(&mut self, call: CallId) {
        self.executor.cancel(call);
    }

    fn save(&mut self, version: Version, xml: String) {
        self.disk.save(version, xml);
    }

    fn archive(&mut self, transition: u32, xml: String) {
        self.disk.archive(transition, xml);
    }

    fn keep_term(&mut self, last: LastTerm) {
        self.disk.keep_term(last);
    }

    fn keep_aside(&mut self, version: Version, xml: String) {
        self.disk.keep_aside(version, xml);
    }

    fn send(&mut self, part: Vec<u8>) {
        #[cfg(feature = "corosync")]
        if let Some(network) = &self.network {
            network.send(part);
        }
        #[cfg(not(feature = "corosync"))]
        drop((part, &self.network));
    }
}

/// What is kept, opened.
struct Kept {
    lock: Lock,
    store: Store,
    archive: Archive,
    file: Option<CibFile>,
    cib: Cib,
}

fn open(options: &Options) -> Result<Kept, StartError> {
    let lock = Lock::take(&options.state)?;
    let (mut store, loaded) = Store::open(&options.state, options.generations)?;
    for skipped in &loaded.skipped {
        error!("{skipped}");
    }
    let archive = Archive::open(&options.state, options.inputs).map_err(StartError::io("can't keep inputs of transitions"))?;
    let file = options.cib.clone().map(|path| CibFile::new(path, &store));
    match (&loaded.document, &file) {
        (Some(_), Some(file)) => info!("the saved configuration goes on; {} is read again at SIGHUP", file.file().display()),
        (Some(_), None) => info!("the saved configuration goes on"),
        (None, Some(file)) => info!("the configuration begins with {}", file.file().display()),
        (None, None) => info!("the configuration begins empty"),
    }
    let cib = disk::first_configuration(&mut store, loaded.document, file.as_ref())?;
    Ok(Kept { lock, store, archive, file, cib })
}

fn executor_settings(options: &Options) -> Result<ExecutorSettings, StartError> {
    // Agents run in another folder.
    let absolute = |path: &PathBuf| std::path::absolute(path).map_err(StartError::io("can't tell where the current folder is"));
    let state = absolute(&options.state)?;
    let (tools, own_agents) = (state.join("tools"), state.join("ocf"));
    tools::install(&tools).map_err(StartError::io("can't offer tools to agents"))?;
    executor::write_own_agents(&own_agents).map_err(StartError::io("can't offer our own agents"))?;
    let mut settings = ExecutorSettings::new(state.join("agents"), absolute(&options.server.path)?);
    let first_roots: Vec<PathBuf> = options.agent_roots.iter().map(absolute).collect::<Result<_, _>>()?;
    settings.ocf_roots = [first_roots, settings.ocf_roots, vec![own_agents]].concat();
    settings.tools = Some(tools);
    settings.most_at_once = options.most_agents.unwrap_or(settings.most_at_once);
    Ok(settings)
}

/// The node that all is about: alone, or in a cluster, with what it takes to make it.
enum Place {
    Alone(Member),
    #[cfg(feature = "corosync")]
    Cluster {
        corosync: Corosync,
        name: String,
        last_term: Option<LastTerm>,
    },
}

impl Place {
    fn find(options: &Options, kept: &Kept) -> Result<Self, StartError> {
        #[cfg(feature = "corosync")]
        if !options.is_standalone {
            let corosync = Corosync::find()?;
            let name = options.given_name.clone().or_else(|| corosync.name.clone()).unwrap_or_else(|| options.node.clone());
            return Ok(Self::Cluster { corosync, name, last_term: kept.store.term() });
        }
        Ok(Self::Alone(Member { name: options.node.clone(), id: membership::node_id(&kept.cib, &options.node) }))
    }

    fn node(&self, node_limit: usize, cib: &Cib, clock: &Clock) -> Result<Box<dyn Node>, CibError> {
        let run_id = uuid::Uuid::new_v4().to_string();
        match self {
            Self::Alone(Member { name, id }) => {
                let (node, node_id) = (name.clone(), id.clone());
                let settings = Settings { node, node_id, node_limit, run_id, waits_for_others: false };
                Ok(Box::new(Alone::new(settings, cib, clock.now())?))
            }
            #[cfg(feature = "corosync")]
            Self::Cluster { corosync, name, last_term } => {
                let (node, node_id) = (name.clone(), corosync.id.to_string());
                let settings = Settings { node, node_id, node_limit, run_id, waits_for_others: true };
                Ok(Box::new(cluster::Member::new(settings, corosync.id, cib, *last_term, clock.now())?))
            }
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Alone(member) => &member.name,
            #[cfg(feature = "corosync")]
            Self::Cluster { name, .. } => name,
        }
    }

    /// Lets it hear who is there, and be heard.
    fn connect(self, inbox: Inbox) -> Result<Network, StartError> {
        match self {
            Self::Alone(node) => {
                tokio::spawn(membership::watch(Standalone::new(node.clone()), node, inbox));
                Ok(None)
            }
            #[cfg(feature = "corosync")]
            Self::Cluster { corosync, .. } => Ok(Some(corosync.join(inbox)?)),
        }
    }
}

/// Makes all parts, and lets those begin that tell the core of something.
async fn begin(options: &Options) -> Result<Daemon, StartError> {
    let signals = Signals::listen().map_err(StartError::io("can't listen to signals"))?;
    let logging = Logging::start(&options.log).map_err(StartError::io("can't log"))?;
    let clock = Clock::start();
    let kept = open(options)?;
    let place = Place::find(options, &kept)?;
    let Kept { lock, store, archive, file, cib } = kept;
    let (inbox, outlet) = Inbox::new();

    let server = Server::bind(&options.server)?;
    let settings = executor_settings(options)?;
    let (name, node) = (place.name().to_owned(), place.node(settings.most_at_once, &cib, &clock)?);
    let executor = Executor::new(settings, inbox.clone()).map_err(StartError::io("can't make agents' folders"))?;
    if let Some(port) = options.metrics {
        let metrics = Metrics::bind(port).await.map_err(StartError::io("can't listen for metrics"))?;
        tokio::spawn(metrics.serve(inbox.clone()));
    }
    let network = place.connect(inbox.clone())?;
    let (stop_server, stop) = oneshot::channel();
    let server = tokio::spawn(server.serve(inbox.clone(), async move {
        // That nobody will ever say so is as good as having been told.
        let _ = stop.await;
    }));
    let machine = Machine { executor, disk: Disk::start(store, archive, inbox.clone()), network };
    let notifier = Notifier::from_environment();
    notifier.ready();
    info!(version = env!("CARGO_PKG_VERSION"), node = name, socket = %options.server.path.display(), "ready");
    let reloader = Reloader { inbox, file, logging };
    let leave_running = options.leave_running;
    let drive = Drive { node, clock, hands: machine, outlet, notifier, reloader, leave_running };
    Ok(Daemon { drive, signals, server, stop_server, _lock: lock })
}

impl Daemon {
    /// Lives until the end, and closes everything if that comes in order.
    async fn go_on(self) -> Result<Ended, StartError> {
        let (ended, machine) = self.drive.run(self.signals).await;
        if ended == Ended::AtOnce {
            error!("ends at once, and leaves everything as it is");
            return Ok(ended);
        }
        // The server may be gone already.
        let _ = self.stop_server.send(());
        if let Err(failure) = self.server.await {
            error!("the server ended before its time: {failure}");
        }
        machine.executor.close().await;
        machine.disk.close().await;
        info!("ended");
        Ok(ended)
    }
}
