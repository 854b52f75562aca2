//! What happens, as it happens.

use serde::{Deserialize, Serialize};

use crate::Version;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When, in seconds since the epoch.
    pub at: i64,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Happening {
    /// A transition was decided.
    Planned {
        /// Its number.
        number: u32,
        /// How many actions it has.
        actions: usize,
        /// Why it was decided anew.
        cause: String,
    },
    /// A transition ended.
    Ended {
        /// Its number.
        number: u32,
        /// All of it was done.
        complete: bool,
    },
    /// An action began.
    Began {
        /// `web_start_0`.
        key: String,
        /// Where.
        node: String,
    },
    /// An action ended as expected.
    Succeeded {
        /// `web_start_0`.
        key: String,
        /// Where.
        node: String,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// An action ended otherwise.
    Failed {
        /// `web_start_0`.
        key: String,
        /// Where.
        node: String,
        /// The agent's exit status.
        exit_status: i32,
        /// What the agent said about it.
        reason: String,
    },
    /// The configuration changed.
    Configured {
        /// The version with the change in it.
        version: Version,
        /// What was changed.
        what: String,
    },
    /// Something that an administrator should know.
    Warning {
        /// What.
        text: String,
    },
    /// A new term began, in which that node decides.
    Elected {
        /// Its name.
        node: String,
    },
    /// The daemon began to stop.
    Stopping {
        /// What runs goes on running.
        leave_running: bool,
    },
}
