//! Agents that a daemon left behind which didn't end in order. Nobody must act beside them: a resource that one of them is just
//! starting would be found stopped, and be started twice.

use std::time::Duration;
use std::{fs, io};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::ExecutorSettings;
use super::environment;
use super::standing::Standing;

/// How often an agent is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// How long an agent has that doesn't say how long it may take.
const TIME: Duration = Duration::from_secs(60);

/// An agent that was left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Orphan {
    process: i32,
    /// When it began, since numbers of processes come again.
    begun: u64,
    /// How long it may take.
    time: Duration,
}

/// Waits until none is left, or ends those that take too long.
pub(super) async fn outlast(settings: &ExecutorSettings) {
    let mark = environment::mark(settings);
    let found = match find(&mark) {
        Ok(found) => found,
        Err(error) => return tracing::warn!("whether an earlier daemon left agents behind can't be seen: {error}"),
    };
    let mut orphans = JoinSet::new();
    for orphan in found {
        tracing::warn!(process = orphan.process, "an agent of an earlier daemon still runs, and is waited for");
        orphans.spawn(orphan.outlast(settings.grace));
    }
    orphans.join_all().await;
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
        let mut variables = environment.split(|&byte| byte == 0);
        if variables.clone().any(|variable| variable == mark.as_bytes()) {
            let timeout =
                variables.find_map(|variable| variable.strip_prefix(environment::TIMEOUT.as_bytes())?.strip_prefix(b"="));
            let timeout_ms = timeout.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
            let time = timeout_ms.map_or(TIME, Duration::from_millis);
            orphans.push(Orphan { process, begun: standing.begun, time });
        }
    }
    Ok(orphans)
}

impl Orphan {
    fn lives(self) -> bool {
        Standing::of(self.process).is_some_and(|standing| standing.begun == self.begun && !standing.is_dead)
    }

    async fn ended_within(self, time: Duration) -> bool {
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
        command.env("PATH", "/usr/bin:/bin").env(environment::TIMEOUT, timeout_ms.to_string()).spawn().unwrap()
    }

    #[tokio::test]
    async fn an_agent_is_waited_for_but_not_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&folder);
        let started = folder.path().join("started");
        let script = format!("sleep 3600 & echo $! >{}; sleep 0.2", started.display());
        let mut agent = agent(&settings, &script, 3_600_000);
        let reaper = std::thread::spawn(move || agent.wait());
        outlast(&settings).await;
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
        let orphans = find(&environment::mark(&settings)).unwrap();
        assert_eq!(orphans.first().map(|orphan| orphan.time), Some(Duration::from_millis(50)), "{orphans:?}");
        let reaper = std::thread::spawn(move || agent.wait());
        outlast(&settings).await;
        assert!(!reaper.join().unwrap().unwrap().success());
    }
}
