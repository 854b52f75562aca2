//! `crm_resource`: parameters, utilization, places and operations of resources.

use clap::{ArgAction, ArgGroup, Parser};
use pengine::cib::ElementRef;
use pengine_control::{AgentAnswer, AgentRequest, Change, Reply, Request, ResourceChange, UtilizationOwner};

use super::Tool;
use super::session::{Failure, Session, off_topic};

/// Tells of a resource, and changes what it needs and where it may run
#[derive(Debug, Parser)]
#[command(name = "crm_resource", version, disable_version_flag = true, args_override_self = true)]
#[command(group = ArgGroup::new("task").required(true))]
pub(super) struct CrmResource {
    /// The resource, if it isn't that in OCF_RESOURCE_INSTANCE
    #[arg(short, long, value_name = "RESOURCE")]
    resource: Option<String>,
    /// The node
    #[arg(short = 'N', long, value_name = "NODE")]
    node: Option<String>,

    /// Print a parameter, or a meta-attribute or utilization attribute
    #[arg(short, long, value_name = "NAME", group = "task")]
    get_parameter: Option<String>,
    /// Set a utilization attribute
    #[arg(short = 'p', long, value_name = "NAME", group = "task", requires_all = ["utilization", "parameter_value"])]
    set_parameter: Option<String>,
    /// Remove a utilization attribute
    #[arg(short, long, value_name = "NAME", group = "task", requires = "utilization")]
    delete_parameter: Option<String>,
    /// Keep the resource off the node
    #[arg(short = 'B', long, group = "task")]
    ban: bool,
    /// Print the nodes that it is active on
    #[arg(short = 'W', long, group = "task")]
    locate: bool,
    /// Print the operations in the history of the node, or of all
    #[arg(short = 'O', long, group = "task")]
    list_operations: bool,

    /// The value to set
    #[arg(short = 'v', long, value_name = "VALUE", allow_hyphen_values = true)]
    parameter_value: Option<String>,
    /// A utilization attribute is meant
    #[arg(short = 'z', long)]
    utilization: bool,
    /// A meta-attribute is meant
    #[arg(short, long, conflicts_with = "utilization")]
    meta: bool,
    /// Print values and names alone
    #[arg(short = 'Q', long)]
    quiet: bool,
    /// Print the version
    #[arg(short = '$', long, action = ArgAction::Version)]
    version: (),
}

impl Tool for CrmResource {
    fn run(self, session: &mut Session<'_>) -> Result<String, Failure> {
        if self.list_operations {
            return operations(session, self.resource.as_deref(), self.node.as_deref());
        }
        let resource = session.resource(self.resource)?;
        let of = UtilizationOwner::Resource(resource.clone());
        if let Some(name) = self.set_parameter {
            return session.order(AgentRequest::SetUtilization { of, name, value: self.parameter_value });
        }
        if let Some(name) = self.delete_parameter {
            return session.order(AgentRequest::SetUtilization { of, name, value: None });
        }
        if let Some(name) = self.get_parameter {
            let request = if self.utilization {
                AgentRequest::GetUtilization { of, name: name.clone() }
            } else {
                AgentRequest::GetParameter { resource: resource.clone(), name: name.clone(), meta: self.meta }
            };
            let value = session.value(request)?;
            let missing = || Failure::no_such(format_args!("resource '{resource}' has no attribute '{name}'"));
            return Ok(format!("{}\n", value.ok_or_else(missing)?));
        }
        if self.ban {
            return ban(session, resource, self.node);
        }
        locate(session, resource, self.quiet)
    }
}

fn ban(session: &mut Session<'_>, resource: String, node: Option<String>) -> Result<String, Failure> {
    let change = Change::Resource { resource, change: ResourceChange::Ban { node } };
    session.ask(&Request::Change { change, dry_run: false })?;
    Ok(String::new())
}

fn locate(session: &mut Session<'_>, resource: String, quiet: bool) -> Result<String, Failure> {
    let nodes = match session.ask(&Request::Agent(AgentRequest::Locate { resource: resource.clone() }))? {
        Reply::Agent(AgentAnswer::Active { nodes }) => nodes,
        other => return Err(off_topic(other)),
    };
    if nodes.is_empty() && !quiet {
        return Ok(format!("resource {resource} is NOT running\n"));
    }
    let line = |(node, promoted): &(String, bool)| match (quiet, promoted) {
        (true, _) => format!("{node}\n"),
        (false, true) => format!("resource {resource} is running on: {node} Promoted\n"),
        (false, false) => format!("resource {resource} is running on: {node}\n"),
    };
    Ok(nodes.iter().map(line).collect())
}

/// The operations in the history, a line each; agents read the last word of it.
fn operations(session: &mut Session<'_>, resource: Option<&str>, node: Option<&str>) -> Result<String, Failure> {
    let cib = session.cib()?;
    let mut lines = String::new();
    let states = cib.section("status").into_iter().flat_map(|status| status.children_named("node_state"));
    for state in states.filter(|state| node.is_none_or(|node| state.attr("uname") == Some(node))) {
        let history = state.child("lrm").and_then(|lrm| lrm.child("lrm_resources"));
        let resources = history.into_iter().flat_map(|history| history.children_named("lrm_resource"));
        for at in resources.filter(|at| resource.is_none_or(|resource| at.id() == Some(resource))) {
            for operation in at.children_named("lrm_rsc_op") {
                lines.push_str(&operation_line(state, at, operation));
            }
        }
    }
    Ok(lines)
}

fn operation_line(state: ElementRef<'_>, resource: ElementRef<'_>, operation: ElementRef<'_>) -> String {
    let agent: Vec<&str> = ["class", "provider", "type"].into_iter().filter_map(|name| resource.attr(name)).collect();
    let attr = |name| operation.attr(name).unwrap_or("");
    let end = match operation.attr("op-status") {
        Some("-1") => "pending",
        Some("0") => "complete",
        _ => "failed",
    };
    format!(
        "{}\t({}):\t {} (node={}, call={}, rc={}, exec={}ms): {end}\n",
        resource.id().unwrap_or(""),
        agent.join(":"),
        attr("operation_key"),
        state.attr("uname").unwrap_or(""),
        attr("call-id"),
        attr("rc-code"),
        attr("exec-time"),
    )
}
