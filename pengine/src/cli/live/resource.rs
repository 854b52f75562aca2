//! `pengine resource`: resources, and where they run.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use pengine_control::{Change, ResourceChange, ResourceStatus};

use super::super::Failure;
use super::change::ChangeArgs;
use super::palette::{Palette, Tone};
use super::table::{plain, table};
use super::{CommonArgs, Daemon};

const EXAMPLES: &str = "\
Examples:
  Where are they?
    pengine resource list
  Try a failed one again:
    pengine resource cleanup web
  Send one elsewhere, and let it choose again:
    pengine resource move web bob
    pengine resource clear web";

/// Show resources, and start, stop and move them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in super::super) struct ResourceArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    #[command(subcommand)]
    command: ResourceCommand,
}

#[derive(Debug, Subcommand)]
enum ResourceCommand {
    /// List all resources, a line for each node that they are active on
    List,
    /// Let a resource run
    Start(ResourceOnly),
    /// Stop a resource
    Stop(ResourceOnly),
    /// Stop a resource where it runs, and start it again
    Restart(ResourceOnly),
    /// Move a resource to a node, where it stays until 'clear'; without a node, away from where it is
    Move(ResourceAndNode),
    /// Keep a resource off a node until 'clear'; without a node, off the one that it is on
    Ban(ResourceAndNode),
    /// Take back what 'move' and 'ban' have put in, for all nodes or for one
    Clear(ResourceAndNode),
    /// Forget a resource's failures and find out anew where it is, on all nodes or on one
    Cleanup(ResourceAndNode),
    /// Act on a resource again
    Manage(ResourceOnly),
    /// Leave a resource alone, in whatever state it is
    Unmanage(ResourceOnly),
}

#[derive(Debug, Args)]
struct ResourceOnly {
    /// The id of a primitive, group, clone or bundle
    resource: String,
    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(Debug, Args)]
struct ResourceAndNode {
    /// The id of a primitive, group, clone or bundle
    resource: String,
    /// The node's name
    node: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

impl ResourceArgs {
    pub(super) fn run(&self, daemon: &Daemon) -> Result<(), Failure> {
        match &self.command {
            ResourceCommand::List => {
                let resources = daemon.status()?.resources;
                daemon.show(|palette| resource_table(palette, &resources), &BTreeMap::from([("resources", &resources)]))
            }
            ResourceCommand::Start(args) => args.make(daemon, ResourceChange::Start),
            ResourceCommand::Stop(args) => args.make(daemon, ResourceChange::Stop),
            ResourceCommand::Restart(args) => args.make(daemon, ResourceChange::Restart),
            ResourceCommand::Move(args) => args.make(daemon, |node| ResourceChange::Move { node }),
            ResourceCommand::Ban(args) => args.make(daemon, |node| ResourceChange::Ban { node }),
            ResourceCommand::Clear(args) => args.make(daemon, |node| ResourceChange::Clear { node }),
            ResourceCommand::Cleanup(args) => args.make(daemon, |node| ResourceChange::Cleanup { node }),
            ResourceCommand::Manage(args) => args.make(daemon, ResourceChange::Manage),
            ResourceCommand::Unmanage(args) => args.make(daemon, ResourceChange::Unmanage),
        }
    }
}

impl ResourceOnly {
    fn make(&self, daemon: &Daemon, change: ResourceChange) -> Result<(), Failure> {
        self.change.make(daemon, Change::Resource { resource: self.resource.clone(), change })
    }
}

impl ResourceAndNode {
    fn make(&self, daemon: &Daemon, change: impl FnOnce(Option<String>) -> ResourceChange) -> Result<(), Failure> {
        self.change.make(daemon, Change::Resource { resource: self.resource.clone(), change: change(self.node.clone()) })
    }
}

fn resource_table(palette: Palette, resources: &[ResourceStatus]) -> String {
    let rows: Vec<_> = resources
        .iter()
        .map(|resource| {
            let node = resource.node.as_deref().unwrap_or("-");
            [plain(&resource.id), role(resource), plain(node), plain(&resource.agent), trouble(resource)]
        })
        .collect();
    table(palette, ["RESOURCE", "ROLE", "NODE", "AGENT", "STATE"], &rows)
}

fn role(resource: &ResourceStatus) -> (Tone, String) {
    let tone = if resource.role == "Stopped" { Tone::Notable } else { Tone::Good };
    (tone, resource.role.clone())
}

fn trouble(resource: &ResourceStatus) -> (Tone, String) {
    let words = [
        (resource.failed, "failed"),
        (resource.blocked, "blocked"),
        (!resource.managed, "unmanaged"),
        (resource.pending.is_some(), resource.pending.as_deref().unwrap_or_default()),
    ];
    let words: Vec<&str> = words.into_iter().filter_map(|(is_so, word)| is_so.then_some(word)).collect();
    let tone = if resource.failed || resource.blocked { Tone::Bad } else { Tone::Notable };
    (tone, words.join(", "))
}
