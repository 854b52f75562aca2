//! Who is there: what stands under the daemon and tells it which nodes it sees.

#[cfg(feature = "corosync")]
mod corosync;
mod standalone;

use std::future::Future;
use std::io;

#[cfg(feature = "corosync")]
pub use corosync::{Corosync, CorosyncError, Outgoing};
pub use standalone::{Standalone, node_id};

use crate::core::{Member, Membership};
use crate::inbox::Inbox;
use crate::node::Event;

/// Something that knows which nodes are there.
pub trait Source: Send {
    /// What it is called, in logs.
    fn name(&self) -> &'static str;

    /// Waits for the next membership: the first at once, and then one for each change.
    ///
    /// An error is the last word: nothing is known any more.
    fn next(&mut self) -> impl Future<Output = io::Result<Membership>> + Send;
}

/// Tells of each membership. When nothing is known any more, this node is alone and without quorum.
pub async fn watch(mut source: impl Source, local: Member, inbox: Inbox) {
    loop {
        let (membership, is_last) = match source.next().await {
            Ok(membership) => (membership, false),
            Err(error) => {
                tracing::error!("{} doesn't tell any more which nodes are there: {error}", source.name());
                (Membership { members: vec![local.clone()], quorum: false }, true)
            }
        };
        tracing::info!(members = membership.members.len(), quorum = membership.quorum, "membership by {}", source.name());
        inbox.tell(Event::Membership(membership)).await;
        if is_last {
            return;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::inbox::Input;

    /// Tells of two memberships, and then breaks.
    struct Brief(Vec<Membership>);

    impl Source for Brief {
        fn name(&self) -> &'static str {
            "brief"
        }

        async fn next(&mut self) -> io::Result<Membership> {
            self.0.pop().ok_or_else(|| io::ErrorKind::ConnectionReset.into())
        }
    }

    #[tokio::test]
    async fn each_membership_is_told_and_the_end_is_no_secret() {
        let member = |name: &str| Member { name: name.to_owned(), id: name.to_owned() };
        let alone = Membership { members: vec![member("alice")], quorum: true };
        let both = Membership { members: vec![member("alice"), member("bob")], quorum: true };
        let (inbox, mut outlet) = Inbox::new();
        watch(Brief(vec![both.clone(), alone.clone()]), member("alice"), inbox).await;
        let lost = Membership { quorum: false, ..alone.clone() };
        for expected in [alone, both, lost] {
            let Some(Input::Event(told)) = outlet.waiting.recv().await else { unreachable!() };
            assert_eq!(told, Event::Membership(expected));
        }
    }
}
