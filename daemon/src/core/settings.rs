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
}
