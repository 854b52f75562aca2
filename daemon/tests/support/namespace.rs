//! Networks, mounts and processes apart from the machine's.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A network and mounts of their own, for what changes such things.
pub struct Namespace {
    /// Lives as long as its input is open: no longer than the test, however that ends.
    holder: Child,
    has_processes: bool,
}

impl Namespace {
    /// A fresh one with a loopback device, if this machine lets us have one.
    pub fn new() -> Option<Self> {
        Self::unshare(&[], false)
    }

    /// One with processes of its own, too: what was started in it ends with it.
    pub fn with_processes() -> Option<Self> {
        Self::unshare(&["--pid", "--fork", "--kill-child", "--mount-proc"], true)
    }

    fn unshare(more: &[&str], has_processes: bool) -> Option<Self> {
        let holder = Command::new("unshare")
            .args(["--net", "--mount", "--propagation", "private"])
            .args(more)
            .args(["sh", "-c", "ip link set lo up && echo ready && cat; exit"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut namespace = Self { holder: holder.ok()?, has_processes };
        let mut line = String::new();
        BufReader::new(namespace.holder.stdout.take()?).read_line(&mut line).ok()?;
        (line == "ready\n").then_some(namespace)
    }

    /// A process in here, as all others see it.
    pub fn pid(&self) -> u32 {
        self.holder.id()
    }

    /// The words of a command that runs another one in here.
    pub fn entrance(&self) -> Vec<String> {
        let pid = self.pid();
        let mut words = vec!["nsenter".to_owned(), format!("--target={pid}"), "--net".to_owned(), "--mount".to_owned()];
        if self.has_processes {
            words.push(format!("--pid=/proc/{pid}/ns/pid_for_children"));
        }
        words
    }

    /// Runs a command in here; tells what it wrote, if it went well.
    pub fn run(&self, command: &str) -> Option<String> {
        let words = self.entrance();
        let output = Command::new(&words[0]).args(&words[1..]).args(["sh", "-c", command]).output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
