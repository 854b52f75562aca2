//! Which histories a simulation makes up.

use crate::cib::ElementId;
use crate::record::{AgentName, HistoryId, StatusSection};

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
) -> Result<HistoryId, Refusal> {
    if let Some(found) = section.find_history(state, name, other) {
        return Ok(found);
    }
    let agent = checked_agent(agent).map_err(|problem| problem.refusal(name, &section.state_id(state)))?;
    Ok(section.add_history(state, other.unwrap_or(name), agent))
}

/// What is wrong with an agent.
enum Problem<'a> {
    NoAgent,
    InvalidClass(&'a str),
    NoProvider,
}

impl Problem<'_> {
    fn refusal(self, name: &str, node: &str) -> Refusal {
        let resource = name.to_owned();
        match self {
            Problem::NoAgent => Refusal::NoAgent { resource, node: node.to_owned() },
            Problem::InvalidClass(class) => Refusal::InvalidClass { resource, class: class.to_owned() },
            Problem::NoProvider => Refusal::NoProvider { resource },
        }
    }
}

/// The agent, if a history can be made for it.
fn checked_agent(agent: AgentWords<'_>) -> Result<AgentName<'_>, Problem<'_>> {
    const CLASSES: [&str; 5] = ["ocf", "stonith", "service", "systemd", "lsb"];
    let AgentWords { class: Some(class), provider, kind: Some(kind) } = agent else { return Err(Problem::NoAgent) };
    if !CLASSES.iter().any(|known| class.eq_ignore_ascii_case(known)) {
        return Err(Problem::InvalidClass(class));
    }
    if class.eq_ignore_ascii_case("ocf") && provider.is_none() {
        return Err(Problem::NoProvider);
    }
    Ok(AgentName { class, provider, kind })
}
