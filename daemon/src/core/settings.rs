//! What the core is told once.

/// What the core is told when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// This node's name.
    pub node: String,
    /// This node's id.
    pub node_id: String,
    /// How many agents a node may run at once for a transition; 0 is no limit.
    pub node_limit: usize,
    /// A text that no other daemon and no other run of this one has: it marks the results of its own transitions.
    pub run_id: String,
    /// There may be other nodes, which have a while to come before their state counts as unknown.
    pub waits_for_others: bool,
}

/// What was there before, where one goes on that another began.
#[derive(Debug, Default)]
pub struct Heritage {
    /// The number of the term that begins.
    pub term: u64,
    /// How many transitions this run of the daemon decided.
    pub transitions: u32,
    /// What was ordered, and nobody has heard the end of.
    pub open: Vec<super::Order>,
}
