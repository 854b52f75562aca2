//! From 2.10 to 3.0 (CIB section 2.2), except for operations, which [`super::operations`] has.

use super::Upgrade;
use crate::cib::{ElementId, ElementRef};

/// How ids begin that are made here.
pub(super) const MADE_ID: &str = "_2TO3_";

const USE_THRESHOLD: &str = "migration-threshold can be configured instead";
const USE_THRESHOLD_DEFAULT: &str = "migration-threshold in rsc_defaults can be configured instead";
const QUORUM_IS_TRACKED: &str = "corosync (2+) infrastructure tracks quorum on its own";
const USE_ALERTS: &str = "standalone alerts can be configured instead";
const USE_COROSYNC: &str = "corosync (2+) infrastructure can be used instead, though the value is not of significance";
const USE_BUNDLES: &str = "i.e. resource at hand disabled; isolation wrappers obsoleted with bundle resources";
const OLD_INFRASTRUCTURES: &str = "heartbeat|openais|classic openais|classic openais (with plugin)|cman";

/// What becomes of a pair.
enum Fate {
    /// It gets another name.
    Rename(String),
    /// It gets another name, and a value without this prefix.
    Strip { new: &'static str, prefix: &'static str },
    /// It gets another name and value; `matching` is the old value that asks for it, if there is only one.
    Become { new: &'static str, value: &'static str, matching: Option<&'static str>, why: Option<&'static str> },
    /// It goes into the defaults of a section under that name, unless they have it.
    Default { section: &'static str, new: &'static str, value: Option<&'static str> },
    /// It means nothing any more; `matching` are the values for which this is so, if not all.
    Drop { matching: Option<&'static str>, why: Option<&'static str> },
}

impl Fate {
    /// What is told about a pair of that name.
    fn text(&self, name: &str) -> String {
        match self {
            Self::Rename(new) => format!("renaming {name} as {new}"),
            Self::Strip { new, prefix } => {
                format!("renaming {name} as {new} for matching {prefix} prefix that will, meanwhile, get dropped")
            }
            Self::Become { new, value, matching, .. } => {
                let matching = matching.map_or_else(String::new, |matching| format!(", for matching {matching}"));
                format!("renaming {name} as {new}, redefined as {value}{matching}")
            }
            Self::Default { section, new, value } => {
                let redefined = value.map_or_else(String::new, |value| format!(", redefined as {value}, for matching -INFINITY"));
                format!("moving {name} under {section} as {new} unless already defined there{redefined}")
            }
            Self::Drop { matching, .. } => {
                let matching = matching.map_or_else(String::new, |matching| format!(" for matching {matching}"));
                format!("dropping {name}{matching}")
            }
        }
    }

    /// How much it should be minded, and a word of explanation.
    fn level(&self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Become { why: Some(why), .. } => ("WARNING", Some(why)),
            Self::Drop { why: Some(why), .. } => ("INFO", Some(why)),
            _ => ("DEBUG", None),
        }
    }
}

