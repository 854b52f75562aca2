//! What agents ask for through their tools.

use pengine::cib::ElementRef;
use pengine::record::remembers_failures;
use pengine::report::document::Role;
use pengine::{Cib, Snapshot};
use pengine_control::{AgentAnswer, AgentRequest, Dampening, Lifetime, NodeName, NodeValue, Refusal, Reply, UtilizationOwner};

use super::change::{Editor, primitives_below, set_lasting_attribute, set_option};
use super::saving::{ConfigurationChange, Wish};
use super::{Core, RequestId};

/// A count without end.
const INFINITY: i64 = 1_000_000;

impl Core {
    pub(super) fn answer_agent(&mut self, request: RequestId, what: AgentRequest) {
        let answer = match what {
            AgentRequest::GetAttribute { name, node, lifetime } => self.attribute(&name, node.as_deref(), lifetime),
            AgentRequest::SetAttribute { lifetime: Lifetime::Forever, private: false, .. }
            | AgentRequest::SetOption { .. }
            | AgentRequest::SetUtilization { .. } => {
                let change = ConfigurationChange::Agent(what);
                return self.change_configuration(Wish { from: Some(request), change });
            }
            AgentRequest::SetAttribute { name, value, node, private, dampening, .. } => {
                self.set_attribute(&name, value.as_deref(), node, private, dampening);
                Ok(AgentAnswer::Done)
            }
            AgentRequest::GetOption { name, set } => self.option_values(&name, set.as_deref()),
            AgentRequest::GetUtilization { of, name } => self.utilization(&of, &name),
            AgentRequest::Nodes => Ok(self.node_names()),
            AgentRequest::Locate { resource } => self.active_nodes(&resource),
            AgentRequest::GetParameter { resource, name, meta } => self.parameter(&resource, &name, meta),
            AgentRequest::GetFailCount { resource, node } => Ok(self.fail_count(&resource, node)),
            AgentRequest::ClearFailCount { resource, node } => {
                let node = node.unwrap_or_else(|| self.settings.node.clone());
                self.clear_fail_counts(&resource, Some(&node));
                self.decide_anew("failures were forgotten");
                Ok(AgentAnswer::Done)
            }
        };
        self.reply_to(Some(request), answer.map_or_else(Reply::Refused, Reply::Agent));
    }

