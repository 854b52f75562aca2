//! Digests of parameters: whether what runs was started with what is configured now (HIST section 15).

use std::cmp::Ordering;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::cib::{
    FEATURE_SET, IdScope, NameValues, NextChange, RuleInput, compare_versions, parse_integer, read_sets, write_attribute,
};
use crate::cluster::build::{op_element, parameters};
use crate::cluster::{NodeId, ResourceId};
use crate::history::Entry;
use crate::plan::{ActionKey, OpElement, OperationId, operation};
use crate::run::Run;

/// The attribute that recurring operations count in their digests.
pub(crate) const TIMEOUT: &str = "CRM_meta_timeout";
/// The address of a bundle's node that has none of its own: it is that of the container's host.
const LATE_ADDRESS: &str = "#uname";

/// Digests that were calculated in this run (HIST-86).
#[derive(Debug, Clone, Default)]
pub struct DigestCache {
    digests: FxHashMap<(ResourceId, NodeId, ActionKey), Digests>,
}

/// The digests of an operation on a node, as the first entry that asked for them wanted them.
#[derive(Debug, Clone)]
struct Digests {
    all: Arc<str>,
    /// Of what needs a restart, if the entry had such a digest.
    restart: Option<Arc<str>>,
    /// Of what isn't private.
    secure: Option<Arc<str>>,
    /// A one-time operation's own parameters are among them, or a comparison said so.
    needs_restart: bool,
}

/// What a comparison of digests says (HIST-85).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The parameters are the same.
    Match,
    /// The entry doesn't tell.
    Unknown,
    /// They differ.
    Changed,
    /// They differ in a way that needs a restart.
    Restart,
}

/// The digest of a set of parameters (HIST-83).
#[must_use]
pub fn digest_of(parameters: &NameValues) -> String {
    let mut sorted: Vec<_> = parameters.iter().collect();
    sorted.sort_unstable();
    let mut text = String::from(" <parameters");
    for (name, value) in sorted {
        let _ = write_attribute(&mut text, name, value);
    }
    text.push_str("/>\n");
    let md5::Digest(digits) = md5::compute(text);
    let hex = |digit: u8| char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
    let mut shown = String::with_capacity(2 * digits.len());
    digits.iter().for_each(|byte| shown.extend([hex(byte >> 4), hex(byte & 15)]));
    shown
}

/// The digest of the parameters that an operation is done with, as the history keeps it (SIM-94).
#[must_use]
pub fn parameter_digest<'p>(parameters: impl IntoIterator<Item = (&'p str, &'p str)>, interval_ms: u32) -> String {
    let counted = parameters.into_iter().filter(|&(name, _)| counts(name) || name == TIMEOUT);
    let mut parameters: NameValues = counted.collect();
    filter_parameters(&mut parameters, interval_ms);
    digest_of(&parameters)
}

fn counts(name: &str) -> bool {
    const NOT_COUNTED: [&str; 6] = ["id", "crm_feature_set", "op-digest", "on_node", "on_node_uuid", "pcmk_external_ip"];
    !name.starts_with("CRM_meta_") && !NOT_COUNTED.contains(&name)
}

/// Takes out of an operation's parameters what does not count, and keeps `CRM_meta_timeout` for recurring operations
/// (HIST-84).
pub fn filter_parameters(parameters: &mut NameValues, interval_ms: u32) {
    let timeout = parameters.get(TIMEOUT).and_then(parse_integer).filter(|&timeout| timeout > 0);
    parameters.retain(counts);
    if interval_ms > 0 {
        parameters.insert(TIMEOUT, timeout.unwrap_or(20_000).to_string());
    }
}

/// The digest of what needs a restart that an entry has, or is given because its failure expired (HIST-36).
pub(crate) fn restart_digest<'c>(run: &Run<'_>, entry: &Entry<'c>) -> Option<&'c str> {
    let forced = run.history.forced_restart_digest.contains(&entry.element);
    if forced { Some("calculated-failure-timeout") } else { entry.restart_digest }
}

