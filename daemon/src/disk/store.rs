//! The configuration on disk: a number of generations, each in a file that tells by a digest whether it is whole.
//!
//! A generation is the document, followed by a comment with its SHA-256 digest: it can be read like any other document. It is written
//! under another name, made durable, and then given its own, so that a crash leaves the generations before it as they were.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::{fs, io};

use tracing::warn;

use super::digest::sha256;
use super::folder::{self, Access, Durability};
use crate::cluster::LastTerm;

const PREFIX: &str = "generation-";
const SUFFIX: &str = ".xml";
const DAMAGED: &str = ".damaged";
const ASIDE: &str = "aside-";
const TERM: &str = "term";

/// Where configurations are kept.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// Files of whole generations, oldest first.
    generations: VecDeque<PathBuf>,
    /// How many of them are kept.
    most: usize,
    /// The number of the next one.
    next: u64,
}

/// What a store held when it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loaded {
    /// The newest whole configuration; none if nothing was ever saved.
    pub document: Option<String>,
    /// Newer ones that can't be used, newest first. Whoever opens a store has to say so aloud.
    pub skipped: Vec<Skipped>,
}

/// A generation that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the saved configuration {} is {reason}, and an earlier one is used", path.display())]
pub struct Skipped {
    /// Where it can be looked at.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// Why a store can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system says no.
    #[error("can't keep configurations in {}: {source}", folder.display())]
    Io {
        /// The store's folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There were configurations, but none of them is whole.
    #[error(
        "none of the configurations saved in {} is whole; move them away, and begin with one that you trust by --cib",
        folder.display()
    )]
    NoneWhole {
        /// The store's folder.
        folder: PathBuf,
    },
}

impl Store {
    /// Opens the store in a state folder, and loads the newest configuration that is whole. Damaged ones are put aside.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub fn open(state: &Path, most: usize) -> Result<(Self, Loaded), StoreError> {
        let folder = state.join("configuration");
        let failure = |source| StoreError::Io { folder: folder.clone(), source };
        folder::create(&folder, Access::Owner).and_then(|()| folder::remove_drafts(&folder)).map_err(failure)?;
        let files = folder::numbered(&folder, PREFIX).map_err(failure)?;
        let next = files.last().map_or(1, |(newest, _)| newest + 1);
        let is_first_start = files.is_empty();
        let whole_so_far =
            files.into_iter().map(|(_, path)| path).filter(|path| path.extension().is_some_and(|end| end == "xml"));
        let mut store = Self { generations: whole_so_far.collect(), folder, most, next };
        let loaded = store.load();
        if loaded.document.is_none() && !is_first_start {
            return Err(StoreError::NoneWhole { folder: store.folder });
        }
        Ok((store, loaded))
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The newest generation that is whole; it is the last one afterwards.
    fn load(&mut self) -> Loaded {
        let mut loaded = Loaded::default();
        while let Some(path) = self.generations.back() {
            let reason = match fs::read(path).map(document) {
                Ok(Some(text)) => {
                    loaded.document = Some(text);
                    break;
                }
                Ok(None) => "damaged".to_owned(),
                Err(error) => format!("not readable ({error})"),
            };
            loaded.skipped.push(Skipped { path: put_aside(path), reason });
            self.generations.pop_back();
        }
        loaded
    }

    /// Saves a configuration: when this returns, it is safe.
    ///
    /// # Errors
    ///
    /// What the system said; the configuration is not saved then.
    pub fn save(&mut self, document: &str) -> io::Result<()> {
        let name = format!("{PREFIX}{:08}{SUFFIX}", self.next);
        self.next += 1;
        let contents = [document.as_bytes(), &trailer(document.as_bytes()).into_bytes()];
        let path = folder::write(&self.folder, &name, &contents, Durability::Durable)?;
        self.generations.push_back(path);
        while self.generations.len() > self.most {
            let Some(oldest) = self.generations.pop_front() else { break };
            if let Err(error) = fs::remove_file(&oldest) {
                warn!("the old configuration {} can't be removed: {error}", oldest.display());
            }
        }
        Ok(())
    }
}

