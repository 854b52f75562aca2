//! What ends a call that doesn't end by itself.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::core::CallEnd;

/// When a call is over whether it has ended or not.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    deadline: Instant,
    cancelled: watch::Receiver<bool>,
}

impl Bounds {
    /// Over after a time, or when cancelled.
    pub(super) fn new(time: Duration, cancelled: watch::Receiver<bool>) -> Self {
        Self { deadline: Instant::now() + time, cancelled }
    }

    /// Over after a time.
    pub(super) fn time(time: Duration) -> Self {
        Self::new(time, watch::channel(false).1)
    }

    /// The same, but over after another time.
    pub(super) fn with_time(&self, time: Duration) -> Self {
        Self::new(time, self.cancelled.clone())
    }

    /// Waits until it is over, and tells why.
    pub(super) async fn reached(&self) -> CallEnd {
        tokio::select! {
            () = cancellation(self.cancelled.clone()) => CallEnd::Cancelled,
            () = sleep_until(self.deadline) => CallEnd::TimedOut,
        }
    }
}

/// Waits for a cancellation; for ever if nobody can cancel any more.
pub(super) async fn cancellation(mut cancelled: watch::Receiver<bool>) {
    if cancelled.wait_for(|&cancelled| cancelled).await.is_err() {
        std::future::pending::<()>().await;
    }
}
