//! Inputs of transitions, packed, so that any decision can be looked at again: `pengine simulate -x FILE`.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::folder::{self, Access, Durability};

const PREFIX: &str = "pe-input-";

/// Where inputs are kept.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
    /// Oldest first.
    inputs: VecDeque<PathBuf>,
    /// How many are kept.
    most: usize,
    /// The number of the next one: transitions are numbered from 1 with each start, inputs are not.
    next: u64,
}

impl Archive {
    /// Opens the archive in a state folder.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn open(state: &Path, most: usize) -> io::Result<Self> {
        let folder = state.join("inputs");
        folder::create(&folder, Access::Owner)?;
        folder::remove_drafts(&folder)?;
        let files = folder::numbered(&folder, PREFIX)?;
        let next = files.last().map_or(1, |(newest, _)| newest + 1);
        let mut archive = Self { folder, inputs: files.into_iter().map(|(_, path)| path).collect(), most, next };
        archive.rotate()?;
        Ok(archive)
    }

    /// Keeps an input, unless none are wanted; where it is.
    ///
    /// # Errors
    ///
    /// What the system said; the input is not kept then, or an old one could not be removed.
    pub fn keep(&mut self, transition: u32, document: &str) -> io::Result<Option<PathBuf>> {
        if self.most == 0 {
            return Ok(None);
        }
        let name = format!("{PREFIX}{:06}-transition-{transition}.bz2", self.next);
        let packed = pengine_files::pack_bzip2(document)?;
        let path = folder::write(&self.folder, &name, &[&packed], Durability::Visible)?;
        self.next += 1;
        self.inputs.push_back(path.clone());
        self.rotate()?;
        Ok(Some(path))
    }

    fn rotate(&mut self) -> io::Result<()> {
        while self.inputs.len() > self.most {
            let Some(oldest) = self.inputs.pop_front() else { break };
            fs::remove_file(oldest)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn names(state: &Path) -> Vec<String> {
        let files = folder::numbered(&state.join("inputs"), PREFIX).unwrap();
        files.iter().map(|(_, path)| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_newest_inputs_stay_and_their_order_survives_a_restart() {
        let state = tempfile::tempdir().unwrap();
        let mut archive = Archive::open(state.path(), 2).unwrap();
        for transition in 1..=3 {
            archive.keep(transition, "<cib/>").unwrap();
        }
        let mut archive = Archive::open(state.path(), 2).unwrap();
        let path = archive.keep(1, "<cib epoch=\"7\"/>").unwrap().unwrap();
        assert_eq!(names(state.path()), ["pe-input-000003-transition-3.bz2", "pe-input-000004-transition-1.bz2"]);
        assert_eq!(pengine_files::read(&path).unwrap(), "<cib epoch=\"7\"/>");
        Archive::open(state.path(), 1).unwrap();
        assert_eq!(names(state.path()), ["pe-input-000004-transition-1.bz2"]);
    }

    #[test]
    fn none_are_kept_if_none_are_wanted() {
        let state = tempfile::tempdir().unwrap();
        let mut archive = Archive::open(state.path(), 0).unwrap();
        assert_eq!(archive.keep(1, "<cib/>").unwrap(), None);
        assert!(names(state.path()).is_empty());
    }
}
