//! What the core reports, in the words of the log and of the service manager.

use pengine::report::exit_text;
use pengine_control::Happening;
use tracing::{debug, info, warn};

/// Writes what happened into the log.
pub fn log(happening: &Happening) {
    match happening {
        Happening::Planned { number, actions, cause } => info!(transition = number, actions, "transition planned: {cause}"),
        Happening::Ended { number, complete: true } => info!(transition = number, "transition complete"),
        Happening::Ended { number, complete: false } => info!(transition = number, "transition ended before its time"),
        Happening::Began { key, node } => debug!(operation = key, node, "began"),
        Happening::Succeeded { key, node, took_ms } => info!(operation = key, node, took_ms, "succeeded"),
        Happening::Failed { key, node, exit_status, reason } => {
            warn!(operation = key, node, exit_status, "failed: {}", words(*exit_status, reason));
        }
        Happening::Configured { version, what } => info!(%version, "configuration changed: {what}"),
        Happening::Elected { node } => info!(node, "decides from now on"),
        Happening::Warning { text } => warn!("{text}"),
        Happening::Stopping { leave_running: true } => info!("ends, and leaves running what runs"),
        Happening::Stopping { leave_running: false } => info!("stops what runs, and ends"),
    }
}

/// What an exit status means, and what the agent said about it.
fn words(exit_status: i32, reason: &str) -> String {
    let meaning = exit_text(exit_status.into());
    if reason.is_empty() { meaning.to_owned() } else { format!("{meaning}: {reason}") }
}

/// What is being done from now on, in a line; none if nothing else than before.
#[must_use]
pub fn status(happening: &Happening) -> Option<String> {
    match happening {
        Happening::Planned { number, actions, .. } => Some(format!("transition {number}: {actions} actions")),
        Happening::Ended { number, complete: true } => Some(format!("idle after transition {number}")),
        Happening::Stopping { leave_running: false } => Some("stopping what runs".to_owned()),
        _ => None,
    }
}
