//! `rsc_location`: preferences for nodes (PLACE section 4). They are applied to the tables later (PLACE-41).

mod pattern;
mod rule;

use crate::cib::{IdScope, Score};
use crate::cluster::{Discovery, Location, NodeId, ResourceId, Role};
use crate::diagnostic::Problem;
use crate::placement::add_location;
use crate::run::Run;

use super::expand::{self, End, Named, Sets};
use super::{Constraint, parse_score, role_filter};
use rule::Rule;

pub use pattern::compile as extended_pattern;

/// Where a constraint wants resources to be.
enum Wish<'c> {
    /// On this node, or not.
    Node { node: NodeId, score: Score, role: Option<Role> },
    /// Where a rule passes.
    Rule(Rule<'c>),
}

/// Reads an `rsc_location`.
pub fn read<'c>(run: &mut Run<'c>, constraint: Constraint<'c>) {
    if let Some(sets) = expand::sets(run, constraint) {
        return locate_sets(run, constraint, &sets);
    }
    let role = constraint.attr("role");
    let mut resource = None;
    if let Some(name) = constraint.attr("rsc") {
        let end = End { name, role, action: None };
        match end.find(run, constraint) {
            None => return,
            Some(Named::Resource(found)) => resource = Some(found),
            Some(members) => {
                let sets = Sets { sets: vec![end.into_set(members)], replaced: true };
                return locate_sets(run, constraint, &sets);
            }
        }
    }
    let scope = IdScope { cib: run.cib, own: None };
    let Some(wish) = read_wish(run, constraint, constraint.attr("score"), role, scope) else { return };
    if let Some(resource) = resource {
        locate(run, constraint, resource, &wish, None);
    }
    if let Some(pattern) = constraint.attr("rsc-pattern") {
        locate_matching(run, constraint, pattern, &wish);
    }
}

fn locate_sets<'c>(run: &mut Run<'c>, constraint: Constraint<'c>, sets: &Sets<'c>) {
    // CIB-42: a constraint in which something was replaced is a document of its own.
    let scope = IdScope { cib: run.cib, own: sets.replaced.then_some(constraint.element) };
    for set in &sets.sets {
        if set.id.is_empty() {
            return;
        }
        let (score, role) = (set.score.or(constraint.attr("score")), set.role.or(constraint.attr("role")));
        let wish = read_wish(run, constraint, score, role, scope);
        for member in &set.members {
            let Some(resource) = member.resource else {
                let problem = Problem::UnknownMember { set: set.id.to_owned(), name: member.name.clone() };
                return run.diagnose(constraint.id, problem);
            };
            if let Some(wish) = &wish {
                locate(run, constraint, resource, wish, None);
            }
        }
    }
}

/// Reads what is the same for all resources of a constraint or set: a node with a score, else a rule (PLACE-34).
fn read_wish<'c>(
    run: &mut Run<'c>,
    constraint: Constraint<'c>,
    score: Option<&'c str>,
    role: Option<&'c str>,
    scope: IdScope<'c>,
) -> Option<Wish<'c>> {
    let id = || constraint.id.to_owned();
    let (Some(node), Some(score)) = (constraint.attr("node"), score) else {
        return Rule::read(run, constraint, scope).map(Wish::Rule);
    };
    let Some(at) = run.cluster.node_named(node) else {
        run.diagnose(constraint.id, Problem::UnknownNode { constraint: id(), node: node.to_owned() });
        return None;
    };
    let Some(score) = parse_score(run, score) else {
        run.diagnose(constraint.id, Problem::InvalidLocationScore { constraint: id(), score: score.to_owned() });
        return None;
    };
    match location_role(role) {
        Ok(role) => Some(Wish::Node { node: at, score, role }),
        Err(role) => {
            run.diagnose(constraint.id, Problem::InvalidLocationRole { constraint: id(), role: role.to_owned() });
            None
        }
    }
}

/// The role filter of a location: an unpromoted instance is any that runs (PLACE-36).
fn location_role(text: Option<&str>) -> Result<Option<Role>, &str> {
    role_filter(text).map(|role| role.filter(|&role| role != Role::Unpromoted))
}

fn locate_matching(run: &mut Run<'_>, constraint: Constraint<'_>, pattern: &str, wish: &Wish<'_>) {
    let (pattern, inverted) = pattern.strip_prefix('!').map_or((pattern, false), |pattern| (pattern, true));
    let Some(expression) = pattern::compile(pattern) else {
        let problem = Problem::InvalidPattern { constraint: constraint.id.to_owned(), pattern: pattern.to_owned() };
        return run.diagnose(constraint.id, problem);
    };
    for resource in run.cluster.top.clone() {
        let submatches = pattern::submatches(&expression, &run[resource].id);
        if submatches.is_some() != inverted {
            locate(run, constraint, resource, wish, submatches.as_deref());
        }
    }
}

fn locate(run: &mut Run<'_>, constraint: Constraint<'_>, resource: ResourceId, wish: &Wish<'_>, submatches: Option<&[String]>) {
    let (id, nodes, role) = match wish {
        Wish::Node { node, score, role } => (constraint.id, vec![(*node, *score)], *role),
        Wish::Rule(rule) => (rule.id, rule.preferred_nodes(run, constraint, resource, submatches), rule.role),
    };
    let discovery = read_discovery(run, constraint);
    if discovery == Discovery::Exclusive {
        // PLACE-40: at once, even if the location never comes to have an effect.
        run[resource].exclusive_discovery = true;
    }
    add_location(run, Location { id: id.to_owned(), resource, nodes, role, discovery, is_health: false });
}

fn read_discovery(run: &mut Run<'_>, constraint: Constraint<'_>) -> Discovery {
    let Some(text) = constraint.attr("resource-discovery") else { return Discovery::Always };
    const MODES: [(&str, Discovery); 3] =
        [("always", Discovery::Always), ("never", Discovery::Never), ("exclusive", Discovery::Exclusive)];
    let mode = MODES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    mode.map_or_else(
        || {
            run.diagnose(constraint.id, Problem::InvalidDiscovery { value: text.to_owned() });
            Discovery::Always
        },
        |(_, mode)| *mode,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_promoted_and_stopped_filter() {
        assert_eq!(location_role(Some("Unpromoted")), Ok(None));
        assert_eq!(location_role(Some("slave")), Ok(None));
        assert_eq!(location_role(Some("Master")), Ok(Some(Role::Promoted)));
        assert_eq!(location_role(Some("Stopped")), Ok(Some(Role::Stopped)));
        assert_eq!(location_role(Some("x")), Err("x"));
    }
}
