//! Folders of files that are numbered in the order in which they were made, and that are there whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What is behind a file's name before it is complete.
const DRAFT: &str = ".draft";

/// When a file counts as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// When it would survive a loss of power.
    Durable,
    /// When others can read it.
    Visible,
}

/// Who can look into a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Its owner alone: configurations hold passwords.
    Owner,
    /// Everybody.
    Everybody,
}

/// Makes a folder, and those that it is in, durably.
pub(super) fn create(folder: &Path, access: Access) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = parent(folder);
    create(parent, Access::Everybody)?;
    let mode = match access {
        Access::Owner => 0o700,
        Access::Everybody => 0o755,
    };
    DirBuilder::new().mode(mode).create(folder)?;
    File::open(parent)?.sync_all()
}

fn parent(folder: &Path) -> &Path {
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The files whose names begin so and go on with a number, in the order of their numbers.
pub(super) fn numbered(folder: &Path, prefix: &str) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| leading_number(name.strip_prefix(prefix)?));
        files.extend(number.map(|number| (number, entry.path())));
    }
    files.sort();
    Ok(files)
}

fn leading_number(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

/// Writes a file under another name, and gives it its own when it is complete.
pub(super) fn write(folder: &Path, name: &str, contents: &[&[u8]], durability: Durability) -> io::Result<PathBuf> {
    let (draft, target) = (folder.join(format!("{name}{DRAFT}")), folder.join(name));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    for part in contents {
        file.write_all(part)?;
    }
    if durability == Durability::Durable {
        file.sync_all()?;
    }
    fs::rename(&draft, &target)?;
    if durability == Durability::Durable {
        File::open(folder)?.sync_all().inspect_err(|_| {
            // Whether the name would survive is unknown; who hears of the failure must not find it later.
            let _ = fs::remove_file(&target);
        })?;
    }
    Ok(target)
}

/// Removes what writes left behind that were cut short.
pub(super) fn remove_drafts(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.as_os_str().as_encoded_bytes().ends_with(DRAFT.as_bytes()) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
