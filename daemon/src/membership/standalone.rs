//! This node alone.

use std::io;

use pengine::Cib;

use super::Source;
use crate::core::{Member, Membership};

/// A membership of this node alone, always with quorum.
#[derive(Debug)]
pub struct Standalone {
    news: Option<Membership>,
}

impl Standalone {
    /// The membership of this node.
    #[must_use]
    pub fn new(node: Member) -> Self {
        Self { news: Some(Membership { members: vec![node], quorum: true }) }
    }
}

impl Source for Standalone {
    fn name(&self) -> &'static str {
        "standalone"
    }

    async fn next(&mut self) -> io::Result<Membership> {
        match self.news.take() {
            Some(membership) => Ok(membership),
            None => std::future::pending().await,
        }
    }
}

/// The id of the node of that name: the one that the configuration gives it, or else the first that no other node has.
#[must_use]
pub fn node_id(cib: &Cib, name: &str) -> String {
    let nodes: Vec<_> = cib.section("nodes").into_iter().flat_map(|section| section.children_named("node")).collect();
    let known = nodes.iter().find(|node| node.attr("uname").is_some_and(|uname| uname.eq_ignore_ascii_case(name)));
    if let Some(id) = known.and_then(|node| node.id()) {
        return id.to_owned();
    }
    let is_free = |id: &String| nodes.iter().all(|node| node.id() != Some(id));
    (1_u32..).map(|number| number.to_string()).find(is_free).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn this_node_is_there_once_and_for_all() {
        let mut source = Standalone::new(Member { name: "alice".to_owned(), id: "1".to_owned() });
        let membership = source.next().await.unwrap();
        assert!(membership.quorum && membership.members.len() == 1);
        assert!(tokio::time::timeout(Duration::ZERO, source.next()).await.is_err(), "nothing changes any more");
    }

    #[test]
    fn ids_are_those_of_the_configuration_or_free() {
        let cib = Cib::parse(
            r#"<cib validate-with="none"><configuration><nodes>
                 <node id="1" uname="alice"/><node id="3" uname="bob"/>
               </nodes></configuration></cib>"#,
        )
        .unwrap();
        assert_eq!(node_id(&cib, "bob"), "3");
        assert_eq!(node_id(&cib, "Alice"), "1");
        assert_eq!(node_id(&cib, "carol"), "2");
    }
}
