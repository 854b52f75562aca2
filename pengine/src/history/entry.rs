//! One history entry: an `lrm_rsc_op`, read in a single pass over its attributes.

use crate::cib::{ElementId, ElementRef, leading_integer, parse_integer};
use crate::plan::{ActionKey, parse_key_interval};
use crate::run::Run;

/// Exit codes that mean something to the cluster.
pub(super) mod exit {
    pub const OK: i64 = 0;
    pub const INVALID_PARAMETER: i64 = 2;
    pub const UNIMPLEMENTED: i64 = 3;
    pub const NO_PRIVILEGE: i64 = 4;
    pub const NOT_INSTALLED: i64 = 5;
    pub const NOT_CONFIGURED: i64 = 6;
    pub const NOT_RUNNING: i64 = 7;
    pub const PROMOTED: i64 = 8;
    pub const FAILED_PROMOTED: i64 = 9;
    pub const DEGRADED: i64 = 190;
    pub const DEGRADED_PROMOTED: i64 = 191;
    pub const NONE: i64 = 193;
}

/// How the execution of an operation ended (HIST-31); a cancelled one has no entry of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Done,
    TimedOut,
    Unsupported,
    Error,
    HardError,
    FatalError,
    NotInstalled,
    NotConnected,
    CannotExecute,
    NoFenceDevice,
    NoSecrets,
}

impl Status {
    /// The status of an `op-status`; nothing for one that makes the entry be ignored.
    pub fn from_code(code: i64) -> Option<Self> {
        Some(match code {
            -1 => Self::Pending,
            0 => Self::Done,
            2 => Self::TimedOut,
            3 => Self::Unsupported,
            4 => Self::Error,
            5 => Self::HardError,
            6 => Self::FatalError,
            7 => Self::NotInstalled,
            8 => Self::NotConnected,
            9 => Self::CannotExecute,
            10 => Self::NoFenceDevice,
            11 => Self::NoSecrets,
            _ => return None,
        })
    }
}

/// The attributes of an `lrm_rsc_op` that decisions depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'c> {
    /// The element.
    pub element: ElementId,
    pub id: Option<&'c str>,
    pub operation: Option<&'c str>,
    pub operation_key: Option<&'c str>,
    pub interval: Option<&'c str>,
    pub call_id: Option<&'c str>,
    pub op_status: Option<&'c str>,
    pub rc_code: Option<&'c str>,
    pub last_rc_change: Option<i64>,
    pub on_node: Option<&'c str>,
    pub transition_key: Option<&'c str>,
    pub transition_magic: Option<&'c str>,
    pub migrate_source: Option<&'c str>,
    pub migrate_target: Option<&'c str>,
    pub feature_set: Option<&'c str>,
    pub digest: Option<&'c str>,
    pub restart_digest: Option<&'c str>,
    pub secure_digest: Option<&'c str>,
    /// Names of the parameters that need a restart.
    pub restart_names: Option<&'c str>,
    /// Names of the parameters that are private.
    pub secure_names: Option<&'c str>,
}

impl<'c> Entry<'c> {
    /// Reads an `lrm_rsc_op`.
    pub fn read(element: ElementRef<'c>) -> Self {
        let mut entry = Self::empty(element.element_id());
        for (name, value) in element.attributes() {
            let field = match name {
                "id" => &mut entry.id,
                "operation" => &mut entry.operation,
                "operation_key" => &mut entry.operation_key,
                "interval" => &mut entry.interval,
                "call-id" => &mut entry.call_id,
                "op-status" => &mut entry.op_status,
                "rc-code" => &mut entry.rc_code,
                "on_node" => &mut entry.on_node,
                "transition-key" => &mut entry.transition_key,
                "transition-magic" => &mut entry.transition_magic,
                "migrate_source" => &mut entry.migrate_source,
                "migrate_target" => &mut entry.migrate_target,
                "crm_feature_set" => &mut entry.feature_set,
                "op-digest" => &mut entry.digest,
                "op-restart-digest" => &mut entry.restart_digest,
                "op-secure-digest" => &mut entry.secure_digest,
                "op-force-restart" => &mut entry.restart_names,
                "op-secure-params" => &mut entry.secure_names,
                "last-rc-change" => {
                    entry.last_rc_change = parse_integer(value);
                    continue;
                }
                _ => continue,
            };
            *field = Some(value);
        }
        entry
    }