    /// Makes an agent's change of the configuration.
    pub(super) fn configure_for_agent(&self, cib: &mut Cib, request: &AgentRequest) -> Result<(), Refusal> {
        match request {
            AgentRequest::SetAttribute { name, value, node, .. } => {
                let node = node.clone().unwrap_or_else(|| self.settings.node.clone());
                let present = lasting_attribute(cib, &node, name).map(str::to_owned);
                let value = value.as_deref().map(|value| counted(present.as_deref(), value));
                set_lasting_attribute(&mut Editor::new(cib), &node, name, value.as_deref())
            }
            AgentRequest::SetOption { name, value, set } => {
                set_option(&mut Editor::new(cib), name, value.as_deref(), set.as_deref());
                Ok(())
            }
            AgentRequest::SetUtilization { of, name, value } => {
                let mut editor = Editor::new(cib);
                let (owner, id) = match of {
                    UtilizationOwner::Node(node) => (editor.node(node)?, format!("nodes-{node}-utilization")),
                    UtilizationOwner::Resource(resource) => (editor.resource(resource)?, format!("{resource}-utilization")),
                };
                editor.set_value(owner, "utilization", &id, name, value.as_deref());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn set_attribute(
        &mut self,
        name: &str,
        value: Option<&str>,
        node: Option<String>,
        private: bool,
        dampening: Option<Dampening>,
    ) {
        let node = node.unwrap_or_else(|| self.settings.node.clone());
        let known = self.private_attributes.get(&(node.clone(), name.to_owned())).cloned();
        // What is private stays so, whoever changes it.
        let private = private || known.is_some();
        let passing = || self.newest_attribute(&node, name).map(str::to_owned);
        let present = if private { known } else { passing() };
        let value = value.map(|value| counted(present.as_deref(), value));
        if private {
            match value {
                Some(value) => self.private_attributes.insert((node, name.to_owned()), value),
                None => self.private_attributes.remove(&(node, name.to_owned())),
            };
            return;
        }
        let counts_at_once = dampening.is_some_and(|Dampening { delay_ms, anew }| self.dampening.set_delay(name, delay_ms, anew));
        if !counts_at_once && (value == present || self.dampening.holds(self.now, &node, name, value.as_deref())) {
            return;
        }
        self.dampening.drop_held(&node, name);
        self.change_passing_attribute(&node, name, value.as_deref());
    }

    /// Changes an attribute that lasts until the node restarts, if it is another one than that.
    pub(super) fn change_passing_attribute(&mut self, node: &str, name: &str, value: Option<&str>) {
        if passing_attribute(self.document.cib(), node, name) != value {
            self.set_passing_attribute(node, name, value);
            self.decide_anew(&format!("the attribute {name} of {node} changed"));
        }
    }

    /// An attribute that lasts until the node restarts, as it was set last, whether that counts already or not.
    fn newest_attribute(&self, node: &str, name: &str) -> Option<&str> {
        self.dampening.held(node, name).unwrap_or_else(|| passing_attribute(self.document.cib(), node, name))
    }

    fn attribute(&self, name: &str, node: Option<&str>, lifetime: Option<Lifetime>) -> Result<AgentAnswer, Refusal> {
        let cib = self.document.cib();
        let nodes = match node {
            Some(node) => vec![node.to_owned()],
            None => self.known_nodes().into_iter().map(|node| node.name).collect(),
        };
        let value = |node: &str| {
            let lasting = || lasting_attribute(cib, node, name);
            let passing = || self.newest_attribute(node, name);
            let private = || self.private_attributes.get(&(node.to_owned(), name.to_owned())).map(String::as_str);
            match lifetime {
                None => lasting().or_else(passing).or_else(private),
                Some(Lifetime::Forever) => lasting(),
                Some(Lifetime::Reboot) => passing().or_else(private),
            }
        };
        let values = nodes.iter().filter_map(|node| Some(NodeValue { node: node.clone(), value: value(node)?.to_owned() }));
        Ok(AgentAnswer::Values { values: values.collect() })
    }

    fn option_values(&self, name: &str, set: Option<&str>) -> Result<AgentAnswer, Refusal> {
        let section = self.document.cib().section("crm_config");
        let sets = section.into_iter().flat_map(|section| section.children_named("cluster_property_set"));
        let sets = sets.filter(|at| set.is_none() || at.id() == set);
        let value = sets.flat_map(|set| set.children_named("nvpair")).find(|pair| pair.attr("name") == Some(name));
        Ok(single_value(value.and_then(|pair| pair.attr("value"))))
    }

    fn utilization(&self, of: &UtilizationOwner, name: &str) -> Result<AgentAnswer, Refusal> {
        let mut scratch = self.document.cib().clone();
        let mut editor = Editor::new(&mut scratch);
        let owner = match of {
            UtilizationOwner::Node(node) => editor.node(node)?,
            UtilizationOwner::Resource(resource) => editor.resource(resource)?,
        };
        Ok(single_value(named_value(editor.tree().get(owner), "utilization", name)))
    }

    fn parameter(&self, resource: &str, name: &str, meta: bool) -> Result<AgentAnswer, Refusal> {
        let mut scratch = self.document.cib().clone();
        let mut editor = Editor::new(&mut scratch);
        let element = editor.resource(base_name(resource))?;
        let kind = if meta { "meta_attributes" } else { "instance_attributes" };
        let above = std::iter::successors(Some(editor.tree().get(element)), |at| at.parent());
        let mut values = above.filter_map(|at| named_value(at, kind, name));
        Ok(single_value(values.next()))
    }

    /// All nodes that are configured or there, this one first, the others by name.
    fn known_nodes(&self) -> Vec<NodeName> {
        let members = self.membership.members.iter().map(|member| (member.name.clone(), member.id.clone()));
        let mut nodes: Vec<NodeName> = members.map(|(name, id)| NodeName { name, id, online: true }).collect();
        let configured = self.document.cib().section("nodes").into_iter().flat_map(|nodes| nodes.children_named("node"));
        for node in configured {
            let (Some(name), Some(id)) = (node.attr("uname"), node.id()) else { continue };
            if !nodes.iter().any(|known| known.name.eq_ignore_ascii_case(name)) {
                nodes.push(NodeName { name: name.to_owned(), id: id.to_owned(), online: false });
            }
        }
        nodes.sort_by_key(|node| (!self.is_local(&node.name), node.name.clone()));
        nodes
    }

    fn node_names(&self) -> AgentAnswer {
        AgentAnswer::Nodes { nodes: self.known_nodes(), have_quorum: self.membership.quorum }
    }

    fn active_nodes(&self, resource: &str) -> Result<AgentAnswer, Refusal> {
        let mut scratch = self.document.cib().clone();
        let mut editor = Editor::new(&mut scratch);
        let element = editor.resource(base_name(resource))?;
        let primitives = primitives_below(editor.tree().get(element));
        let settings = self.engine_settings();
        let status = Snapshot::read(self.document.cib(), &settings).status();
        let mut nodes: Vec<(String, bool)> = Vec::new();
        for primitive in status.primitives() {
            let is_meant = primitives.iter().any(|id| base_name(&primitive.id) == id);
            for node in primitive.nodes.iter().filter(|_| is_meant) {
                let found = (node.name.clone(), primitive.role == Role::Promoted);
                if !nodes.contains(&found) {
                    nodes.push(found);
                }
            }
        }
        Ok(AgentAnswer::Active { nodes })
    }

    fn fail_count(&self, resource: &str, node: Option<String>) -> AgentAnswer {
        let node = node.unwrap_or_else(|| self.settings.node.clone());
        let counts = passing_attributes(self.document.cib(), &node)
            .filter(|(name, _)| name.starts_with("fail-count-") && remembers_failures(name, resource));
        let count = counts.fold(0, |sum: i64, (_, value)| {
            let value = if value == "INFINITY" { INFINITY } else { value.parse().unwrap_or(0) };
            sum.saturating_add(value).min(INFINITY)
        });
        let value = if count == INFINITY { "INFINITY".to_owned() } else { count.to_string() };
        AgentAnswer::Values { values: vec![NodeValue { node, value }] }
    }
}

/// A resource's name without the number of an instance.
fn base_name(resource: &str) -> &str {
    match resource.rsplit_once(':') {
        Some((name, number)) if number.parse::<u32>().is_ok() => name,
        _ => resource,
    }
}

fn single_value(value: Option<&str>) -> AgentAnswer {
    let values = value.into_iter().map(|value| NodeValue { node: String::new(), value: value.to_owned() });
    AgentAnswer::Values { values: values.collect() }
}

fn named_value<'t>(owner: ElementRef<'t>, kind: &str, name: &str) -> Option<&'t str> {
    let pairs = owner.children_named(kind).flat_map(|set| set.children_named("nvpair"));
    pairs.filter(|pair| pair.attr("name") == Some(name)).find_map(|pair| pair.attr("value"))
}

fn lasting_attribute<'c>(cib: &'c Cib, node: &str, name: &str) -> Option<&'c str> {
    let nodes = cib.root().child("configuration")?.child("nodes")?;
    let mut meant = nodes.children_named("node");
    let node = meant.find(|at| at.attr("uname").is_some_and(|uname| uname.eq_ignore_ascii_case(node)))?;
    named_value(node, "instance_attributes", name)
}

