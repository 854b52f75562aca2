//! Agents of the Open Cluster Framework.

use std::path::{Path, PathBuf};

use super::Context;
use super::bounds::Bounds;
use super::environment;
use super::outcome::Outcome;
use super::process::Program;
use super::settings::{ExecutorSettings, file_name};
use crate::core::{Agent, AgentCall};

/// Whose agent it is if that isn't said.
const DEFAULT_PROVIDER: &str = "heartbeat";
/// What agents look for below the root that they are told.
const FUNCTIONS: &str = "lib/heartbeat/ocf-shellfuncs";

/// Where an agent is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    /// The root that it has to be told.
    pub(super) root: PathBuf,
}

pub(super) async fn run(context: &Context, call: &AgentCall, bounds: &Bounds) -> Outcome {
    let Some(place) = find(&context.settings, &call.agent) else {
        return Outcome::not_installed(missing(&context.settings, &call.agent));
    };
    let program = program(&context.settings, call, place);
    Outcome::of_program(program.run(bounds).await, |status, _| status)
}

/// Looks for an agent.
pub(super) fn find(settings: &ExecutorSettings, agent: &Agent) -> Option<Place> {
    let (provider, name) = (file_name(provider(agent))?, file_name(&agent.name)?);
    let own_root = settings.ocf_roots.iter().find(|root| path_below(root, provider, name).is_file())?;
    // A root of somebody's own agents has no shell functions; those agents mean the system's.
    let with_functions = std::iter::once(own_root).chain(&settings.ocf_roots).find(|root| root.join(FUNCTIONS).is_file());
    Some(Place { path: path_below(own_root, provider, name), root: with_functions.unwrap_or(own_root).clone() })
}

/// An agent as it is run for a call.
pub(super) fn program(settings: &ExecutorSettings, call: &AgentCall, place: Place) -> Program {
    Program {
        environment: environment::of_call(settings, call, &place.root),
        path: place.path,
        arguments: vec![call.action.clone()],
        input: String::new(),
        grace: settings.grace,
    }
}

fn provider(agent: &Agent) -> &str {
    agent.provider.as_deref().unwrap_or(DEFAULT_PROVIDER)
}

fn path_below(root: &Path, provider: &str, name: &str) -> PathBuf {
    root.join("resource.d").join(provider).join(name)
}

fn missing(settings: &ExecutorSettings, agent: &Agent) -> String {
    let roots: Vec<String> = settings.ocf_roots.iter().map(|root| root.display().to_string()).collect();
    format!("there is no agent resource.d/{}/{} below {}", provider(agent), agent.name, roots.join(", "))
}
