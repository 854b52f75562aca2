//! The lock that keeps a second daemon off a state folder.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::folder::{self, Access};

/// Held as long as it lives, and no longer than the process.
#[derive(Debug)]
pub struct Lock {
    _file: Flock<File>,
}

/// Why a state folder can't be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon has it.
    #[error("{} is in use by another pengined{}; end that one, or give this one a --state-dir of its own", folder.display(), process(*.pid))]
    Held {
        /// The state folder.
        folder: PathBuf,
        /// The other daemon's process, as far as it said.
        pid: Option<u32>,
    },
    /// The system says no.
    #[error("can't lock {}: {source}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}

impl Lock {
    /// Takes the lock of a state folder, which is made if it isn't there.
    ///
    /// # Errors
    ///
    /// [`LockError`].
    pub fn take(state: &Path) -> Result<Self, LockError> {
        let path = state.join("lock");
        let failure = |source| LockError::Io { path: path.clone(), source };
        folder::create(state, Access::Everybody).map_err(failure)?;
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o644).to_owned();
        let file = options.open(&path).map_err(failure)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(mut file) => {
                sign(&mut file).map_err(failure)?;
                Ok(Self { _file: file })
            }
            Err((mut file, Errno::EWOULDBLOCK)) => Err(LockError::Held { folder: state.to_owned(), pid: holder(&mut file) }),
            Err((_, error)) => Err(failure(error.into())),
        }
    }
}

/// Writes into the file whose it is.
fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::disk::Store;

    #[test]
    fn agents_of_other_users_may_come_by() {
        let state = tempfile::tempdir().unwrap();
        Lock::take(&state.path().join("state")).unwrap();
        Store::open(&state.path().join("state"), 1).unwrap();
        let mode = |name: &str| std::fs::metadata(state.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("state") & 0o555, mode("state/configuration")), (0o555, 0o700));
    }

    #[test]
    fn a_second_one_is_told_who_has_it() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("a/b");
        let lock = Lock::take(&folder).unwrap();
        let refusal = Lock::take(&folder).unwrap_err();
        assert!(refusal.to_string().contains(&format!("(process {})", std::process::id())), "{refusal}");
        drop(lock);
        Lock::take(&folder).unwrap();
    }
}
