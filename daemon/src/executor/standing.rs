//! What the system knows of a process.

use std::fs;

/// What the system knows of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// It has ended, and only waits for its parent to take notice.
    pub(super) is_dead: bool,
    /// The number of its process group.
    pub(super) group: i32,
    /// The number of its session.
    pub(super) session: i32,
    /// When it began, in ticks since the machine did.
    pub(super) begun: u64,
}

impl Standing {
    /// That of a process, if there is one of that number.
    pub(super) fn of(process: i32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The fields behind the name, which may have anything in it.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        Some(Self {
            is_dead: matches!(*fields.first()?, "Z" | "X"),
            group: fields.get(2)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            begun: fields.get(19)?.parse().ok()?,
        })
    }
}
