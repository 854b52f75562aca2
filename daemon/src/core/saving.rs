//! Changes of the configuration, one after the other: each is made in a draft, saved, and counts only then.

use std::collections::VecDeque;

use pengine::{Cib, Snapshot};
use pengine_control::{AgentAnswer, AgentRequest, Change, Happening, Refusal, Reply, Version};

use super::change::{self, Editor, Whereabouts};
use super::document::Draft;
use super::{Core, Effect, RequestId};

/// A change that somebody waits for.
#[derive(Debug)]
pub(super) struct Wish {
    /// Who asked for it; nobody if the core itself wants it.
    pub(super) from: Option<RequestId>,
    pub(super) change: ConfigurationChange,
}

/// A change of the configuration, by whoever it was asked for.
#[derive(Debug, Clone)]
pub(super) enum ConfigurationChange {
    /// By an administrator.
    Command(Change),
    /// By an agent.
    Agent(AgentRequest),
    /// Members that the configuration doesn't know are added.
    AddMembers,
}

/// What is being saved, and what waits.
#[derive(Debug, Default)]
pub(super) struct Saving {
    current: Option<(Wish, Draft)>,
    waiting: VecDeque<Wish>,
}

impl Saving {
    /// Whether members are being added that the configuration doesn't know yet.
    pub(super) fn adds_members(&self) -> bool {
        let wishes = self.current.iter().map(|(wish, _)| wish).chain(&self.waiting);
        wishes.into_iter().any(|wish| matches!(wish.change, ConfigurationChange::AddMembers))
    }
}

impl Core {
    /// Makes a change as soon as those before it are saved. Without quorum others may be changing the configuration, too, and only
    /// one of both would last.
    pub(super) fn change_configuration(&mut self, wish: Wish) {
        if !self.membership.quorum {
            return self.reply_to(wish.from, Reply::Refused(Refusal::NoQuorum));
        }
        self.saving.waiting.push_back(wish);
        self.save_next();
    }

    /// Adds members that the configuration doesn't know.
    pub(super) fn configure_members(&mut self) {
        let mut known = self.document.cib().clone();
        let editor = Editor::new(&mut known);
        let is_unknown = self.membership.members.iter().any(|member| editor.node(&member.name).is_err());
        if is_unknown && self.membership.quorum {
            self.change_configuration(Wish { from: None, change: ConfigurationChange::AddMembers });
        }
    }

    fn save_next(&mut self) {
        while self.saving.current.is_none() {
            let Some(wish) = self.saving.waiting.pop_front() else { return };
            match self.draft(&wish.change) {
                Ok(draft) if !self.document.differs(&draft) => {
                    let version = self.document.version();
                    self.reply_to(wish.from, done(&wish.change, version));
                }
                Ok(draft) => {
                    self.effects.push(Effect::Save { version: draft.version, xml: draft.configuration() });
                    self.saving.current = Some((wish, draft));
                }
                Err(refusal) => self.reply_to(wish.from, Reply::Refused(refusal)),
            }
        }
    }

    /// The document with a change in it.
    pub(super) fn draft(&self, change: &ConfigurationChange) -> Result<Draft, Refusal> {
        let present = self.document.version();
        let whereabouts = self.whereabouts();
        self.document.draft(|cib| {
            match change {
                ConfigurationChange::Command(change) => change::configure(cib, change, &whereabouts, present)?,
                ConfigurationChange::Agent(request) => self.configure_for_agent(cib, request)?,
                ConfigurationChange::AddMembers => {}
            }
            // Another document may not know who is there.
            self.add_members(cib);
            Ok(())
        })
    }

    /// Where resources are active.
    fn whereabouts(&self) -> Whereabouts {
        let settings = self.engine_settings();
        Whereabouts::of(&mut Snapshot::read(self.document.cib(), &settings))
    }

    fn add_members(&self, cib: &mut Cib) {
        let mut editor = Editor::new(cib);
        for member in &self.membership.members {
            if editor.node(&member.name).is_err() {
                let nodes = editor.section("nodes");
                editor.tree().add_child_with(nodes, "node", &[("id", &member.id), ("uname", &member.name)]);
            }
        }
    }

    /// A configuration was saved, or could not be.
    pub(super) fn saved(&mut self, version: Version, result: Result<(), String>) {
        let Some((wish, draft)) = self.saving.current.take_if(|(_, draft)| draft.version == version) else { return };
        let adopted = result.and_then(|()| self.document.adopt(&draft).map_err(|error| error.to_string()));
        match adopted {
            Ok(()) => {
                self.effects.push(Effect::Adopted(version));
                self.told.clear();
                let what = describe(&wish.change);
                self.report(Happening::Configured { version, what });
                self.reply_to(wish.from, done(&wish.change, version));
                self.decide_anew("the configuration changed");
            }
            Err(reason) => {
                self.effects.push(Effect::Abandoned(version));
                self.reply_to(wish.from, Reply::Refused(Refusal::NotSaved { reason }));
            }
        }
        self.save_next();
    }

    pub(super) fn reply_to(&mut self, request: Option<RequestId>, reply: Reply) {
        match (request, reply) {
            (Some(request), reply) => self.effects.push(Effect::Reply(request, reply)),
            (None, Reply::Refused(refusal)) => self.report(Happening::Warning { text: refusal.to_string() }),
            (None, _) => {}
        }
    }
}

fn done(change: &ConfigurationChange, version: Version) -> Reply {
    match change {
        ConfigurationChange::Agent(_) => Reply::Agent(AgentAnswer::Done),
        ConfigurationChange::Command(_) | ConfigurationChange::AddMembers => Reply::Changed { version },
    }
}

fn describe(change: &ConfigurationChange) -> String {
    match change {
        ConfigurationChange::Command(Change::Node { node, .. }) => format!("node {node}"),
        ConfigurationChange::Command(Change::Resource { resource, .. }) => format!("resource {resource}"),
        ConfigurationChange::Command(Change::Cib(_)) => "the document".to_owned(),
        ConfigurationChange::Agent(_) => "an attribute, by an agent".to_owned(),
        ConfigurationChange::AddMembers => "new members".to_owned(),
    }
}
