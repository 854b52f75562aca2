//! What one entry says: its result as the cluster understands it, and what follows for the role (HIST sections 6 and 7).

use crate::cib::parse_integer;
use crate::cluster::Role;
use crate::cluster::status::can_fence;
use crate::ledger::Cause;
use crate::plan::{ActionKey, OnFail, Task, operation, role_after_failure};

use super::entry::{Entry, Status, exit};
use super::reader::{Reader, ban_everywhere};

/// The result of an operation, brought into a form that all of the cluster understands.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub task: Task,
    pub interval_ms: u32,
    pub status: Status,
    pub rc: i64,
    /// The exit code that was expected; -1 if that isn't known.
    pub target_rc: i64,
    /// The exit code of the entry itself.
    pub raw_rc: i64,
    pub expired: bool,
    /// A probe that found that the agent can't do its work here, which is as good as not running.
    pub maskable: bool,
}

impl Outcome {
    /// The outcome of an entry; nothing for one that has no effect at all (HIST-30).
    fn of(reader: &mut Reader<'_, '_>, entry: &Entry<'_>) -> Option<Self> {
        entry.id.filter(|id| !id.is_empty())?;
        let operation = entry.operation?;
        let task = reader.run.cluster.tasks.task(operation);
        let is_known = match task {
            Task::Monitor | Task::Start | Task::Stop | Task::Promote | Task::Demote => true,
            Task::MigrateTo | Task::MigrateFrom => true,
            _ => operation == "asyncmon",
        };
        if !is_known {
            return None;
        }
        let status = entry.op_status.and_then(parse_integer).and_then(Status::from_code)?;
        let rc = entry.rc().filter(|rc| (0..=255).contains(rc))?;
        let interval_ms = entry.interval_ms();
        let cannot_run = matches!(rc, exit::NOT_INSTALLED | exit::INVALID_PARAMETER) || status == Status::NotInstalled;
        let is_probe = task == Task::Monitor && interval_ms == 0;
        Some(Self {
            maskable: is_probe && cannot_run && reader.run.cluster.bundle_of(reader.id).is_none(),
            task,
            interval_ms,
            status,
            rc,
            target_rc: entry.target_rc(),
            raw_rc: rc,
            expired: false,
        })
    }

    pub fn is_probe(&self) -> bool {
        self.task == Task::Monitor && self.interval_ms == 0
    }

    fn is_expected(&self) -> bool {
        self.rc == self.target_rc
    }
}

