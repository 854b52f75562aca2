//! From 2.10 to 3.0 (CIB section 2.2).

use super::Upgrade;
use crate::cib::{ElementId, ElementRef};

/// How ids begin that are made here.
const MADE_ID: &str = "pcmk__2_10_upgrade-";

/// What becomes of a pair.
enum Fate {
    /// It gets another name.
    Rename(String),
    /// It gets another name and value.
    Become(&'static str, String),
    /// It goes into the defaults of a section under that name and perhaps with that value, unless they have it.
    Default { section: &'static str, name: &'static str, value: Option<&'static str> },
    /// It means nothing any more.
    Drop,
}

impl Upgrade<'_> {
    pub(super) fn raise_to_3_0(&mut self) {
        for id in self.elements() {
            let element = self.tree.get(id);
            match element.name() {
                "nvpair" => self.rewrite_pair(id),
                "op" if element.attr("requires").is_some() => {
                    let value = element.attr("requires").unwrap_or_default().to_owned();
                    self.edit().unset(id, "requires");
                    self.move_requires(id, &value);
                }
                "node" if element.attr("type") == Some("normal") => self.edit().set(id, "type", "member"),
                "rsc_colocation" => {
                    for name in ["score-attribute", "score-attribute-mangle"] {
                        if self.attr(id, name).is_some() {
                            self.note(format!("DEBUG: upgrade: {}: dropping {name}", self.id_text(id)));
                            self.edit().unset(id, name);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn rewrite_pair(&mut self, id: ElementId) {
        let pair = self.tree.get(id);
        let (Some(set), Some(name)) = (pair.parent(), pair.attr("name")) else { return };
        let Some(owner) = set.parent() else { return };
        let value = pair.attr("value").unwrap_or_default();
        let fate = match (owner.name(), set.name()) {
            ("crm_config", "cluster_property_set") => option_fate(name, value),
            ("primitive" | "template", "instance_attributes") => parameter_fate(name, value),
            ("primitive" | "template", "meta_attributes") => meta_fate(name, value),
            ("op", "instance_attributes" | "meta_attributes") => {
                let (op, in_parameters) = (owner.element_id(), set.name() == "instance_attributes");
                return self.rewrite_operation_pair(id, op, in_parameters);
            }
            _ => None,
        };
        if let Some(fate) = fate {
            let context = set.attr("id").unwrap_or_default().to_owned();
            self.apply(id, &context, fate);
        }
    }

    fn apply(&mut self, id: ElementId, context: &str, fate: Fate) {
        let name = self.attr(id, "name").unwrap_or_default().to_owned();
        match fate {
            Fate::Rename(new) => {
                self.note(format!("DEBUG: upgrade: {context}: renaming {name} as {new}"));
                self.edit().set(id, "name", &new);
            }
            Fate::Become(new, value) => {
                let level = if name.starts_with("isolation") { "WARNING" } else { "DEBUG" };
                self.note(format!("{level}: upgrade: {context}: renaming {name} as {new}, redefined as {value}"));
                self.edit().set(id, "name", new);
                self.edit().set(id, "value", &value);
            }
            Fate::Default { section, name: new, value } => {
                self.note(format!(
                    "DEBUG: upgrade: {context}: moving {name} under {section} as {new} unless already defined there"
                ));
                let value = value.or(self.attr(id, "value")).unwrap_or_default().to_owned();
                self.edit().remove(id);
                self.add_default(section, new, &value);
            }
            Fate::Drop => {
                self.note(format!("DEBUG: upgrade: {context}: dropping {name}"));
                self.edit().remove(id);
            }
        }
    }

    /// Puts a default into a section, unless some set there has one of that name.
    fn add_default(&mut self, section: &str, name: &str, value: &str) {
        let section_id = self.ensure_section(section);
        let is_same = |element: ElementRef<'_>| element.name() == "nvpair" && element.attr("name") == Some(name);
        if !self.tree.get(section_id).descendants().any(is_same) {
            self.add_meta(section_id, &format!("{MADE_ID}{section}-{name}"), name, value);
        }
    }

    /// Puts a set with one pair behind all that `parent` has.
    fn add_meta(&mut self, parent: ElementId, set_id: &str, name: &str, value: &str) {
        let tree = self.edit();
        let set = tree.add_child_with(parent, "meta_attributes", &[("id", set_id)]);
        let pair = [("id", &*format!("{set_id}-pair")), ("name", name), ("value", value)];
        tree.add_child_with(set, "nvpair", &pair);
    }

    fn rewrite_operation_pair(&mut self, id: ElementId, op: ElementId, in_parameters: bool) {
        match self.attr(id, "name").unwrap_or_default() {
            "requires" => {
                let value = self.attr(id, "value").unwrap_or_default().to_owned();
                self.edit().remove(id);
                self.move_requires(op, &value);
            }
            "interval-origin" | "start-delay" | "enabled" | "on-fail" | "record-pending" | "role" | "timeout"
                if in_parameters =>
            {
                let set = self.ensure_child(op, "meta_attributes");
                self.edit().move_to(id, set);
            }
            _ => {}
        }
    }

    /// What starting or promoting required is now a matter of the resource.
    fn move_requires(&mut self, op: ElementId, value: &str) {
        let context = self.id_text(op);
        if !matches!(self.attr(op, "name"), Some("start" | "promote")) {
            return self.note(format!("DEBUG: upgrade: {context}: dropping requires"));
        }
        self.note(format!("DEBUG: upgrade: {context}: moving requires under meta_attributes as requires"));
        if let Some(resource) = self.parent(op).and_then(|operations| self.parent(operations)) {
            self.add_meta(resource, &format!("{MADE_ID}{context}-requires"), "requires", value);
        }
    }
}

fn option_fate(name: &str, value: &str) -> Option<Fate> {
    let default = |section, name| Some(Fate::Default { section, name, value: None });
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
            Some(Fate::Default { section: "rsc_defaults", name: "migration-threshold", value: Some("1") })
        }
        "default-resource-failure-stickiness"
        | "default_resource_failure_stickiness"
        | "default-migration-threshold"
        | "default_migration_threshold"
        | "expected-quorum-votes" => Some(Fate::Drop),
        "cluster-infrastructure"
            if ["heartbeat", "openais", "classic openais", "cman"].iter().any(|old| value.starts_with(old)) =>
        {
            Some(Fate::Drop)
        }
        _ => name.starts_with("notification-").then_some(Fate::Drop),
    }
}

fn parameter_fate(name: &str, value: &str) -> Option<Fate> {
    if name == "pcmk_arg_map" {
        let argument = value.strip_prefix("port:");
        return Some(argument.map_or(Fate::Drop, |argument| Fate::Become("pcmk_host_argument", argument.to_owned())));
    }
    let command = name.strip_prefix("pcmk_")?.strip_suffix("_cmd")?;
    let is_known = matches!(command, "list" | "monitor" | "off" | "on" | "reboot" | "status");
    is_known.then(|| Fate::Rename(format!("pcmk_{command}_action")))
}

fn meta_fate(name: &str, value: &str) -> Option<Fate> {
    match name {
        "isolation" | "isolation-host" | "isolation-instance" | "isolation-wrapper" => {
            Some(Fate::Become("target-role", "Stopped".to_owned()))
        }
        "resource-failure-stickiness" | "resource_failure_stickiness" if value == "-INFINITY" => {
            Some(Fate::Become("migration-threshold", "1".to_owned()))
        }
        "resource-failure-stickiness" | "resource_failure_stickiness" => Some(Fate::Drop),
        _ => None,
    }
}
