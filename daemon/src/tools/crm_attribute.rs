//! `crm_attribute` and `crm_master`: node attributes, promotion scores and cluster options.

use clap::{ArgAction, Args, Parser, ValueEnum};
use pengine_control::{AgentRequest, Lifetime, UtilizationOwner};

use super::Tool;
use super::session::{Failure, Session};

/// Asks for a node attribute or a cluster option, and sets or removes it
///
/// Without a node, a lifetime or a section of nodes a cluster option is meant.
#[derive(Debug, Parser)]
#[command(name = "crm_attribute", version, disable_version_flag = true, args_override_self = true)]
pub(super) struct CrmAttribute {
    /// The name of the attribute or option
    #[arg(short, long, value_name = "NAME", required_unless_present = "promotion")]
    name: Option<String>,
    /// The promotion score of this resource, or of that in OCF_RESOURCE_INSTANCE
    #[arg(short, long, value_name = "RESOURCE", num_args = 0..=1, default_missing_value = "", conflicts_with = "name")]
    promotion: Option<String>,
    /// Where it is
    #[arg(short = 't', long = "type", value_name = "SECTION")]
    section: Option<Section>,
    /// The id of the set that a cluster option is in
    #[arg(short, long, value_name = "ID")]
    set_name: Option<String>,
    /// A capacity of the node
    #[arg(short = 'z', long)]
    utilization: bool,
    /// What to print if there is none
    #[arg(short, long, value_name = "VALUE", allow_hyphen_values = true)]
    default: Option<String>,
    #[command(flatten)]
    common: AttributeArgs,
}

/// Asks for a resource's promotion score, and sets or removes it
#[derive(Debug, Parser)]
#[command(name = "crm_master", version, disable_version_flag = true, args_override_self = true)]
pub(super) struct CrmMaster {
    /// The resource, if it isn't that in OCF_RESOURCE_INSTANCE
    #[arg(short, long, value_name = "RESOURCE")]
    resource: Option<String>,
    #[command(flatten)]
    common: AttributeArgs,
}

/// What both tools understand.
#[derive(Debug, Args)]
struct AttributeArgs {
    /// Print the value, which is the default
    #[arg(short = 'G', long)]
    query: bool,
    /// Set it
    #[arg(short = 'v', long, value_name = "VALUE", allow_hyphen_values = true)]
    update: Option<String>,
    /// Remove it
    #[arg(short = 'D', long, conflicts_with = "update")]
    delete: bool,
    /// The node, if it isn't the agent's
    #[arg(short = 'N', long, value_name = "NODE")]
    node: Option<String>,
    /// How long it lasts
    #[arg(short, long, value_name = "LIFETIME")]
    lifetime: Option<Lasting>,
    /// Print the value alone
    #[arg(short, long, short_alias = 'Q')]
    quiet: bool,
    /// Print the version
    #[arg(short = '$', long, action = ArgAction::Version)]
    version: (),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Section {
    /// Cluster options
    CrmConfig,
    /// Lasting node attributes
    Nodes,
    /// Node attributes that end with a restart of the node
    Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lasting {
    /// Until it is removed
    Forever,
    /// Until the node restarts
    Reboot,
}

/// What is asked for or changed.
enum Target {
    Option { set: Option<String> },
    Attribute(Lifetime),
    Utilization,
}

impl Target {
    /// The section that it is in, as scripts read it.
    fn scope(&self) -> &'static str {
        match self {
            Self::Option { .. } => "crm_config",
            Self::Attribute(Lifetime::Reboot) => "status",
            Self::Attribute(Lifetime::Forever) | Self::Utilization => "nodes",
        }
    }
}

impl Tool for CrmAttribute {
    fn run(self, session: &mut Session<'_>) -> Result<String, Failure> {
        let target = self.target();
        let name = match (self.name, self.promotion) {
            (Some(name), _) => name,
            (None, resource) => promotion_score(&session.resource(resource)?),
        };
        self.common.run(session, &name, &target, self.default)
    }
}

impl Tool for CrmMaster {
    fn run(self, session: &mut Session<'_>) -> Result<String, Failure> {
        let name = promotion_score(&session.resource(self.resource.clone())?);
        let lifetime = self.common.lifetime.unwrap_or(Lasting::Reboot);
        self.common.run(session, &name, &Target::Attribute(lifetime.into()), None)
    }
}

impl CrmAttribute {
    fn target(&self) -> Target {
        let lifetime = self.common.lifetime.map(Lifetime::from);
        match self.section {
            _ if self.utilization => Target::Utilization,
            _ if self.promotion.is_some() => Target::Attribute(lifetime.unwrap_or(Lifetime::Reboot)),
            Some(Section::CrmConfig) => Target::Option { set: self.set_name.clone() },
            Some(Section::Nodes) => Target::Attribute(lifetime.unwrap_or(Lifetime::Forever)),
            Some(Section::Status) => Target::Attribute(Lifetime::Reboot),
            None if lifetime.is_none() && self.common.node.is_none() => Target::Option { set: self.set_name.clone() },
            None => Target::Attribute(lifetime.unwrap_or(Lifetime::Forever)),
        }
    }
}

impl From<Lasting> for Lifetime {
    fn from(lasting: Lasting) -> Self {
        match lasting {
            Lasting::Forever => Self::Forever,
            Lasting::Reboot => Self::Reboot,
        }
    }
}

impl AttributeArgs {
    fn run(self, session: &mut Session<'_>, name: &str, target: &Target, default: Option<String>) -> Result<String, Failure> {
        if self.delete || self.update.is_some() {
            return self.set(session, name, target);
        }
        let quiet = self.quiet;
        let (request, owner) = self.question(session, name, target)?;
        let Some(value) = session.value(request)?.or(default) else {
            return Err(Failure::no_such(format_args!("{owner} '{name}'")));
        };
        Ok(shown(target.scope(), name, &value, quiet))
    }

    fn set(self, session: &mut Session<'_>, name: &str, target: &Target) -> Result<String, Failure> {
        let (name, value) = (name.to_owned(), self.update);
        let request = match target {
            Target::Option { set } => AgentRequest::SetOption { name, value, set: set.clone() },
            &Target::Attribute(lifetime) => {
                let node = session.named_node(self.node);
                AgentRequest::SetAttribute { name, value, node, lifetime, private: false, dampening: None }
            }
            Target::Utilization => {
                AgentRequest::SetUtilization { of: UtilizationOwner::Node(session.node(self.node)?), name, value }
            }
        };
        session.order(request)
    }

    /// What to ask the daemon, and the beginning of what to say if there is no such thing.
    fn question(self, session: &mut Session<'_>, name: &str, target: &Target) -> Result<(AgentRequest, String), Failure> {
        let name = name.to_owned();
        if let Target::Option { set } = target {
            return Ok((AgentRequest::GetOption { name, set: set.clone() }, "there is no cluster option".to_owned()));
        }
        let node = session.node(self.node)?;
        let owner = format!("node '{node}' has no attribute");
        Ok(match target {
            &Target::Attribute(lifetime) => {
                (AgentRequest::GetAttribute { name, node: Some(node), lifetime: Some(lifetime) }, owner)
            }
            _ => (AgentRequest::GetUtilization { of: UtilizationOwner::Node(node), name }, owner),
        })
    }
}

/// A value as scripts read it.
pub(super) fn shown(scope: &str, name: &str, value: &str, quiet: bool) -> String {
    if quiet { format!("{value}\n") } else { format!("scope={scope}  name={name} value={value}\n") }
}

/// The name of the node attribute that is a resource's promotion score.
fn promotion_score(resource: &str) -> String {
    format!("master-{resource}")
}
