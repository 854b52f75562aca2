//! An executor in a directory of its own, and resources to try on it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use pengined::core::{Agent, AgentCall, AgentClass, AgentFacts, CallEnd, CallId, CallResult};
use pengined::executor::{Executor, ExecutorSettings, write_own_agents};
use pengined::inbox::{Inbox, Input, Outlet};
use pengined::node::Event;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use crate::namespace::Namespace;

/// How long a test waits for what has to happen, however slow the machine is.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// An executor with our own agents, and everything of it below a directory.
pub struct Bench {
    pub directory: TempDir,
    executor: Executor,
    outlet: Outlet,
    /// Results that nobody has asked for yet.
    results: Vec<(CallId, CallResult)>,
    /// Agents that were told of, in order.
    pub known: Vec<(Agent, AgentFacts)>,
    calls: u64,
}

/// A resource, as the core would call it.
#[derive(Debug, Clone)]
pub struct Resource {
    name: String,
    agent: Agent,
    parameters: Vec<(String, String)>,
    timeout: Duration,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// With other settings than usual.
    pub fn with(change: impl FnOnce(&mut ExecutorSettings)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let own_agents = directory.path().join("ocf");
        write_own_agents(&own_agents).unwrap();
        let mut settings = ExecutorSettings::new(directory.path().join("state"), directory.path().join("socket"));
        settings.ocf_roots.insert(0, own_agents);
        settings.tools = Some(directory.path().join("tools"));
        settings.init_directory = directory.path().join("init.d");
        settings.legacy_directory = directory.path().join("legacy");
        settings.private = true;
        settings.grace = Duration::from_secs(2);
        change(&mut settings);
        let (inbox, outlet) = Inbox::new();
        let executor = Executor::new(settings, inbox).unwrap();
        Self { directory, executor, outlet, results: Vec::new(), known: Vec::new(), calls: 0 }
    }

    /// A path below the directory.
    pub fn path(&self, below: &str) -> PathBuf {
        self.directory.path().join(below)
    }

    /// Writes an executable script below the directory.
    pub fn script(&self, below: &str, text: &str) -> PathBuf {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // By a process of its own: a file that some other test's child inherits open for writing can't be executed.
        let mut shell =
            Command::new("sh").args(["-c", r#"cat >"$0" && chmod 755 "$0""#]).arg(&path).stdin(Stdio::piped()).spawn();
        let shell = shell.as_mut().unwrap();
        shell.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(shell.wait().unwrap().success());
        path
    }

    /// Begins a call.
    pub fn begin(&mut self, resource: &Resource, action: &str) -> CallId {
        self.calls += 1;
        let id = CallId(self.calls);
        self.executor.call(AgentCall {
            id,
            resource: resource.name.clone(),
            agent: resource.agent.clone(),
            action: action.to_owned(),
            interval_ms: 0,
            timeout_ms: u32::try_from(resource.timeout.as_millis()).unwrap(),
            parameters: resource.parameters.iter().cloned().collect(),
        });
        id
    }

    pub fn cancel(&mut self, call: CallId) {
        self.executor.cancel(call);
    }

    /// Waits for the end of a call.
    pub async fn end(&mut self, call: CallId) -> CallResult {
        loop {
            if let Some(found) = self.results.iter().position(|(id, _)| *id == call) {
                return self.results.remove(found).1;
            }
            match timeout(PATIENCE, self.outlet.waiting.recv()).await.expect("a call ends").expect("the executor lives") {
                Input::Event(Event::CallEnded(id, result)) => self.results.push((id, result)),
                Input::Event(Event::AgentKnown(agent, facts)) => self.known.push((agent, facts)),
                input => panic!("an executor doesn't tell of {input:?}"),
            }
        }
    }

    pub async fn run(&mut self, resource: &Resource, action: &str) -> CallResult {
        let call = self.begin(resource, action);
        self.end(call).await
    }

    /// Runs an action that has to end with an exit status.
    pub async fn expect(&mut self, resource: &Resource, action: &str, exit_status: i32) -> CallResult {
        let result = self.run(resource, action).await;
        assert_eq!((result.end, result.exit_status), (CallEnd::Exited, exit_status), "{action} of {resource:?}: {result:?}");
        result
    }

    /// Starts, looks, and stops a resource that is stopped; each of it twice, as actions may be repeated.
    pub async fn live(&mut self, resource: &Resource) {
        self.expect(resource, "monitor", 7).await;
        for action in ["start", "monitor", "start", "monitor"] {
            self.expect(resource, action, 0).await;
        }
        for (action, exit_status) in [("stop", 0), ("monitor", 7), ("stop", 0)] {
            self.expect(resource, action, exit_status).await;
        }
    }

    /// Has a monitor run out of time, which must not harm the next one.
    pub async fn run_out_of_time(&mut self, resource: &Resource) {
        let hasty = Resource { timeout: Duration::ZERO, ..resource.clone() };
        let mut result = self.run(&hasty, "monitor").await;
        // Where this process hardly gets to run, an agent may be done before its time is looked at.
        for _ in 0..50 {
            if result.end == CallEnd::Exited {
                result = self.run(&hasty, "monitor").await;
            }
        }
        assert_eq!((result.end, result.exit_status), (CallEnd::TimedOut, 1), "{result:?}");
        assert_eq!(result.reason, "monitor took longer than 0ns and was ended");
        self.expect(resource, "monitor", 0).await;
    }
}

impl Resource {
    /// A resource with an agent given as `CLASS:NAME` or `CLASS:PROVIDER:NAME`.
    pub fn new(name: &str, agent: &str) -> Self {
        let parts: Vec<&str> = agent.split(':').collect();
        let class = AgentClass::from_name(parts[0]).unwrap();
        let provider = (parts.len() == 3).then(|| parts[1].to_owned());
        let agent = Agent { class, provider, name: parts[parts.len() - 1].to_owned() };
        Self { name: name.to_owned(), agent, parameters: Vec::new(), timeout: PATIENCE }
    }

    pub fn with(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.parameters.push((name.to_owned(), value.as_ref().to_str().unwrap().to_owned()));
        self
    }

    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// Polls until something holds.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("it never came to pass that {what}"));
}

/// Whether a process lives; one that is dead but not buried does not.
pub fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with('Z'))
}

/// Kills a process, and waits until it is buried: agents take one that is not for one that lives.
pub async fn kill_and_bury(pid: &str) {
    kill("-9", pid);
    eventually("the killed process is gone", || !Path::new("/proc").join(pid.trim()).exists()).await;
}

/// Sends a signal, as `kill` would.
pub fn kill(signal: &str, pid: &str) {
    let status = Command::new("kill").args([signal, pid.trim()]).status().unwrap();
    assert!(status.success(), "kill {signal} {pid}");
}

pub fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

/// Makes an agent of the provider `inside` that is one of Debian's, run in a namespace.
pub fn adopt(namespace: &Namespace, bench: &Bench, agent: &str) {
    let name = agent.rsplit('/').next().unwrap();
    let text = format!("#!/bin/sh\nexec {} /usr/lib/ocf/resource.d/{agent} \"$@\"\n", namespace.entrance().join(" "));
    bench.script(&format!("ocf/resource.d/inside/{name}"), &text);
}
