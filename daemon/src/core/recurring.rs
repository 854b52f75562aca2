//! Recurring operations: each is called again an interval after it was last begun, and only news of it counts.

use std::collections::{BTreeMap, BTreeSet};

use super::{CallEnd, CallId, CallResult, Now, Operation, RecurringKey};

/// A recurring operation.
#[derive(Debug)]
struct Recurring {
    operation: Operation,
    state: State,
    /// What it said last.
    last: Verdict,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Until this moment, in milliseconds.
    Waiting(u64),
    /// Since this moment, in milliseconds.
    Running(CallId, u64),
}

type Verdict = (CallEnd, i32);

fn verdict(result: &CallResult) -> Verdict {
    (result.end, result.exit_status)
}

/// All recurring operations of this node.
#[derive(Debug, Default)]
pub struct RecurringOperations {
    operations: BTreeMap<RecurringKey, Recurring>,
    /// Those that wait, by the moment they are due.
    due: BTreeSet<(u64, RecurringKey)>,
}

impl RecurringOperations {
    /// Begins to repeat an operation that was just done for the first time, if it recurs; it must not be there already.
    pub fn insert(&mut self, now: Now, operation: &Operation, first: &CallResult) {
        let Some(key) = operation.recurring_key() else { return };
        let at = now.monotonic_ms + first_pause(&key);
        self.due.insert((at, key.clone()));
        let recurring = Recurring { operation: operation.clone(), state: State::Waiting(at), last: verdict(first) };
        self.operations.insert(key, recurring);
    }

    /// Stops repeating an operation; returns its call under way.
    fn take(&mut self, key: &RecurringKey) -> Option<CallId> {
        match self.operations.remove(key)?.state {
            State::Running(call, _) => Some(call),
            State::Waiting(at) => {
                self.due.remove(&(at, key.clone()));
                None
            }
        }
    }

    /// Stops repeating operations; returns their calls under way.
    pub fn remove(&mut self, is_meant: impl Fn(&RecurringKey) -> bool) -> Vec<CallId> {
        let meant: Vec<RecurringKey> = self.operations.keys().filter(|key| is_meant(key)).cloned().collect();
        meant.iter().filter_map(|key| self.take(key)).collect()
    }

    /// When the next one is due, in milliseconds.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Begins one that is due, as the call of that number.
    pub fn begin_due(&mut self, now: Now, call: CallId) -> Option<Operation> {
        let (at, _) = self.due.first()?;
        if *at > now.monotonic_ms {
            return None;
        }
        let (_, key) = self.due.pop_first()?;
        let recurring = self.operations.get_mut(&key)?;
        recurring.state = State::Running(call, now.monotonic_ms);
        Some(recurring.operation.clone())
    }

    /// A call ended; the operation, if that is news of it.
    pub fn ended(&mut self, now: Now, key: &RecurringKey, call: CallId, result: &CallResult) -> Option<Operation> {
        let recurring = self.operations.get_mut(key)?;
        let began = match recurring.state {
            State::Running(running, began) if running == call => began,
            _ => return None,
        };
        let interval = u64::from(key.interval_ms);
        // One that takes longer than its interval is not called again at once.
        let at = (began + interval).max(now.monotonic_ms + interval / 10);
        recurring.state = State::Waiting(at);
        self.due.insert((at, key.clone()));
        if result.end == CallEnd::Cancelled || verdict(result) == recurring.last {
            return None;
        }
        recurring.last = verdict(result);
        Some(recurring.operation.clone())
    }
}

/// How long to wait for the first repetition: up to a tenth less than the interval, different for each operation, so that those
/// that began together don't stay together.
fn first_pause(key: &RecurringKey) -> u64 {
    let interval = u64::from(key.interval_ms);
    let text = format!("{}_{}", key.resource, key.action);
    let mixed = text.bytes().fold(17_u64, |mixed, byte| mixed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    interval - mixed % (interval / 10).max(1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn monitor(resource: &str) -> Operation {
        Operation {
            resource: resource.to_owned(),
            class: "ocf".to_owned(),
            provider: Some("heartbeat".to_owned()),
            kind: "Dummy".to_owned(),
            action: "monitor".to_owned(),
            interval_ms: 1000,
            timeout_ms: 20_000,
            node: "a".to_owned(),
            expected: 0,
            digest: String::new(),
            parameters: BTreeMap::new(),
            number: 1,
            transition: 1,
        }
    }

    fn exited(exit_status: i32) -> CallResult {
        let (reason, output) = (String::new(), String::new());
        CallResult { end: CallEnd::Exited, exit_status, reason, output, exec_ms: 0, queue_ms: 0 }
    }

    fn at(monotonic_ms: u64) -> Now {
        Now { monotonic_ms, epoch_s: 0 }
    }

    #[test]
    fn only_news_counts_and_calls_never_overlap() {
        let mut operations = RecurringOperations::default();
        operations.insert(at(0), &monitor("web"), &exited(0));
        let due = operations.deadline().unwrap();
        assert!((900..=1000).contains(&due));
        let key = monitor("web").recurring_key().unwrap();
        assert!(operations.begin_due(at(due - 1), CallId(1)).is_none());
        assert!(operations.begin_due(at(due), CallId(1)).is_some());
        assert!(operations.begin_due(at(due + 5000), CallId(2)).is_none());
        assert_eq!(operations.deadline(), None);
        assert_eq!(operations.ended(at(due + 5000), &key, CallId(1), &exited(0)), None);
        assert_eq!(operations.deadline(), Some(due + 5100));
        assert!(operations.begin_due(at(due + 5100), CallId(3)).is_some());
        assert!(operations.ended(at(due + 5100), &key, CallId(2), &exited(7)).is_none());
        assert!(operations.ended(at(due + 5100), &key, CallId(3), &exited(7)).is_some());
        assert!(operations.begin_due(at(due + 9000), CallId(4)).is_some());
        assert!(operations.ended(at(due + 9000), &key, CallId(4), &exited(7)).is_none());
    }

    #[test]
    fn what_began_together_drifts_apart() {
        let pauses: Vec<u64> =
            ["a", "b", "c", "d"].iter().map(|name| first_pause(&monitor(name).recurring_key().unwrap())).collect();
        assert!(pauses.windows(2).all(|pair| pair[0] != pair[1]), "{pauses:?}");
    }
}
