//! Cluster options and the settings derived from them.

use super::{HealthWords, NameValues, Score};

/// What is done without quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum NoQuorumPolicy {
    #[default]
    Stop,
    Freeze,
    Ignore,
    Demote,
    Fence,
}

/// How `#health` attributes of nodes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum HealthStrategy {
    #[default]
    None,
    Custom,
    OnlyGreen,
    Progressive,
    MigrateOnRed,
}

/// How capacity counts when a node is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum PlacementStrategy {
    #[default]
    Default,
    Utilization,
    Minimal,
    Balanced,
}

/// Cluster options (CIB section 8).
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Options {
    /// Every option's text: as configured, or the default.
    pub texts: NameValues,
    pub no_quorum_policy: NoQuorumPolicy,
    pub shutdown_lock: bool,
    /// In milliseconds; 0 is no limit.
    pub shutdown_lock_limit_ms: u32,
    pub symmetric_cluster: bool,
    pub maintenance_mode: bool,
    pub start_failure_is_fatal: bool,
    pub enable_startup_probes: bool,
    pub fence_remote_without_quorum: bool,
    pub fencing_enabled: bool,
    /// `reboot` or `off`.
    pub fencing_action: String,
    pub have_watchdog: bool,
    pub concurrent_fencing: bool,
    /// Only ever true with fencing enabled (CIB-96).
    pub startup_fencing: bool,
    /// In milliseconds.
    pub priority_fencing_delay_ms: u32,
    /// In milliseconds; 0 is no timeout.
    pub node_pending_timeout_ms: u32,
    pub stop_all_resources: bool,
    pub stop_removed_resources: bool,
    pub cancel_removed_actions: bool,
    pub health_strategy: HealthStrategy,
    pub health_base: Score,
    pub health_words: HealthWords,
    pub placement_strategy: PlacementStrategy,
    pub cluster_name: Option<String>,
}

impl Options {
    /// The text of an option, for the graph's header.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }
}

use super::{Cib, NextChange};

impl Options {
    /// Reads `crm_config` and derives the settings (CIB-88 to CIB-97).
    #[must_use]
    pub fn read(cib: &Cib, now: i64, has_quorum: bool, change: &mut NextChange) -> Self {
        let _ = (cib, now, has_quorum, change);
        todo!()
    }
}
