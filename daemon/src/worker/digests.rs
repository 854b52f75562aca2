//! Digests of some of the parameters of operations: of which ones, agents tell.

use pengine::record::{ParameterDigest, parameter_digest};

use crate::core::{AgentFacts, Digests, Operation};

/// The digest of some of an operation's parameters. Without an interval the timeout is left out, as it has to be (HIST-84).
fn digest_of(operation: &Operation, counts: impl Fn(&str) -> bool) -> String {
    let given = operation.parameters.iter().filter(|(name, _)| counts(name));
    parameter_digest(given.map(|(name, value)| (name.as_str(), value.as_str())), 0)
}

/// The digests that an agent makes necessary.
pub(super) fn of(operation: &Operation, facts: &AgentFacts) -> Digests {
    Digests { restart: restart_parameters(operation, facts), secure: secure_parameters(operation, facts) }
}

/// The parameters whose change needs a restart; nothing if the agent can't take others by a reload.
fn restart_parameters(operation: &Operation, facts: &AgentFacts) -> Option<ParameterDigest> {
    let can_reload = facts.offers("reload-agent") && facts.parameters.iter().any(|parameter| parameter.reloadable);
    if !can_reload || operation.interval_ms > 0 {
        return None;
    }
    let fixed = facts.parameters.iter().filter(|parameter| !parameter.reloadable);
    let names: Vec<String> = fixed.map(|parameter| parameter.name.clone()).collect();
    let digest = digest_of(operation, |name| names.iter().any(|fixed| fixed == name));
    Some(ParameterDigest { names, digest })
}

/// The parameters that are for nobody to see, if the agent knows any, and the digest of the others.
fn secure_parameters(operation: &Operation, facts: &AgentFacts) -> Option<ParameterDigest> {
    let private = facts.parameters.iter().filter(|parameter| parameter.private);
    let names: Vec<String> = private.map(|parameter| parameter.name.clone()).collect();
    if names.is_empty() {
        return None;
    }
    let digest = digest_of(operation, |name| !names.iter().any(|private| private == name));
    Some(ParameterDigest { names, digest })
}
