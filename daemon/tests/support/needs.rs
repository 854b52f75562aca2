//! What a test needs of the machine.

use std::path::Path;

/// Whether a test can't be done, and says so.
pub fn is_skipped(test: &str, needs: &[(&str, bool)]) -> bool {
    let missing: Vec<&str> = needs.iter().filter(|(_, there)| !there).map(|(what, _)| *what).collect();
    if !missing.is_empty() {
        println!("skipped: {test} needs {}", missing.join(", "));
    }
    !missing.is_empty()
}

/// Whether a program is there.
pub fn has_program(name: &str) -> bool {
    ["/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].iter().any(|directory| Path::new(directory).join(name).exists())
}

/// Whether one of Debian's OCF agents is there.
pub fn has_agent(name: &str) -> bool {
    Path::new("/usr/lib/ocf/resource.d").join(name).is_file()
}
