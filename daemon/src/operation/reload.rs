//! Reading the configuration's file again.

use pengine_control::{Change, CibChange, Refusal, Reply, Request, Version};
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use super::Logging;
use crate::disk::{CibFile, ConfigurationError};
use crate::inbox::Inbox;

/// What came of reading the file again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reloaded {
    /// The file is the one that was read before.
    Unchanged,
    /// It is the configuration now.
    Replaced(Version),
}

/// Why the configuration stays as it is.
#[derive(Debug, thiserror::Error)]
enum ReloadError {
    /// The file can't be read.
    #[error(transparent)]
    File(#[from] ConfigurationError),
    /// The core doesn't want what is in it.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// Reading was cut short.
    #[error("reading the file was cut short: {0}")]
    CutShort(#[from] tokio::task::JoinError),
}

/// What is read again when the administrator wants it.
#[derive(Debug)]
pub struct Reloader {
    /// Where the configuration goes.
    pub inbox: Inbox,
    /// The file that it comes from.
    pub file: Option<CibFile>,
    /// Logs that may have been renamed.
    pub logging: Logging,
}

impl Reloader {
    /// Opens logs anew, and begins to read the file. Needs a runtime.
    pub fn begin(&self) {
        if let Err(error) = self.logging.reopen() {
            warn!("the log can't be opened anew: {error}");
        }
        let Some(file) = self.file.clone() else { return };
        let inbox = self.inbox.clone();
        tokio::spawn(async move {
            let path = file.file().display().to_string();
            match reload(inbox, file).await {
                Ok(Reloaded::Unchanged) => info!("{path} says nothing new"),
                Ok(Reloaded::Replaced(version)) => info!("{path} is the configuration from now on, with version {version}"),
                Err(error) => warn!("the configuration stays as it is: {error}"),
            }
        });
    }
}

/// Reads the file, and puts what it says in place of the configuration if that is news.
async fn reload(inbox: Inbox, file: CibFile) -> Result<Reloaded, ReloadError> {
    let reader = file.clone();
    let read = spawn_blocking(move || reader.read().map(|text| reader.is_news(&text).then_some(text)));
    let Some(xml) = read.await?? else { return Ok(Reloaded::Unchanged) };
    let change = Change::Cib(CibChange::Replace { xml: xml.clone(), base: None });
    match inbox.ask(Request::Change { change, dry_run: false }).await {
        Reply::Changed { version } => {
            if let Err(error) = spawn_blocking(move || file.remember(&xml)).await? {
                warn!("the configuration's file will be taken for a new one next time: {error}");
            }
            Ok(Reloaded::Replaced(version))
        }
        Reply::Refused(refusal) => Err(refusal.into()),
        reply => Err(Refusal::Invalid { reason: format!("unexpected answer: {reply:?}") }.into()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::disk::Store;
    use crate::inbox::{Input, Outlet};

    /// Answers each change, and counts them.
    async fn answer(mut outlet: Outlet, reply: Reply) -> usize {
        let mut changes = 0;
        while let Some(Input::Ask(Request::Change { dry_run: false, .. }, answer)) = outlet.waiting.recv().await {
            changes += 1;
            answer.send(reply.clone()).unwrap();
        }
        changes
    }

    #[tokio::test]
    async fn a_file_is_taken_when_it_is_news_and_the_core_wants_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cib.xml");
        let (store, _) = Store::open(folder.path(), 10).unwrap();
        let file = CibFile::new(path.clone(), &store);
        std::fs::write(&path, "<cib/>").unwrap();

        let (inbox, outlet) = Inbox::new();
        let refusal = Refusal::Invalid { reason: "no".to_owned() };
        let core = tokio::spawn(answer(outlet, Reply::Refused(refusal)));
        assert!(matches!(reload(inbox, file.clone()).await, Err(ReloadError::Refused(_))));
        assert_eq!(core.await.unwrap(), 1);

        let (inbox, outlet) = Inbox::new();
        let version = Version { epoch: 7, ..Version::default() };
        let core = tokio::spawn(answer(outlet, Reply::Changed { version }));
        assert_eq!(reload(inbox.clone(), file.clone()).await.unwrap(), Reloaded::Replaced(version));
        assert_eq!(reload(inbox.clone(), file.clone()).await.unwrap(), Reloaded::Unchanged);
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(reload(inbox, file).await, Err(ReloadError::File(_))));
        assert_eq!(core.await.unwrap(), 1);
    }
}
