//! The command line, and what is done where nothing is said.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Parser};
use nix::unistd::{Uid, gethostname};

use crate::operation::{LogFormat, LogTarget};
use crate::server::ServerSettings;

/// Supervises this machine's services through resource agents, as the policy engine decides.
///
/// It is part of a cluster that corosync makes; with --standalone it manages this machine alone. Without --cib it begins with an empty configuration, which `pengine cib replace` fills. It stays in the foreground, and ends at SIGTERM or SIGINT after it has stopped what it runs; a second signal ends it at
/// once. At SIGHUP it reads the file of --cib again, and opens the file of --log-file anew.
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(name = "pengined", version, next_line_help = false)]
pub struct Cli {
    /// Manage this machine alone, without a cluster
    #[arg(long)]
    standalone: bool,

    /// This node's name [default: the host's name]
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    node: Option<String>,

    /// The configuration to begin with, if none is saved yet; .bz2, .gz and .xz are read as they are
    #[arg(long, value_name = "FILE")]
    cib: Option<PathBuf>,

    /// Where the configuration and inputs of decisions are kept [default: /var/lib/pengine; for an ordinary user
    /// $XDG_STATE_HOME/pengine or ~/.local/state/pengine]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,

    /// Where to listen for `pengine` and for agents [default: /run/pengine/socket; for an ordinary user
    /// $XDG_RUNTIME_DIR/pengine/socket, or `socket` in the state folder]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,

    /// The group whose members may look and change, beside root and the daemon's own user
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,

    /// The group whose members may look
    #[arg(long, value_name = "GROUP")]
    read_group: Option<String>,

    /// A root of OCF agents (DIR/resource.d/PROVIDER/NAME), searched before the system's; can be given several times
    #[arg(long, value_name = "DIR")]
    agent_dir: Vec<PathBuf>,

    /// At the end, leave running what runs; the next start takes it over
    #[arg(long)]
    leave_running: bool,

    /// How many agents may run at once [default: twice the number of cores, at least 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    max_agents: Option<u16>,

    /// How many generations of the configuration are kept
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    generations: u16,

    /// How many inputs of decisions are kept, for `pengine simulate -x`; 0 keeps none
    #[arg(long, value_name = "N", default_value_t = 200)]
    archive: u16,

    /// Show metrics for Prometheus at http://127.0.0.1:PORT/metrics
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    metrics: Option<u16>,

    /// The form of logs [default: journald if systemd's journal reads standard error, otherwise plain]
    #[arg(long, value_enum, value_name = "FORM")]
    log: Option<LogFormat>,

    /// Write logs to a file in place of standard error
    #[arg(long, value_name = "FILE")]
    log_file: Option<PathBuf>,

    /// Log more; twice for everything
    #[arg(long, short, action = ArgAction::Count)]
    verbose: u8,
}

/// How the daemon runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// This machine alone, without a cluster.
    pub is_standalone: bool,
    /// This node's name, as it was given.
    pub given_name: Option<String>,
    /// This node's name, if no cluster knows a better one.
    pub node: String,
    /// The configuration to begin with.
    pub cib: Option<PathBuf>,
    /// Where state is kept.
    pub state: PathBuf,
    /// Where to listen, and to whom.
    pub server: ServerSettings,
    /// Roots of OCF agents, searched first.
    pub agent_roots: Vec<PathBuf>,
    /// At the end, what runs goes on running.
    pub leave_running: bool,
    /// How many agents may run at once.
    pub most_agents: Option<usize>,
    /// How many generations of the configuration are kept.
    pub generations: usize,
    /// How many inputs of transitions are kept.
    pub inputs: usize,
    /// The port for metrics.
    pub metrics: Option<u16>,
    /// Where logs go.
    pub log: LogTarget,
}

/// What the defaults depend on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The daemon runs as root.
    pub is_root: bool,
    /// The host's name.
    pub host: Option<String>,
    /// `$HOME`.
    pub home: Option<PathBuf>,
    /// `$XDG_STATE_HOME`.
    pub state_home: Option<PathBuf>,
    /// `$XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
    /// The form of logs that suits what reads standard error.
    pub log: LogFormat,
}

/// Something that has to be said on the command line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// This program knows no cluster.
    #[error(
        "this pengined was built without corosync; to manage this machine alone, say --standalone, and for a cluster build it with \
         `cargo build --release -p pengined --features corosync`"
    )]
    NotStandalone,
    /// Nobody knows the node's name.
    #[error("the host has no name; give the node one with --node")]
    NoName,
    /// Nobody knows where to keep anything.
    #[error("neither HOME nor XDG_STATE_HOME says where state can be kept; say so with --state-dir")]
    NoStateDir,
}