impl<'c> Reader<'_, 'c> {
    /// Reads one entry.
    pub fn read_entry(&mut self, entry: &Entry<'c>) {
        let Some(mut outcome) = Outcome::of(self, entry) else { return };
        outcome.expired = self.is_expired(entry, &outcome);
        self.remap(entry, &mut outcome);
        if outcome.expired && self.is_finished_by_expiry(entry, &outcome) {
            return;
        }
        if outcome.maskable {
            self.succeed(entry, &outcome, outcome.target_rc);
            self.record_failure(entry);
            self.ban(Some(self.node), Cause::MaskedProbe);
            return;
        }
        match outcome.status {
            Status::Pending => self.read_pending(entry, &outcome),
            Status::Done => self.succeed(entry, &outcome, outcome.rc),
            Status::NotInstalled => self.fail_for_agent(entry, &outcome),
            Status::NotConnected => {
                self.lose_connection();
                self.fail(entry, &outcome);
            }
            _ => self.fail(entry, &outcome),
        }
    }

    /// Interprets exit code and status (HIST-32).
    fn remap(&mut self, entry: &Entry<'c>, outcome: &mut Outcome) {
        let undegraded = match outcome.rc {
            exit::DEGRADED => exit::OK,
            exit::DEGRADED_PROMOTED => exit::PROMOTED,
            rc => rc,
        };
        if undegraded != outcome.rc {
            outcome.rc = undegraded;
            if !outcome.expired && (!self.node().shutting_down || self.node().online) {
                self.record_failure(entry);
            }
        }
        if outcome.maskable {
            outcome.status = Status::Done;
            outcome.rc = exit::NOT_RUNNING;
        }
        match outcome.status {
            Status::Done | Status::Error => self.remap_exit_code(outcome),
            Status::NoFenceDevice | Status::NoSecrets => outcome.status = Status::HardError,
            // The agent didn't come to tell anything, so its exit code says nothing.
            _ => {}
        }
    }

    fn remap_exit_code(&mut self, outcome: &mut Outcome) {
        outcome.status = if outcome.is_expected() { Status::Done } else { Status::Error };
        let (probe, target, live) = (outcome.is_probe(), outcome.target_rc, !outcome.expired);
        match outcome.rc {
            exit::OK => {
                if probe && target == exit::NOT_RUNNING {
                    outcome.status = Status::Done;
                }
            }
            exit::NOT_RUNNING => {
                if probe || target == exit::NOT_RUNNING || !self.resource().managed {
                    outcome.status = Status::Done;
                    self.resource_mut().role = Role::Stopped;
                    self.reset_response();
                }
            }
            exit::PROMOTED => {
                if probe && target != exit::PROMOTED {
                    outcome.status = Status::Done;
                }
                if live || target == exit::PROMOTED {
                    self.resource_mut().role = Role::Promoted;
                }
            }
            exit::FAILED_PROMOTED => {
                if live {
                    self.resource_mut().role = Role::Promoted;
                }
                outcome.status = Status::Error;
            }
            exit::NOT_CONFIGURED => outcome.status = Status::FatalError,
            exit::UNIMPLEMENTED if outcome.interval_ms > 0 => outcome.status = Status::Unsupported,
            exit::UNIMPLEMENTED | exit::NOT_INSTALLED | exit::INVALID_PARAMETER | exit::NO_PRIVILEGE => {
                if live {
                    self.block_failed_stop(outcome);
                }
                outcome.status = Status::HardError;
            }
            _ => outcome.status = Status::Error,
        }
    }

    /// HIST-34: what can be neither stopped nor fenced is left to people.
    fn block_failed_stop(&mut self, outcome: &Outcome) {
        if outcome.task == Task::Stop && !can_fence(self.run, self.node) {
            self.resource_mut().managed = false;
            self.resource_mut().blocked = true;
        }
    }

    /// Whether an expired result has no effect beyond this (HIST-36).
    fn is_finished_by_expiry(&mut self, entry: &Entry<'c>, outcome: &Outcome) -> bool {
        if outcome.maskable && outcome.raw_rc != outcome.target_rc {
            if self.resource().role <= Role::Stopped {
                self.resource_mut().role = Role::Unknown;
            }
            return true;
        }
        if outcome.is_expected() {
            return false;
        }
        if outcome.interval_ms == 0 {
            return true;
        }
        let reschedules = self.node().is_online_clean();
        if reschedules {
            self.run.history.forced_restart_digest.insert(entry.element);
        }
        reschedules
    }

    /// The operation succeeded, or is taken as if it had (HIST-40).
    pub fn succeed(&mut self, entry: &Entry<'c>, outcome: &Outcome, rc: i64) {
        if rc == exit::NOT_INSTALLED || outcome.maskable {
            self.resource_mut().role = Role::Stopped;
            return;
        }
        let (role, clears) = match outcome.task {
            _ if rc == exit::NOT_RUNNING => (None, true),
            Task::Start | Task::MigrateFrom => (Some(Role::Started), true),
            Task::Stop => (Some(Role::Stopped), true),
            Task::Promote => (Some(Role::Promoted), true),
            Task::Demote => (Some(Role::Unpromoted), self.response == OnFail::Demote),
            Task::MigrateTo => {
                self.succeed_migrate_to(entry);
                return;
            }
            ref other => {
                self.activate();
                let same = self.last_failure.is_some_and(|failure| failure.key() == entry.key());
                (None, same && *other == Task::Monitor)
            }
        };
        if let Some(role) = role {
            self.resource_mut().role = role;
        }
        if clears {
            self.clear_failure();
        }
    }

    /// A success makes up for the failure before it, unless that asked for more than a restart.
    fn clear_failure(&mut self) {
        match self.response {
            OnFail::Stop | OnFail::Ban | OnFail::Standby | OnFail::FenceNode => {}
            OnFail::ResetRemote if self.resource().reconnect_interval_ms > 0 => {}
            _ => self.reset_response(),
        }
    }

    fn reset_response(&mut self) {
        self.response = OnFail::Ignore;
        self.resource_mut().next_role = Role::Unknown;
    }

    /// HIST-35.4: what ran on a remote node can't be reached through its connection any more.
    fn lose_connection(&mut self) {
        if let Some(connection) = self.node().connection.filter(|&connection| self.run[connection].managed) {
            self.run[connection].failed = true;
            self.run[connection].must_stop = true;
        }
    }

    /// The agent isn't there; even an ignored failure keeps the resource away (HIST-38).
    fn fail_for_agent(&mut self, entry: &Entry<'c>, outcome: &Outcome) {
        let configured = self.configured_response(outcome);
        if configured == OnFail::Ignore {
            self.response = OnFail::Ban;
        }
        self.ban(Some(self.node), Cause::HardError);
        self.take_failure(entry, outcome, configured);
    }

    /// The operation failed (HIST-39).
    fn fail(&mut self, entry: &Entry<'c>, outcome: &Outcome) {
        let configured = self.configured_response(outcome);
        let for_container = configured == OnFail::RestartContainer && outcome.task == Task::Stop;
        if configured == OnFail::Ignore || for_container {
            self.succeed(entry, outcome, outcome.target_rc);
            self.resource_mut().failure_ignored = true;
            self.record_failure(entry);
            if for_container && self.response <= OnFail::Restart {
                self.response = OnFail::RestartContainer;
            }
            return;
        }
        self.take_failure(entry, outcome, configured);
        match outcome.status {
            Status::HardError => self.ban(Some(self.node), Cause::HardError),
            Status::FatalError => self.ban(None, Cause::FatalError),
            _ => {}
        }
    }

    fn configured_response(&mut self, outcome: &Outcome) -> OnFail {
        let key = ActionKey::recurring(outcome.task, outcome.interval_ms);
        let settings = operation(self.run, self.id, key, outcome.task);
        self.run.plan.operations[settings].on_fail
    }

    /// What every failure that isn't ignored brings about (HIST-41).
    fn take_failure(&mut self, entry: &Entry<'c>, outcome: &Outcome, configured: OnFail) {
        self.last_failure = Some(*entry);
        // In an asymmetric cluster it is no failure that an agent isn't installed somewhere.
        if self.run.cluster.options.symmetric_cluster || outcome.rc != exit::NOT_INSTALLED {
            self.record_failure(entry);
        }
        self.response = self.response.max(configured);
        self.fail_task(entry, outcome, configured);
        if outcome.is_probe() && outcome.rc == exit::NOT_INSTALLED {
            self.resource_mut().role = Role::Stopped;
        } else {
            self.activate();
        }
        let may_have = role_after_failure(self.run, self.id, outcome.task, configured);
        if may_have != Role::Started && self.resource().next_role < may_have {
            self.resource_mut().next_role = may_have;
        }
        if may_have == Role::Stopped {
            let top = self.run.cluster.top_of(self.id);
            let banned = if self.run.cluster.is_anonymous_clone(top) { top } else { self.id };
            ban_everywhere(self.run, banned);
        }
    }

    /// What a failure means for this very task (HIST-41.4).
    fn fail_task(&mut self, entry: &Entry<'c>, outcome: &Outcome, configured: OnFail) {
        match outcome.task {
            Task::Stop => self.ban_self(Cause::FailedStop),
            Task::MigrateTo => self.fail_migrate_to(entry),
            Task::MigrateFrom => self.fail_migrate_from(entry),
            Task::Promote => self.resource_mut().role = Role::Promoted,
            Task::Demote if configured == OnFail::Block => {
                self.resource_mut().role = Role::Promoted;
                self.resource_mut().next_role = Role::Stopped;
            }
            Task::Demote => {
                let stopped = outcome.rc == exit::NOT_RUNNING;
                self.resource_mut().role = if stopped { Role::Stopped } else { Role::Unpromoted };
            }
            _ => {}
        }
    }
}