    /// The key of the action that the entry tells of.
    pub fn action_key(&self, run: &mut Run<'_>) -> ActionKey {
        ActionKey::recurring(run.cluster.tasks.task(self.operation.unwrap_or_default()), self.interval_ms())
    }

    fn empty(element: ElementId) -> Self {
        Self {
            element,
            id: None,
            operation: None,
            operation_key: None,
            interval: None,
            call_id: None,
            op_status: None,
            rc_code: None,
            last_rc_change: None,
            on_node: None,
            transition_key: None,
            transition_magic: None,
            migrate_source: None,
            migrate_target: None,
            feature_set: None,
            digest: None,
            restart_digest: None,
            secure_digest: None,
            restart_names: None,
            secure_names: None,
        }
    }

    /// What names the operation: `operation_key`, or if that is missing the id.
    pub fn key(&self) -> Option<&'c str> {
        self.operation_key.filter(|key| !key.is_empty()).or(self.id)
    }

    /// The interval in milliseconds; 0 if it is missing or invalid.
    pub fn interval_ms(&self) -> u32 {
        self.interval.map_or(0, parse_key_interval)
    }

    /// The number that the executor gave the operation; -1 if there is none.
    pub fn call(&self) -> i64 {
        self.call_id.and_then(parse_integer).unwrap_or(-1)
    }

    /// Whether the operation is this one, in exactly this spelling.
    pub fn is_operation(&self, name: &str) -> bool {
        self.operation == Some(name)
    }

    /// Whether the entry was kept because the operation failed.
    pub fn is_last_failure(&self) -> bool {
        self.id.is_some_and(|id| id.ends_with("_last_failure_0"))
    }

    /// The exit code as it stands.
    pub fn rc(&self) -> Option<i64> {
        self.rc_code.and_then(parse_integer)
    }

    /// The status as it stands.
    pub(super) fn status(&self) -> Option<Status> {
        self.op_status.and_then(parse_integer).and_then(Status::from_code)
    }

    /// Whether it is done with the exit code `rc`.
    pub fn is_done_with(&self, rc: i64) -> bool {
        self.rc() == Some(rc) && self.status() == Some(Status::Done)
    }

    /// The exit code that the scheduler expected; -1 if that isn't known.
    pub fn target_rc(&self) -> i64 {
        self.transition_key.and_then(TransitionKey::parse).map_or(-1, |key| key.target_rc)
    }

    /// The transition that brought the operation about, as told by its result.
    pub(super) fn transition(&self) -> Option<TransitionKey<'c>> {
        let (status, rest) = self.transition_magic?.split_once(':')?;
        let (rc, key) = rest.split_once(';')?;
        parse_whole(status)?;
        parse_whole(rc)?;
        TransitionKey::parse(key)
    }
}

/// `ACTION:TRANSITION:TARGET-RC:UUID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TransitionKey<'c> {
    pub transition: i64,
    pub target_rc: i64,
    pub uuid: &'c str,
}

impl<'c> TransitionKey<'c> {
    /// Reads a key; the length of the UUID doesn't matter.
    pub fn parse(text: &'c str) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        parse_whole(parts.next()?)?;
        let transition = parse_whole(parts.next()?)?;
        let target_rc = parse_whole(parts.next()?)?;
        let uuid = parts.next()?.split_whitespace().next()?;
        Some(Self { transition, target_rc, uuid })
    }
}

/// An integer with nothing behind it.
fn parse_whole(text: &str) -> Option<i64> {
    leading_integer(text).filter(|number| number.rest.is_empty()).map(|number| number.value)
}
