//! What a tool knows of the agent that calls it, and its way to the daemon.

use std::fmt::Display;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use pengine::Cib;
use pengine_control::{
    AgentAnswer, AgentRequest, Client, ClientError, DEFAULT_SOCKET, NodeName, NodeValue, Reply, Request, SOCKET_VARIABLE,
    exit_status,
};

/// What a tool knows of the agent that calls it.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The daemon's socket.
    pub socket: PathBuf,
    /// The agent's resource.
    pub resource: Option<String>,
    /// The node whose attributes are the agent's, if that isn't this one: a host of containers, or a remote node.
    pub attribute_node: Option<String>,
}

impl Environment {
    /// That of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let meta = |name: &str| variable(&format!("OCF_RESKEY_CRM_meta_{name}"));
        let is_for_host = meta("container_attribute_target").as_deref() == Some("host");
        Self {
            socket: variable(SOCKET_VARIABLE).unwrap_or_else(|| DEFAULT_SOCKET.to_owned()).into(),
            resource: variable("OCF_RESOURCE_INSTANCE"),
            attribute_node: meta("physical_host").filter(|_| is_for_host).or_else(|| meta("on_node")),
        }
    }
}

/// Why a tool fails: an exit status and one line that says what is wrong.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: u8,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn usage(message: impl Display) -> Self {
        Self { status: exit_status::USAGE, message: message.to_string() }
    }

    pub(super) fn no_such(message: impl Display) -> Self {
        Self { status: exit_status::NO_SUCH, message: message.to_string() }
    }

    pub(super) fn failed(message: impl Display) -> Self {
        Self { status: exit_status::FAILED, message: message.to_string() }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        // Agents look for these words to tell 'not now' from 'not so'.
        let prefix = if matches!(error, ClientError::Unreachable { .. }) { "not connected: " } else { "" };
        Self { status: error.exit_status(), message: format!("{prefix}{error}") }
    }
}

/// A tool's way to the daemon.
#[derive(Debug)]
pub(super) struct Session<'e> {
    environment: &'e Environment,
    client: Option<Client>,
}

impl<'e> Session<'e> {
    pub(super) fn new(environment: &'e Environment) -> Self {
        Self { environment, client: None }
    }

    /// Asks the daemon.
    pub(super) fn ask(&mut self, request: &Request) -> Result<Reply, Failure> {
        let client = match self.client.take() {
            Some(client) => client,
            None => Client::connect(&self.environment.socket)?,
        };
        Ok(self.client.insert(client).ask(request)?)
    }

    /// Asks for values.
    pub(super) fn values(&mut self, request: AgentRequest) -> Result<Vec<NodeValue>, Failure> {
        match self.ask(&Request::Agent(request))? {
            Reply::Agent(AgentAnswer::Values { values }) => Ok(values),
            other => Err(off_topic(other)),
        }
    }

    /// Asks for one value.
    pub(super) fn value(&mut self, request: AgentRequest) -> Result<Option<String>, Failure> {
        Ok(self.values(request)?.into_iter().next().map(|value| value.value))
    }

    /// Asks for something to be done. There is nothing to print about it.
    pub(super) fn order(&mut self, request: AgentRequest) -> Result<String, Failure> {
        match self.ask(&Request::Agent(request))? {
            Reply::Agent(AgentAnswer::Done) => Ok(String::new()),
            other => Err(off_topic(other)),
        }
    }

    /// All nodes, the local one first, and whether there is quorum.
    pub(super) fn nodes(&mut self) -> Result<(Vec<NodeName>, bool), Failure> {
        match self.ask(&Request::Agent(AgentRequest::Nodes))? {
            Reply::Agent(AgentAnswer::Nodes { nodes, have_quorum }) => Ok((nodes, have_quorum)),
            other => Err(off_topic(other)),
        }
    }

    /// The CIB.
    pub(super) fn cib_text(&mut self) -> Result<String, Failure> {
        match self.ask(&Request::Cib { section: None })? {
            Reply::Cib { xml, .. } => Ok(xml),
            other => Err(off_topic(other)),
        }
    }

    /// The CIB, read.
    pub(super) fn cib(&mut self) -> Result<Cib, Failure> {
        Cib::parse(self.cib_text()?).map_err(Failure::failed)
    }

    /// The local node.
    pub(super) fn local_node(&mut self) -> Result<NodeName, Failure> {
        self.nodes()?.0.into_iter().next().ok_or_else(|| Failure::failed("the daemon knows no node, not even its own"))
    }

    /// The node whose attributes are meant, as far as that is said: the one given, or that of the agent.
    pub(super) fn named_node(&self, given: Option<String>) -> Option<String> {
        given.or_else(|| self.environment.attribute_node.clone())
    }

    /// The node whose attributes are meant.
    pub(super) fn node(&mut self, given: Option<String>) -> Result<String, Failure> {
        match self.named_node(given) {
            Some(node) => Ok(node),
            None => Ok(self.local_node()?.name),
        }
    }

    /// The resource that is meant: the one given, or the agent's.
    pub(super) fn resource(&self, given: Option<String>) -> Result<String, Failure> {
        let own = || self.environment.resource.clone();
        given.filter(|resource| !resource.is_empty()).or_else(own).ok_or_else(|| {
            Failure::usage("no resource is named, neither by an option nor by OCF_RESOURCE_INSTANCE in the environment")
        })
    }
}

/// The real time in seconds since the epoch.
pub(super) fn real_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Why an answer to another question is of no use.
pub(super) fn off_topic(reply: Reply) -> Failure {
    ClientError::OffTopic(Box::new(reply)).into()
}