fn passing_attribute<'c>(cib: &'c Cib, node: &str, name: &str) -> Option<&'c str> {
    passing_attributes(cib, node).find(|(at, _)| *at == name).map(|(_, value)| value)
}

fn passing_attributes<'c>(cib: &'c Cib, node: &str) -> impl Iterator<Item = (&'c str, &'c str)> {
    let states = cib.section("status").into_iter().flat_map(|status| status.children_named("node_state"));
    let states = states.filter(|state| state.attr("uname").is_some_and(|uname| uname.eq_ignore_ascii_case(node)));
    let sets = states.flat_map(|state| state.children_named("transient_attributes")).flat_map(ElementRef::descendants);
    sets.filter(|at| at.name() == "nvpair").filter_map(|pair| Some((pair.attr("name")?, pair.attr("value")?)))
}

/// The value that a text stands for: `++` and `+=N`, with or without a name in front, count on from the present value.
fn counted(present: Option<&str>, value: &str) -> String {
    let step = match (value.strip_suffix("++"), value.rsplit_once("+=")) {
        (Some(_), _) => Some(1),
        (None, Some((_, step))) => step.parse::<i64>().ok(),
        (None, None) => None,
    };
    let Some(step) = step else { return value.to_owned() };
    let present = present.map_or(0, |text| if text == "INFINITY" { INFINITY } else { text.parse().unwrap_or(0) });
    let sum = present.saturating_add(step).clamp(-INFINITY, INFINITY);
    match sum {
        INFINITY => "INFINITY".to_owned(),
        _ if sum == -INFINITY => "-INFINITY".to_owned(),
        sum => sum.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_count_on_from_the_present_one() {
        assert_eq!(counted(None, "++"), "1");
        assert_eq!(counted(Some("4"), "value++"), "5");
        assert_eq!(counted(Some("4"), "value+=-6"), "-2");
        assert_eq!(counted(Some("INFINITY"), "+=5"), "INFINITY");
        assert_eq!(counted(Some("4"), "plain"), "plain");
        assert_eq!(counted(Some("4"), "a+=b"), "a+=b");
    }

    #[test]
    fn instances_have_the_name_of_their_resource() {
        assert_eq!(base_name("web:12"), "web");
        assert_eq!(base_name("web"), "web");
        assert_eq!(base_name("a:b"), "a:b");
    }
}
