//! Writing down what came of calls.

use pengine::record::{AgentName, Failure, Outcome, ParameterDigest, TransitionKey, parameter_digest};

use super::{CallEnd, CallResult, Core, Operation};

/// Who writes what is written here.
pub(super) const ORIGIN: &str = "pengined";

/// The number that a history has for how a call ended (HIST-6).
fn execution_status(end: CallEnd) -> i32 {
    match end {
        CallEnd::Exited => 0,
        CallEnd::Cancelled => 1,
        CallEnd::TimedOut => 2,
        CallEnd::Error => 4,
        CallEnd::NotInstalled => 7,
    }
}

/// Why a call failed, in the agent's words if it has any.
pub(super) fn reason_of(result: &CallResult) -> String {
    if !result.reason.is_empty() {
        return result.reason.clone();
    }
    let words = result.output.lines().rev().find(|line| !line.trim().is_empty());
    words.unwrap_or_default().trim().to_owned()
}

/// The digest of some of an operation's parameters. Without an interval the timeout is left out, as it has to be (HIST-84).
fn digest_of(operation: &Operation, counts: impl Fn(&str) -> bool) -> String {
    let given = operation.parameters.iter().filter(|(name, _)| counts(name));
    parameter_digest(given.map(|(name, value)| (name.clone(), value.clone())), 0)
}

impl Core {
    /// The parameters whose change needs a restart; nothing if the agent can't take others by a reload.
    fn restart_parameters(&self, operation: &Operation) -> Option<ParameterDigest> {
        let facts = self.facts.get(&operation.agent()?)?;
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
    fn secure_parameters(&self, operation: &Operation) -> Option<ParameterDigest> {
        let facts = self.facts.get(&operation.agent()?)?;
        let private = facts.parameters.iter().filter(|parameter| parameter.private);
        let names: Vec<String> = private.map(|parameter| parameter.name.clone()).collect();
        if names.is_empty() {
            return None;
        }
        let digest = digest_of(operation, |name| !names.iter().any(|private| private == name));
        Some(ParameterDigest { names, digest })
    }

    /// Writes a result into the history, and counts it if it is a failure.
    pub(super) fn record(&mut self, operation: &Operation, result: &CallResult, fatal: bool) {
        let failed = operation.is_failure(result);
        let reason = if failed { reason_of(result) } else { String::new() };
        // A reload leaves the same trace as a start.
        let is_reload = matches!(operation.action.as_str(), "reload" | "reload-agent") && !failed;
        let outcome = Outcome {
            resource: &operation.resource,
            operation: if is_reload { "start" } else { &operation.action },
            interval: operation.interval_ms,
            node: &operation.node,
            status: result.exit_status,
            failed,
            execution: execution_status(result.end),
            reason: &reason,
            notify: operation.meta("CRM_meta_notify_type").zip(operation.meta("CRM_meta_notify_operation")),
            migrate_source: operation.meta("CRM_meta_migrate_source"),
            migrate_target: operation.meta("CRM_meta_migrate_target"),
            digest: Some(operation.digest.clone()),
            restart: self.restart_parameters(operation),
            secure: self.secure_parameters(operation),
            real_now: self.now.epoch_s,
            exec_ms: result.exec_ms,
            queue_ms: result.queue_ms,
            origin: ORIGIN,
            key: TransitionKey {
                action: Some(operation.number),
                transition: i64::from(operation.transition),
                expected: operation.expected,
                owner: &self.settings.run_id,
            },
        };
        let failure = (failed && !operation.is_probe() && operation.action != "notify").then_some(Failure {
            resource: &operation.resource,
            operation: &operation.action,
            interval: operation.interval_ms,
            status: result.exit_status,
            fatal,
            real_now: self.now.epoch_s,
        });
        let agent = AgentName { class: &operation.class, provider: operation.provider.as_deref(), kind: &operation.kind };
        self.document.update(|section| {
            let Ok(state) = section.node_state(&operation.node, None) else { return };
            let history = section.find_history(state, &operation.resource, None);
            let history = history.unwrap_or_else(|| section.add_history(state, &operation.resource, agent));
            outcome.record(section, history);
            if let Some(failure) = failure {
                failure.count(section, state);
            }
        });
    }
}
