//! `pengine cluster`: what corosync needs to make a cluster of machines.

mod configuration;
mod files;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use self::configuration::{Node, Section};
use self::files::{Files, Local, Remote};
use super::output::stream_out;
use super::{Failure, status};

const EXAMPLES: &str = "\
Examples:
  Make a cluster of two machines; this one is alice:
    pengine cluster init alice=192.0.2.11 bob=192.0.2.12
    pengine cluster propagate
  Which files would be written, where?
    pengine cluster propagate --dry-run
  Add a third machine; this one is carol:
    pengine cluster join 192.0.2.11 --address 192.0.2.13";

/// Make a cluster of machines: corosync's configuration and key, written here and copied to the other nodes
///
/// Other nodes are reached by ssh, at the addresses that corosync uses, without asking for passwords.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ClusterArgs {
    #[command(subcommand)]
    command: ClusterCommand,
    /// Change nothing, but show what would be done
    #[arg(long, global = true)]
    dry_run: bool,
    /// Where corosync has its configuration, on all nodes
    #[arg(long, global = true, value_name = "DIR", default_value = "/etc/corosync")]
    directory: PathBuf,
    /// This machine's name in the cluster [default: the host's name]
    #[arg(long, global = true, value_name = "NAME")]
    here: Option<String>,
}

#[derive(Debug, Subcommand)]
enum ClusterCommand {
    /// Write corosync.conf and a new key on this machine, for a cluster of these nodes; those that were there stay beside them
    Init {
        /// The cluster's name
        #[arg(long, default_value = "cluster")]
        name: String,
        /// The nodes, with their addresses if they can't be found by name
        #[arg(required = true, value_name = "NODE[=ADDRESS]")]
        nodes: Vec<Node>,
    },
    /// Add this machine to a cluster: fetch its configuration and key, add this node, and tell all the others
    Join {
        /// The address of a node that is in the cluster
        member: String,
        /// This machine's address, if it can't be found by name
        #[arg(long)]
        address: Option<String>,
    },
    /// Copy corosync.conf and the key of this machine to all other nodes
    Propagate,
}

impl ClusterArgs {
    pub(super) fn run(&self) -> Result<u8, Failure> {
        let here = Local { directory: &self.directory, is_tried: self.dry_run };
        match &self.command {
            ClusterCommand::Init { name, nodes } => {
                let files = Files { configuration: Section::new(name, nodes).to_string(), key: files::new_key()? };
                here.write(&files)?;
                stream_out("Next: 'pengine cluster propagate', and then start corosync and pengined on all nodes\n".to_owned())?;
            }
            ClusterCommand::Join { member, address } => {
                let files = self.remote(member).read()?;
                let name = self.here()?;
                let mut configuration = section(&files)?;
                if configuration.nodes().iter().any(|node| node.name == name) {
                    let problem = format_args!("the cluster of {member} has a node '{name}' already; name this one by --here");
                    return Err(Failure::new(status::USAGE, problem));
                }
                configuration.add(&Node { address: address.clone().unwrap_or_else(|| name.clone()), name });
                let files = Files { configuration: configuration.to_string(), ..files };
                here.write(&files)?;
                self.propagate(&files)?;
                self.remote(member).reload()?;
                stream_out("Next: start corosync and pengined on this machine\n".to_owned())?;
            }
            ClusterCommand::Propagate => self.propagate(&here.read()?)?,
        }
        Ok(0)
    }

    fn here(&self) -> Result<String, Failure> {
        self.here.clone().map_or_else(files::host_name, Ok)
    }

    fn remote<'a>(&'a self, address: &'a str) -> Remote<'a> {
        Remote { address, directory: &self.directory, is_tried: self.dry_run }
    }

    fn propagate(&self, files: &Files) -> Result<(), Failure> {
        let here = self.here()?;
        let nodes = section(files)?.nodes();
        nodes.iter().filter(|node| node.name != here).try_for_each(|node| self.remote(&node.address).write(files))
    }
}

fn section(files: &Files) -> Result<Section, Failure> {
    Section::read(&files.configuration).map_err(|error| Failure::new(status::UNUSABLE, error))
}
