//! From 3.10 to 4.0 (CIB section 2.1); the letters are those of its table.
//!
//! Left out, because reading comes to the same without them (CIB-17): sorting sets (h), and thinning out pairs of one
//! name (i).

use super::Upgrade;
use crate::cib::document::IdIndex;
use crate::cib::{ElementId, parse_integer};

/// How ids begin that are made here.
pub(super) const MADE_ID: &str = "pcmk__3_10_upgrade-";

const ACL_WARNING: &str = "WARNING: CIB syntax changes may invalidate ACLs that use \"xpath\". It is strongly recommended to \
                           run \"cibadmin --upgrade\" and then examine the updated CIB carefully to ensure ACLs still \
                           match the desired intent.";

impl Upgrade<'_> {
    pub(super) fn raise_to_4_0(&mut self) {
        self.changed = false;
        self.rewrite_values();
        self.rewrite_structure();
        self.drop_unsupported();
        if self.changed {
            self.warn_of_acls();
        }
    }

    /// Steps a to g: single pairs, dates and levels.
    fn rewrite_values(&mut self) {
        let mut ids = None;
        for id in self.elements() {
            let element = self.tree.get(id);
            match element.name() {
                "nvpair" if element.attr("id-ref").is_some() && element.attr("name").is_some() => {
                    let ids = ids.get_or_insert_with(|| IdIndex::of(self.tree.get(self.root)));
                    self.rewrite_reference(id, ids);
                }
                "nvpair" if element.attr("id-ref").is_some() => {}
                "nvpair" if element.attr("value").is_none() => self.edit().remove(id),
                "nvpair" if element.parent().is_some_and(|set| set.name() == "cluster_property_set") => self.rewrite_option(id),
                "date_spec" if element.attr("moon").is_some() => self.drop_moon(id),
                "fencing-level" if element.attr("index").and_then(parse_integer).is_some_and(|index| index > 9) => {
                    self.edit().remove(id);
                }
                _ => {}
            }
        }
    }

    /// Step a: a pair that is another one's value under a name of its own.
    fn rewrite_reference(&mut self, id: ElementId, ids: &IdIndex) {
        let target = self.attr(id, "id-ref").and_then(|target| ids.find(self.tree, "nvpair", target));
        match target.and_then(|target| target.attr("value")).map(str::to_owned) {
            Some(value) => {
                self.edit().unset(id, "id-ref");
                self.edit().set(id, "value", &value);
            }
            None => self.edit().remove(id),
        }
    }

    /// Steps d to f.
    fn rewrite_option(&mut self, id: ElementId) {
        match self.attr(id, "name").unwrap_or_default() {
            "crmd-finalization-timeout" => self.edit().set(id, "name", "join-finalization-timeout"),
            "crmd-integration-timeout" => self.edit().set(id, "name", "join-integration-timeout"),
            "crmd-transition-delay" => self.edit().set(id, "name", "transition-delay"),
            "stonith-action" if self.attr(id, "value") == Some("poweroff") => self.edit().set(id, "value", "off"),
            "remove-after-stop" => {
                let shown = self.id_text(id);
                self.note(format!("WARNING: Dropping nvpair {shown} because the remove-after-stop property is unsupported"));
                self.edit().remove(id);
            }
            _ => {}
        }
    }

    /// Step c.
    fn drop_moon(&mut self, id: ElementId) {
        let shown = self.id_text(id);
        self.note(format!("WARNING: Dropping moon attribute from date spec {shown} because moon phase is no longer supported"));
        self.edit().unset(id, "moon");
    }

    /// Steps j to o: nodes, clones, bundles, constraints.
    fn rewrite_structure(&mut self) {
        for id in self.elements() {
            let element = self.tree.get(id);
            match element.name() {
                "node" if element.attr("type") == Some("ping") => self.ban_ping_node(id),
                "master" => self.rewrite_master(id),
                "docker" | "podman" | "rkt" if element.attr("masters").is_some() => {
                    self.edit().rename_attribute(id, "masters", "promoted-max");
                }
                "rsc_location" => self.rewrite_location(id),
                "rsc_colocation" | "rsc_order" if element.child("lifetime").is_some() => self.drop_lifetimes(id),
                _ => {}
            }
        }
    }

    /// Step j: nothing runs on a ping node.
    fn ban_ping_node(&mut self, id: ElementId) {
        self.edit().set(id, "type", "member");
        let node = self.attr(id, "uname").unwrap_or_default().to_owned();
        let constraints = self.ensure_section("constraints");
        let ban = [
            ("id", &*format!("{MADE_ID}ping-node-ban-{node}")),
            ("rsc-pattern", ".*"),
            ("node", &node),
            ("score", "-INFINITY"),
            ("resource-discovery", "never"),
        ];
        self.edit().add_child_with(constraints, "rsc_location", &ban);
    }

    /// Step k: a `master` is a promotable clone.
    fn rewrite_master(&mut self, id: ElementId) {
        let set_id = format!("{MADE_ID}{}-meta_attributes", self.id_text(id));
        let tree = self.edit();
        tree.rename(id, "clone");
        let set = tree.add_child_with(id, "meta_attributes", &[("id", &set_id), ("score", "INFINITY")]);
        let pair = [("id", &*format!("{set_id}-promotable")), ("name", "promotable"), ("value", "true")];
        tree.add_child_with(set, "nvpair", &pair);
    }

    /// Step o.
    fn drop_lifetimes(&mut self, constraint: ElementId) {
        let shown = self.id_text(constraint);
        for lifetime in self.children(constraint, "lifetime") {
            self.note(format!(
                "WARNING: Dropping lifetime element from constraint {shown} because lifetime elements are no longer \
                 supported. Any rules contained there will no longer apply to the constraint"
            ));
            self.edit().remove(lifetime);
        }
    }

    fn warn_of_acls(&mut self) {
        let elements = self.elements();
        let mut elements = elements.into_iter().map(|id| self.tree.get(id));
        if elements.any(|element| element.name() == "acl_permission" && element.attr("xpath").is_some()) {
            self.note(ACL_WARNING.to_owned());
        }
    }
}
