//! A node's copy of the document: each change is made where it stands in the order of messages, and so at all nodes alike.

use std::collections::BTreeMap;

use pengine::{Cib, CibError};
use pengine_control::Version;

use super::{Agreement, Base, Join, LastTerm, Term, wire};
use crate::core::{Document, Draft, StateChange, version_of};
use crate::disk::sha256;

/// A copy of the document and what is known of how it came about.
#[derive(Debug)]
pub struct Replica {
    document: Document,
    /// The last term that the node lived through.
    term: Option<Term>,
    /// How much was decided in that term; none if the node has not lived through one since it was started.
    position: Option<u64>,
    /// The number of the last term with quorum that the configuration comes from.
    configured: Option<u64>,
    /// The number of the last term with quorum that the state comes from.
    quorate: Option<u64>,
    /// Since which term the node has been there without a break.
    since: u64,
    pending: Option<Pending>,
}

/// A configuration that is to count once all have saved it.
#[derive(Debug)]
struct Pending {
    version: Version,
    xml: String,
    is_saved: bool,
}

impl Replica {
    /// A copy that begins with what was saved.
    ///
    /// # Errors
    ///
    /// If the configuration can't be read back, which one that could be read doesn't do.
    pub fn new(cib: &Cib, last: Option<LastTerm>) -> Result<Self, CibError> {
        let (term, configured) = (last.map(|last| last.term), last.and_then(|last| last.quorate));
        Ok(Self { document: Document::new(cib)?, term, position: None, configured, quorate: None, since: 0, pending: None })
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The version of the document.
    #[must_use]
    pub fn version(&self) -> Version {
        version_of(self.document.cib())
    }

    /// How much was decided in the present term.
    #[must_use]
    pub fn position(&self) -> Option<u64> {
        self.position
    }

    /// What is kept of the terms that it lived through.
    #[must_use]
    pub fn last_term(&self) -> Option<LastTerm> {
        self.term.map(|term| LastTerm { term, quorate: self.configured })
    }

    /// What it has to tell when nodes come together; the rest is the worker's.
    #[must_use]
    pub fn join(&self, name: &str, run: (String, u64)) -> Join {
        let states = self.document.states().into_iter();
        Join {
            protocol: (wire::OLDEST_PROTOCOL, wire::NEWEST_PROTOCOL),
            name: name.to_owned(),
            run,
            term: self.term,
            fellows: BTreeMap::new(),
            position: self.position,
            configured: self.configured,
            quorate: self.quorate,
            since: self.since,
            version: self.version(),
            digest: sha256(self.document.essence().as_bytes()),
            state: states.filter(|(node, _)| node == name && self.position.is_some()).map(|(_, state)| state).next(),
            open: Vec::new(),
        }
    }

    /// What it knows of nodes that are not among these.
    #[must_use]
    pub fn states_without(&self, names: &[&str]) -> Vec<String> {
        let states = self.document.states().into_iter();
        states.filter(|(node, _)| !names.contains(&node.as_str())).map(|(_, state)| state).collect()
    }

    /// A term begins in which all know the same already.
    pub fn begin(&mut self, agreement: &Agreement) {
        let Agreement { term, quorate, configured, .. } = *agreement;
        if self.position.is_none() {
            self.since = term.number;
        }
        (self.term, self.quorate, self.configured, self.position) = (Some(term), quorate, configured, Some(0));
    }

    /// A term begins with what others told; returns the configuration that was there before, if it is another one.
    ///
    /// # Errors
    ///
    /// If what was told can't be read, which can't be if it was told by this program.
    pub fn begin_anew(
        &mut self,
        agreement: &Agreement,
        base: &Base,
        joins: &[&Join],
        is_informed: bool,
    ) -> Result<Option<String>, CibError> {
        let before = self.document.clone();
        let absent = base.absent.iter().flatten();
        let states: Vec<String> = absent.chain(joins.iter().filter_map(|join| join.state.as_ref())).cloned().collect();
        let ours = || before.configuration();
        self.document = Document::assemble(&base.configuration.clone().unwrap_or_else(ours), &states)?;
        if !is_informed {
            self.position = None;
        }
        self.begin(agreement);
        Ok((before.essence() != self.document.essence()).then(|| before.configuration()))
    }

    /// Something was decided.
    pub fn advance(&mut self) {
        if let Some(position) = &mut self.position {
            *position += 1;
        }
    }

    /// The state changes; returns what is to be kept of the term if it is one with quorum from now on.
    pub fn change(&mut self, change: &StateChange) -> Option<LastTerm> {
        self.document.apply(change);
        let number = self.term.map(|term| term.number);
        let has_quorum = matches!(change, StateChange::Members { membership, .. } if membership.quorum);
        if !has_quorum || self.quorate == number {
            return None;
        }
        (self.quorate, self.configured) = (number, number);
        self.last_term()
    }

    /// A configuration is to be saved.
    pub fn prepare(&mut self, version: Version, xml: String) {
        self.pending = Some(Pending { version, xml, is_saved: false });
    }

    /// A configuration was saved; whether it is one that is to count.
    pub fn saved(&mut self, version: Version, worked: bool) -> bool {
        let Some(pending) = self.pending.as_mut().filter(|pending| pending.version == version) else { return false };
        pending.is_saved |= worked;
        true
    }

    /// A configuration counts that was saved.
    ///
    /// # Errors
    ///
    /// If it can't be read, which can't be if it was made by this program.
    pub fn adopt(&mut self, version: Version) -> Result<(), CibError> {
        match self.pending.take().filter(|pending| pending.version == version) {
            Some(pending) => self.document.adopt(&Draft::read(&pending.xml)?),
            None => Ok(()),
        }
    }

    /// Not all could save a configuration; whether it is on disk here.
    pub fn abandon(&mut self) -> bool {
        self.pending.take().is_some_and(|pending| pending.is_saved)
    }

    /// The term is over. A configuration that was saved here may be one that was acknowledged: it counts.
    ///
    /// # Errors
    ///
    /// If it can't be read, which can't be if it was made by this program.
    pub fn end_term(&mut self) -> Result<(), CibError> {
        match self.pending.take().filter(|pending| pending.is_saved) {
            Some(pending) => self.document.adopt(&Draft::read(&pending.xml)?),
            None => Ok(()),
        }
    }
}
