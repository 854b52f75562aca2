//! The file that a configuration comes from: at the first start, and again when the administrator changed it and says so.

use std::path::{Path, PathBuf};
use std::{fs, io};

use pengine::{Cib, CibError};
use pengine_files::ReadError;

use super::digest::sha256;
use super::folder::{self, Durability};
use super::store::Store;

/// The file's name in the store that tells what was taken last.
const TAKEN: &str = "taken";

/// What a store begins with if it is given nothing.
const EMPTY: &str = r#"<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="0" num_updates="0">
  <configuration>
    <crm_config/>
    <nodes/>
    <resources/>
    <constraints/>
  </configuration>
</cib>
"#;

/// A file with a configuration, and what of it was taken already.
#[derive(Debug, Clone)]
pub struct CibFile {
    file: PathBuf,
    /// The folder of the store.
    folder: PathBuf,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file can't be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: ReadError,
    },
    /// It is no CIB.
    #[error("{}: {source}", place.display())]
    NoCib {
        /// The file or the store.
        place: PathBuf,
        /// What is wrong with it.
        source: CibError,
    },
    /// It can't be saved.
    #[error("can't save the configuration in {}: {source}", folder.display())]
    NotSaved {
        /// The store.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl CibFile {
    /// A file, whose configuration goes to a store.
    #[must_use]
    pub fn new(file: PathBuf, store: &Store) -> Self {
        Self { file, folder: store.folder().to_owned() }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The text in the file.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::Unreadable`].
    pub fn read(&self) -> Result<String, ConfigurationError> {
        pengine_files::read(&self.file).map_err(|source| ConfigurationError::Unreadable { file: self.file.clone(), source })
    }

    /// Whether it is another text than the one that was taken last. What was changed since then in other ways stays, so that whoever
    /// only wants logs to be reopened changes nothing.
    #[must_use]
    pub fn is_news(&self, text: &str) -> bool {
        fs::read_to_string(self.folder.join(TAKEN)).ok().is_none_or(|taken| taken != sha256(text.as_bytes()))
    }

    /// Remembers that a text was taken.
    ///
    /// # Errors
    ///
    /// What the system said: it will be news again.
    pub fn remember(&self, text: &str) -> io::Result<()> {
        folder::write(&self.folder, TAKEN, &[sha256(text.as_bytes()).as_bytes()], Durability::Visible)?;
        Ok(())
    }
}

/// The configuration to begin with: the saved one, or else the one in a file, or else an empty one. It is saved afterwards.
///
/// # Errors
///
/// [`ConfigurationError`].
pub fn first_configuration(store: &mut Store, saved: Option<String>, file: Option<&CibFile>) -> Result<Cib, ConfigurationError> {
    let parse = |text: String, place: &Path| {
        Cib::parse(text).map_err(|source| ConfigurationError::NoCib { place: place.to_owned(), source })
    };
    if let Some(text) = saved {
        return parse(text, store.folder());
    }
    let text = file.map_or_else(|| Ok(EMPTY.to_owned()), CibFile::read)?;
    let cib = parse(text.clone(), file.map_or(store.folder(), CibFile::file))?;
    let kept = store.save(&text).and_then(|()| file.map_or(Ok(()), |file| file.remember(&text)));
    kept.map_err(|source| ConfigurationError::NotSaved { folder: store.folder().to_owned(), source })?;
    Ok(cib)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ONE: &str = r#"<cib validate-with="none" epoch="1"/>"#;
    const TWO: &str = r#"<cib validate-with="none" epoch="2"/>"#;

    fn epoch(cib: &Cib) -> Option<String> {
        cib.root().attr("epoch").map(str::to_owned)
    }

    #[test]
    fn a_file_is_taken_once_and_what_is_saved_wins_from_then_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cib.xml.bz2");
        for (text, is_news) in [(ONE, false), (TWO, true)] {
            fs::write(&path, pengine_files::pack_bzip2(text).unwrap()).unwrap();
            let (mut store, loaded) = Store::open(folder.path(), 10).unwrap();
            let file = CibFile::new(path.clone(), &store);
            let cib = first_configuration(&mut store, loaded.document, Some(&file)).unwrap();
            assert_eq!(epoch(&cib).as_deref(), Some("1"), "with a file of {text}");
            assert_eq!(file.is_news(&file.read().unwrap()), is_news);
        }
    }

    #[test]
    fn without_a_file_the_first_configuration_is_empty_and_saved() {
        let folder = tempfile::tempdir().unwrap();
        let (mut store, loaded) = Store::open(folder.path(), 10).unwrap();
        let cib = first_configuration(&mut store, loaded.document, None).unwrap();
        assert!(cib.resources().is_some_and(|resources| resources.children().next().is_none()));
        assert_eq!(Store::open(folder.path(), 10).unwrap().1.document.as_deref(), Some(EMPTY));
    }

    #[test]
    fn a_file_that_is_no_cib_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cib.xml");
        fs::write(&file, "<html/>").unwrap();
        let (mut store, loaded) = Store::open(folder.path(), 10).unwrap();
        let source = CibFile::new(file, &store);
        let error = first_configuration(&mut store, loaded.document, Some(&source)).unwrap_err();
        assert!(matches!(error, ConfigurationError::NoCib { .. }), "{error}");
        assert_eq!(Store::open(folder.path(), 10).unwrap().1.document, None);
    }
}
