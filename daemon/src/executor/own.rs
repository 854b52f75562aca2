//! The agents that come with the daemon, for a first run and for tests on a machine that has no others.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::{fs, io};

/// Their names and texts, for the provider `pengine`.
const AGENTS: [(&str, &str); 2] = [
    ("Service", include_str!("../../agents/resource.d/pengine/Service")),
    ("Stateful", include_str!("../../agents/resource.d/pengine/Stateful")),
];

/// Writes our own agents below a root for OCF agents, as `resource.d/pengine/NAME`.
///
/// # Errors
///
/// They can't be written there.
pub fn write_own_agents(root: &Path) -> io::Result<()> {
    let directory = root.join("resource.d").join("pengine");
    fs::create_dir_all(&directory)?;
    for (name, text) in AGENTS {
        // Never written to in place: one that runs just now goes on with its own text.
        let fresh = directory.join(format!(".{name}.new"));
        fs::write(&fresh, text)?;
        fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755))?;
        fs::rename(fresh, directory.join(name))?;
    }
    Ok(())
}