impl Store {
    /// Keeps a configuration that doesn't count any more; where it is.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn keep_aside(&mut self, document: &str) -> io::Result<PathBuf> {
        let aside = folder::numbered(&self.folder, ASIDE)?;
        let number = aside.last().map_or(1, |(newest, _)| newest + 1);
        let surplus = (aside.len() + 1).saturating_sub(self.most);
        for (_, oldest) in &aside[..surplus.min(aside.len())] {
            fs::remove_file(oldest)?;
        }
        folder::write(&self.folder, &format!("{ASIDE}{number:08}{SUFFIX}"), &[document.as_bytes()], Durability::Durable)
    }

    /// Keeps the number of the present term: when this returns, it is safe.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn keep_term(&self, last: LastTerm) -> io::Result<()> {
        let text = serde_json::to_string(&last)?;
        folder::write(&self.folder, TERM, &[text.as_bytes(), b"\n"], Durability::Durable).map(drop)
    }

    /// The last term that was kept; none if it can't be told.
    #[must_use]
    pub fn term(&self) -> Option<LastTerm> {
        serde_json::from_str(&fs::read_to_string(self.folder.join(TERM)).ok()?).ok()
    }
}

/// Renames a file that can't be used, so that it stays for whoever wants to know what happened; where it is then.
fn put_aside(path: &Path) -> PathBuf {
    let mut aside = path.as_os_str().to_owned();
    aside.push(DAMAGED);
    match fs::rename(path, &aside) {
        Ok(()) => aside.into(),
        Err(_) => path.to_owned(),
    }
}

/// What follows a document.
fn trailer(document: &[u8]) -> String {
    format!("\n<!-- sha256 {} -->\n", sha256(document))
}

