//! Node attributes whose changes wait for further ones before they count (dampening).

use std::collections::BTreeMap;

use super::{Core, Now};

/// A change that waits.
#[derive(Debug)]
struct Held {
    until_ms: u64,
    /// None removes the attribute.
    value: Option<String>,
}

/// How long changes of attributes wait, and those that do.
#[derive(Debug, Default)]
pub struct Dampening {
    /// By attribute, in milliseconds; no longer than until the daemon ends.
    delays: BTreeMap<String, u64>,
    /// By node and attribute.
    held: BTreeMap<(String, String), Held>,
}

impl Dampening {
    /// Sets how long changes of an attribute wait; whether that is another time than it had. Unless `anew`, it keeps the one that
    /// it has.
    pub fn set_delay(&mut self, name: &str, delay_ms: u64, anew: bool) -> bool {
        let known = self.delays.get(name).copied();
        if known.is_none() || anew {
            self.delays.insert(name.to_owned(), delay_ms);
        }
        anew && known.is_some_and(|known| known != delay_ms)
    }

    /// Holds a change back, if changes of that attribute wait. Those that come while one waits take its place, and its time.
    #[must_use]
    pub fn holds(&mut self, now: Now, node: &str, name: &str, value: Option<&str>) -> bool {
        let delay = self.delays.get(name).copied().unwrap_or(0);
        if delay == 0 {
            return false;
        }
        let held = self.held.entry((node.to_owned(), name.to_owned()));
        let until_ms = now.monotonic_ms.saturating_add(delay);
        held.or_insert(Held { until_ms, value: None }).value = value.map(str::to_owned);
        true
    }

    /// The value that waits for an attribute; `Some(None)` if its removal does.
    #[must_use]
    pub fn held(&self, node: &str, name: &str) -> Option<Option<&str>> {
        let held = self.held.get(&(node.to_owned(), name.to_owned()))?;
        Some(held.value.as_deref())
    }

    /// When the next change has waited long enough, in milliseconds.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        self.held.values().map(|held| held.until_ms).min()
    }

    /// Takes what has waited long enough: node, attribute and value.
    fn take_due(&mut self, now: Now) -> Vec<(String, String, Option<String>)> {
        let is_due = |held: &Held| held.until_ms <= now.monotonic_ms;
        let (due, held) = std::mem::take(&mut self.held).into_iter().partition(|(_, held)| is_due(held));
        self.held = held;
        let due: BTreeMap<_, Held> = due;
        due.into_iter().map(|((node, name), held)| (node, name, held.value)).collect()
    }

    /// Drops the change that waits for an attribute.
    pub fn drop_held(&mut self, node: &str, name: &str) {
        self.held.remove(&(node.to_owned(), name.to_owned()));
    }

    /// Drops all changes that wait for a node.
    pub fn drop_all_held(&mut self, node: &str) {
        self.held.retain(|(of, _), _| of != node);
    }
}

impl Core {
    /// Lets changes count that have waited long enough.
    pub(super) fn release_attributes(&mut self) {
        for (node, name, value) in self.dampening.take_due(self.now) {
            self.change_passing_attribute(&node, &name, value.as_deref());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(monotonic_ms: u64) -> Now {
        Now { monotonic_ms, epoch_s: 0 }
    }

    #[test]
    fn the_first_change_sets_the_time_and_the_last_one_the_value() {
        let mut dampening = Dampening::default();
        assert!(!dampening.holds(at(0), "alice", "ping", Some("1")));
        assert!(!dampening.set_delay("ping", 5_000, true));
        assert!(dampening.holds(at(100), "alice", "ping", Some("1")));
        assert!(dampening.holds(at(4_000), "alice", "ping", None));
        assert_eq!(dampening.held("alice", "ping"), Some(None));
        assert!(dampening.take_due(at(5_099)).is_empty());
        assert_eq!(dampening.deadline(), Some(5_100));
        assert_eq!(dampening.take_due(at(5_100)), [("alice".to_owned(), "ping".to_owned(), None)]);
        assert_eq!((dampening.deadline(), dampening.held("alice", "ping")), (None, None));
        assert!(dampening.holds(at(6_000), "alice", "ping", Some("2")) && dampening.holds(at(6_000), "bob", "ping", Some("2")));
        dampening.drop_held("alice", "ping");
        assert_eq!((dampening.held("alice", "ping"), dampening.held("bob", "ping")), (None, Some(Some("2"))));
        dampening.drop_all_held("bob");
        assert_eq!(dampening.deadline(), None);
    }

    #[test]
    fn an_attribute_keeps_its_time_until_it_is_set_anew() {
        let mut dampening = Dampening::default();
        assert!(!dampening.set_delay("ping", 5_000, false) && !dampening.set_delay("ping", 1_000, false));
        assert!(dampening.holds(at(0), "alice", "ping", Some("1")));
        assert_eq!(dampening.deadline(), Some(5_000));
        assert!(dampening.set_delay("ping", 0, true));
        assert!(!dampening.holds(at(0), "bob", "ping", Some("1")));
    }
}
