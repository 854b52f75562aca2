//! Names that mean something, and what was probably meant by one that doesn't.

use crate::cib::{HealthWords, Score, option_names, parse_bool, parse_integer, parse_interval_ms};

/// Options that other parts of a cluster look at, and names that they keep there (CIB-93).
const OTHER_OPTIONS: &[&str] = &[
    "cluster-name",
    "dc-version",
    "cluster-infrastructure",
    "dc-deadtime",
    "cluster-recheck-interval",
    "election-timeout",
    "shutdown-escalation",
    "join-integration-timeout",
    "join-finalization-timeout",
    "crmd-integration-timeout",
    "crmd-finalization-timeout",
    "transition-delay",
    "crmd-transition-delay",
    "enable-acl",
    "fencing-reaction",
    "fence-reaction",
    "fencing-watchdog-timeout",
    "stonith-watchdog-timeout",
    "fencing-max-attempts",
    "stonith-max-attempts",
    "load-threshold",
    "node-action-limit",
    "cluster-ipc-limit",
    "pe-error-series-max",
    "pe-warn-series-max",
    "pe-input-series-max",
    "last-lrm-refresh",
    "probe_complete",
    "remove-after-stop",
];

/// Options of schemas before 3.0, which an upgrade gives other names or places.
const OLD_OPTIONS: &[&str] = &[
    "default-resource-stickiness",
    "default-resource-failure-stickiness",
    "default-migration-threshold",
    "default-action-timeout",
    "is-managed-default",
    "require_quorum",
    "transition_timeout",
    "network-delay",
    "transition-idle-timeout",
    "expected-quorum-votes",
    "poweroff",
];

/// What a meta-attribute is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concern {
    /// Any resource.
    Resource,
    /// Clones, and what they have instances of.
    Clone,
}

/// Whether a text is a value.
type Test = fn(&str) -> bool;

/// A meta-attribute of resources.
pub(super) struct MetaAttribute {
    pub(super) name: &'static str,
    pub(super) concern: Concern,
    pub(super) accepts: Option<Test>,
    /// No parameter of an agent is likely to have this name.
    pub(super) distinct: bool,
}

const fn meta(name: &'static str, accepts: Option<Test>) -> MetaAttribute {
    MetaAttribute { name, concern: Concern::Resource, accepts, distinct: true }
}

const fn common(name: &'static str, accepts: Option<Test>) -> MetaAttribute {
    MetaAttribute { name, concern: Concern::Resource, accepts, distinct: false }
}

const fn of_clones(name: &'static str, accepts: Test) -> MetaAttribute {
    MetaAttribute { name, concern: Concern::Clone, accepts: Some(accepts), distinct: true }
}

fn is_boolean(text: &str) -> bool {
    parse_bool(text).is_some()
}

fn is_integer(text: &str) -> bool {
    parse_integer(text).is_some()
}

fn is_interval(text: &str) -> bool {
    parse_interval_ms(text).is_some()
}

fn is_score(text: &str) -> bool {
    text.eq_ignore_ascii_case("default") || Score::parse(text, HealthWords::default()).is_some()
}

fn is_role(text: &str) -> bool {
    is_one_of(text, &["Stopped", "Started", "Unpromoted", "Promoted", "Slave", "Master", "default"])
}

fn is_activity_policy(text: &str) -> bool {
    is_one_of(text, &["stop_start", "stop_only", "block", "stop_unexpected", "default"])
}

fn is_requirement(text: &str) -> bool {
    is_one_of(text, &["nothing", "quorum", "fencing", "unfencing", "default"])
}

/// Whether a text is one of these words, in any case.
pub(super) fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

const META: &[MetaAttribute] = &[
    common("priority", Some(is_score)),
    common("critical", Some(is_boolean)),
    meta("target-role", Some(is_role)),
    meta("is-managed", None),
    common("maintenance", Some(is_boolean)),
    meta("resource-stickiness", Some(is_score)),
    common("requires", Some(is_requirement)),
    meta("migration-threshold", Some(is_score)),
    meta("failure-timeout", Some(is_interval)),
    meta("multiple-active", Some(is_activity_policy)),
    meta("allow-migrate", Some(is_boolean)),
    meta("allow-unhealthy-nodes", Some(is_boolean)),
    meta("container-attribute-target", None),
    common("container", None),
    common("provides", None),
    common("notify", Some(is_boolean)),
    meta("remote-node", None),
    meta("remote-port", None),
    meta("remote-addr", None),
    meta("remote-connect-timeout", None),
    meta("remote-allow-migrate", None),
    meta("resource-discovery", None),
    common("ordered", Some(is_boolean)),
    common("collocated", Some(is_boolean)),
    common("description", None),
    common("isolation", None),
    common("restart-type", None),
    of_clones("interleave", is_boolean),
    of_clones("clone-max", is_integer),
    of_clones("clone-node-max", is_integer),
    of_clones("clone-min", is_integer),
    of_clones("promotable", is_boolean),
    of_clones("promoted-max", is_integer),
    of_clones("promoted-node-max", is_integer),
    of_clones("master-max", is_integer),
    of_clones("master-node-max", is_integer),
    of_clones("globally-unique", is_boolean),
];

