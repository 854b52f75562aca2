//! What an action does, and the key that names it.

use rustc_hash::FxHashMap;

macro_rules! tasks {
    ($($task:ident $name:literal,)*) => {
        /// What an action does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Task {
            $($task,)*
            /// Any other name: a configured recurring operation, or a pseudo-action of its own.
            Other(OtherTask),
        }

        impl Task {
            /// The known task of that name (exact case).
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$task),)*
                    _ => None,
                }
            }

            /// The name of a known task; that of another one is kept elsewhere.
            fn known_name(self) -> Result<&'static str, OtherTask> {
                match self {
                    $(Self::$task => Ok($name),)*
                    Self::Other(other) => Err(other),
                }
            }
        }
    };
}

tasks! {
    Start "start",
    Running "running",
    Stop "stop",
    Stopped "stopped",
    Promote "promote",
    Promoted "promoted",
    Demote "demote",
    Demoted "demoted",
    Monitor "monitor",
    MigrateTo "migrate_to",
    MigrateFrom "migrate_from",
    ReloadAgent "reload-agent",
    Delete "delete",
    LrmDelete "lrm_delete",
    Cancel "cancel",
    ClearFailcount "clear_failcount",
    Notify "notify",
    Notified "notified",
    Fence "stonith",
    Shutdown "do_shutdown",
}

impl Task {
    /// Whether an action keeps it for good; a recurring one may become a cancel.
    #[must_use]
    pub fn is_settled(self) -> bool {
        !matches!(self, Task::Monitor | Task::Cancel | Task::Other(_))
    }

    /// What undoes it, where an ordering constraint may need that (ORD-6).
    #[must_use]
    pub fn inverse(self) -> Option<Task> {
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
    pub fn done(self) -> Option<Task> {
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
    pub fn original(self) -> Task {
        match self {
            Task::Running => Task::Start,
            Task::Stopped => Task::Stop,
            Task::Promoted => Task::Promote,
            Task::Demoted => Task::Demote,
            other => other,
        }
    }
}

/// The place of a name in [`TaskNames`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OtherTask(u32);

/// The names of tasks, so that a task itself is small: those that come up in a run, besides the known ones.
#[derive(Debug, Clone, Default)]
pub struct TaskNames {
    names: Vec<String>,
    by_name: FxHashMap<String, OtherTask>,
}

impl TaskNames {
    /// The task of that name (exact case).
    pub fn task(&mut self, name: &str) -> Task {
        self.find(name).unwrap_or_else(|| {
            let other = OtherTask(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
            self.names.push(name.to_owned());
            self.by_name.insert(name.to_owned(), other);
            Task::Other(other)
        })
    }

    /// The task of that name, if it has come up.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Task> {
        Task::from_name(name).or_else(|| self.by_name.get(name).copied().map(Task::Other))
    }

    /// A task's name.
    #[must_use]
    pub fn name(&self, task: Task) -> &str {
        match task.known_name() {
            Ok(name) => name,
            Err(OtherTask(at)) => self.names.get(at as usize).map_or("", String::as_str),
        }
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
