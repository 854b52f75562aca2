//! What agents tell about themselves: read once an agent, and again when it has changed.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use roxmltree::{Document, Node, ParsingOptions};
use tokio::sync::Mutex;

use super::bounds::Bounds;
use super::process::{Program, Ran};
use super::{ExecutorSettings, ocf, stonith};
use crate::core::{Agent, AgentAction, AgentCall, AgentClass, AgentFacts, AgentParameter, CallId};

/// How long an agent may take to tell about itself.
const TIME: Duration = Duration::from_secs(10);
/// How often an agent is asked that can't tell.
const MOST_TRIES: u32 = 3;

/// What is known of agents.
#[derive(Debug, Default)]
pub(super) struct Catalogue(Mutex<HashMap<Agent, Arc<Mutex<Entry>>>>);

/// What is known of an agent.
#[derive(Debug, Default)]
struct Entry {
    edition: Option<Edition>,
    /// How often it was asked.
    tries: u32,
    facts: Option<AgentFacts>,
    /// The core has been told.
    told: bool,
}

/// Which of its editions an agent is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edition {
    path: PathBuf,
    modified: Option<SystemTime>,
    length: u64,
}

impl Catalogue {
    /// Gets to know an agent; tells what was not told before.
    pub(super) async fn learn(&self, settings: &ExecutorSettings, agent: &Agent) -> Option<AgentFacts> {
        self.read(settings, agent, Entry::tell).await
    }

    /// What an agent told about itself.
    pub(super) async fn facts(&self, settings: &ExecutorSettings, agent: &Agent) -> Option<AgentFacts> {
        self.read(settings, agent, |entry| entry.facts.clone()).await
    }

    async fn read(
        &self,
        settings: &ExecutorSettings,
        agent: &Agent,
        what: impl FnOnce(&mut Entry) -> Option<AgentFacts>,
    ) -> Option<AgentFacts> {
        let program = program(settings, agent)?;
        let edition = edition(&program.path);
        let entry = Arc::clone(self.0.lock().await.entry(agent.clone()).or_default());
        let mut entry = entry.lock().await;
        if entry.edition != edition {
            *entry = Entry { edition, ..Entry::default() };
        }
        if entry.facts.is_none() && entry.tries < MOST_TRIES {
            entry.tries += 1;
            match ask(&program).await {
                Ok(facts) => entry.facts = Some(facts),
                Err(error) => tracing::warn!(agent = agent.name, %error, "an agent can't tell about itself"),
            }
        }
        what(&mut entry)
    }
}

impl Entry {
    fn tell(&mut self) -> Option<AgentFacts> {
        if self.told {
            return None;
        }
        self.told = self.facts.is_some();
        self.facts.clone()
    }
}

fn edition(path: &Path) -> Option<Edition> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(Edition { path: path.to_owned(), modified: metadata.modified().ok(), length: metadata.len() })
}

/// The program that tells about an agent; none for classes whose agents can't, and where it is missing.
fn program(settings: &ExecutorSettings, agent: &Agent) -> Option<Program> {
    match agent.class {
        AgentClass::Ocf => {
            let call = AgentCall {
                id: CallId(0),
                resource: agent.name.clone(),
                agent: agent.clone(),
                action: "meta-data".to_owned(),
                interval_ms: 0,
                timeout_ms: 0,
                parameters: BTreeMap::new(),
            };
            Some(ocf::program(settings, &call, ocf::find(settings, agent)?))
        }
        AgentClass::Stonith => stonith::program(settings, agent, "action=metadata\n".to_owned()),
        AgentClass::Lsb | AgentClass::Systemd | AgentClass::Service | AgentClass::Heartbeat => None,
    }
}

async fn ask(program: &Program) -> Result<AgentFacts, MetadataError> {
    match program.run(&Bounds::time(TIME)).await {
        Ran::Exited(0, output) => parse(&output.stdout),
        ran => Err(MetadataError::Failed(format!("{ran:?}"))),
    }
}

