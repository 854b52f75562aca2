//! Fence agents: programs that read their options from standard input.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use pengine::cib::parse_interval_ms;

use super::Context;
use super::bounds::Bounds;
use super::environment;
use super::outcome::{Outcome, ocf_status};
use super::process::{Program, Ran};
use super::settings::ExecutorSettings;
use crate::core::{Agent, AgentCall, AgentFacts, CallEnd};

/// How often an action that fails is tried again, unless the device says otherwise.
const DEFAULT_RETRIES: u32 = 2;
/// The exit status of fence agents for options that they can't work with, which trying again doesn't make better; a `status`
/// tells by it that the machine is off.
const OFF_OR_WRONG_OPTIONS: i32 = 2;

pub(super) async fn run(context: &Context, call: &AgentCall, bounds: &Bounds) -> Outcome {
    let settings = &context.settings;
    let is_there = || program(settings, &call.agent, String::new()).is_some();
    let is_probe = call.action == "monitor" && call.interval_ms == 0 && is_there();
    match call.action.as_str() {
        // Devices are not running anywhere; they are just not asked any more.
        "stop" => {
            context.devices.lock().await.remove(&call.resource);
            return Outcome::exited(ocf_status::FINE, "");
        }
        // That it can be reached doesn't make it started.
        _ if is_probe && !context.devices.lock().await.contains(&call.resource) => {
            return Outcome::exited(ocf_status::NOT_RUNNING, "");
        }
        _ => {}
    }
    let facts = context.catalogue.facts(settings, &call.agent).await;
    // A device is started by finding out that it can be reached.
    let action = if call.action == "start" { "monitor" } else { call.action.as_str() };
    let input = options(call, action, facts.as_ref());
    let Some(program) = program(settings, &call.agent, input) else {
        let directories: Vec<String> = settings.search_path.iter().map(|directory| directory.display().to_string()).collect();
        return Outcome::not_installed(format!("there is no fence agent {} in {}", call.agent.name, directories.join(":")));
    };
    let device = Device { parameters: &call.parameters, action };
    let bounds = device.timeout().map_or_else(|| bounds.clone(), |time| bounds.with_time(time));
    let ran = device.run(&program, &bounds).await;
    let status_asked = call.action == "status";
    let outcome = Outcome::of_program(only_standard_output(ran), |status, _| match status {
        0 => ocf_status::FINE,
        OFF_OR_WRONG_OPTIONS if status_asked => ocf_status::NOT_RUNNING,
        _ => ocf_status::FAILED,
    });
    if call.action == "start" && (outcome.end, outcome.exit_status) == (CallEnd::Exited, ocf_status::FINE) {
        context.devices.lock().await.insert(call.resource.clone());
    }
    outcome
}

/// The program of a fence agent, as it is run with options.
pub(super) fn program(settings: &ExecutorSettings, agent: &Agent, input: String) -> Option<Program> {
    let path = agent.name.starts_with("fence_").then(|| settings.program(&agent.name)).flatten()?;
    let mut environment = environment::basic(settings);
    // By this fence agents know that somebody else ends them when they take too long.
    environment.insert("PCMK_service".to_owned(), "pacemaker-fenced".into());
    Some(Program { path, arguments: Vec::new(), environment, input, grace: settings.grace })
}

/// The configuration of a device, as far as it is about how to call it for an action.
struct Device<'a> {
    parameters: &'a BTreeMap<String, String>,
    action: &'a str,
}

impl Device<'_> {
    fn setting(&self, what: &str) -> Option<&str> {
        self.parameters.get(&format!("pcmk_{}_{what}", self.action)).map(String::as_str)
    }

    fn timeout(&self) -> Option<Duration> {
        self.setting("timeout").and_then(parse_interval_ms).map(|ms| Duration::from_millis(ms.into()))
    }

    /// Runs a program until it succeeds, has been tried often enough, or its time is over.
    async fn run(&self, program: &Program, bounds: &Bounds) -> Ran {
        let mut retries = self.setting("retries").and_then(|retries| retries.trim().parse().ok()).unwrap_or(DEFAULT_RETRIES);
        loop {
            let ran = program.run(bounds).await;
            match ran {
                Ran::Exited(status, _) if status != 0 && status != OFF_OR_WRONG_OPTIONS && retries > 0 => retries -= 1,
                ran => return ran,
            }
        }
    }

    /// What the agent is told to do.
    fn command(&self, facts: Option<&AgentFacts>) -> &str {
        let no_monitor = self.action == "monitor" && facts.is_some_and(|facts| !facts.offers("monitor"));
        self.setting("action").unwrap_or(if no_monitor { "status" } else { self.action })
    }

    /// The option that tells which machine is meant; none if the agent needs none.
    fn host_option(&self, facts: Option<&AgentFacts>) -> Option<&str> {
        match self.parameters.get("pcmk_host_argument").map(String::as_str) {
            Some("none") => None,
            Some(configured) => Some(configured),
            None => match facts {
                Some(facts) => ["port", "plug"].into_iter().find(|option| facts.parameter(option).is_some()),
                None => Some("port"),
            },
        }
    }
}

