//! What came of a call, but for the times.

use super::process::{Output, Ran};
use super::reason;
use crate::core::{CallEnd, CallResult};

/// Exit statuses in OCF's terms.
pub(super) mod ocf_status {
    pub(in super::super) const FINE: i32 = 0;
    pub(in super::super) const FAILED: i32 = 1;
    pub(in super::super) const UNIMPLEMENTED: i32 = 3;
    pub(in super::super) const NO_PERMISSION: i32 = 4;
    pub(in super::super) const NOT_INSTALLED: i32 = 5;
    pub(in super::super) const NOT_RUNNING: i32 = 7;
    pub(in super::super) const PROMOTED: i32 = 8;
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) end: CallEnd,
    pub(super) exit_status: i32,
    pub(super) reason: String,
    pub(super) output: String,
}

impl Outcome {
    /// It ended by itself.
    pub(super) fn exited(exit_status: i32, reason: impl Into<String>) -> Self {
        Self { end: CallEnd::Exited, exit_status, reason: reason.into(), output: String::new() }
    }

    /// It was ended, or never began.
    pub(super) fn ended(end: CallEnd) -> Self {
        Self { end, ..Self::exited(ocf_status::FAILED, "") }
    }

    /// There is no such agent.
    pub(super) fn not_installed(reason: impl Into<String>) -> Self {
        Self { end: CallEnd::NotInstalled, ..Self::exited(ocf_status::NOT_INSTALLED, reason) }
    }

    /// The agent does not know the action.
    pub(super) fn unimplemented(action: &str) -> Self {
        Self::exited(ocf_status::UNIMPLEMENTED, format!("there is no action {action} for agents of this class"))
    }

    /// The system refused.
    pub(super) fn error(reason: impl Into<String>) -> Self {
        Self { end: CallEnd::Error, ..Self::exited(ocf_status::FAILED, reason) }
    }

    /// What came of a program, with its exit status as `meaning` reads it.
    pub(super) fn of_program(ran: Ran, meaning: impl FnOnce(i32, &Output) -> i32) -> Self {
        match ran {
            Ran::Exited(status, output) => {
                let exit_status = meaning(status, &output);
                let reason = reason::of_exit(exit_status, &output);
                Self { output: output.end(CallResult::MOST_OUTPUT), ..Self::exited(exit_status, reason) }
            }
            Ran::Killed(signal, output) => {
                Self { output: output.end(CallResult::MOST_OUTPUT), ..Self::error(format!("the agent died of signal {signal}")) }
            }
            Ran::Ended(end, output) => Self {
                output: output.end(CallResult::MOST_OUTPUT),
                reason: reason::of_agent(&output.stderr).unwrap_or_default(),
                ..Self::ended(end)
            },
            Ran::NotFound(reason) => Self::not_installed(reason),
            Ran::Forbidden(reason) => Self { exit_status: ocf_status::NO_PERMISSION, ..Self::not_installed(reason) },
            Ran::Refused(reason) => Self::error(reason),
        }
    }
}
