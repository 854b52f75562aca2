//! `attrd_updater`: node attributes that end with a restart of the node.

use clap::{ArgAction, Parser};
use pengine::cib::parse_interval_ms;
use pengine_control::{AgentRequest, Dampening, Lifetime};

use super::Tool;
use super::session::{Failure, Session};

/// Asks for a node attribute that ends with a restart of the node, and sets or removes it
#[derive(Debug, Parser)]
#[command(name = "attrd_updater", version, disable_version_flag = true, args_override_self = true)]
pub(super) struct AttrdUpdater {
    /// The name of the attribute
    #[arg(short, long, value_name = "NAME")]
    name: String,
    /// Print the value
    #[arg(short = 'Q', long)]
    query: bool,
    /// Set it
    #[arg(short = 'U', long, short_alias = 'v', value_name = "VALUE", allow_hyphen_values = true)]
    update: Option<String>,
    /// Set it, and how long to wait for further changes; if that is another time than before, it counts at once
    #[arg(short = 'B', long, value_name = "VALUE", allow_hyphen_values = true, conflicts_with = "update")]
    update_both: Option<String>,
    /// Remove it
    #[arg(short = 'D', long, conflicts_with_all = ["update", "update_both"])]
    delete: bool,
    /// The node, if it isn't the agent's
    #[arg(short = 'N', long, value_name = "NODE")]
    node: Option<String>,
    /// Keep it for agents alone: it is no part of the CIB
    #[arg(short, long)]
    private: bool,
    /// How long a change of a new attribute waits for further ones before it counts
    #[arg(short, long, value_name = "TIME", value_parser = time_ms)]
    delay: Option<u64>,
    /// Without effect: the section that it is in
    #[arg(short = 'S', value_name = "SECTION", hide = true)]
    section: Option<String>,
    /// Without effect
    #[arg(short = 'q', hide = true)]
    quiet: bool,
    /// Without effect
    #[arg(short = 'V', long, hide = true, action = ArgAction::Count)]
    verbose: u8,
    /// Print the version
    #[arg(short = '$', long, action = ArgAction::Version)]
    version: (),
    /// Without effect: some agents pass the time to wait without its option.
    #[arg(hide = true)]
    ignored: Vec<String>,
}

/// A time in milliseconds.
fn time_ms(text: &str) -> Result<u64, String> {
    parse_interval_ms(text).map(u64::from).ok_or_else(|| "write a number with a unit, for example 5s".to_owned())
}

impl Tool for AttrdUpdater {
    fn run(self, session: &mut Session<'_>) -> Result<String, Failure> {
        let (name, private) = (self.name, self.private);
        let dampening = self.delay.map(|delay_ms| Dampening { delay_ms, anew: self.update_both.is_some() });
        let value = self.update.or(self.update_both);
        if self.delete || value.is_some() {
            let node = session.named_node(self.node);
            let lifetime = Lifetime::Reboot;
            return session.order(AgentRequest::SetAttribute { name, value, node, lifetime, private, dampening });
        }
        if !self.query {
            return Err(Failure::usage("say what to do: --query, --update=VALUE or --delete"));
        }
        let node = session.node(self.node)?;
        let (of, lifetime) = (Some(node.clone()), Some(Lifetime::Reboot));
        match session.value(AgentRequest::GetAttribute { name: name.clone(), node: of, lifetime })? {
            Some(value) => Ok(format!("name=\"{name}\" host=\"{node}\" value=\"{value}\"\n")),
            None => Err(Failure::no_such(format_args!("node '{node}' has no attribute '{name}'"))),
        }
    }
}
