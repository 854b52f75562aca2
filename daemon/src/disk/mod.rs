//! What is kept on disk: the configuration, and the inputs of transitions; and the lock that keeps others off.

mod archive;
mod cib_file;
mod digest;
mod folder;
mod lock;
mod store;

use pengine_control::Version;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::{error, info, warn};

pub use archive::Archive;
pub use cib_file::{CibFile, ConfigurationError, first_configuration};
pub use digest::sha256;
pub use lock::{Lock, LockError};
pub use store::{Loaded, Skipped, Store, StoreError};

use crate::cluster::LastTerm;
use crate::inbox::Inbox;
use crate::node::Event;

/// How many inputs of transitions may wait to be packed; more are given up, so that a slow disk doesn't fill the memory.
const MOST_WAITING_INPUTS: usize = 32;

/// Something to be kept.
#[derive(Debug)]
enum Kept {
    Configuration(Version, String),
    Aside(Version, String),
    Term(LastTerm),
}

/// Writes what the core wants kept, in its order and beside the loop.
#[derive(Debug)]
pub struct Disk {
    saves: mpsc::UnboundedSender<Kept>,
    saving: JoinHandle<()>,
    inputs: mpsc::Sender<(u32, String)>,
    archiving: JoinHandle<()>,
}

impl Disk {
    /// Begins to write. What came of saving goes to the inbox.
    #[must_use]
    pub fn start(store: Store, archive: Archive, inbox: Inbox) -> Self {
        let (saves, waiting) = mpsc::unbounded_channel();
        let saving = spawn_blocking(move || save_all(store, waiting, &inbox));
        let (inputs, waiting) = mpsc::channel(MOST_WAITING_INPUTS);
        let archiving = spawn_blocking(move || archive_all(archive, waiting));
        Self { saves, saving, inputs, archiving }
    }

    /// Saves a configuration; [`Event::Saved`] tells when it is safe.
    pub fn save(&self, version: Version, xml: String) {
        self.keep(Kept::Configuration(version, xml));
    }

    /// Keeps a configuration that doesn't count any more.
    pub fn keep_aside(&self, version: Version, xml: String) {
        self.keep(Kept::Aside(version, xml));
    }

    /// Keeps the number of a term, before everything that is saved after it.
    pub fn keep_term(&self, last: LastTerm) {
        self.keep(Kept::Term(last));
    }

    fn keep(&self, what: Kept) {
        if let Err(lost) = self.saves.send(what) {
            error!("{:?} is lost: nothing is saved any more", lost.0);
        }
    }

    /// Keeps the input of a transition.
    pub fn archive(&self, transition: u32, xml: String) {
        if self.inputs.try_send((transition, xml)).is_err() {
            warn!("the input of transition {transition} is not kept: too many wait to be written");
        }
    }

    /// Waits until all is written.
    pub async fn close(self) {
        drop((self.saves, self.inputs));
        for worker in [self.saving, self.archiving] {
            if let Err(failure) = worker.await {
                error!("writing to disk ended before its time: {failure}");
            }
        }
    }
}

fn save_all(mut store: Store, mut waiting: mpsc::UnboundedReceiver<Kept>, inbox: &Inbox) {
    while let Some(what) = waiting.blocking_recv() {
        match what {
            Kept::Configuration(version, xml) => {
                let result = store.save(&xml).map_err(|error| error.to_string());
                inbox.tell_blocking(Event::Saved(version, result));
            }
            Kept::Aside(version, xml) => match store.keep_aside(&xml) {
                Ok(path) => warn!("configuration {version}, which doesn't count any more, is kept in {}", path.display()),
                Err(error) => error!("configuration {version}, which doesn't count any more, can't be kept: {error}"),
            },
            Kept::Term(last) => {
                if let Err(error) = store.keep_term(last) {
                    error!("the number of the present term can't be kept: {error}");
                }
            }
        }
    }
}

fn archive_all(mut archive: Archive, mut waiting: mpsc::Receiver<(u32, String)>) {
    while let Some((transition, xml)) = waiting.blocking_recv() {
        match archive.keep(transition, &xml) {
            Ok(Some(path)) => info!("the input of transition {transition} is kept in {}", path.display()),
            Ok(None) => {}
            Err(error) => warn!("the input of transition {transition} is not kept: {error}"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::inbox::Input;

    #[tokio::test]
    async fn configurations_are_saved_in_order_and_told_when_they_are_safe() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path(), 10).unwrap();
        let archive = Archive::open(folder.path(), 10).unwrap();
        let (inbox, mut outlet) = Inbox::new();
        let disk = Disk::start(store, archive, inbox);
        let versions: Vec<Version> = (1..=20).map(|epoch| Version { epoch, ..Version::default() }).collect();
        for &version in &versions {
            disk.save(version, format!("<cib epoch=\"{}\"/>", version.epoch));
            disk.archive(version.epoch, "<cib/>".to_owned());
        }
        for &version in &versions {
            let Some(Input::Event(told)) = outlet.waiting.recv().await else { unreachable!() };
            assert_eq!(told, Event::Saved(version, Ok(())));
        }
        disk.close().await;
        let (_, loaded) = Store::open(folder.path(), 10).unwrap();
        assert_eq!(loaded.document.as_deref(), Some("<cib epoch=\"20\"/>"));
    }
}