/// The document in a file, if it is whole.
fn document(mut file: Vec<u8>) -> Option<String> {
    let end = file.len().checked_sub(trailer(b"").len())?;
    if file[end..] != *trailer(&file[..end]).as_bytes() {
        return None;
    }
    file.truncate(end);
    String::from_utf8(file).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use tempfile::{TempDir, tempdir};

    use super::*;
    use crate::cluster::{NodeId, Term};

    fn filled(documents: &[&str]) -> TempDir {
        let state = tempdir().unwrap();
        let (mut store, _) = Store::open(state.path(), 10).unwrap();
        for document in documents {
            store.save(document).unwrap();
        }
        state
    }

    fn open(state: &TempDir) -> (Store, Loaded) {
        Store::open(state.path(), 10).unwrap()
    }

    fn newest(state: &TempDir) -> PathBuf {
        open(state).0.generations.back().unwrap().clone()
    }

    fn names(state: &TempDir) -> Vec<String> {
        let files = folder::numbered(&state.path().join("configuration"), "").unwrap();
        assert!(files.is_empty());
        let files = folder::numbered(&state.path().join("configuration"), PREFIX).unwrap();
        files.iter().map(|(_, path)| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn nothing_was_saved_at_first() {
        let state = filled(&[]);
        assert_eq!(open(&state).1, Loaded::default());
    }

    #[test]
    fn the_newest_is_loaded_and_no_more_than_the_wanted_number_stays() {
        let state = tempdir().unwrap();
        for document in ["<one/>", "<two/>", "<three/>", "<four/>"] {
            let (mut store, _) = Store::open(state.path(), 3).unwrap();
            store.save(document).unwrap();
        }
        assert_eq!(Store::open(state.path(), 3).unwrap().1.document.as_deref(), Some("<four/>"));
        assert_eq!(names(&state), ["generation-00000002.xml", "generation-00000003.xml", "generation-00000004.xml"]);
    }

    #[test]
    fn a_generation_is_a_document_that_anybody_can_read() {
        let state = filled(&["<cib validate-with=\"pacemaker-4.0\"/>"]);
        let text = fs::read_to_string(newest(&state)).unwrap();
        assert_eq!(pengine::Cib::parse(text).unwrap().root().name(), "cib");
    }

    #[test]
    fn a_crash_before_the_rename_leaves_what_was_there() {
        let state = filled(&["<one/>", "<two/>"]);
        let draft = state.path().join("configuration/generation-00000003.xml.draft");
        for half in ["", "<thr", "<three/>\n<!-- sha256"] {
            fs::write(&draft, half).unwrap();
            assert_eq!(open(&state).1, Loaded { document: Some("<two/>".to_owned()), skipped: Vec::new() });
            assert!(!draft.exists());
        }
    }

    #[test]
    fn damaged_generations_are_skipped_aloud_and_kept_aside() {
        let state = filled(&["<one/>", "<two/>", "<three/>"]);
        let three = newest(&state);
        fs::write(&three, "").unwrap();
        let two = newest(&state);
        let whole = fs::read_to_string(&two).unwrap();
        fs::write(&two, whole.replace("two", "six")).unwrap();
        let (mut store, loaded) = open(&state);
        assert_eq!(loaded.document.as_deref(), Some("<one/>"));
        let aside = state.path().join("configuration/generation-00000002.xml.damaged");
        assert_eq!(
            loaded.skipped.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [format!("the saved configuration {} is damaged, and an earlier one is used", aside.display())]
        );
        store.save("<four/>").unwrap();
        assert_eq!(open(&state).1, Loaded { document: Some("<four/>".to_owned()), skipped: Vec::new() });
        assert_eq!(
            names(&state),
            [
                "generation-00000001.xml",
                "generation-00000002.xml.damaged",
                "generation-00000003.xml.damaged",
                "generation-00000004.xml"
            ]
        );
    }

    #[test]
    fn a_store_with_nothing_whole_is_not_taken_for_an_empty_one() {
        let state = filled(&["<one/>"]);
        fs::write(newest(&state), "<two/>").unwrap();
        for _ in 0..2 {
            assert!(matches!(Store::open(state.path(), 10), Err(StoreError::NoneWhole { .. })));
        }
    }

    #[test]
    fn what_could_not_be_saved_is_not_there_later() {
        let state = filled(&["<one/>"]);
        let (mut store, _) = open(&state);
        fs::create_dir(state.path().join("configuration/generation-00000002.xml")).unwrap();
        assert!(store.save("<two/>").is_err());
        store.save("<three/>").unwrap();
        assert_eq!(open(&state).1.document.as_deref(), Some("<three/>"));
    }

    #[test]
    fn what_does_not_count_any_more_is_kept_aside_and_the_last_term_is_known() {
        let state = tempdir().unwrap();
        let (mut store, _) = Store::open(state.path(), 2).unwrap();
        assert_eq!(store.term(), None);
        let paths: Vec<PathBuf> = (0..3).map(|number| store.keep_aside(&format!("<cib epoch=\"{number}\"/>")).unwrap()).collect();
        assert_eq!(paths.iter().map(|path| path.exists()).collect::<Vec<_>>(), [false, true, true]);
        let term = Term { number: 7, coordinator: NodeId(2), origin: 9 };
        let last = LastTerm { term, quorate: Some(5) };
        store.keep_term(last).unwrap();
        let (store, loaded) = open(&state);
        assert_eq!((store.term(), loaded), (Some(last), Loaded::default()));
    }

    proptest! {
        // Each takes its time until it is durable.
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_file_that_was_cut_or_changed_anywhere_is_noticed(
            document in "[ -~äß\n]{0,200}", at in any::<prop::sample::Index>(), flip in prop::option::of(1_u8..)
        ) {
            let state = filled(&["<before/>", &document]);
            let path = newest(&state);
            let mut bytes = fs::read(&path).unwrap();
            let at = at.index(bytes.len());
            match flip {
                Some(mask) => bytes[at] ^= mask,
                None => bytes.truncate(at),
            }
            fs::write(&path, bytes).unwrap();
            let (_, loaded) = open(&state);
            prop_assert_eq!(loaded.document.as_deref(), Some("<before/>"));
            prop_assert_eq!(loaded.skipped.len(), 1);
        }
    }
}
