//! The CIB and its versions: the configuration changes by drafts that count once they are safe on disk, the state at once.

use pengine::cib::{ElementId, ElementRef, write_xml};
use pengine::record::StatusSection;
use pengine::{Cib, CibError};
use pengine_control::Version;

use super::StateChange;

/// After so many changes of the state the document is made anew: its texts only ever grow in place.
const MOST_UPDATES: u32 = 5_000;

/// What the document says of the state beside its status section.
const STATE: [&str; 2] = ["have-quorum", "dc-uuid"];

/// The CIB.
#[derive(Debug, Clone)]
pub struct Document {
    cib: Cib,
    updates: u32,
}

/// A configuration that is to be: the document with a change in it.
#[derive(Debug)]
pub struct Draft {
    /// The document as it would be.
    pub cib: Cib,
    /// Its version.
    pub version: Version,
}

impl Document {
    /// A document that begins with this CIB; what its status section says of an earlier time doesn't count.
    ///
    /// # Errors
    ///
    /// If the document without its status section can't be read back, which a CIB that could be read doesn't do.
    pub fn new(cib: &Cib) -> Result<Self, CibError> {
        Ok(Self { cib: Cib::parse(configuration_text(cib))?, updates: 0 })
    }

    /// The text of a cluster option, as configured.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<String> {
        let section = self.cib.section("crm_config")?;
        let pairs = section.children_named("cluster_property_set").flat_map(|set| set.children_named("nvpair"));
        let mut pairs = pairs.filter(|pair| pair.attr("name") == Some(name));
        pairs.next()?.attr("value").map(str::to_owned)
    }

    /// A document of a configuration, as text, and what is known of nodes.
    ///
    /// # Errors
    ///
    /// If that can't be read, which texts that were written here can.
    pub fn assemble(configuration: &str, states: &[String]) -> Result<Self, CibError> {
        let configuration = configuration_text(&Cib::parse(configuration)?);
        let end = configuration.rfind("</cib>").unwrap_or(configuration.len());
        let (before, after) = configuration.split_at(end);
        let text = format!("{before}<status>{}</status>{after}", states.concat());
        Ok(Self { cib: Cib::parse(text)?, updates: 0 })
    }

    /// What is kept on disk of it, as text.
    #[must_use]
    pub fn configuration(&self) -> String {
        configuration_text(&self.cib)
    }

    /// The configuration alone, without versions, as text.
    #[must_use]
    pub fn essence(&self) -> String {
        self.cib.root().child("configuration").map(write_xml).unwrap_or_default()
    }

    /// What is known of nodes, by name, as text.
    #[must_use]
    pub fn states(&self) -> Vec<(String, String)> {
        let states = self.cib.section("status").into_iter().flat_map(|status| status.children_named("node_state"));
        states.filter_map(|state| Some((state.attr("uname")?.to_owned(), write_xml(state)))).collect()
    }

    /// The present document.
    #[must_use]
    pub fn cib(&self) -> &Cib {
        &self.cib
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> Version {
        version_of(&self.cib)
    }

    /// Changes the state.
    pub fn apply(&mut self, change: &StateChange) {
        apply(&mut self.cib, change);
        self.updates += 1;
        if self.updates >= MOST_UPDATES {
            // What was written can be read; if it couldn't, the grown document would serve on.
            if let Ok(fresh) = Cib::parse(self.cib.to_xml()) {
                self.cib = fresh;
            }
            self.updates = 0;
        }
    }

    /// The document as it would be with a change of the state.
    #[must_use]
    pub fn with(&self, change: &StateChange) -> Cib {
        let mut cib = self.cib.clone();
        apply(&mut cib, change);
        cib
    }

    /// The document with a change of its configuration in it, to be saved and then adopted.
    ///
    /// # Errors
    ///
    /// Those of the change.
    pub fn draft<E>(&self, change: impl FnOnce(&mut Cib) -> Result<(), E>) -> Result<Draft, E> {
        let mut cib = self.cib.clone();
        change(&mut cib)?;
        let present = self.version();
        let admin_epoch = version_of(&cib).admin_epoch.max(present.admin_epoch);
        let epoch = if admin_epoch > present.admin_epoch { version_of(&cib).epoch } else { present.epoch + 1 };
        let version = Version { admin_epoch, epoch, num_updates: 0 };
        set_version(&mut cib, version);
        Ok(Draft { cib, version })
    }

    /// Whether a draft changes anything but the version.
    #[must_use]
    pub fn differs(&self, draft: &Draft) -> bool {
        let mut same = draft.cib.clone();
        set_version(&mut same, self.version());
        same.to_xml() != self.cib.to_xml()
    }

    /// Puts the configuration of a draft in place of the present one; the state stays.
    ///
    /// # Errors
    ///
    /// If the result can't be read back, which drafts that came from changes here don't do; nothing is changed then.
    pub fn adopt(&mut self, draft: &Draft) -> Result<(), CibError> {
        let mut next = draft.cib.clone();
        let root = next.root().element_id();
        remove_status(&mut next);
        for name in STATE {
            match self.cib.root().attr(name) {
                Some(value) => next.tree_mut().set(root, name, value),
                None => next.tree_mut().unset(root, name),
            }
        }
        if let Some(status) = self.cib.section("status") {
            next.tree_mut().add_copy(Some(root), status);
        }
        self.cib = Cib::parse(next.to_xml())?;
        self.updates = 0;
        Ok(())
    }
}

impl Draft {
    /// A draft that was made elsewhere.
    ///
    /// # Errors
    ///
    /// If the text can't be read, which texts that were written here can.
    pub fn read(configuration: &str) -> Result<Self, CibError> {
        let cib = Cib::parse(configuration)?;
        Ok(Self { version: version_of(&cib), cib })
    }

    /// What is kept on disk of it.
    #[must_use]
    pub fn configuration(&self) -> String {
        configuration_text(&self.cib)
    }
}

fn apply(cib: &mut Cib, change: &StateChange) {
    let mut section = StatusSection::new(cib, false);
    change.apply(&mut section);
    section.finish();
}

/// A document as text, without its status section.
fn configuration_text(cib: &Cib) -> String {
    let mut kept = cib.clone();
    remove_status(&mut kept);
    kept.to_xml()
}

fn remove_status(cib: &mut Cib) {
    let sections: Vec<ElementId> = cib.root().children_named("status").map(ElementRef::element_id).collect();
    for section in sections {
        cib.tree_mut().remove(section);
    }
}

/// The version that a document says it has.
#[must_use]
pub fn version_of(cib: &Cib) -> Version {
    let number = |name| cib.root().attr(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    Version { admin_epoch: number("admin_epoch"), epoch: number("epoch"), num_updates: number("num_updates") }
}

fn set_version(cib: &mut Cib, version: Version) {
    let root = cib.root().element_id();
    let numbers = [("admin_epoch", version.admin_epoch), ("epoch", version.epoch), ("num_updates", version.num_updates)];
    for (name, number) in numbers {
        cib.tree_mut().set(root, name, &number.to_string());
    }
}
