//! What an ordering means for the two actions it relates.

use bitflags::bitflags;

bitflags! {
    /// A set of meanings; the empty set is a disabled relation (ORD-1). F is the first action, T the one behind it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
    pub struct Kinds: u32 {
        /// Order only, when both are in the graph.
        const SEQUENCE = 1;
        /// As [`Kinds::SEQUENCE`], from `kind=Serialize`.
        const SERIALIZE = 1 << 1;
        /// F required makes T required.
        const FIRST_IMPLIES_THEN = 1 << 2;
        /// F unrunnable makes T unrunnable.
        const UNRUNNABLE_BLOCKS = 1 << 3;
        /// Nominally T required makes F required; see ORD-74.
        const THEN_IMPLIES_FIRST = 1 << 4;
        /// From an asymmetric mandatory order.
        const ASYMMETRIC = 1 << 5;
        /// T required makes F required if T's resource is promoted.
        const PROMOTED_THEN_IMPLIES_FIRST = 1 << 6;
        /// T required, or unrunnable on the same resource, makes F required: stop before start.
        const RESTART = 1 << 7;
        /// Counts toward the number of runnable firsts that T needs.
        const MIN_RUNNABLE = 1 << 8;
        /// F required and runnable puts T into the graph.
        const THEN_IN_GRAPH = 1 << 9;
        /// T required puts F into the graph.
        const FIRST_IN_GRAPH = 1 << 10;
        /// Only on the same node.
        const SAME_NODE = 1 << 11;
        /// [`Kinds::FIRST_IMPLIES_THEN`] on F's node only.
        const FIRST_IMPLIES_SAME_NODE_THEN = 1 << 12;
        /// T required makes F optional.
        const THEN_CANCELS_FIRST = 1 << 13;
        /// Made by the cluster around guests; may cross a guest's own actions.
        const GUEST_ALLOWED = 1 << 14;
        /// [`Kinds::UNRUNNABLE_BLOCKS`], dropped if F is unrunnable and its resource active.
        const NESTED_PROBE = 1 << 15;
        /// F can only run if T can, as part of a migration.
        const UNMIGRATABLE_THEN_BLOCKS = 1 << 16;
        /// F unrunnable makes T a real action.
        const UNRUNNABLE_FIRST_REVIVES = 1 << 17;
        /// Counts only if F is not part of a migration.
        const UNLESS_MIGRATABLE = 1 << 18;
        /// Alone: counts only if F is required, on T's node (anti-colocation).
        const REQUIRED_ON_SAME_NODE = 1 << 19;
        /// Alone: counts only if F is on T's node or a migration's target (utilization).
        const LOAD = 1 << 20;
    }
}
