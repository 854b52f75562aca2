//! Changes that an administrator asks for.

use serde::{Deserialize, Serialize};

/// A change of the configuration or of what the cluster remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Change {
    /// Something about a node.
    Node {
        /// Its name.
        node: String,
        /// What.
        change: NodeChange,
    },
    /// Something about a resource.
    Resource {
        /// Its id: of a primitive, group, clone or bundle.
        resource: String,
        /// What.
        change: ResourceChange,
    },
    /// Something about the document itself.
    Cib(CibChange),
}

/// A change of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum NodeChange {
    /// Takes no resources, or takes them again.
    Standby {
        /// Whether it is in standby from now on.
        on: bool,
    },
    /// Its resources are left alone, or taken care of again.
    Maintenance {
        /// Whether it is in maintenance from now on.
        on: bool,
    },
    /// Is fenced: its power is cut, or whatever else its fence devices do.
    Fence,
    /// Sets an attribute, or removes it.
    Attribute {
        /// Its name.
        name: String,
        /// Its value; none removes it.
        value: Option<String>,
        /// How long it lasts.
        lifetime: Lifetime,
    },
}

/// How long an attribute lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lifetime {
    /// Until it is removed: it is part of the configuration.
    #[default]
    Forever,
    /// Until the node restarts: it is part of the node's state.
    Reboot,
}

/// A change of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum ResourceChange {
    /// May run: its `target-role` is removed, or set to Started where something above says otherwise.
    Start,
    /// Has to stop: `target-role` Stopped.
    Stop,
    /// Stops where it runs and starts anew.
    Restart,
    /// Goes to another node and stays there: a location constraint of INFINITY; without a node, away from where it is.
    Move {
        /// Where to.
        node: Option<String>,
    },
    /// Never runs on a node: a location constraint of -INFINITY.
    Ban {
        /// Where; none is where it runs now.
        node: Option<String>,
    },
    /// Takes back what moves and bans have put in.
    Clear {
        /// For one node only.
        node: Option<String>,
    },
    /// Forgets its failures and finds out anew where it is.
    Cleanup {
        /// On one node only.
        node: Option<String>,
    },
    /// The cluster acts on it again.
    Manage,
    /// The cluster leaves it alone.
    Unmanage,
}

/// A change of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum CibChange {
    /// Puts another configuration in its place.
    Replace {
        /// A whole `cib` document; its status section doesn't count.
        xml: String,
        /// The version that it was made from; none replaces whatever there is.
        base: Option<Version>,
    },
    /// Adds or changes single elements: each element of the text stands for the one of its name and id, or goes where `parent` says.
    Patch {
        /// `<create parent="ID or SECTION">…</create>`, `<modify>…</modify>` or `<delete>…</delete>`, or several in a `<patch>` element.
        xml: String,
        /// The version that it was made from; none changes whatever there is.
        base: Option<Version>,
    },
}

/// The version of a CIB: the greater one is the newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
pub struct Version {
    /// Raised by hand alone, to make a configuration win.
    pub admin_epoch: u32,
    /// Grows with each change of the configuration.
    pub epoch: u32,
    /// Grows with each change of the state, and starts at 0 with each change of the configuration.
    pub num_updates: u32,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.admin_epoch, self.epoch, self.num_updates)
    }
}

/// A text that is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no version; write ADMIN_EPOCH.EPOCH.NUM_UPDATES, for example 0.12.3")]
pub struct NoVersion(pub String);

impl std::str::FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let numbers: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[admin_epoch, epoch, num_updates]) => Ok(Self { admin_epoch, epoch, num_updates }),
            _ => Err(NoVersion(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_and_read_back() {
        let version = |text: &str| text.parse::<Version>();
        assert_eq!(version("0.12.3"), Ok(Version { admin_epoch: 0, epoch: 12, num_updates: 3 }));
        assert!(version("0.12.3").ok() < version("0.13.0").ok());
        assert_eq!(version("0.12.3").map(|version| version.to_string()), Ok("0.12.3".to_owned()));
        for wrong in ["", "1.2", "1.2.3.4", "a.b.c", "1.2.-3"] {
            assert_eq!(version(wrong), Err(NoVersion(wrong.to_owned())));
        }
    }
}
