//! The transition graph as a value.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::digest::parameter_digest;
use crate::plan::parse_key_interval;
use crate::run::Run;

use super::Selection;
use super::attributes::Name;
use super::element::{Content, Describer, Mention, number};
use super::select::{header, priority};

/// The transition graph: what has to run, and what each action waits for.
#[derive(Debug, Clone, Default)]
pub struct Transition {
    /// Attributes of the graph element, in order.
    pub header: Vec<(&'static str, String)>,
    /// The synapses in order of writing.
    pub synapses: Vec<Synapse>,
    /// Actions that are waited for and are not in the graph themselves, so that their turn never comes (GRAPH-24).
    pub absent: Vec<GraphAction>,
}

impl Transition {
    /// The value of an attribute of the graph element.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.header.iter().find(|(at, _)| *at == name).map(|(_, value)| value.as_str())
    }

    /// Whether one failure of an operation counts as infinitely many.
    #[must_use]
    pub fn is_fatal(&self, operation: &str) -> bool {
        let name = match operation {
            "start" => "failed-start-offset",
            "stop" => "failed-stop-offset",
            _ => return false,
        };
        self.option(name).is_none_or(|value| value == "INFINITY")
    }
}

/// One action with what it waits for.
#[derive(Debug, Clone)]
pub struct Synapse {
    /// Its priority; 0 is not written.
    pub priority: i32,
    /// The action.
    pub action: GraphAction,
    /// The numbers of the actions that it waits for, ascending.
    pub inputs: Vec<u32>,
}

/// How an action is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementKind {
    /// `rsc_op`: executed by an agent.
    Resource,
    /// `pseudo_event`: nothing is executed.
    Pseudo,
    /// `crm_event`: executed by the cluster.
    Cluster,
}

impl ElementKind {
    /// The element's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ElementKind::Resource => "rsc_op",
            ElementKind::Pseudo => "pseudo_event",
            ElementKind::Cluster => "crm_event",
        }
    }
}

/// The attribute that only the action itself has, not its mention as an input.
pub(super) const SHUTDOWN_LOCK: &str = "shutdown-lock";

/// An action as it stands in the graph.
#[derive(Debug, Clone)]
pub struct GraphAction {
    /// The element's name.
    pub kind: ElementKind,
    /// The action's number.
    pub id: u32,
    /// Its attributes in order, `id` included: `mode`, `id`, `operation`, `operation_key`, `internal_operation_key`,
    /// `on_node`, `on_node_uuid`, `router_node`, `shutdown-lock`.
    pub attributes: Vec<(&'static str, SmolStr)>,
    /// Children; nothing for an action that is only mentioned.
    pub details: Option<Box<Details>>,
}

/// What only an action itself has, not its mention as an input.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// The `primitive` element's attributes in order.
    pub resource: Option<Vec<(&'static str, SmolStr)>>,
    /// The `attributes` element, sorted by name.
    pub attributes: Vec<(Arc<str>, SmolStr)>,
    /// `param` children of `attributes`.
    pub params: Vec<(String, String)>,
    /// Ids of nodes below `downed`.
    pub downed: Option<Vec<String>>,
    /// Node ids and whether they are in maintenance, below `maintenance`.
    pub maintenance: Option<Vec<(String, bool)>>,
}

impl GraphAction {
    /// The value of one of the element's own attributes.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(at, _)| *at == name).map(|(_, value)| value.as_str())
    }

    /// The value of an entry of the `attributes` element.
    #[must_use]
    pub fn detail(&self, name: &str) -> Option<&str> {
        let details = self.details.as_ref()?;
        details.attributes.iter().find(|(at, _)| **at == *name).map(|(_, value)| value.as_str())
    }

    /// An attribute of the resource that the action is for: `id`, `long-id`, `class`, `provider`, `type`.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<&str> {
        let attributes = self.details.as_ref()?.resource.as_ref()?;
        attributes.iter().find(|(at, _)| *at == name).map(|(_, value)| value.as_str())
    }

    /// The interval of a recurring action in milliseconds; 0 for one that is done once.
    #[must_use]
    pub fn interval_ms(&self) -> u32 {
        self.detail("CRM_meta_interval").map_or(0, parse_key_interval)
    }

    /// The digest of the parameters that the action is done with, as the history keeps it (SIM-94); those that can't be attributes
    /// count as well.
    #[must_use]
    pub fn parameter_digest(&self) -> String {
        let details = || self.details.iter();
        let attributes = details().flat_map(|details| &details.attributes).map(|(name, value)| (&**name, value.as_str()));
        let params = details().flat_map(|details| &details.params).map(|(name, value)| (name.as_str(), value.as_str()));
        parameter_digest(attributes.chain(params), self.interval_ms())
    }
}

impl Transition {
    /// The graph of what was selected.
    pub(crate) fn of(run: &Run<'_>, selection: &Selection) -> Self {
        let mut names = SharedNames::default();
        let synapses = selection.chosen.iter().map(|&id| Synapse {
            priority: priority(run, id),
            action: GraphAction::of(Describer::new(run, id), &mut names),
            inputs: selection.triggers(id).map(number).collect(),
        });
        let synapses = synapses.collect();
        let absent = selection.absent().into_iter().map(|id| GraphAction::mention(Describer::new(run, id))).collect();
        Self { header: header(run), synapses, absent }
    }
}

/// Names of attributes, each kept once however many actions have it.
#[derive(Default)]
struct SharedNames {
    known: FxHashMap<String, Arc<str>>,
    shown: String,
}

impl SharedNames {
    fn share(&mut self, name: &Name<'_>) -> Arc<str> {
        self.shown.clear();
        self.shown.extend(name.pieces());
        if let Some(known) = self.known.get(&self.shown) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = self.shown.as_str().into();
        self.known.insert(self.shown.clone(), Arc::clone(&shared));
        shared
    }
}

impl GraphAction {
    fn of(describer: Describer<'_, '_>, known: &mut SharedNames) -> Self {
        let (mention, content) = describer.element();
        Self { details: Some(Box::new(Details::of(content, known))), ..Self::from_mention(mention) }
    }

    fn mention(describer: Describer<'_, '_>) -> Self {
        Self::from_mention(describer.mention())
    }

    fn from_mention(mention: Mention<'_>) -> Self {
        let attributes = mention.names.into_iter().map(|(name, value)| (name, value.into())).collect();
        Self { kind: mention.kind, id: mention.number, attributes, details: None }
    }
}

impl Details {
    fn of(content: Content<'_>, known: &mut SharedNames) -> Self {
        let Content { resource, attributes, params, downed, maintenance } = content;
        let owned = |(name, value): (&'static str, &str)| (name, SmolStr::new(value));
        Self {
            resource: resource.map(|resource| resource.into_iter().map(owned).collect()),
            attributes: attributes.into_iter().map(|(name, value)| (known.share(&name), value.into())).collect(),
            params: params.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            downed: downed.map(|ids| ids.into_iter().map(str::to_owned).collect()),
            maintenance: maintenance.map(|nodes| nodes.into_iter().map(|(id, on)| (id.to_owned(), on)).collect()),
        }
    }
}