/// Compares the parameters that an operation was carried out with and those configured now (HIST-85).
pub(crate) fn compare(run: &mut Run<'_>, resource: ResourceId, node: NodeId, entry: &Entry<'_>) -> Verdict {
    let key = entry.action_key(run);
    let restart = restart_digest(run, entry);
    let digests = digests(run, resource, node, entry, key);
    let restart_differs = restart.is_some() && digests.restart.is_some() && restart != digests.restart.as_deref();
    let verdict = match entry.digest {
        _ if restart_differs => Verdict::Restart,
        None => Verdict::Unknown,
        Some(digest) if *digest == *digests.all => Verdict::Match,
        Some(_) if digests.needs_restart => Verdict::Restart,
        Some(_) => Verdict::Changed,
    };
    if verdict == Verdict::Restart
        && let Some(cached) = run.history.digests.digests.get_mut(&(resource, node, key))
    {
        cached.needs_restart = true;
    }
    verdict
}

/// Whether the parameters that are not private are the same.
pub(crate) fn differs_only_privately(run: &mut Run<'_>, resource: ResourceId, node: NodeId, entry: &Entry<'_>) -> bool {
    let key = entry.action_key(run);
    let digests = digests(run, resource, node, entry, key);
    entry.secure_digest.is_some() && entry.secure_digest == digests.secure.as_deref()
}

/// A device's digests for unfencing a node: of all parameters, and of those not private (HIST-91).
pub(crate) fn for_unfencing(run: &mut Run<'_>, device: ResourceId, node: NodeId) -> (String, String) {
    const PRIVATE: &str = "passwd password user";
    let key = ActionKey::once(run.cluster.tasks.task("stonith-on"));
    let set = parameter_set(run, device, node, key);
    let secure = secure_digest(run, device, node, &set, None, Some(PRIVATE));
    (digest_of(&set.parameters), secure)
}

/// Whether a connection's address is known only once its container has a node (RSC-113).
pub(crate) fn has_late_address(run: &mut Run<'_>, resource: ResourceId) -> bool {
    run[resource].is_connection
        && run.cluster.bundle_of(resource).is_some()
        && parameters(run, resource, None).get("addr").is_some_and(|address| address == LATE_ADDRESS)
}

fn digests(run: &mut Run<'_>, resource: ResourceId, node: NodeId, entry: &Entry<'_>, key: ActionKey) -> Digests {
    let place = (resource, node, key);
    if let Some(known) = run.history.digests.digests.get(&place) {
        return known.clone();
    }
    let set = parameter_set(run, resource, node, key);
    let restart = restart_digest(run, entry).map(|_| match entry.restart_names {
        None => digest_of(&set.parameters),
        Some(names) => {
            let mut limited = set.parameters.clone();
            limited.retain(|name| is_listed(names, name));
            digest_of(&limited)
        }
    });
    let secure = run.settings.sanitized.then(|| secure_digest(run, resource, node, &set, entry.feature_set, entry.secure_names));
    let digests = Digests {
        all: digest_of(&set.parameters).into(),
        restart: restart.map(Into::into),
        secure: secure.map(Into::into),
        needs_restart: set.has_own && key.interval == 0,
    };
    run.history.digests.digests.insert(place, digests.clone());
    digests
}

/// The parameters that an operation is carried out with.
struct ParameterSet {
    parameters: NameValues,
    /// Some of them are the operation's own.
    has_own: bool,
}

/// Gathers what counts in a digest; of several sources with a name the first wins (HIST-84).
fn parameter_set(run: &mut Run<'_>, resource: ResourceId, node: NodeId, key: ActionKey) -> ParameterSet {
    let mut set = NameValues::default();
    if has_late_address(run, resource)
        && let Some(host) = host_of(run, resource)
    {
        set.insert("addr", run[host].name.clone());
    }
    for (name, value) in parameters(run, resource, Some(node)).iter() {
        set.insert_new(name.clone(), value.clone());
    }
    let settings = operation(run, resource, key, key.task);
    let own = own_parameters(run, resource, node, settings);
    let has_own = !own.is_empty();
    for (name, value) in own {
        set.insert_new(name, value);
    }
    // Of the operation's meta-attributes only this one survives the filter.
    set.insert_new(TIMEOUT, run.plan.operations[settings].timeout_ms.to_string());
    filter_parameters(&mut set, key.interval);
    ParameterSet { parameters: set, has_own }
}

