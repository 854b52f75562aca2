//! What an ordering means for the two actions it relates.

use std::ops::{BitAnd, BitOr, BitOrAssign, SubAssign};

/// A set of meanings; the empty set is a disabled relation (ORD-1). F is the first action, T the one behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Kinds(u32);

impl Kinds {
    /// Order only, when both are in the graph.
    pub const SEQUENCE: Self = Self(1);
    /// As [`Kinds::SEQUENCE`], from `kind=Serialize`.
    pub const SERIALIZE: Self = Self(1 << 1);
    /// F required makes T required.
    pub const FIRST_IMPLIES_THEN: Self = Self(1 << 2);
    /// F unrunnable makes T unrunnable.
    pub const UNRUNNABLE_BLOCKS: Self = Self(1 << 3);
    /// Nominally T required makes F required; see ORD-74.
    pub const THEN_IMPLIES_FIRST: Self = Self(1 << 4);
    /// From an asymmetric mandatory order.
    pub const ASYMMETRIC: Self = Self(1 << 5);
    /// T required makes F required if T's resource is promoted.
    pub const PROMOTED_THEN_IMPLIES_FIRST: Self = Self(1 << 6);
    /// T required, or unrunnable on the same resource, makes F required: stop before start.
    pub const RESTART: Self = Self(1 << 7);
    /// Counts toward the number of runnable firsts that T needs.
    pub const MIN_RUNNABLE: Self = Self(1 << 8);
    /// F required and runnable puts T into the graph.
    pub const THEN_IN_GRAPH: Self = Self(1 << 9);
    /// T required puts F into the graph.
    pub const FIRST_IN_GRAPH: Self = Self(1 << 10);
    /// Only on the same node.
    pub const SAME_NODE: Self = Self(1 << 11);
    /// [`Kinds::FIRST_IMPLIES_THEN`] on F's node only.
    pub const FIRST_IMPLIES_SAME_NODE_THEN: Self = Self(1 << 12);
    /// T required makes F optional.
    pub const THEN_CANCELS_FIRST: Self = Self(1 << 13);
    /// Made by the cluster around guests; may cross a guest's own actions.
    pub const GUEST_ALLOWED: Self = Self(1 << 14);
    /// [`Kinds::UNRUNNABLE_BLOCKS`], dropped if F is unrunnable and its resource active.
    pub const NESTED_PROBE: Self = Self(1 << 15);
    /// F can only run if T can, as part of a migration.
    pub const UNMIGRATABLE_THEN_BLOCKS: Self = Self(1 << 16);
    /// F unrunnable makes T a real action.
    pub const UNRUNNABLE_FIRST_REVIVES: Self = Self(1 << 17);
    /// Counts only if F is not part of a migration.
    pub const UNLESS_MIGRATABLE: Self = Self(1 << 18);
    /// Alone: counts only if F is required, on T's node (anti-colocation).
    pub const REQUIRED_ON_SAME_NODE: Self = Self(1 << 19);
    /// Alone: counts only if F is on T's node or a migration's target (utilization).
    pub const LOAD: Self = Self(1 << 20);

    /// No meaning.
    #[must_use]
    pub const fn empty() -> Self {
        Self(0)
    }

    /// These and others.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether there is no meaning.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of these are among them.
    #[must_use]
    pub const fn contains(self, these: Self) -> bool {
        self.0 & these.0 == these.0
    }

    /// Whether any of these is among them.
    #[must_use]
    pub const fn intersects(self, these: Self) -> bool {
        self.0 & these.0 != 0
    }
}

impl BitOr for Kinds {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

impl BitOrAssign for Kinds {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.and(other);
    }
}

impl BitAnd for Kinds {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl SubAssign for Kinds {
    fn sub_assign(&mut self, other: Self) {
        self.0 &= !other.0;
    }
}
