//! How much a document may ask for.

/// How much a document may ask for: a few words of a configuration can stand for more than any memory holds, and the field knows no
/// limits. Of what asks for more there is only as much; a rule doesn't pass, and a name stands for nothing. How many XML nodes a document
/// may have is up to [`Cib::parse`](crate::Cib::parse).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Limits {
    /// The instances of one clone; each costs memory for every node. 1000 by default.
    pub instances: u32,
    /// The instances of all clones together. 100,000 by default.
    pub all_instances: u32,
    /// The replicas of one bundle: each is a node itself, and is ordered with each of the others on every node. 100 by default.
    pub replicas: u32,
    /// The replicas of all bundles together. 500 by default.
    pub all_replicas: u32,
    /// The members of one resource set of a constraint, or of what one name in it stands for: tags can refer to each other.
    /// 100,000 by default.
    pub set_members: usize,
    /// The conditions that are looked at for one rule: rules can refer to each other. 100,000 by default.
    pub rule_conditions: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            instances: 1000,
            all_instances: 100_000,
            replicas: 100,
            all_replicas: 500,
            set_members: 100_000,
            rule_conditions: 100_000,
        }
    }
}

/// What a document was granted so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Granted {
    instances: u32,
    replicas: u32,
}

impl Granted {
    /// As many instances as a clone asks for, or as are left.
    pub fn instances(&mut self, limits: Limits, asked: u32) -> u32 {
        grant(&mut self.instances, asked.min(limits.instances), limits.all_instances)
    }

    /// As many replicas as a bundle asks for, or as are left.
    pub fn replicas(&mut self, limits: Limits, asked: u32) -> u32 {
        grant(&mut self.replicas, asked.min(limits.replicas), limits.all_replicas)
    }
}

fn grant(granted: &mut u32, asked: u32, most: u32) -> u32 {
    let more = asked.min(most.saturating_sub(*granted));
    *granted += more;
    more
}
