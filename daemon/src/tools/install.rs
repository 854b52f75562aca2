//! The folder of links that agents find their tools in.

use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use super::TOOLS;

/// Programs of the system that agents look for in `HA_SBIN_DIR`, too.
const NEIGHBOURS: &[&str] = &["clvmd", "cmirrord", "lvmconf", "sm-notify"];

/// Where those are.
const SYSTEM: &str = "/usr/sbin";

/// Makes the folder of the agents' tools: links to this program, with the names of the tools.
///
/// # Errors
///
/// If the folder or a link can't be made.
pub fn install(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let program = env::current_exe()?;
    for (name, _) in TOOLS {
        link(&program, &folder.join(name))?;
    }
    for name in NEIGHBOURS {
        link(&Path::new(SYSTEM).join(name), &folder.join(name))?;
    }
    Ok(())
}

/// Makes a link, in one step if there is one already: agents may be using it.
fn link(target: &Path, path: &Path) -> io::Result<()> {
    if fs::read_link(path).is_ok_and(|present| present == target) {
        return Ok(());
    }
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(target, &draft)?;
    fs::rename(&draft, path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn links_are_made_and_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let tools = folder.path().join("run/tools");
        install(&tools).unwrap();
        let old = tools.join("crm_node");
        fs::remove_file(&old).unwrap();
        symlink("/gone", &old).unwrap();
        fs::write(tools.join("crm_master.new"), "left over").unwrap();
        fs::remove_file(tools.join("crm_master")).unwrap();
        install(&tools).unwrap();
        let mut names: Vec<_> = fs::read_dir(&tools).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        let mut expected: Vec<&str> = TOOLS.iter().map(|(name, _)| *name).chain(NEIGHBOURS.iter().copied()).collect();
        expected.sort_unstable();
        assert_eq!(names, expected);
        for (name, _) in TOOLS {
            assert_eq!(fs::read_link(tools.join(name)).unwrap(), env::current_exe().unwrap());
        }
        assert_eq!(fs::read_link(tools.join("sm-notify")).unwrap(), Path::new("/usr/sbin/sm-notify"));
    }
}
