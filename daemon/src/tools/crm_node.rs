//! `crm_node`: nodes and quorum.

use clap::{ArgAction, Parser};

use super::Tool;
use super::session::{Failure, Session};

/// Tells of nodes and quorum; the last of several questions counts
#[derive(Debug, Parser)]
#[command(name = "crm_node", version, disable_version_flag = true, args_override_self = true)]
pub(super) struct CrmNode {
    /// Print the name of this node
    #[arg(short, long, overrides_with_all = ["cluster_id", "list", "partition", "quorum"])]
    name: bool,
    /// Print the id of this node
    #[arg(short = 'i', long, overrides_with_all = ["name", "list", "partition", "quorum"])]
    cluster_id: bool,
    /// Print id, name and state of each node
    #[arg(short, long, overrides_with_all = ["name", "cluster_id", "partition", "quorum"])]
    list: bool,
    /// Print the names of the nodes that are there
    #[arg(short, long, overrides_with_all = ["name", "cluster_id", "list", "quorum"])]
    partition: bool,
    /// Print 1 if they have quorum, or 0
    #[arg(short, long, overrides_with_all = ["name", "cluster_id", "list", "partition"])]
    quorum: bool,
    /// Print the version
    #[arg(short = '$', long, action = ArgAction::Version)]
    version: (),
}

impl Tool for CrmNode {
    fn run(self, session: &mut Session<'_>) -> Result<String, Failure> {
        if self.name {
            return Ok(format!("{}\n", session.local_node()?.name));
        }
        if self.cluster_id {
            return Ok(format!("{}\n", session.local_node()?.id));
        }
        if !(self.list || self.partition || self.quorum) {
            return Err(Failure::usage("say what to print: --name, --cluster-id, --list, --partition or --quorum"));
        }
        let (nodes, have_quorum) = session.nodes()?;
        if self.quorum {
            return Ok(format!("{}\n", u8::from(have_quorum)));
        }
        if self.partition {
            let names: Vec<&str> = nodes.iter().filter(|node| node.online).map(|node| node.name.as_str()).collect();
            return Ok(format!("{}\n", names.join(" ")));
        }
        let state = |online| if online { "member" } else { "lost" };
        Ok(nodes.iter().map(|node| format!("{} {} {}\n", node.id, node.name, state(node.online))).collect())
    }
}
