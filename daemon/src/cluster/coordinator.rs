//! What the coordinator has beside its core: who asked, who has saved, and what was heard already.

use std::collections::{BTreeMap, BTreeSet};

use pengine_control::{Request, Version};

use super::NodeId;
use crate::core::{Core, Document, Effect, Event, Finding, Heritage, Member, Membership, Now, RequestId, Settings};

/// The part of a node that decides for all.
#[derive(Debug)]
pub struct Coordinator {
    core: Core,
    names: BTreeMap<NodeId, String>,
    /// Who waits for an answer of the core, and what he calls his request.
    askers: BTreeMap<RequestId, (NodeId, RequestId)>,
    last_request: u64,
    /// Who has still to save a configuration.
    saving: BTreeSet<NodeId>,
    /// What went wrong with that.
    complaint: Option<String>,
    /// The number of the last finding of each node.
    heard: BTreeMap<String, u64>,
    wanted: Vec<Effect>,
}

impl Coordinator {
    /// A coordinator of these nodes.
    #[must_use]
    pub fn new(settings: Settings, document: Document, heritage: Heritage, names: BTreeMap<NodeId, String>, now: Now) -> Self {
        Self {
            core: Core::resume(settings, document, heritage, now),
            names,
            askers: BTreeMap::new(),
            last_request: 0,
            saving: BTreeSet::new(),
            complaint: None,
            heard: BTreeMap::new(),
            wanted: Vec::new(),
        }
    }

    /// How many transitions this run of the daemon decided.
    #[must_use]
    pub fn transitions(&self) -> u32 {
        self.core.transitions()
    }

    /// When something is due, in milliseconds.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        self.core.deadline()
    }

    /// What the core wants done.
    pub fn take_wanted(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.wanted)
    }

    /// Who waits for an answer.
    pub fn asker(&mut self, request: RequestId) -> Option<(NodeId, RequestId)> {
        self.askers.remove(&request)
    }

    fn handle(&mut self, now: Now, event: Event) {
        for effect in self.core.handle(now, event) {
            if let Effect::Save { .. } = effect {
                self.saving = self.names.keys().copied().collect();
                self.complaint = None;
            }
            self.wanted.push(effect);
        }
    }

    /// Whether there is quorum, and who is there.
    pub fn quorum(&mut self, now: Now, quorum: bool) {
        let member = |(id, name): (&NodeId, &String)| Member { name: name.clone(), id: id.to_string() };
        let members = self.names.iter().map(member).collect();
        self.handle(now, Event::Membership(Membership { members, quorum }));
    }

    /// A node has found something out; what it tells again was told at the beginning of the term, too.
    pub fn found(&mut self, now: Now, finding: Finding) {
        let last = self.heard.entry(finding.node.clone()).or_default();
        if finding.number > *last {
            *last = finding.number;
            self.handle(now, Event::Found(Box::new(finding)));
        }
    }

    /// Somebody asks for something, at some node.
    pub fn asked(&mut self, now: Now, from: NodeId, request: RequestId, what: Request) {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.askers.insert(id, (from, request));
        self.handle(now, Event::Request(id, what));
    }

    /// A node has saved a configuration, or could not.
    pub fn saved(&mut self, now: Now, from: NodeId, version: Version, result: Result<(), String>) {
        if !self.saving.remove(&from) {
            return;
        }
        if let Err(reason) = result {
            let name = self.names.get(&from).map_or("", String::as_str);
            self.complaint.get_or_insert(format!("on {name}: {reason}"));
        }
        if self.saving.is_empty() {
            let result = self.complaint.take().map_or(Ok(()), Err);
            self.handle(now, Event::Saved(version, result));
        }
    }

    /// A node wants to leave.
    pub fn leaves(&mut self, now: Now, from: NodeId) {
        if let Some(name) = self.names.get(&from).cloned() {
            self.handle(now, Event::Leave(name));
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Now) {
        self.handle(now, Event::Tick);
    }
}
