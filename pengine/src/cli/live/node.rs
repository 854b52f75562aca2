//! `pengine node`: nodes and their attributes.

use std::collections::BTreeMap;

use clap::{Args, Subcommand, ValueEnum};
use pengine_control::{AgentAnswer, AgentRequest, Change, Lifetime, NodeChange, NodeStatus, Reply, Request, exit_status};
use serde_json::json;

use super::super::Failure;
use super::change::ChangeArgs;
use super::palette::{Palette, Tone};
use super::table::{plain, table};
use super::{CommonArgs, Daemon, off_topic};

const EXAMPLES: &str = "\
Examples:
  What would happen if this node were taken out of service?
    pengine node standby alice --dry-run
  Take it out, and in again:
    pengine node standby alice
    pengine node online alice
  Tell where it is:
    pengine node attribute set alice site north";

/// Show nodes, and take them in and out of service
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in super::super) struct NodeArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    #[command(subcommand)]
    command: NodeCommand,
}

#[derive(Debug, Subcommand)]
enum NodeCommand {
    /// List all nodes
    List,
    /// Put a node in standby: what runs there goes elsewhere or stops
    Standby {
        /// The node's name
        node: String,
        #[command(flatten)]
        change: ChangeArgs,
    },
    /// Take a node out of standby
    Online {
        /// The node's name
        node: String,
        #[command(flatten)]
        change: ChangeArgs,
    },
    /// Put a node in maintenance, where its resources are left alone, or take it out
    Maintenance {
        /// The node's name
        node: String,
        /// Whether it is in maintenance from now on
        #[arg(default_value = "on")]
        switch: Switch,
        #[command(flatten)]
        change: ChangeArgs,
    },
    /// Fence a node: whatever runs there is gone
    Fence {
        /// The node's name
        node: String,
        #[command(flatten)]
        change: ChangeArgs,
    },
    /// Show, set or delete a node's attributes
    #[command(subcommand)]
    Attribute(AttributeCommand),
}

#[derive(Debug, Subcommand)]
enum AttributeCommand {
    /// Show the value of an attribute
    Get {
        #[command(flatten)]
        attribute: AttributeArgs,
        /// Look for one that lasts so long, not for any
        #[arg(long)]
        lifetime: Option<Lasting>,
    },
    /// Set an attribute
    Set {
        #[command(flatten)]
        attribute: AttributeArgs,
        /// Its value
        #[arg(allow_hyphen_values = true)]
        value: String,
        /// How long it lasts
        #[arg(long, default_value = "forever")]
        lifetime: Lasting,
        #[command(flatten)]
        change: ChangeArgs,
    },
    /// Delete an attribute
    Delete {
        #[command(flatten)]
        attribute: AttributeArgs,
        /// How long the one lasts that is meant
        #[arg(long, default_value = "forever")]
        lifetime: Lasting,
        #[command(flatten)]
        change: ChangeArgs,
    },
}

#[derive(Debug, Args)]
struct AttributeArgs {
    /// The node's name
    node: String,
    /// The attribute's name
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// How long an attribute lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lasting {
    /// Until it is deleted
    Forever,
    /// Until the node restarts
    Reboot,
}

impl From<Lasting> for Lifetime {
    fn from(lasting: Lasting) -> Self {
        match lasting {
            Lasting::Forever => Self::Forever,
            Lasting::Reboot => Self::Reboot,
        }
    }
}

impl NodeArgs {
    pub(super) fn run(&self, daemon: &Daemon) -> Result<(), Failure> {
        let (node, node_change, change) = match &self.command {
            NodeCommand::List => {
                let nodes = daemon.status()?.nodes;
                return daemon.show(|palette| node_table(palette, &nodes), &BTreeMap::from([("nodes", &nodes)]));
            }
            NodeCommand::Standby { node, change } => (node, NodeChange::Standby { on: true }, change),
            NodeCommand::Online { node, change } => (node, NodeChange::Standby { on: false }, change),
            NodeCommand::Maintenance { node, switch, change } => {
                (node, NodeChange::Maintenance { on: *switch == Switch::On }, change)
            }
            NodeCommand::Fence { node, change } => (node, NodeChange::Fence, change),
            NodeCommand::Attribute(command) => return command.run(daemon),
        };
        change.make(daemon, Change::Node { node: node.clone(), change: node_change })
    }
}

impl AttributeCommand {
    fn run(&self, daemon: &Daemon) -> Result<(), Failure> {
        let (attribute, value, lifetime, change) = match self {
            Self::Get { attribute, lifetime } => return attribute.show(daemon, lifetime.map(Lifetime::from)),
            Self::Set { attribute, value, lifetime, change } => (attribute, Some(value.clone()), lifetime, change),
            Self::Delete { attribute, lifetime, change } => (attribute, None, lifetime, change),
        };
        let (node, name, lifetime) = (attribute.node.clone(), attribute.name.clone(), (*lifetime).into());
        change.make(daemon, Change::Node { node, change: NodeChange::Attribute { name, value, lifetime } })
    }
}

impl AttributeArgs {
    fn show(&self, daemon: &Daemon, lifetime: Option<Lifetime>) -> Result<(), Failure> {
        let Self { node, name } = self;
        let request = AgentRequest::GetAttribute { name: name.clone(), node: Some(node.clone()), lifetime };
        let values = match daemon.ask(&Request::Agent(request))? {
            Reply::Agent(AgentAnswer::Values { values }) => values,
            other => return Err(off_topic(other)),
        };
        let Some(value) = values.into_iter().next().map(|value| value.value) else {
            let problem = format_args!("node '{node}' has no attribute '{name}'; 'pengine node attribute set' sets it");
            return Err(Failure::new(exit_status::NO_SUCH, problem));
        };
        daemon.show(|_| format!("{value}\n"), &json!({ "node": node, "name": name, "value": value }))
    }
}

fn node_table(palette: Palette, nodes: &[NodeStatus]) -> String {
    let rows: Vec<_> =
        nodes.iter().map(|node| [plain(&node.name), state(node), plain(if node.dc { "coordinator" } else { "" })]).collect();
    table(palette, ["NODE", "STATE", "DUTY"], &rows)
}

fn state(node: &NodeStatus) -> (Tone, String) {
    let words = [
        (true, if node.online { "online" } else { "offline" }),
        (node.unclean, "unclean"),
        (node.standby, "standby"),
        (node.maintenance, "maintenance"),
    ];
    let words: Vec<&str> = words.into_iter().filter_map(|(is_so, word)| is_so.then_some(word)).collect();
    let tone = match node {
        NodeStatus { unclean: true, .. } | NodeStatus { online: false, .. } => Tone::Bad,
        NodeStatus { standby: true, .. } | NodeStatus { maintenance: true, .. } => Tone::Notable,
        _ => Tone::Good,
    };
    (tone, words.join(", "))
}
