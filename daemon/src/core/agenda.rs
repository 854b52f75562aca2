//! When it is to be decided anew.

use super::Now;

/// What is due, and when.
#[derive(Debug, Default)]
pub struct Agenda {
    /// Something happened: the moment, and what it was.
    wanted: Option<(u64, String)>,
    /// Though nothing happened: the moment by both clocks.
    check: Option<(u64, i64)>,
}

impl Agenda {
    /// It is to be decided anew, in so many milliseconds. The earliest moment counts, with its cause.
    pub fn want(&mut self, now: Now, in_ms: u64, cause: &str) {
        let at = now.monotonic_ms.saturating_add(in_ms);
        if self.wanted.as_ref().is_none_or(|(known, _)| at < *known) {
            self.wanted = Some((at, cause.to_owned()));
        }
    }

    /// It is to be decided anew at a time, in seconds since the epoch, even if nothing happens.
    pub fn check_at(&mut self, now: Now, epoch_s: i64) {
        let seconds = u64::try_from(epoch_s.saturating_sub(now.epoch_s)).unwrap_or(0);
        self.check = Some((now.monotonic_ms.saturating_add(seconds.saturating_mul(1000)), epoch_s));
    }

    /// When the next check is, in seconds since the epoch.
    #[must_use]
    pub fn next_check(&self) -> Option<i64> {
        self.check.map(|(_, epoch_s)| epoch_s)
    }

    /// When the next thing is due, in milliseconds.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        let wanted = self.wanted.as_ref().map(|(at, _)| *at);
        wanted.into_iter().chain(self.check.map(|(at, _)| at)).min()
    }

    /// Takes what is due, with its cause.
    pub fn take_due(&mut self, now: Now) -> Option<String> {
        if self.wanted.as_ref().is_some_and(|(at, _)| *at <= now.monotonic_ms) {
            return self.wanted.take().map(|(_, cause)| cause);
        }
        self.check.take_if(|(at, _)| *at <= now.monotonic_ms).map(|_| "it was time to look again".to_owned())
    }
}
