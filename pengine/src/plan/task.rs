//! What an action does, and the key that names it.

use std::fmt;
use std::sync::Arc;

/// What an action does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Task {
    Start,
    Running,
    Stop,
    Stopped,
    Promote,
    Promoted,
    Demote,
    Demoted,
    Monitor,
    MigrateTo,
    MigrateFrom,
    ReloadAgent,
    Delete,
    LrmDelete,
    Cancel,
    ClearFailcount,
    Notify,
    Notified,
    Fence,
    Shutdown,
    /// Any other name: a configured recurring operation, or a pseudo-action of its own.
    Other(Arc<str>),
}

const NAMES: [(&str, Task); 20] = [
    ("start", Task::Start),
    ("running", Task::Running),
    ("stop", Task::Stop),
    ("stopped", Task::Stopped),
    ("promote", Task::Promote),
    ("promoted", Task::Promoted),
    ("demote", Task::Demote),
    ("demoted", Task::Demoted),
    ("monitor", Task::Monitor),
    ("migrate_to", Task::MigrateTo),
    ("migrate_from", Task::MigrateFrom),
    ("reload-agent", Task::ReloadAgent),
    ("delete", Task::Delete),
    ("lrm_delete", Task::LrmDelete),
    ("cancel", Task::Cancel),
    ("clear_failcount", Task::ClearFailcount),
    ("notify", Task::Notify),
    ("notified", Task::Notified),
    ("stonith", Task::Fence),
    ("do_shutdown", Task::Shutdown),
];

impl Task {
    /// The task of that name (exact case).
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map_or_else(|| Task::Other(name.into()), |(_, task)| task.clone())
    }

    /// The task's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Task::Other(name) => name,
            known => NAMES.iter().find(|(_, task)| task == known).map_or("", |(name, _)| name),
        }
    }

    /// Whether an action keeps it for good; a recurring one may become a cancel.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !matches!(self, Task::Monitor | Task::Cancel | Task::Other(_))
    }

    /// What undoes it, where an ordering constraint may need that (ORD-6).
    #[must_use]
    pub fn inverse(&self) -> Option<Task> {
        Some(match self {
            Task::Start => Task::Stop,
            Task::Stop => Task::Start,
            Task::Promote => Task::Demote,
            Task::Demote => Task::Promote,
            Task::Promoted => Task::Demoted,
            Task::Demoted => Task::Promoted,
            Task::Running => Task::Stopped,
            Task::Stopped => Task::Running,
            _ => return None,
        })
    }

    /// The task that tells that this one is done on a collective: `start` is done by `running`.
    #[must_use]
    pub fn done(&self) -> Option<Task> {
        Some(match self {
            Task::Start | Task::Running => Task::Running,
            Task::Stop | Task::Stopped => Task::Stopped,
            Task::Promote | Task::Promoted => Task::Promoted,
            Task::Demote | Task::Demoted => Task::Demoted,
            _ => return None,
        })
    }

    /// The task of a member that a collective's `running`, `stopped`, ... is about; others are their own.
    #[must_use]
    pub fn original(&self) -> Task {
        match self {
            Task::Running => Task::Start,
            Task::Stopped => Task::Stop,
            Task::Promoted => Task::Promote,
            Task::Demoted => Task::Demote,
            other => other.clone(),
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// When a notification is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum NotifyPhase {
    Pre,
    ConfirmedPre,
    Post,
    ConfirmedPost,
}

impl NotifyPhase {
    /// The phase's name in keys and attributes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            NotifyPhase::Pre => "pre",
            NotifyPhase::ConfirmedPre => "confirmed-pre",
            NotifyPhase::Post => "post",
            NotifyPhase::ConfirmedPost => "confirmed-post",
        }
    }
}

/// Names an action of one resource: `TASK_INTERVAL` or `PHASE_notify_TASK_0` behind the resource's id (ACT-3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActionKey {
    /// The phase, if it is a notification.
    pub notify: Option<NotifyPhase>,
    /// The task, or the one that is notified of. A cancel has the task that it cancels.
    pub task: Task,
    /// The interval in milliseconds; 0 unless recurring.
    pub interval: u32,
}

impl ActionKey {
    /// The key of a one-time action.
    #[must_use]
    pub fn once(task: Task) -> Self {
        Self { notify: None, task, interval: 0 }
    }

    /// The key of a recurring action.
    #[must_use]
    pub fn recurring(task: Task, interval: u32) -> Self {
        Self { notify: None, task, interval }
    }

    /// The key of a notification.
    #[must_use]
    pub fn notification(phase: NotifyPhase, task: Task) -> Self {
        Self { notify: Some(phase), task, interval: 0 }
    }

    /// The key of a probe.
    #[must_use]
    pub fn probe() -> Self {
        Self::once(Task::Monitor)
    }
}

impl fmt::Display for ActionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(phase) = self.notify {
            write!(f, "{}_notify_", phase.as_str())?;
        }
        write!(f, "{}_{}", self.task, self.interval)
    }
}
