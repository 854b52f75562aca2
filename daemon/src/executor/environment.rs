//! The environment that agents run in.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::{fs, io};

use super::ExecutorSettings;
use super::standing::Standing;
use crate::core::AgentCall;

/// Variables and their values.
pub(super) type Environment = BTreeMap<String, OsString>;

/// The variable that tells an agent how long it may take, in milliseconds.
pub(super) const TIMEOUT: &str = "OCF_RESKEY_CRM_meta_timeout";

/// The variable that tells an agent what it works on.
pub(super) const INSTANCE: &str = "OCF_RESOURCE_INSTANCE";

/// The variable by which agents of one daemon are known from those of another.
const STATE: &str = "HA_RSCTMP";

/// What is in the environment of each agent that runs on this state, and in no other's.
pub(super) fn mark(settings: &ExecutorSettings) -> String {
    format!("{STATE}={}", settings.state.join("rsctmp").display())
}

/// What every agent gets, and nothing of the daemon's own environment.
pub(super) fn basic(settings: &ExecutorSettings) -> Environment {
    let debug = if settings.debug { "1" } else { "0" };
    let mut environment = Environment::from([
        ("PATH".to_owned(), settings.path()),
        ("HOME".to_owned(), settings.home.clone().into()),
        ("LANG".to_owned(), "C".into()),
        (pengine_control::SOCKET_VARIABLE.to_owned(), settings.socket.clone().into()),
        (STATE.to_owned(), settings.state.join("rsctmp").into()),
        ("HA_DEBUG".to_owned(), debug.into()),
        ("HA_debug".to_owned(), debug.into()),
        // What agents log goes to their standard error, and so into results.
        ("HA_LOGFACILITY".to_owned(), "none".into()),
        ("HA_logfacility".to_owned(), "none".into()),
    ]);
    if let Some(tools) = &settings.tools {
        // Debian's agents call the cluster's tools as $HA_SBIN_DIR/crm_attribute.
        environment.insert("HA_SBIN_DIR".to_owned(), tools.into());
    }
    if settings.private {
        environment.insert("HA_VARRUN".to_owned(), settings.state.join("run").into());
        environment.insert("HA_VARLOCK".to_owned(), settings.state.join("lock").into());
        environment.insert("HA_VARLIB".to_owned(), settings.state.join("lib").into());
    }
    environment
}

/// What an OCF agent gets for a call.
pub(super) fn of_call(settings: &ExecutorSettings, call: &AgentCall, root: &Path) -> Environment {
    let mut environment = basic(settings);
    let mut set = |name: &str, value: OsString| environment.insert(name.to_owned(), value);
    set("OCF_ROOT", root.into());
    set("OCF_RA_VERSION_MAJOR", "1".into());
    set("OCF_RA_VERSION_MINOR", "1".into());
    set(INSTANCE, call.resource.clone().into());
    set("OCF_RESOURCE_TYPE", call.agent.name.clone().into());
    if let Some(provider) = &call.agent.provider {
        set("OCF_RESOURCE_PROVIDER", provider.into());
    }
    set("OCF_RESKEY_CRM_meta_interval", call.interval_ms.to_string().into());
    set(TIMEOUT, call.timeout_ms.to_string().into());
    for (name, value) in &call.parameters {
        set(&format!("OCF_RESKEY_{}", variable_name(name)), value.into());
    }
    if let Some(level) = call.parameters.get("OCF_CHECK_LEVEL") {
        set("OCF_CHECK_LEVEL", level.into());
    }
    environment
}

/// A name with what can't stand in the name of a variable replaced.
fn variable_name(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}

/// Makes the state directory of agents ready. What was left there before a reboot goes: agents would take it for true.
pub(super) fn prepare_state(state: &Path) -> io::Result<()> {
    let (mark, boot) = (state.join("boot"), boot());
    let directories = ["rsctmp", "run", "lock", "lib"].map(|name| state.join(name));
    if fs::read_to_string(&mark).is_ok_and(|before| before != boot) {
        for directory in &directories {
            fs::remove_dir_all(directory)
                .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
        }
    }
    for directory in &directories {
        fs::create_dir_all(directory)?;
    }
    if fs::read_to_string(&mark).is_ok_and(|before| before == boot) {
        return Ok(());
    }
    // Never half written: everything would be taken for left from before a reboot, and thrown away.
    let fresh = state.join("boot.new");
    fs::write(&fresh, boot)?;
    fs::rename(fresh, mark)
}

/// What is another after each start of the machine, or of the container that this is.
fn boot() -> String {
    let machine = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let first_process = Standing::of(1).map_or(0, |standing| standing.begun);
    format!("{} {first_process}\n", machine.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Agent, AgentClass, CallId};

    #[test]
    fn an_ocf_agent_gets_its_parameters_and_what_it_is() {
        let mut settings = ExecutorSettings::new("/state".into(), "/socket".into());
        settings.tools = Some("/tools".into());
        let parameters = [("ip", "192.0.2.1"), ("CRM_meta_on-fail", "fence"), ("OCF_CHECK_LEVEL", "10"), ("a.b c", "d")];
        let call = AgentCall {
            id: CallId(1),
            resource: "vip:0".to_owned(),
            agent: Agent { class: AgentClass::Ocf, provider: Some("heartbeat".to_owned()), name: "IPaddr2".to_owned() },
            action: "monitor".to_owned(),
            interval_ms: 10_000,
            timeout_ms: 20_000,
            parameters: parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        };
        let environment = of_call(&settings, &call, Path::new("/usr/lib/ocf"));
        for (name, value) in [
            ("OCF_ROOT", "/usr/lib/ocf"),
            ("OCF_RESOURCE_INSTANCE", "vip:0"),
            ("OCF_RESOURCE_TYPE", "IPaddr2"),
            ("OCF_RESOURCE_PROVIDER", "heartbeat"),
            ("OCF_RESKEY_ip", "192.0.2.1"),
            ("OCF_RESKEY_CRM_meta_on_fail", "fence"),
            ("OCF_RESKEY_CRM_meta_interval", "10000"),
            ("OCF_RESKEY_CRM_meta_timeout", "20000"),
            ("OCF_RESKEY_a_b_c", "d"),
            ("OCF_CHECK_LEVEL", "10"),
            ("HA_SBIN_DIR", "/tools"),
            ("PENGINE_SOCKET", "/socket"),
        ] {
            assert_eq!(environment.get(name).and_then(|value| value.to_str()), Some(value), "{name}");
        }
    }
}
