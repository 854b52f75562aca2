//! What a service manager and an administrator see of the daemon: logs, readiness, signals, metrics.

mod logging;
mod metrics;
pub mod narration;
mod notify;
mod reload;
mod signals;

pub use logging::{LogFormat, LogTarget, Logging};
pub use metrics::Metrics;
pub use notify::Notifier;
pub use reload::Reloader;
pub use signals::{Signal, Signals};
