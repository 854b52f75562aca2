//! Answering what people and agents ask for.

use pengine::cib::{parse_bool, write_xml};
use pengine::report::Chunk;
use pengine::simulate::{SessionOptions, simulate};
use pengine_control::{Change, Lifetime, NodeChange, Refusal, Reply, Request, ResourceChange};

use super::change::{Editor, Forget, primitives_below};
use super::saving::{ConfigurationChange, Wish};
use super::{Core, RequestId, StateChange};

impl Core {
    pub(super) fn answer(&mut self, request: RequestId, what: Request) {
        let reply = match what {
            Request::Status => Reply::Status(Box::new(self.status())),
            Request::Cib { section } => self.document_text(section.as_deref()).unwrap_or_else(Reply::Refused),
            Request::Change { change, dry_run: true } => self.plan_of(change).unwrap_or_else(Reply::Refused),
            Request::Change { change, dry_run: false } => return self.change(request, change),
            Request::Follow => Reply::Following,
            Request::Agent(what) => return self.answer_agent(request, what),
            Request::Metrics => Reply::Metrics { text: self.metrics() },
        };
        self.reply_to(Some(request), reply);
    }

    fn document_text(&self, section: Option<&str>) -> Result<Reply, Refusal> {
        let cib = self.document.cib();
        let element = match section {
            None => Some(cib.root()),
            Some(name) => cib.root().child(name).or_else(|| cib.root().child("configuration")?.child(name)),
        };
        let unknown = || Refusal::Unknown {
            what: "section".to_owned(),
            id: section.unwrap_or_default().to_owned(),
            known: "configuration, status, crm_config, nodes, resources, constraints, …".to_owned(),
        };
        Ok(Reply::Cib { xml: write_xml(element.ok_or_else(unknown)?), version: self.document.version() })
    }

    /// What a change would lead to, in the words of a simulation.
    fn plan_of(&mut self, change: Change) -> Result<Reply, Refusal> {
        let mut cib = match self.only_state(&change)? {
            None => self.draft(&ConfigurationChange::Command(change))?.cib,
            Some(state) => self.document.with(&state),
        };
        let root = cib.root().element_id();
        cib.tree_mut().unset(root, "execution-date");
        let options = SessionOptions { process: true, real_now: self.now.epoch_s, ..SessionOptions::default() };
        let session = simulate(cib, &options).map_err(|error| Refusal::Invalid { reason: error.to_string() })?;
        let texts = session.output.into_iter().filter_map(|chunk| match chunk {
            Chunk::Out(text) => Some(text),
            Chunk::Err(_) => None,
        });
        Ok(Reply::Plan { text: texts.collect() })
    }

    fn change(&mut self, request: RequestId, change: Change) {
        match self.only_state(&change) {
            Err(refusal) => self.reply_to(Some(request), Reply::Refused(refusal)),
            Ok(None) => {
                let change = ConfigurationChange::Command(change);
                self.change_configuration(Wish { from: Some(request), change });
            }
            Ok(Some(state)) => {
                if let StateChange::Attribute { node, name, .. } = &state {
                    self.dampening.drop_held(node, name);
                }
                self.change_state(state);
                self.reply_to(Some(request), Reply::Changed { version: self.document.version() });
                self.decide_anew("it was asked for");
            }
        }
    }

    /// What a change is to the state, if it is no change of the configuration.
    fn only_state(&self, change: &Change) -> Result<Option<StateChange>, Refusal> {
        let mut scratch = self.document.cib().clone();
        let mut editor = Editor::new(&mut scratch);
        Ok(Some(match change {
            Change::Resource { resource, change: ResourceChange::Cleanup { node } } => {
                node.as_ref().map(|node| editor.node(node)).transpose()?;
                let element = editor.resource(resource)?;
                let primitives = primitives_below(editor.tree().get(element));
                StateChange::Forgotten { primitives, node: node.clone(), what: Forget::History }
            }
            Change::Resource { resource, change: ResourceChange::Restart } => {
                let element = editor.resource(resource)?;
                let primitives = primitives_below(editor.tree().get(element));
                StateChange::Forgotten { primitives, node: None, what: Forget::Parameters }
            }
            Change::Node { node, change: NodeChange::Fence } => {
                editor.node(node)?;
                self.may_fence()?;
                let (name, value) = ("terminate".to_owned(), Some("true".to_owned()));
                StateChange::Attribute { node: node.clone(), name, value }
            }
            Change::Node { node, change: NodeChange::Attribute { name, value, lifetime: Lifetime::Reboot } } => {
                editor.node(node)?;
                StateChange::Attribute { node: node.clone(), name: name.clone(), value: value.clone() }
            }
            _ => return Ok(None),
        }))
    }

    /// Whether nodes are fenced at all.
    fn may_fence(&self) -> Result<(), Refusal> {
        let is_off = |name| self.document.option(name).is_some_and(|text| parse_bool(&text) == Some(false));
        let reason = if is_off("fencing-enabled") || is_off("stonith-enabled") {
            "no node is fenced: fencing is switched off in the configuration (fencing-enabled)"
        } else if !self.membership.quorum {
            "no node is fenced without quorum"
        } else {
            return Ok(());
        };
        Err(Refusal::Invalid { reason: reason.to_owned() })
    }

    /// Sets an attribute of a node that lasts until it restarts, or removes it.
    pub(super) fn set_passing_attribute(&mut self, node: &str, name: &str, value: Option<&str>) {
        let (node, name, value) = (node.to_owned(), name.to_owned(), value.map(str::to_owned));
        self.change_state(StateChange::Attribute { node, name, value });
    }
}