impl Upgrade<'_> {
    /// Rewrites the document if it has anything that 3.0 doesn't know; else it fits 3.0 as it is.
    pub(super) fn raise_to_3_0(&mut self) {
        let elements = self.elements();
        if !elements.iter().any(|&id| is_unknown_to_3_0(self.tree.get(id))) {
            return;
        }
        for id in elements {
            let element = self.tree.get(id);
            match element.name() {
                "cluster_property_set" => self.rewrite_set(id),
                "primitive" | "template" => self.rewrite_resource(id),
                "node" if is_normal_node(element) => self.rewrite_normal_node(id),
                "rsc_colocation" => self.drop_score_attributes(id),
                _ => {}
            }
        }
    }

    /// Tells of a change, and explains it if there is something to explain.
    pub(super) fn tell(&mut self, level: &str, subject: &str, context: &str, text: &str, why: Option<&str>) {
        self.note(format!("{level}: {subject}: {context}: {text}"));
        if let Some(why) = why {
            self.note(format!("{level}: {subject}: ... {why}"));
        }
    }

    fn rewrite_normal_node(&mut self, id: ElementId) {
        let context = format!("{} (id={})", self.attr(id, "uname").unwrap_or_default(), self.id_text(id));
        let text = "keeping type as type, redefined as member, for matching normal";
        self.tell("DEBUG", "Cluster node", &context, text, None);
        self.edit().set(id, "type", "member");
    }

    fn drop_score_attributes(&mut self, id: ElementId) {
        for name in SCORE_ATTRIBUTES {
            if self.attr(id, name).is_some() {
                let (context, text) = (self.id_text(id), format!("dropping {name}"));
                self.tell("INFO", "Constraints-colocation", &context, &text, Some("was actually never in effect"));
                self.edit().unset(id, name);
            }
        }
    }

    pub(super) fn rewrite_set(&mut self, set: ElementId) {
        for pair in self.children(set, "nvpair") {
            self.rewrite_pair(pair);
        }
    }

    fn rewrite_pair(&mut self, id: ElementId) {
        let pair = self.tree.get(id);
        let (Some(fate), Some(set)) = (fate_of(pair), pair.parent()) else { return };
        let (level, why) = fate.level();
        let text = fate.text(pair.attr("name").unwrap_or_default());
        let (subject, context) = match set.name() {
            "cluster_property_set" => ("Cluster properties", self.id_text(id)),
            "instance_attributes" => ("Resource instance_attributes", self.id_text(id)),
            _ => {
                let resource = set.parent().map(|owner| self.id_text(owner.element_id())).unwrap_or_default();
                ("Resource meta_attributes", format!("{resource} (meta={})", self.id_text(set.element_id())))
            }
        };
        let set = set.element_id();
        self.tell(level, subject, &context, &text, why);
        self.apply(id, set, fate);
    }

    fn apply(&mut self, id: ElementId, set: ElementId, fate: Fate) {
        match fate {
            Fate::Rename(new) => self.edit().set(id, "name", &new),
            Fate::Strip { new, prefix } => {
                let value = self.attr(id, "value").and_then(|value| value.strip_prefix(prefix)).unwrap_or_default().to_owned();
                self.edit().set(id, "name", new);
                self.edit().set(id, "value", &value);
            }
            Fate::Become { new, value, .. } => {
                self.edit().set(id, "name", new);
                self.edit().set(id, "value", value);
            }
            Fate::Default { section, new, value } => {
                self.edit().set(id, "name", new);
                if let Some(value) = value {
                    self.edit().set(id, "value", value);
                }
                self.move_to_defaults(id, set, section);
            }
            Fate::Drop { .. } => self.edit().remove(id),
        }
        self.remove_if_empty(set);
    }

    /// Moves a pair to the defaults. It gets lost if it was conditional, if they have one of that name, or if they exist
    /// but have no unconditional set.
    fn move_to_defaults(&mut self, id: ElementId, from: ElementId, section: &str) {
        self.edit().remove(id);
        if !is_unconditional(self.tree.get(from)) {
            return;
        }
        let configuration = self.ensure_child(self.root, "configuration");
        let is_new = self.tree.get(configuration).child(section).is_none();
        let section_id = self.ensure_child(configuration, section);
        if is_new {
            let set_id = format!("{MADE_ID}-{}", section.replace('_', "-"));
            self.edit().add_child_with(section_id, "meta_attributes", &[("id", &set_id)]);
        }
        let name = self.attr(id, "name").unwrap_or_default().to_owned();
        if let Some(set) = self.unconditional_meta(section_id).filter(|_| !self.has_meta(section_id, &name)) {
            self.edit().move_to(id, set);
        }
    }

    /// The first set of meta-attributes that is valid always.
    pub(super) fn unconditional_meta(&self, owner: ElementId) -> Option<ElementId> {
        let mut sets = self.tree.get(owner).children_named("meta_attributes");
        sets.find(|&set| is_unconditional(set)).map(ElementRef::element_id)
    }

    /// Whether one of these sets has a pair of that name.
    pub(super) fn has_meta(&self, owner: ElementId, name: &str) -> bool {
        let sets = self.tree.get(owner).children_named("meta_attributes").filter(|&set| is_unconditional(set));
        sets.flat_map(|set| set.children_named("nvpair")).any(|pair| pair.attr("name") == Some(name))
    }

    pub(super) fn remove_if_empty(&mut self, set: ElementId) {
        if self.tree.get(set).child("nvpair").is_none() {
            self.edit().remove(set);
        }
    }
}

const SCORE_ATTRIBUTES: [&str; 2] = ["score-attribute", "score-attribute-mangle"];

fn is_unconditional(set: ElementRef<'_>) -> bool {
    set.child("rule").is_none()
}

fn is_normal_node(node: ElementRef<'_>) -> bool {
    node.attr("type") == Some("normal")
}