/// The node that a bundle's container is assigned to, or else runs on.
fn host_of(run: &Run<'_>, connection: ResourceId) -> Option<NodeId> {
    let container = run[connection].launcher?;
    run[container].assigned.or_else(|| run.cluster.current_node(container))
}

/// The parameters that an `op` element itself has, on a node.
fn own_parameters(run: &mut Run<'_>, resource: ResourceId, node: NodeId, settings: OperationId) -> NameValues {
    let mut values = NameValues::default();
    let Some(op) = run.plan.operations[settings].op else { return values };
    let mut change = NextChange::default();
    let definition = run.cluster.definitions.get(run[resource].xml);
    let own = matches!(op, OpElement::Definition(_)).then_some(definition);
    let input = RuleInput { node: Some(&run[node].attributes), ..run.cluster.rule_input() };
    let words = run.cluster.options.health_words;
    let scope = IdScope { cib: run.cib, own };
    read_sets(op_element(run, op).children(), "instance_attributes", scope, &input, words, &mut values, &mut change);
    if let Some(time) = change.0 {
        run.cluster.recheck_at(time);
    }
    values
}

/// The digest without private parameters; what else it leaves out depends on the entry's feature set (HIST-84).
fn secure_digest(
    run: &mut Run<'_>,
    resource: ResourceId,
    node: NodeId,
    set: &ParameterSet,
    feature_set: Option<&str>,
    private: Option<&str>,
) -> String {
    let feature_set = feature_set.or(run.cib.root().attr("crm_feature_set")).unwrap_or(FEATURE_SET);
    let is_new = compare_versions(feature_set, "3.16.0") != Ordering::Less;
    let mut values = if is_new { set.parameters.clone() } else { (*parameters(run, resource, Some(node))).clone() };
    let drops_fencing = !is_new && run[resource].fencing_device;
    values.retain(|name| {
        let is_private = private.is_some_and(|names| is_listed(names, name));
        let is_dropped = drops_fencing && is_fencing_parameter(name);
        !is_private && !is_dropped
    });
    filter_parameters(&mut values, 0);
    digest_of(&values)
}

fn is_listed(names: &str, name: &str) -> bool {
    names.split(' ').any(|listed| listed == name)
}

/// Whether a parameter is for the fencer, not for the device's agent.
fn is_fencing_parameter(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "provides",
        "stonith-timeout",
        "pcmk_action_limit",
        "pcmk_delay_base",
        "pcmk_delay_max",
        "pcmk_host_argument",
        "pcmk_host_check",
        "pcmk_host_list",
        "pcmk_host_map",
    ];
    let is_of_action = || ["_action", "_timeout", "_retries"].iter().any(|end| name.ends_with(end));
    NAMES.contains(&name) || name.starts_with("pcmk_") && is_of_action()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a timeout and an address for an operation with this interval.
    fn filtered(interval_ms: u32) -> Vec<(String, String)> {
        let pairs = [("CRM_meta_timeout", "30000"), ("CRM_meta_name", "monitor"), ("ip", "1")];
        let mut set = NameValues::from_iter(pairs);
        filter_parameters(&mut set, interval_ms);
        set.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn nothing_has_the_known_digest() {
        assert_eq!(digest_of(&NameValues::default()), "f2317cad3d54cec5d7d7aa7d0bf35cf8");
    }

    #[test]
    fn only_recurring_operations_keep_their_timeout() {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        assert_eq!(filtered(10_000), [("ip", "1"), ("CRM_meta_timeout", "30000")].map(owned));
        assert_eq!(filtered(0), [("ip", "1")].map(owned));
    }

    #[test]
    fn fencing_parameters_are_known_by_their_ends() {
        assert!(is_fencing_parameter("pcmk_off_timeout") && is_fencing_parameter("pcmk_host_map"));
        assert!(!is_fencing_parameter("pcmk_other") && !is_fencing_parameter("ip_timeout"));
    }
}
