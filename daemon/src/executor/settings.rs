//! Where agents are and how they are run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::{Uid, User};

/// Where programs are looked for, by us and by agents.
const SEARCH_PATH: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Where agents are and how they are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutorSettings {
    /// How many agents run at once; fence agents are not counted while they fence.
    pub most_at_once: usize,
    /// How long an agent has to end by itself when its time is over.
    pub grace: Duration,
    /// Where OCF agents are, as `resource.d/PROVIDER/NAME` below each; the first one wins.
    pub ocf_roots: Vec<PathBuf>,
    /// Where init scripts are.
    pub init_directory: PathBuf,
    /// Where scripts of heartbeat's first version are.
    pub legacy_directory: PathBuf,
    /// Where programs are looked for, fence agents among them.
    pub search_path: Vec<PathBuf>,
    /// Where the tools are that agents call, as `crm_attribute`; they win over everything in the search path.
    pub tools: Option<PathBuf>,
    /// Where agents keep what must not survive a reboot. It is ours alone, and is emptied after a reboot.
    pub state: PathBuf,
    /// Agents keep all of their state there; else only what is meant for cluster software, and the rest where the system has it.
    pub private: bool,
    /// The socket that tools find the daemon at.
    pub socket: PathBuf,
    /// The home directory of agents.
    pub home: PathBuf,
    /// The address of the bus that systemd is on; the system's, if there is none.
    pub bus: Option<String>,
    /// Agents tell more than is needed.
    pub debug: bool,
}

impl ExecutorSettings {
    /// What suits the machine and the user that the process runs as.
    #[must_use]
    pub fn new(state: PathBuf, socket: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            most_at_once: (2 * cores).max(4),
            grace: Duration::from_secs(2),
            ocf_roots: ["/usr/lib/ocf", "/usr/libexec/ocf", "/usr/local/lib/ocf"].map(PathBuf::from).into(),
            init_directory: PathBuf::from("/etc/init.d"),
            legacy_directory: PathBuf::from("/etc/ha.d/resource.d"),
            search_path: SEARCH_PATH.map(PathBuf::from).into(),
            tools: None,
            state,
            private: !Uid::effective().is_root(),
            socket,
            home: home(),
            bus: None,
            debug: false,
        }
    }

    /// The `PATH` of agents.
    pub(super) fn path(&self) -> OsString {
        let directories = self.tools.iter().chain(&self.search_path);
        // A directory with a colon in its name can't be in a search path.
        std::env::join_paths(directories.filter(|directory| !directory.as_os_str().as_encoded_bytes().contains(&b':')))
            .unwrap_or_default()
    }

    /// A program of the search path.
    pub(super) fn program(&self, name: &str) -> Option<PathBuf> {
        let name = file_name(name)?;
        self.search_path.iter().map(|directory| directory.join(name)).find(|path| path.is_file())
    }
}

/// The home directory of the user that this process runs as.
fn home() -> PathBuf {
    let said = std::env::var_os("HOME").map(PathBuf::from);
    let known = || User::from_uid(Uid::effective()).ok().flatten().map(|user| user.dir);
    said.or_else(known).unwrap_or_else(|| PathBuf::from("/"))
}

/// A name that can be the name of a file, and nothing else.
pub(super) fn file_name(name: &str) -> Option<&str> {
    let path = Path::new(name);
    (path.file_name() == Some(path.as_os_str())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_agents_lead_nowhere_else() {
        assert_eq!(file_name("IPaddr2"), Some("IPaddr2"));
        for wrong in ["", ".", "..", "../x", "a/b", "/etc/passwd", "a/"] {
            assert_eq!(file_name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn tools_come_first() {
        let mut settings = ExecutorSettings::new("/state".into(), "/socket".into());
        settings.search_path = vec!["/one".into(), "/two:three".into()];
        assert_eq!(settings.path(), "/one");
        settings.tools = Some("/tools".into());
        assert_eq!(settings.path(), "/tools:/one");
    }
}
