//! Recurring operations: each is called again an interval after it was last begun, and only news of it counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::{CallEnd, CallId, CallResult, Now, Operation, RecurringKey};

/// A recurring operation.
#[derive(Debug)]
struct Recurring {
    operation: Operation,
    state: State,
    /// What it said last; nothing if it has not been done yet.
    last: Option<Verdict>,
}

/// A recurring operation that said something else than before.
#[derive(Debug, PartialEq, Eq)]
pub struct News {
    /// The operation.
    pub operation: Operation,
    /// It was done for the first time.
    pub is_first: bool,
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
        self.wait(key, operation, at, Some(verdict(first)));
    }

    /// Begins to repeat an operation that is done for the first time after a delay; it must not be there already.
    pub fn insert_delayed(&mut self, now: Now, operation: &Operation, delay_ms: u64) {
        let Some(key) = operation.recurring_key() else { return };
        self.wait(key, operation, now.monotonic_ms.saturating_add(delay_ms), None);
    }

    fn wait(&mut self, key: RecurringKey, operation: &Operation, at: u64, last: Option<Verdict>) {
        self.due.insert((at, key.clone()));
        self.operations.insert(key, Recurring { operation: operation.clone(), state: State::Waiting(at), last });
    }

    /// Whether just this operation has not been done yet.
    #[must_use]
    pub fn is_to_begin(&self, operation: &Operation) -> bool {
        let known = operation.recurring_key().and_then(|key| self.operations.get(&key)).filter(|known| known.last.is_none());
        known.is_some_and(|known| known.operation.digest == operation.digest && known.operation.expected == operation.expected)
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
    pub fn ended(&mut self, now: Now, key: &RecurringKey, call: CallId, result: &CallResult) -> Option<News> {
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
        if result.end == CallEnd::Cancelled || Some(verdict(result)) == recurring.last {
            return None;
        }
        let is_first = recurring.last.replace(verdict(result)).is_none();
        Some(News { operation: recurring.operation.clone(), is_first })
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
            owner: String::new(),
            is_fatal: false,
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
    fn the_first_call_may_be_delayed() {
        let mut operations = RecurringOperations::default();
        operations.insert_delayed(at(0), &monitor("web"), 60_000);
        assert_eq!(operations.deadline(), Some(60_000));
        assert!(operations.is_to_begin(&monitor("web")));
        assert!(!operations.is_to_begin(&Operation { digest: "another".to_owned(), ..monitor("web") }));
        let key = monitor("web").recurring_key().unwrap();
        assert!(operations.begin_due(at(60_000), CallId(1)).is_some());
        let news = operations.ended(at(60_050), &key, CallId(1), &exited(0)).unwrap();
        assert!(news.is_first && !operations.is_to_begin(&monitor("web")));
        assert_eq!(operations.deadline(), Some(61_000));
        assert!(operations.begin_due(at(61_000), CallId(2)).is_some());
        assert!(!operations.ended(at(61_050), &key, CallId(2), &exited(7)).unwrap().is_first);
    }

    #[test]
    fn what_began_together_drifts_apart() {
        let pauses: Vec<u64> =
            ["a", "b", "c", "d"].iter().map(|name| first_pause(&monitor(name).recurring_key().unwrap())).collect();
        assert!(pauses.windows(2).all(|pair| pair[0] != pair[1]), "{pauses:?}");
    }
}
