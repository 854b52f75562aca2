//! What a peer may do, by the user that it runs as.

use std::ffi::CString;

use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use tokio::net::unix::UCred;

/// What a peer may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Access {
    /// Nothing: a stranger.
    Nothing,
    /// Look.
    Read,
    /// Look and change.
    Write,
}

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Policy {
    /// The daemon's own user.
    own_user: u32,
    /// The group that may change things.
    group: Option<u32>,
    /// The group that may look.
    read_group: Option<u32>,
}

/// A group that doesn't exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no group '{0}' on this machine; create it (groupadd {0}) or name another one")]
pub struct NoSuchGroup(String);

/// Whom the file system lets through to the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// The owner.
    Owner,
    /// The owner and a group.
    Group(u32),
    /// Everybody: a file has one group only, and here are two.
    Everybody,
}

/// A peer, as the system tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peer {
    user: u32,
    groups: Vec<u32>,
}

impl Policy {
    pub(super) fn new(group: Option<&str>, read_group: Option<&str>) -> Result<Self, NoSuchGroup> {
        let id = |name: Option<&str>| name.map(group_id).transpose();
        Ok(Self { own_user: Uid::effective().as_raw(), group: id(group)?, read_group: id(read_group)? })
    }

    /// What a peer may do.
    pub(super) fn access(&self, peer: &Peer) -> Access {
        let is_member = |group: Option<u32>| group.is_some_and(|group| peer.groups.contains(&group));
        if peer.user == 0 || peer.user == self.own_user || is_member(self.group) {
            Access::Write
        } else if is_member(self.read_group) {
            Access::Read
        } else {
            Access::Nothing
        }
    }

    /// Whom the file system has to let through, so that all can connect who may do something.
    pub(super) fn door(&self) -> Door {
        match (self.group, self.read_group) {
            (None, None) => Door::Owner,
            (Some(one), Some(other)) if one != other => Door::Everybody,
            (Some(group), _) | (None, Some(group)) => Door::Group(group),
        }
    }
}

impl Peer {
    /// Looks up all groups of a peer's user. May take its time where users are kept on another machine.
    pub(super) fn look_up(credentials: UCred) -> Self {
        let (user, group) = (credentials.uid(), credentials.gid());
        let mut groups = vec![group];
        let name = User::from_uid(Uid::from_raw(user)).ok().flatten().and_then(|user| CString::new(user.name).ok());
        if let Some(all) = name.and_then(|name| getgrouplist(&name, Gid::from_raw(group)).ok()) {
            groups.extend(all.into_iter().map(Gid::as_raw));
        }
        Self { user, groups }
    }
}

fn group_id(name: &str) -> Result<u32, NoSuchGroup> {
    let group = Group::from_name(name).ok().flatten();
    group.map(|group| group.gid.as_raw()).ok_or_else(|| NoSuchGroup(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATORS: u32 = 50;
    const WATCHERS: u32 = 60;

    fn policy(group: Option<u32>, read_group: Option<u32>) -> Policy {
        Policy { own_user: 990, group, read_group }
    }

    fn peer(user: u32, groups: &[u32]) -> Peer {
        Peer { user, groups: groups.to_vec() }
    }

    #[test]
    fn root_and_the_daemons_own_user_change_things_without_any_group() {
        let policy = policy(None, None);
        assert_eq!(policy.access(&peer(0, &[0])), Access::Write);
        assert_eq!(policy.access(&peer(990, &[990])), Access::Write);
        assert_eq!(policy.access(&peer(1000, &[1000, 0])), Access::Nothing);
    }

    #[test]
    fn members_of_groups_do_what_their_group_may() {
        let policy = policy(Some(OPERATORS), Some(WATCHERS));
        assert_eq!(policy.access(&peer(1000, &[1000, OPERATORS])), Access::Write);
        assert_eq!(policy.access(&peer(1000, &[1000, WATCHERS])), Access::Read);
        assert_eq!(policy.access(&peer(1000, &[1000, WATCHERS, OPERATORS])), Access::Write);
        assert_eq!(policy.access(&peer(OPERATORS, &[1000])), Access::Nothing);
    }

    #[test]
    fn the_file_lets_through_whom_the_policy_may_let_do_something() {
        assert_eq!(policy(None, None).door(), Door::Owner);
        assert_eq!(policy(Some(OPERATORS), None).door(), Door::Group(OPERATORS));
        assert_eq!(policy(None, Some(WATCHERS)).door(), Door::Group(WATCHERS));
        assert_eq!(policy(Some(OPERATORS), Some(OPERATORS)).door(), Door::Group(OPERATORS));
        assert_eq!(policy(Some(OPERATORS), Some(WATCHERS)).door(), Door::Everybody);
    }

    #[test]
    fn a_group_that_does_not_exist_is_an_error() {
        let error = Policy::new(Some("no-such-group"), None);
        assert_eq!(error, Err(NoSuchGroup("no-such-group".to_owned())));
    }
}
