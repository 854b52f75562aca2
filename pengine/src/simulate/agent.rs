//! Which histories a simulation makes up.

use crate::cib::ElementId;
use crate::record::{AgentName, StatusSection};

use super::Refusal;

/// The words by which an agent is known, as far as there are any.
#[derive(Debug, Clone, Copy)]
pub(super) struct AgentWords<'a> {
    pub(super) class: Option<&'a str>,
    pub(super) provider: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
}

/// The history of a resource on a node, found by `name` or else by `other`, or made (SIM-83).
pub(super) fn history(
    section: &mut StatusSection<'_>,
    state: ElementId,
    name: &str,
    other: Option<&str>,
    agent: AgentWords<'_>,
) -> Result<ElementId, Refusal> {
    if let Some(found) = section.find_history(state, name, other) {
        return Ok(found);
    }
    let agent = checked_agent(&section.state_id(state), name, agent)?;
    Ok(section.add_history(state, other.unwrap_or(name), agent))
}

/// The agent, if a history can be made for it.
fn checked_agent<'a>(node: &str, name: &str, agent: AgentWords<'a>) -> Result<AgentName<'a>, Refusal> {
    const CLASSES: [&str; 5] = ["ocf", "stonith", "service", "systemd", "lsb"];
    let resource = name.to_owned();
    let AgentWords { class: Some(class), provider, kind: Some(kind) } = agent else {
        return Err(Refusal::NoAgent { resource, node: node.to_owned() });
    };
    if !CLASSES.iter().any(|known| class.eq_ignore_ascii_case(known)) {
        return Err(Refusal::InvalidClass { resource, class: class.to_owned() });
    }
    if class.eq_ignore_ascii_case("ocf") && provider.is_none() {
        return Err(Refusal::NoProvider { resource });
    }
    Ok(AgentName { class, provider, kind })
}
