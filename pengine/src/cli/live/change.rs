//! Changes, made or only tried.

use clap::Args;
use pengine_control::{Change, Reply, Request, Version};
use serde::Serialize;

use super::super::Failure;
use super::{Daemon, off_topic, whole_lines};

/// What commands understand that change something.
#[derive(Debug, Args)]
pub(super) struct ChangeArgs {
    /// Change nothing, but show what the cluster would do then
    #[arg(long)]
    dry_run: bool,
}

/// What came of a change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// It is made: the version with it.
    Version(Version),
    /// It was tried: what the cluster would do.
    Plan(String),
}

impl ChangeArgs {
    /// Makes a change or tries it, and shows what came of it.
    pub(super) fn make(&self, daemon: &Daemon, change: Change) -> Result<(), Failure> {
        let outcome = match daemon.ask(&Request::Change { change, dry_run: self.dry_run })? {
            Reply::Changed { version } => Outcome::Version(version),
            Reply::Plan { text } => Outcome::Plan(text),
            other => return Err(off_topic(other)),
        };
        let text = match &outcome {
            Outcome::Version(version) => format!("Done: the CIB is at version {version}\n"),
            Outcome::Plan(text) => whole_lines(text.clone()),
        };
        daemon.show(|_| text, &outcome)
    }
}
