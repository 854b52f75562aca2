//! What is written down of a call.

use super::{CallEnd, CallResult};

/// Who writes what is written here.
pub(super) const ORIGIN: &str = "pengined";

/// The number that a history has for how a call ended (HIST-6).
pub(super) fn execution_status(end: CallEnd) -> i32 {
    match end {
        CallEnd::Exited => 0,
        CallEnd::Cancelled => 1,
        CallEnd::TimedOut => 2,
        CallEnd::Error => 4,
        CallEnd::NotInstalled => 7,
    }
}

/// Why a call failed, in the agent's words if it has any.
pub(super) fn reason_of(result: &CallResult) -> String {
    if !result.reason.is_empty() {
        return result.reason.clone();
    }
    let words = result.output.lines().rev().find(|line| !line.trim().is_empty());
    words.unwrap_or_default().trim().to_owned()
}
