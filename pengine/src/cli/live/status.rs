//! `pengine status`: the state of the cluster, once or all the time.

use std::time::Duration;

use clap::Args;
use pengine_control::{ClusterStatus, Failure as FailedOperation, TransitionState, TransitionStatus};

use super::super::Failure;
use super::event::counted;
use super::palette::{Palette, Tone};
use super::{CommonArgs, Daemon, moment, watch};

const EXAMPLES: &str = "\
Examples:
  What is active where, and what failed?
    pengine status
  The same, shown anew whenever something happens:
    pengine status --watch
  For a program:
    pengine status --output-as=json";

/// Show the state of the cluster, what failed, and what is being done
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in super::super) struct StatusArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// Show it anew whenever something happens
    #[arg(short, long)]
    watch: bool,
    /// Show it once, which is the default
    #[arg(short = '1', long, conflicts_with = "watch")]
    one_shot: bool,
}

impl StatusArgs {
    pub(super) fn run(&self, daemon: &Daemon) -> Result<(), Failure> {
        if self.watch {
            return watch::watch(daemon);
        }
        let status = daemon.status()?;
        daemon.show(|palette| text(palette, &status), &status)
    }
}

/// The state as people read it.
pub(super) fn text(palette: Palette, status: &ClusterStatus) -> String {
    let quorum = if status.have_quorum { (Tone::Good, "with quorum") } else { (Tone::Bad, "without quorum") };
    let mut text = format!(
        "Cluster as {} sees it, {}, CIB version {}\n\n",
        status.local_node,
        palette.paint(quorum.0, quorum.1),
        status.version
    );
    text += &palette.paint_state(&status.text);
    if !status.failures.is_empty() {
        text += "\nFailed operations:\n";
        for failure in &status.failures {
            text += &format!("  * {}\n", palette.paint(Tone::Bad, &failed_operation(failure)));
        }
    }
    text.push('\n');
    text += &transition(palette, &status.transition);
    text
}

fn failed_operation(failure: &FailedOperation) -> String {
    let FailedOperation { resource, operation, interval_ms, node, exit_status, exit_text, reason, at, count } = failure;
    let seconds = Duration::from_millis(*interval_ms).as_secs_f64();
    let every = if *interval_ms > 0 { format!(" (every {seconds} s)") } else { String::new() };
    let count = match count {
        Some(1) => "once".to_owned(),
        Some(count) => format!("{count} times"),
        None => "for good".to_owned(),
    };
    let said = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!(
        "{operation} of {resource}{every} on {node} failed {count}, at {}, with '{exit_text}' ({exit_status}){said}",
        moment(*at)
    )
}

fn transition(palette: Palette, transition: &TransitionStatus) -> String {
    let TransitionStatus { state, number, done, total, running, next_check } = transition;
    let progress = format!("{done} of {} done", counted(*total, "action"));
    let (tone, words) = match state {
        TransitionState::Starting => (Tone::Notable, "The daemon starts: nothing is decided yet".to_owned()),
        TransitionState::Idle => (Tone::Good, "Idle: everything is as it shall be".to_owned()),
        TransitionState::Running => (Tone::Notable, format!("Transition {number} is running: {progress}")),
        TransitionState::Aborting => (Tone::Bad, format!("Transition {number} is broken off: {progress}")),
        TransitionState::Stopping => (Tone::Notable, format!("The daemon stops: {progress}")),
    };
    let mut text = palette.paint(tone, &words) + "\n";
    for action in running {
        text += &format!("  * {action}\n");
    }
    if let Some(at) = next_check {
        text += &format!("Looks again at {}\n", moment(*at));
    }
    text
}
