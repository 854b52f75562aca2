//! Reading the configuration's file again.

use pengine_control::{Change, CibChange, Refusal, Reply, Request, Version};
use tokio::task::spawn_blocking;

use crate::disk::{CibFile, ConfigurationError};
use crate::inbox::Inbox;

/// What came of reading the file again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reloaded {
    /// The file is the one that was read before.
    Unchanged,
    /// It is the configuration now.
    Replaced(Version),
}

/// Why the configuration stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
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

/// Reads the file, and puts what it says in place of the configuration if that is news.
///
/// # Errors
///
/// [`ReloadError`].
pub async fn reload(inbox: Inbox, file: CibFile) -> Result<Reloaded, ReloadError> {
    let reader = file.clone();
    let read = spawn_blocking(move || reader.read().map(|text| reader.is_news(&text).then_some(text)));
    let Some(xml) = read.await?? else { return Ok(Reloaded::Unchanged) };
    let change = Change::Cib(CibChange::Replace { xml: xml.clone(), base: None });
    match inbox.ask(Request::Change { change, dry_run: false }).await {
        Reply::Changed { version } => {
            if let Err(error) = spawn_blocking(move || file.remember(&xml)).await? {
                tracing::warn!("the configuration's file will be taken for a new one next time: {error}");
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
