//! Operations as they are named on the command line: `RESOURCE_TASK_INTERVAL@NODE=STATUS`.

use crate::cib::parse_integer;

/// An operation and its result (SIM-70).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Specification<'t> {
    /// The operation's key.
    pub(super) key: &'t str,
    /// The node it ran on.
    pub(super) node: &'t str,
    /// Its exit status.
    pub(super) status: i32,
}

impl<'t> Specification<'t> {
    /// Reads a specification; else how many of its fields were found.
    pub(super) fn parse(text: &'t str) -> Result<Self, i32> {
        if text.is_empty() {
            return Err(-1);
        }
        let (key, rest) = text.split_once('@').unwrap_or((text, ""));
        if key.is_empty() {
            return Err(0);
        }
        let (node, status) = rest.split_once('=').unwrap_or((rest, ""));
        if node.is_empty() {
            return Err(1);
        }
        let status = exit_status(status).ok_or(2)?;
        Ok(Self { key, node, status })
    }
}

/// The exit status that text begins with.
pub(super) fn exit_status(text: &str) -> Option<i32> {
    parse_integer(text).and_then(|status| i32::try_from(status).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_fields_it_found() {
        assert_eq!(Specification::parse(""), Err(-1));
        assert_eq!(Specification::parse("@n=1"), Err(0));
        assert_eq!(Specification::parse("a_stop_0"), Err(1));
        assert_eq!(Specification::parse("a_stop_0@n1"), Err(2));
        assert_eq!(Specification::parse("a_stop_0@n1=x"), Err(2));
        let expected = Specification { key: "a_stop_0", node: "n1", status: 1 };
        assert_eq!(Specification::parse("a_stop_0@n1=1=2"), Ok(expected));
    }
}