/// Whether an element is such that 3.0 doesn't accept it. What is said of failure stickiness it does accept, and then
/// ignore.
fn is_unknown_to_3_0(element: ElementRef<'_>) -> bool {
    match element.name() {
        "nvpair" => {
            let is_stickiness = element.attr("name").is_some_and(is_failure_stickiness);
            fate_of(element).is_some() && !is_stickiness || super::operations::is_misplaced(element)
        }
        "op" => element.attr("requires").is_some(),
        "node" => is_normal_node(element),
        "rsc_colocation" => SCORE_ATTRIBUTES.into_iter().any(|name| element.attr(name).is_some()),
        _ => false,
    }
}

fn is_failure_stickiness(name: &str) -> bool {
    matches!(name, "resource-failure-stickiness" | "resource_failure_stickiness")
}

fn fate_of(pair: ElementRef<'_>) -> Option<Fate> {
    let set = pair.parent()?;
    let (name, value) = (pair.attr("name")?, pair.attr("value").unwrap_or_default());
    match (set.parent()?.name(), set.name()) {
        ("crm_config", "cluster_property_set") => option_fate(name, value),
        ("primitive" | "template", "instance_attributes") => parameter_fate(name, value),
        ("primitive" | "template", "meta_attributes") => meta_fate(name, value),
        _ => None,
    }
}

fn option_fate(name: &str, value: &str) -> Option<Fate> {
    let default = |section, new| Some(Fate::Default { section, new, value: None });
    let drop = |why| Some(Fate::Drop { matching: None, why: Some(why) });
    match name {
        "no_quorum_policy"
        | "symmetric_cluster"
        | "startup_fencing"
        | "stonith_action"
        | "stonith_enabled"
        | "remove_after_stop"
        | "stop_orphan_actions"
        | "stop_orphan_resources"
        | "cluster_recheck_interval"
        | "dc_deadtime"
        | "election_timeout"
        | "shutdown_escalation" => Some(Fate::Rename(name.replace('_', "-"))),
        "transition_idle_timeout" => Some(Fate::Rename("cluster-delay".to_owned())),
        "default-action-timeout" | "default_action_timeout" => default("op_defaults", "timeout"),
        "default-resource-stickiness" | "default_resource_stickiness" => default("rsc_defaults", "resource-stickiness"),
        "is-managed-default" | "is_managed_default" => default("rsc_defaults", "is-managed"),
        "default-resource-failure-stickiness" | "default_resource_failure_stickiness" if value == "-INFINITY" => {
            Some(Fate::Default { section: "rsc_defaults", new: "migration-threshold", value: Some("1") })
        }
        "default-resource-failure-stickiness"
        | "default_resource_failure_stickiness"
        | "default-migration-threshold"
        | "default_migration_threshold" => drop(USE_THRESHOLD_DEFAULT),
        "expected-quorum-votes" => drop(QUORUM_IS_TRACKED),
        "notification-agent" | "notification-recipient" => drop(USE_ALERTS),
        "cluster-infrastructure" if OLD_INFRASTRUCTURES.split('|').any(|old| value == old) => {
            Some(Fate::Drop { matching: Some(OLD_INFRASTRUCTURES), why: Some(USE_COROSYNC) })
        }
        _ => None,
    }
}

fn parameter_fate(name: &str, value: &str) -> Option<Fate> {
    if name == "pcmk_arg_map" {
        let prefix = "port:";
        let is_port_alone = value.starts_with(prefix) && !value.contains(',');
        return Some(if is_port_alone {
            Fate::Strip { new: "pcmk_host_argument", prefix }
        } else {
            Fate::Drop { matching: None, why: None }
        });
    }
    let command = name.strip_prefix("pcmk_")?.strip_suffix("_cmd")?;
    let is_known = matches!(command, "list" | "monitor" | "off" | "on" | "reboot" | "status");
    is_known.then(|| Fate::Rename(format!("pcmk_{command}_action")))
}

fn meta_fate(name: &str, value: &str) -> Option<Fate> {
    match name {
        "isolation" | "isolation-host" | "isolation-instance" | "isolation-wrapper" => {
            Some(Fate::Become { new: "target-role", value: "Stopped", matching: None, why: Some(USE_BUNDLES) })
        }
        name if is_failure_stickiness(name) => Some(if value == "-INFINITY" {
            Fate::Become { new: "migration-threshold", value: "1", matching: Some("-INFINITY"), why: None }
        } else {
            Fate::Drop { matching: None, why: Some(USE_THRESHOLD) }
        }),
        _ => None,
    }
}
