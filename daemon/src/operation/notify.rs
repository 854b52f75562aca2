//! Telling the service manager how we are: a word in a datagram to the socket that it names.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use tracing::debug;

/// Tells the service manager, if there is one.
#[derive(Debug)]
pub struct Notifier {
    manager: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// Whom the environment names.
    #[must_use]
    pub fn from_environment() -> Self {
        let socket = std::env::var_os("NOTIFY_SOCKET");
        let manager = socket.and_then(|name| connect(&name).inspect_err(|error| debug!("{}: {error}", name.display())).ok());
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        Self { manager, watchdog: keep_alive(number("WATCHDOG_USEC"), number("WATCHDOG_PID")) }
    }

    /// One that tells whoever listens at that path, all the time.
    #[cfg(test)]
    pub(crate) fn to(path: &std::path::Path, keep_alive: Duration) -> io::Result<Self> {
        Ok(Self { manager: Some(connect(path.as_os_str())?), watchdog: Some(keep_alive) })
    }

    /// How often [`Self::alive`] has to be said; none if nobody waits for it.
    #[must_use]
    pub fn keep_alive(&self) -> Option<Duration> {
        self.watchdog
    }

    /// All that is needed is up.
    pub fn ready(&self) {
        self.tell("READY=1");
    }

    /// The end has begun.
    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// What is being done, in a line.
    pub fn status(&self, line: &str) {
        self.tell(&format!("STATUS={line}"));
    }

    /// The loop still turns.
    pub fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    fn tell(&self, words: &str) {
        let Some((socket, manager)) = &self.manager else { return };
        if let Err(error) = socket.send_to_addr(words.as_bytes(), manager) {
            debug!("the service manager doesn't hear '{words}': {error}");
        }
    }
}

/// A socket to speak from, and the address that a name stands for: a path, or a name without a file after an `@`.
fn connect(name: &OsStr) -> io::Result<(UnixDatagram, SocketAddr)> {
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(name)?,
    };
    let socket = UnixDatagram::unbound()?;
    // A manager that doesn't listen must not hold up the loop.
    socket.set_nonblocking(true)?;
    Ok((socket, address))
}

/// Half of the time that the service manager would wait, if it waits for this process.
fn keep_alive(limit_us: Option<u64>, process: Option<u64>) -> Option<Duration> {
    let for_us = process.is_none_or(|process| process == u64::from(std::process::id()));
    limit_us.filter(|&limit| for_us && limit > 0).map(|limit| Duration::from_micros(limit) / 2)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn words_to(name: &OsStr, manager: &UnixDatagram) -> Vec<String> {
        let notifier = Notifier { manager: Some(connect(name).unwrap()), watchdog: None };
        notifier.ready();
        notifier.status("2 of 5 actions done");
        notifier.alive();
        notifier.stopping();
        (0..4)
            .map(|_| {
                let mut words = [0; 64];
                let length = manager.recv(&mut words).unwrap();
                String::from_utf8_lossy(&words[..length]).into_owned()
            })
            .collect()
    }

    const SAID: [&str; 4] = ["READY=1", "STATUS=2 of 5 actions done", "WATCHDOG=1", "STOPPING=1"];

    #[test]
    fn a_manager_with_a_path_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        assert_eq!(words_to(path.as_os_str(), &manager), SAID);
    }

    #[test]
    fn a_manager_with_an_abstract_name_is_told() {
        let name = format!("pengined-test-{}", std::process::id());
        let manager = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        assert_eq!(words_to(OsStr::new(&format!("@{name}")), &manager), SAID);
    }

    #[test]
    fn a_manager_that_is_gone_is_no_trouble() {
        let folder = tempfile::tempdir().unwrap();
        let manager = connect(folder.path().join("nobody").as_os_str()).unwrap();
        Notifier { manager: Some(manager), watchdog: None }.ready();
        Notifier { manager: None, watchdog: None }.ready();
    }

    #[test]
    fn the_watchdog_is_fed_twice_as_often_as_it_has_to_be() {
        let this = u64::from(std::process::id());
        assert_eq!(keep_alive(Some(30_000_000), Some(this)), Some(Duration::from_secs(15)));
        assert_eq!(keep_alive(Some(30_000_000), None), Some(Duration::from_secs(15)));
        assert_eq!(keep_alive(Some(30_000_000), Some(this + 1)), None);
        assert_eq!(keep_alive(Some(0), None), None);
        assert_eq!(keep_alive(None, None), None);
    }
}
