//! corosync.conf and the key, here and on other machines.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::super::output::stream_out;
use super::super::{Failure, status};

const CONFIGURATION: &str = "corosync.conf";
const KEY: &str = "authkey";

/// What makes a machine part of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    pub(super) configuration: String,
    pub(super) key: Vec<u8>,
}

/// A key that nobody else has.
pub(super) fn new_key() -> Result<Vec<u8>, Failure> {
    let mut key = vec![0; 256];
    let read = File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut key));
    read.map_err(|error| Failure::new(status::SOFTWARE, format_args!("can't make a key: {error}")))?;
    Ok(key)
}

/// The name of this machine.
pub(super) fn host_name() -> Result<String, Failure> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
    if name.is_empty() {
        return Err(Failure::new(status::USAGE, "this machine has no name; say which node it is by --here"));
    }
    Ok(name)
}

/// Corosync's folder on this machine.
pub(super) struct Local<'a> {
    pub(super) directory: &'a Path,
    /// Nothing is changed, but it is said what would be.
    pub(super) is_tried: bool,
}

impl Local<'_> {
    pub(super) fn read(&self) -> Result<Files, Failure> {
        let path = |name: &str| self.directory.join(name);
        let cannot = |name: &str, error: io::Error| {
            let path = path(name);
            let problem = format!("can't read {}: {error}; 'pengine cluster init' makes it", path.display());
            Failure::new(status::UNREADABLE, problem)
        };
        Ok(Files {
            configuration: fs::read_to_string(path(CONFIGURATION)).map_err(|error| cannot(CONFIGURATION, error))?,
            key: fs::read(path(KEY)).map_err(|error| cannot(KEY, error))?,
        })
    }

    pub(super) fn write(&self, files: &Files) -> Result<(), Failure> {
        let Files { configuration, key } = files;
        let place = self.directory.display();
        if self.is_tried {
            return stream_out(format!("Would write {place}/{KEY}, and {place}/{CONFIGURATION}:\n{configuration}")).map(drop);
        }
        let write = |name: &str, mode: u32, contents: &[u8]| {
            let (draft, target) = (self.directory.join(format!("{name}.new")), self.directory.join(name));
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&draft)?;
            file.write_all(contents)?;
            file.sync_all()?;
            if target.exists() {
                fs::copy(&target, self.directory.join(format!("{name}.old")))?;
            }
            fs::rename(draft, target)
        };
        let written = fs::create_dir_all(self.directory)
            .and_then(|()| write(KEY, 0o400, key))
            .and_then(|()| write(CONFIGURATION, 0o644, configuration.as_bytes()));
        written.map_err(|error| Failure::new(status::CANNOT_WRITE, format_args!("can't write to {place}: {error}")))?;
        stream_out(format!("Wrote {place}/{CONFIGURATION} and {place}/{KEY}\n")).map(drop)
    }
}

/// Corosync's folder on another machine.
pub(super) struct Remote<'a> {
    pub(super) address: &'a str,
    pub(super) directory: &'a Path,
    /// Nothing is changed, but it is said what would be.
    pub(super) is_tried: bool,
}

impl Remote<'_> {
    pub(super) fn read(&self) -> Result<Files, Failure> {
        let cat = |name: &str| self.run(&format!("cat {}", self.quoted(name)), b"");
        let configuration = String::from_utf8_lossy(&cat(CONFIGURATION)?).into_owned();
        Ok(Files { configuration, key: cat(KEY)? })
    }

    pub(super) fn write(&self, files: &Files) -> Result<(), Failure> {
        for (name, mode, contents) in [(KEY, "400", files.key.as_slice()), (CONFIGURATION, "644", files.configuration.as_bytes())]
        {
            let (target, draft) = (self.quoted(name), self.quoted(&format!("{name}.new")));
            let directory = quoted(&self.directory.display().to_string());
            let write =
                format!("umask 077 && mkdir -p {directory} && cat >{draft} && chmod {mode} {draft} && mv {draft} {target}");
            self.change(&write, contents)?;
        }
        if !self.is_tried {
            stream_out(format!("Copied {CONFIGURATION} and {KEY} to {}\n", self.address))?;
        }
        Ok(())
    }

    /// Lets corosync read its configuration again, on all nodes.
    pub(super) fn reload(&self) -> Result<(), Failure> {
        self.change("corosync-cfgtool -R", b"")
    }

    fn quoted(&self, name: &str) -> String {
        quoted(&self.directory.join(name).display().to_string())
    }

    fn change(&self, command: &str, input: &[u8]) -> Result<(), Failure> {
        if self.is_tried {
            return stream_out(format!("Would run on {}: {command}\n", self.address)).map(drop);
        }
        self.run(command, input).map(drop)
    }

    fn run(&self, command: &str, input: &[u8]) -> Result<Vec<u8>, Failure> {
        let cannot = |reason: String| {
            let problem = format_args!("can't run '{command}' on {} by ssh: {reason}", self.address);
            Failure::new(status::DISCONNECTED, problem)
        };
        let Output { status, stdout, stderr } = self.ssh(command, input).map_err(|error| cannot(error.to_string()))?;
        if status.success() { Ok(stdout) } else { Err(cannot(String::from_utf8_lossy(&stderr).trim().to_owned())) }
    }

    fn ssh(&self, command: &str, input: &[u8]) -> io::Result<Output> {
        let mut ssh = Command::new("ssh")
            .args(["-o", "BatchMode=yes", "--", self.address, command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = ssh.stdin.take() {
            // Whoever doesn't read it says why.
            let _ = stdin.write_all(input);
        }
        ssh.wait_with_output()
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
