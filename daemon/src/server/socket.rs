//! The socket's file: made for those who may connect, taken over from a daemon that is gone, removed at the end.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

use super::access::Door;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another daemon listens there.
    #[error("another daemon listens at {}; stop that one, or name another socket with --socket", path.display())]
    InUse {
        /// The socket's path.
        path: PathBuf,
    },
    /// Something else is there.
    #[error("{} is there and is no socket; remove it, or name another path with --socket", path.display())]
    NoSocket {
        /// The socket's path.
        path: PathBuf,
    },
    /// The system said no.
    #[error("can't listen at {}: {source}", path.display())]
    System {
        /// The socket's path.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
}

/// A socket that is listened to. Its file goes with it.
#[derive(Debug)]
pub(super) struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and number of the file, to know it again.
    file: (u64, u64),
}

impl Socket {
    pub(super) fn bind(path: &Path, door: Door) -> Result<Self, BindError> {
        let system = |source| BindError::System { path: path.to_owned(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(system)?;
        }
        remove_stale(path)?;
        let listener = UnixListener::bind(path).map_err(system)?;
        open_to(path, door).map_err(system)?;
        let file = identity(path).map_err(system)?;
        Ok(Self { listener, path: path.to_owned(), file })
    }

    pub(super) fn listener(&self) -> &UnixListener {
        &self.listener
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The next daemon may be there already.
        if identity(&self.path).is_ok_and(|file| file == self.file) {
            // What can't be removed is found to be stale by the next daemon.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes a socket that nobody listens to.
fn remove_stale(path: &Path) -> Result<(), BindError> {
    let system = |source| BindError::System { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(system(error)),
        Ok(file) if !file.file_type().is_socket() => return Err(BindError::NoSocket { path: path.to_owned() }),
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(BindError::InUse { path: path.to_owned() }),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path).map_err(system),
        Err(error) => Err(system(error)),
    }
}

/// Lets those connect who may do something; what they may is judged by who they are.
fn open_to(path: &Path, door: Door) -> std::io::Result<()> {
    let mode = match door {
        Door::Owner => 0o600,
        Door::Group(group) => {
            chown(path, None, Some(group))?;
            0o660
        }
        Door::Everybody => 0o666,
    };
    fs::set_permissions(path, Permissions::from_mode(mode))
}

fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn a_socket_is_made_with_its_folder_and_removed_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/socket");
        let own_group = fs::metadata(folder.path()).unwrap().gid();
        for (door, expected) in [(Door::Owner, 0o600), (Door::Group(own_group), 0o660), (Door::Everybody, 0o666)] {
            let socket = Socket::bind(&path, door).unwrap();
            assert_eq!(mode(&path), expected);
            drop(socket);
            assert!(!path.exists());
        }
    }

    #[tokio::test]
    async fn a_socket_that_nobody_listens_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let first = Socket::bind(&path, Door::Owner).unwrap();
        assert!(matches!(Socket::bind(&path, Door::Owner), Err(BindError::InUse { .. })));
        // Whoever took the first one's place keeps it.
        fs::remove_file(&path).unwrap();
        let second = Socket::bind(&path, Door::Owner).unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);
    }

    #[tokio::test]
    async fn what_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        fs::write(&path, "keep").unwrap();
        assert!(matches!(Socket::bind(&path, Door::Owner), Err(BindError::NoSocket { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "keep");
    }
}