impl Surroundings {
    /// Those of this process.
    #[must_use]
    pub fn of_process() -> Self {
        // Relative paths in these variables don't count, as their specification says.
        let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        Self {
            is_root: Uid::effective().is_root(),
            host: gethostname().ok().and_then(|name| name.into_string().ok()).filter(|name| !name.is_empty()),
            home: folder("HOME"),
            state_home: folder("XDG_STATE_HOME"),
            runtime_dir: folder("XDG_RUNTIME_DIR"),
            log: LogFormat::suitable(),
        }
    }

    fn state(&self) -> Option<PathBuf> {
        if self.is_root {
            return Some(PathBuf::from("/var/lib/pengine"));
        }
        let base = self.state_home.clone().or_else(|| Some(self.home.as_ref()?.join(".local/state")));
        Some(base?.join("pengine"))
    }

    fn socket(&self, state: &Path) -> PathBuf {
        match &self.runtime_dir {
            _ if self.is_root => PathBuf::from(pengine_control::DEFAULT_SOCKET),
            Some(folder) => folder.join("pengine/socket"),
            None => state.join("socket"),
        }
    }
}

impl Cli {
    /// What was said, completed by what the surroundings suggest.
    ///
    /// # Errors
    ///
    /// [`UsageError`].
    pub fn options(self, surroundings: &Surroundings) -> Result<Options, UsageError> {
        if !self.standalone && !cfg!(feature = "corosync") {
            return Err(UsageError::NotStandalone);
        }
        let node = self.node.clone().or_else(|| surroundings.host.clone()).ok_or(UsageError::NoName)?;
        let state = self.state_dir.or_else(|| surroundings.state()).ok_or(UsageError::NoStateDir)?;
        let path = self.socket.unwrap_or_else(|| surroundings.socket(&state));
        let format = match (self.log, &self.log_file) {
            (Some(format), _) => format,
            (None, Some(_)) => LogFormat::Plain,
            (None, None) => surroundings.log,
        };
        Ok(Options {
            is_standalone: self.standalone,
            given_name: self.node,
            node,
            cib: self.cib,
            state,
            server: ServerSettings { path, group: self.group, read_group: self.read_group },
            agent_roots: self.agent_dir,
            leave_running: self.leave_running,
            most_agents: self.max_agents.map(usize::from),
            generations: self.generations.into(),
            inputs: self.archive.into(),
            metrics: self.metrics,
            log: LogTarget { format, file: self.log_file, verbosity: self.verbose },
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn options(words: &[&str], surroundings: &Surroundings) -> Result<Options, UsageError> {
        Cli::try_parse_from([&["pengined"], words].concat()).unwrap().options(surroundings)
    }

    fn root() -> Surroundings {
        Surroundings { is_root: true, host: Some("alice".to_owned()), ..Surroundings::default() }
    }

    fn user() -> Surroundings {
        Surroundings { is_root: false, home: Some("/home/eve".into()), ..root() }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_but_standalone_has_to_be_said() {
        let options = options(&["--standalone"], &root()).unwrap();
        assert_eq!(options.node, "alice");
        assert_eq!(options.state, Path::new("/var/lib/pengine"));
        assert_eq!(options.server.path, Path::new("/run/pengine/socket"));
        assert_eq!((options.generations, options.inputs, options.metrics), (10, 200, None));
    }

    #[test]
    fn an_ordinary_user_has_places_of_his_own() {
        let places = |surroundings: &Surroundings| {
            let options = options(&["--standalone"], surroundings).unwrap();
            (options.state.display().to_string(), options.server.path.display().to_string())
        };
        let expected = |state: &str, socket: &str| (state.to_owned(), socket.to_owned());
        assert_eq!(places(&user()), expected("/home/eve/.local/state/pengine", "/home/eve/.local/state/pengine/socket"));
        let modern = Surroundings { state_home: Some("/state".into()), runtime_dir: Some("/run/user/7".into()), ..user() };
        assert_eq!(places(&modern), expected("/state/pengine", "/run/user/7/pengine/socket"));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(options(&[], &root()).is_ok(), cfg!(feature = "corosync"));
        let nobody = Surroundings::default();
        assert_eq!(options(&["--standalone"], &nobody).unwrap_err(), UsageError::NoName);
        assert_eq!(options(&["--standalone", "--node", "a"], &nobody).unwrap_err(), UsageError::NoStateDir);
        assert!(options(&["--standalone", "--node", "a", "--state-dir", "d"], &nobody).is_ok());
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        for words in [["--generations", "0"], ["--max-agents", "0"], ["--metrics", "70000"], ["--node", ""]] {
            assert!(Cli::try_parse_from(["pengined", words[0], words[1]]).is_err(), "{words:?}");
        }
        assert!(Cli::try_parse_from(["pengined", "--archive", "0"]).is_ok());
    }
}
