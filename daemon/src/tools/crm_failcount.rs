//! `crm_failcount`: how often a resource failed.

use clap::{ArgAction, Parser};
use pengine_control::AgentRequest;

use super::Tool;
use super::crm_attribute::shown;
use super::session::{Failure, Session};

/// Tells how often a resource failed on a node, or forgets that
#[derive(Debug, Parser)]
#[command(name = "crm_failcount", version, disable_version_flag = true, args_override_self = true)]
pub(super) struct CrmFailcount {
    /// Print the count, which is the default
    #[arg(short = 'G', long)]
    query: bool,
    /// Forget the failures
    #[arg(short = 'D', long, conflicts_with = "query")]
    delete: bool,
    /// The resource, if it isn't that in OCF_RESOURCE_INSTANCE
    #[arg(short, long, value_name = "RESOURCE")]
    resource: Option<String>,
    /// The node, if it isn't the agent's
    #[arg(short = 'N', long, value_name = "NODE")]
    node: Option<String>,
    /// Print the count alone
    #[arg(short, long, short_alias = 'Q')]
    quiet: bool,
    /// Print the version
    #[arg(short = '$', long, action = ArgAction::Version)]
    version: (),
}

impl Tool for CrmFailcount {
    fn run(self, session: &mut Session<'_>) -> Result<String, Failure> {
        let resource = session.resource(self.resource)?;
        let node = session.named_node(self.node);
        if self.delete {
            return session.order(AgentRequest::ClearFailCount { resource, node });
        }
        let name = format!("fail-count-{resource}");
        let count = session.value(AgentRequest::GetFailCount { resource, node })?;
        Ok(shown("status", &name, count.as_deref().unwrap_or("0"), self.quiet))
    }
}