/// Why nothing is known of an agent.
#[derive(Debug, thiserror::Error)]
enum MetadataError {
    #[error("its meta-data is no XML: {0}")]
    NotXml(#[from] roxmltree::Error),
    #[error("its meta-data is a '{0}', not a 'resource-agent'")]
    NotAnAgent(String),
    #[error("asked for its meta-data, it did not end well: {0}")]
    Failed(String),
}

fn parse(text: &str) -> Result<AgentFacts, MetadataError> {
    let document = Document::parse_with_options(text.trim(), ParsingOptions { allow_dtd: true, ..ParsingOptions::default() })?;
    let root = document.root_element();
    if !root.has_tag_name("resource-agent") {
        return Err(MetadataError::NotAnAgent(root.tag_name().name().to_owned()));
    }
    let version = root.children().find(|child| child.has_tag_name("version"));
    Ok(AgentFacts {
        standard: version.and_then(|version| version.text()).unwrap_or_default().trim().to_owned(),
        actions: entries(root, "actions", "action").map(action).collect(),
        parameters: entries(root, "parameters", "parameter").map(parameter).collect(),
    })
}

fn entries<'a>(root: Node<'a, 'a>, list: &'static str, entry: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    let lists = root.children().filter(move |child| child.has_tag_name(list));
    lists.flat_map(|list| list.children()).filter(move |child| child.has_tag_name(entry))
}

fn action(action: Node<'_, '_>) -> AgentAction {
    AgentAction { name: name(action), automatic: is_true(action, "automatic"), on_target: is_true(action, "on_target") }
}

fn parameter(parameter: Node<'_, '_>) -> AgentParameter {
    AgentParameter {
        name: name(parameter),
        required: is_true(parameter, "required"),
        unique: is_true(parameter, "unique") || parameter.attribute("unique-group").is_some(),
        reloadable: is_true(parameter, "reloadable"),
        private: is_true(parameter, "private"),
    }
}

fn name(node: Node<'_, '_>) -> String {
    node.attribute("name").unwrap_or_default().to_owned()
}

fn is_true(node: Node<'_, '_>, attribute: &str) -> bool {
    node.attribute(attribute)
        .is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on" | "y"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"<?xml version="1.0"?>
        <!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
        <resource-agent name="Thing" version="0.9">
          <version>1.1</version>
          <parameters>
            <parameter name="ip" unique-group="address" required="1"><content type="string"/></parameter>
            <parameter name="level" reloadable="1" unique="0"/>
            <parameter name="password" private="true"/>
          </parameters>
          <actions>
            <action name="start" timeout="20s"/>
            <action name="reload-agent" timeout="20s"/>
            <action name="on" automatic="1" on_target="1"/>
          </actions>
        </resource-agent>"#;

    #[test]
    fn meta_data_tells_of_actions_and_parameters() {
        let facts = parse(TEXT).unwrap_or_default();
        assert_eq!(facts.standard, "1.1");
        assert!(facts.offers("reload-agent") && !facts.offers("reload"));
        let on = facts.actions.iter().find(|action| action.name == "on");
        assert!(on.is_some_and(|on| on.automatic && on.on_target));
        let marks = |name: &str| {
            let parameter = facts.parameter(name)?;
            Some([parameter.required, parameter.unique, parameter.reloadable, parameter.private])
        };
        assert_eq!(marks("ip"), Some([true, true, false, false]));
        assert_eq!(marks("level"), Some([false, false, true, false]));
        assert_eq!(marks("password"), Some([false, false, false, true]));
        assert_eq!(marks("other"), None);
    }

    #[test]
    fn what_is_no_meta_data_is_an_error() {
        assert!(matches!(parse("usage: thing {start|stop}"), Err(MetadataError::NotXml(_))));
        assert!(matches!(parse("<html/>"), Err(MetadataError::NotAnAgent(_))));
    }
}
