//! How much a document may ask for.

/// How much a document may ask for: a few words of a configuration can stand for more than any memory holds, and the field knows no
/// limits. Of what asks for more there is only as much; a rule doesn't pass, and a name stands for nothing. How many XML nodes a document
/// may have is up to [`Cib::parse`](crate::Cib::parse).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Limits {
    /// The instances of one clone, or the replicas of one bundle; each costs memory for every node. 1000 by default.
    pub instances: u32,
    /// The members of one resource set of a constraint, or of what one name in it stands for: tags can refer to each other.
    /// 100,000 by default.
    pub set_members: usize,
    /// The conditions that are looked at for one rule: rules can refer to each other. 100,000 by default.
    pub rule_conditions: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { instances: 1000, set_members: 100_000, rule_conditions: 100_000 }
    }
}
