//! Agents that a daemon left behind which didn't end in order. Nobody must act beside them on the same resource: if one of them is just
//! starting it, it would be found stopped, and be started twice.

use std::borrow::Cow;
use std::time::Duration;
use std::{fs, io};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::ExecutorSettings;
use super::environment;
use super::standing::Standing;

/// How often an agent is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// How long an agent has that doesn't say how long it may take.
const TIME: Duration = Duration::from_secs(60);

/// The agents that were left behind.
#[derive(Debug)]
pub(super) struct Orphans(Vec<Watched>);

/// An agent whose end is waited for.
#[derive(Debug)]
struct Watched {
    /// What it works on; none if it doesn't say.
    resource: Option<String>,
    /// The other end is dropped at its end.
    ended: watch::Receiver<()>,
}

/// An agent that was left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Orphan {
    process: i32,
    /// When it began, since numbers of processes come again.
    begun: u64,
    /// What it works on.
    resource: Option<String>,
    /// How long it may take.
    time: Duration,
}

impl Orphans {
    /// Finds them, and ends those that take too long. Needs a runtime if there are any.
    pub(super) fn find(settings: &ExecutorSettings) -> Self {
        let found = find(&environment::mark(settings)).unwrap_or_else(|error| {
            tracing::warn!("whether an earlier daemon left agents behind can't be seen: {error}");
            Vec::new()
        });
        let grace = settings.grace;
        let watched = found.into_iter().map(|orphan| {
            let Orphan { process, resource, .. } = &orphan;
            tracing::warn!(process, resource, "an agent of an earlier daemon still runs, and is waited for");
            let (ends, ended) = watch::channel(());
            let resource = resource.clone();
            tokio::spawn(async move {
                orphan.outlast(grace).await;
                drop(ends);
            });
            Watched { resource, ended }
        });
        Self(watched.collect())
    }

    /// Waits until none is left that may work on a resource.
    pub(super) async fn gone(&self, resource: &str) {
        for orphan in self.0.iter().filter(|orphan| orphan.may_concern(resource)) {
            // Nothing is ever sent: it fails when the agent has ended.
            let _ = orphan.ended.clone().changed().await;
        }
    }
}

impl Watched {
    /// Whether it may work on a resource, or on another instance of the same.
    fn may_concern(&self, resource: &str) -> bool {
        let base = |name: &str| name.split(':').next().unwrap_or_default().to_owned();
        self.resource.as_deref().is_none_or(|its| base(its) == base(resource))
    }
}

/// Agents of daemons with the same state: each leads a process group, unlike what it starts in the background, but no session,
/// unlike services that detach themselves.
fn find(mark: &str) -> io::Result<Vec<Orphan>> {
    let mut orphans = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(process) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // Processes may go away meanwhile, and those of others are none of ours.
        let Some(standing) = Standing::of(process).filter(|standing| standing.group == process && standing.session != process)
        else {
            continue;
        };
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let variables: Vec<Cow<'_, str>> = environment.split(|&byte| byte == 0).map(String::from_utf8_lossy).collect();
        if variables.iter().any(|variable| variable == mark) {
            let value = |name| variables.iter().find_map(|variable| variable.strip_prefix(name)?.strip_prefix('='));
            let time = value(environment::TIMEOUT).and_then(|text| text.parse().ok()).map_or(TIME, Duration::from_millis);
            let resource = value(environment::INSTANCE).map(str::to_owned);
            orphans.push(Orphan { process, begun: standing.begun, resource, time });
        }
    }
    Ok(orphans)
}

impl Orphan {
    fn lives(&self) -> bool {
        Standing::of(self.process).is_some_and(|standing| standing.begun == self.begun && !standing.is_dead)
    }

    async fn ended_within(&self, time: Duration) -> bool {
        let over = Instant::now() + time;
        while self.lives() {
            if Instant::now() >= over {
                return false;
            }
            sleep(LOOK).await;
        }
        true
    }

    async fn outlast(self, grace: Duration) {
        if self.ended_within(self.time).await {
            return;
        }
        tracing::warn!(process = self.process, "an agent of an earlier daemon takes too long, and is ended");
        for signal in [Signal::SIGTERM, Signal::SIGKILL] {
            // It may end by itself in between.
            let _ = killpg(Pid::from_raw(self.process), signal);
            if self.ended_within(grace).await {
                return;
            }
        }
        tracing::error!(process = self.process, "an agent of an earlier daemon can't be ended");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command};

    use super::*;

    fn settings(folder: &tempfile::TempDir) -> ExecutorSettings {
        let mut settings = ExecutorSettings::new(folder.path().to_owned(), "/socket".into());
        settings.grace = Duration::from_millis(100);
        settings
    }

    /// A shell that does something as an agent does.
    fn agent(settings: &ExecutorSettings, script: &str, timeout_ms: u64) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", script]).process_group(0).env_clear().envs(environment::basic(settings));
        command.env(environment::TIMEOUT, timeout_ms.to_string()).env(environment::INSTANCE, "web:1");
        command.env("PATH", "/usr/bin:/bin").spawn().unwrap()
    }

    #[tokio::test]
    async fn an_agent_is_waited_for_but_not_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&folder);
        let (started, go) = (folder.path().join("started"), folder.path().join("go"));
        let script = format!("sleep 3600 & echo $! >{}; while ! [ -e {} ]; do sleep 0.01; done", started.display(), go.display());
        let mut agent = agent(&settings, &script, 3_600_000);
        let orphans = Orphans::find(&settings);
        let reaper = std::thread::spawn(move || agent.wait());
        orphans.gone("database").await;
        assert!(!reaper.is_finished());
        fs::write(go, "").unwrap();
        orphans.gone("web:0").await;
        assert!(reaper.join().unwrap().unwrap().success());
        let service: i32 = fs::read_to_string(started).unwrap().trim().parse().unwrap();
        assert!(find(&environment::mark(&settings)).unwrap().is_empty());
        nix::sys::signal::kill(Pid::from_raw(service), Signal::SIGKILL).unwrap();
    }

    #[tokio::test]
    async fn an_agent_that_takes_too_long_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&folder);
        let mut agent = agent(&settings, "trap '' TERM; while :; do sleep 3600; done", 50);
        let orphans = Orphans::find(&settings);
        let reaper = std::thread::spawn(move || agent.wait());
        orphans.gone("web").await;
        assert!(!reaper.join().unwrap().unwrap().success());
    }
}