/// Settings of operations that no resource has.
pub(super) const OPERATION_SETTINGS: &[&str] =
    &["timeout", "interval", "on-fail", "start-delay", "interval-origin", "record-pending"];

/// The meta-attribute of that name.
pub(super) fn meta_attribute(name: &str) -> Option<&'static MetaAttribute> {
    META.iter().find(|known| known.name == name)
}

/// All names of meta-attributes.
pub(super) fn meta_names() -> impl Iterator<Item = &'static str> {
    META.iter().map(|known| known.name)
}

/// All names of cluster options, those of old schemas left out.
pub(super) fn all_options() -> impl Iterator<Item = &'static str> {
    option_names().chain(OTHER_OPTIONS.iter().copied())
}

/// Whether this is a cluster option, be it one of an old schema.
pub(super) fn is_option(name: &str) -> bool {
    all_options().any(|known| known == name) || OLD_OPTIONS.contains(&name)
}

/// Attributes of elements.
const ATTRIBUTES: &[(&[&str], &str)] = &[
    (&["primitive", "template"], "id class provider type template description"),
    (&["group", "clone", "master", "bundle"], "id description"),
    (&["docker", "podman", "rkt"], "image replicas replicas-per-host promoted-max masters run-command network options"),
    (&["network"], "id ip-range-start control-port host-interface host-netmask add-host"),
    (&["port-mapping"], "id port internal-port range"),
    (&["storage-mapping"], "id source-dir source-dir-root target-dir options"),
    (&["meta_attributes", "instance_attributes", "utilization", "cluster_property_set"], "id id-ref score"),
    (&["nvpair"], "id id-ref name value"),
    (&["operations"], "id id-ref"),
    (
        &["op"],
        "id id-ref name interval timeout description start-delay interval-origin enabled record-pending role on-fail requires \
         prereq disabled",
    ),
    (&["rsc_location"], "id rsc rsc-pattern role node score resource-discovery description boolean-op"),
    (
        &["rsc_colocation"],
        "id rsc with-rsc score score-attribute score-attribute-mangle rsc-role with-rsc-role rsc-instance with-rsc-instance \
         node-attribute influence symmetrical description",
    ),
    (
        &["rsc_order"],
        "id first then first-action then-action first-instance then-instance kind score symmetrical require-all description",
    ),
    (&["rsc_ticket"], "id rsc rsc-role ticket loss-policy description"),
    (
        &["resource_set"],
        "id id-ref sequential require-all ordering action role score score-attribute score-attribute-mangle kind symmetrical \
         description",
    ),
    (&["resource_ref", "obj_ref"], "id"),
    (&["rule"], "id id-ref role score score-attribute boolean-op description"),
    (&["expression"], "id attribute operation value type value-source"),
    (&["date_expression"], "id operation start end"),
    (&["rsc_expression"], "id class provider type"),
    (&["op_expression"], "id name interval"),
    (&["node"], "id uname type score description"),
    (&["fencing-level"], "id target target-pattern target-attribute target-value index devices description"),
];

/// The attributes that an element may have; nothing if it is not one that is looked at.
pub(super) fn attributes_of(element: &str) -> Option<impl Iterator<Item = &'static str> + Clone> {
    let known = ATTRIBUTES.iter().find(|(elements, _)| elements.contains(&element));
    known.map(|(_, attributes)| attributes.split_ascii_whitespace())
}

/// The one of these names that looks most like a word, if any looks much like it.
pub(super) fn nearest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |name: &str| name.to_ascii_lowercase().replace('_', "-");
    let wanted = plain(word);
    let most = match wanted.chars().count() {
        0..4 => return None,
        4..8 => 1,
        8..12 => 2,
        _ => 3,
    };
    let known = names.filter(|name| *name != word && name.len().abs_diff(word.len()) <= most);
    let rated = known.map(|name| (strsim::damerau_levenshtein(&wanted, &plain(name)), name));
    rated.filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}

/// The end of a message: what was probably meant, if that can be guessed.
pub(super) fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean '{name}'?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_names_of_their_own() {
        let meant = |word| nearest(word, meta_names());
        assert_eq!(meant("migation-threshold"), Some("migration-threshold"));
        assert_eq!(meant("clone_max"), Some("clone-max"));
        assert_eq!(meant("tarrget-role"), Some("target-role"));
        for own in ["rack", "access", "ipv4", "source_storage", "comment", "is-managed"] {
            assert_eq!(meant(own), None, "{own}");
        }
        assert_eq!(nearest("no_quorum-policy", all_options()), Some("no-quorum-policy"));
    }
}
