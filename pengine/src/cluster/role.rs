//! Roles of resources.

/// What an instance of a resource does on a node; later roles are higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Role {
    /// Not known, or not decided.
    #[default]
    Unknown,
    /// Not active.
    Stopped,
    /// Active; in a promotable clone the same as [`Role::Unpromoted`].
    Started,
    /// Active in a promotable clone, not promoted.
    Unpromoted,
    /// Active and promoted.
    Promoted,
}

impl Role {
    /// Reads a role in any case; the old names `Slave` and `Master` count, too (CIB-85).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        const NAMES: [(&str, Role); 6] = [
            ("Stopped", Role::Stopped),
            ("Started", Role::Started),
            ("Unpromoted", Role::Unpromoted),
            ("Slave", Role::Unpromoted),
            ("Promoted", Role::Promoted),
            ("Master", Role::Promoted),
        ];
        NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, role)| *role)
    }

    /// The role's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Unknown => "Unknown",
            Role::Stopped => "Stopped",
            Role::Started => "Started",
            Role::Unpromoted => "Unpromoted",
            Role::Promoted => "Promoted",
        }
    }
}
