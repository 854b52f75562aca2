//! Reading an operation's key back from text.

use super::parse_key_interval;

/// The parts of a key `RESOURCE_TASK_INTERVAL` (ACT-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintedKey<'t> {
    /// The resource's name.
    pub resource: &'t str,
    /// The task; for a notification with its phase (`pre_notify_start`).
    pub task: &'t str,
    /// The interval in milliseconds.
    pub interval: u32,
}

impl<'t> PrintedKey<'t> {
    /// Splits a key; nothing if it has not all three parts.
    #[must_use]
    pub fn parse(key: &'t str) -> Option<Self> {
        const NOTIFY: [&str; 4] = ["_confirmed-pre_notify", "_confirmed-post_notify", "_pre_notify", "_post_notify"];
        let (name, interval) = key.rsplit_once('_')?;
        let interval = parse_key_interval(interval);
        let migration = ["_migrate_from", "_migrate_to"].into_iter().find(|suffix| name.ends_with(suffix));
        let at = migration.map_or_else(|| name.rfind('_'), |suffix| name.len().checked_sub(suffix.len()))?;
        let notify = name.get(..at).and_then(|front| NOTIFY.into_iter().find(|suffix| front.ends_with(suffix)));
        let at = at - notify.map_or(0, str::len);
        let (resource, task) = (name.get(..at)?, name.get(at + 1..)?);
        (!resource.is_empty() && !task.is_empty()).then_some(Self { resource, task, interval })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_from_behind() {
        let parse = |key| PrintedKey::parse(key).map(|key| (key.resource, key.task, key.interval));
        assert_eq!(parse("my_rsc_monitor_10000"), Some(("my_rsc", "monitor", 10_000)));
        assert_eq!(parse("a_migrate_to_0"), Some(("a", "migrate_to", 0)));
        assert_eq!(parse("a:1_confirmed-post_notify_start_0"), Some(("a:1", "confirmed-post_notify_start", 0)));
        assert_eq!(parse("a_stop_x"), Some(("a", "stop", 0)));
        assert_eq!(parse("_stop_0"), None);
        assert_eq!(parse("stop_0"), None);
    }
}
