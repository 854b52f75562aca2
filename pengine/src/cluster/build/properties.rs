//! What a resource's meta-attributes say (RSC-40 to RSC-48).

use crate::cib::{
    Cib, ElementRef, IdScope, NameValues, NextChange, NoQuorumPolicy, Score, is_true, parse_interval_ms, read_sets,
};
use crate::cluster::{Kind, MultipleActive, Requires, ResourceId, Role};
use crate::run::Run;

use super::nodes::is_connection;

/// Whether unfencing is in use: a textual look that rules and templates' use play no part in (CIB-27).
pub(super) fn unfencing_in_use(cib: &Cib) -> bool {
    let says_so = |set: ElementRef<'_>| {
        set.name() == "meta_attributes"
            && set
                .children_named("nvpair")
                .any(|pair| matches!(pair.attr("name"), Some("provides" | "requires")) && pair.attr("value") == Some("unfencing"))
    };
    cib.resources().into_iter().flat_map(ElementRef::descendants).any(says_so)
        || cib.section("rsc_defaults").into_iter().flat_map(ElementRef::children).any(says_so)
}

/// Sets everything that follows from the meta-attributes, in the order of RSC-20.8.
pub(super) fn derive(run: &mut Run<'_>, id: ResourceId) {
    let words = run.cluster.options.health_words;
    let maintenance_mode = run.cluster.options.maintenance_mode;
    let element = run.cluster.definitions.get(run[id].xml);
    let is_primitive = element.name().eq_ignore_ascii_case("primitive");
    let connection = is_primitive && is_connection(element);
    let fencing_device = is_primitive && element.attr("class").is_some_and(|class| class.eq_ignore_ascii_case("stonith"));
    let (unique, promotable) = instance_flags(run, id);

    let resource = &mut run[id];
    let meta = std::mem::take(&mut resource.meta);
    let value = |name: &str| meta.get(name);
    let score = |name: &str| value(name).and_then(|text| Score::parse(text, words));

    resource.priority = score("priority").unwrap_or_default().value();
    resource.promotion_priority = resource.priority;
    resource.critical = value("critical").is_none_or(is_true);
    resource.notify = value("notify").is_some_and(is_true);
    resource.is_connection = connection;
    // Connections to remote nodes migrate unless told otherwise; those of guests and bundles go with their launcher.
    let is_remote_connection = connection && !meta.contains_key("container");
    resource.may_migrate = value("allow-migrate").map_or(is_remote_connection, is_true);
    if let Some(managed) = value("is-managed").filter(|text| !text.eq_ignore_ascii_case("default")) {
        resource.managed = is_true(managed);
    }
    if maintenance_mode || value("maintenance").is_some_and(is_true) {
        resource.managed = false;
        resource.maintenance = true;
    }
    resource.unique = unique;
    resource.promotable = promotable;
    resource.multiple_active = value("multiple-active").map_or_else(MultipleActive::default, multiple_active);
    resource.stickiness = score("resource-stickiness").unwrap_or_default();
    let threshold = score("migration-threshold").filter(|threshold| !threshold.is_negative());
    resource.migration_threshold = threshold.unwrap_or(Score::INFINITY);
    resource.fencing_device = fencing_device;
    resource.failure_timeout_ms = value("failure-timeout").and_then(parse_interval_ms).unwrap_or(0);
    let launched = meta.contains_key("container");
    resource.meta = meta;

    run.cluster.fencing_device_exists |= fencing_device;
    run[id].requires = requires(run, id);
    if connection && !launched {
        read_reconnect_interval(run, id);
    }
    run[id].next_role = requested_role(run, id).unwrap_or_default();
}

/// Whether an instance has a number of its own, and whether it can be promoted (RSC-41).
fn instance_flags(run: &Run<'_>, id: ResourceId) -> (bool, bool) {
    let cluster = &run.cluster;
    let top = cluster.top_of(id);
    let is_clone = |at: ResourceId| cluster.definitions.get(cluster[at].xml).name().eq_ignore_ascii_case("clone");
    if !is_clone(top) {
        return (true, false);
    }
    let resource = &cluster[id];
    let unique = resource
        .meta("globally-unique")
        .map_or_else(|| resource.meta("clone-node-max").and_then(crate::cib::parse_integer).is_some_and(|max| max > 1), is_true);
    (unique, resource.meta("promotable").is_some_and(is_true))
}

fn multiple_active(text: &str) -> MultipleActive {
    const NAMES: [(&str, MultipleActive); 3] = [
        ("stop_only", MultipleActive::StopOnly),
        ("block", MultipleActive::Block),
        ("stop_unexpected", MultipleActive::StopUnexpected),
    ];
    let known = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    known.map_or(MultipleActive::StopStart, |(_, policy)| *policy)
}

/// What it needs to start: as configured, or by default (RSC-42).
fn requires(run: &Run<'_>, id: ResourceId) -> Requires {
    let resource = &run[id];
    let options = &run.cluster.options;
    let default = if resource.fencing_device || resource.is_connection {
        Requires::Quorum
    } else if run.cluster.unfencing {
        Requires::Unfencing
    } else if options.fencing_enabled {
        Requires::Fencing
    } else if options.no_quorum_policy == NoQuorumPolicy::Ignore {
        Requires::Nothing
    } else {
        Requires::Quorum
    };
    const NAMES: [(&str, Requires); 4] = [
        ("nothing", Requires::Nothing),
        ("quorum", Requires::Quorum),
        ("fencing", Requires::Fencing),
        ("unfencing", Requires::Unfencing),
    ];
    let text = resource.meta("requires").unwrap_or_default();
    let known = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    match known.map_or(default, |(_, requires)| *requires) {
        Requires::Unfencing if resource.fencing_device || !options.fencing_enabled => Requires::Quorum,
        requires => requires,
    }
}

/// The role that `target-role` asks for, if that limits it (RSC-44).
pub fn requested_role(run: &Run<'_>, id: ResourceId) -> Option<Role> {
    match run[id].meta("target-role").and_then(Role::parse) {
        Some(Role::Stopped) => Some(Role::Stopped),
        Some(Role::Unpromoted) if run.cluster.is_promotable(id) => Some(Role::Unpromoted),
        _ => None,
    }
}

/// A remote connection's `reconnect_interval` is its failure timeout, too (RSC-48).
fn read_reconnect_interval(run: &mut Run<'_>, id: ResourceId) {
    let parameters = super::parameters(run, id, None);
    if let Some(text) = parameters.get("reconnect_interval") {
        let interval = parse_interval_ms(text).unwrap_or(0);
        run[id].reconnect_interval_ms = interval;
        run[id].failure_timeout_ms = interval;
    }
}

/// Reads `utilization`: own sets only, and of all that rules can see, the time alone (CIB-122).
pub(super) fn read_utilization(run: &mut Run<'_>, id: ResourceId) {
    if !matches!(run[id].kind, Kind::Primitive) {
        return;
    }
    let element = run.cluster.definitions.get(run[id].xml);
    let scope = IdScope { cib: run.cib, own: Some(element) };
    let input = run.cluster.rule_input();
    let mut values = NameValues::default();
    let mut change = NextChange::default();
    read_sets(run.cluster.sets_of(id), "utilization", scope, &input, run.cluster.options.health_words, &mut values, &mut change);
    run[id].utilization = values;
    if let Some(time) = change.0 {
        run.cluster.recheck_at(time);
    }
}