/// The options for an action, one a line.
fn options(call: &AgentCall, action: &str, facts: Option<&AgentFacts>) -> String {
    let device = Device { parameters: &call.parameters, action };
    let mut options = format!("action={}\n", device.command(facts));
    let mut set = |name: &str, value: &str| {
        // Writing to a string can't fail.
        let _ = writeln!(options, "{name}={value}");
    };
    if let Some(target) = call.parameters.get(AgentCall::TARGET) {
        set("nodename", target);
        let port = call.parameters.get(AgentCall::TARGET_PORT).unwrap_or(target);
        match device.host_option(facts) {
            Some(option) if !call.parameters.contains_key(option) => set(option, port),
            _ => {}
        }
    }
    let ours =
        |name: &str| name == "action" || name == "crm_feature_set" || name.starts_with("pcmk_") || name.starts_with("CRM_meta_");
    for (name, value) in call.parameters.iter().filter(|(name, _)| !ours(name)) {
        set(name, value);
    }
    options
}

/// What succeeds is told by standard output alone: it may be a list.
fn only_standard_output(ran: Ran) -> Ran {
    match ran {
        Ran::Exited(0, mut output) => {
            output.stderr.clear();
            Ran::Exited(0, output)
        }
        ran => ran,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{AgentAction, AgentClass, AgentParameter, CallId};

    fn call(parameters: &[(&str, &str)]) -> AgentCall {
        AgentCall {
            id: CallId(1),
            resource: "device".to_owned(),
            agent: Agent { class: AgentClass::Stonith, provider: None, name: "fence_thing".to_owned() },
            action: "off".to_owned(),
            interval_ms: 0,
            timeout_ms: 1000,
            parameters: parameters.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    }

    fn facts(parameter: &str) -> AgentFacts {
        let parameter =
            AgentParameter { name: parameter.to_owned(), required: false, unique: false, reloadable: false, private: false };
        let status = AgentAction { name: "status".to_owned(), automatic: false, on_target: false };
        AgentFacts { standard: String::new(), actions: vec![status], parameters: vec![parameter] }
    }

    #[test]
    fn agents_are_told_what_is_theirs() {
        let call = call(&[("ip", "192.0.2.9"), ("action", "reboot"), ("pcmk_off_timeout", "9s"), ("CRM_meta_on_node", "alice")]);
        assert_eq!(options(&call, "off", None), "action=off\nnodename=alice\nport=alice\nip=192.0.2.9\n");
        assert_eq!(options(&call, "off", Some(&facts("plug"))), "action=off\nnodename=alice\nplug=alice\nip=192.0.2.9\n");
        assert_eq!(options(&call, "off", Some(&facts("ip"))), "action=off\nnodename=alice\nip=192.0.2.9\n");
    }

    #[test]
    fn a_device_may_want_to_be_told_otherwise() {
        let parameters = [
            ("pcmk_off_action", "poweroff"),
            ("pcmk_host_argument", "vm"),
            ("CRM_meta_on_node", "alice"),
            ("CRM_meta_port", "7"),
        ];
        assert_eq!(options(&call(&parameters), "off", None), "action=poweroff\nnodename=alice\nvm=7\n");
        let parameters = [("pcmk_host_argument", "none"), ("CRM_meta_on_node", "alice")];
        assert_eq!(options(&call(&parameters), "off", None), "action=off\nnodename=alice\n");
        let parameters = [("port", "fixed"), ("CRM_meta_on_node", "alice")];
        assert_eq!(options(&call(&parameters), "off", None), "action=off\nnodename=alice\nport=fixed\n");
    }

    #[test]
    fn what_can_not_monitor_is_asked_for_its_status() {
        assert_eq!(options(&call(&[]), "monitor", Some(&facts("port"))), "action=status\n");
        assert_eq!(options(&call(&[]), "monitor", None), "action=monitor\n");
        assert_eq!(options(&call(&[("pcmk_monitor_action", "list")]), "monitor", Some(&facts("port"))), "action=list\n");
    }
}
