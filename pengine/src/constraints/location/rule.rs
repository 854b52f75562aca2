//! The rule form of a location: every node on which the rule passes gets a score (PLACE-37 to PLACE-39).

use crate::cib::{ElementRef, IdScope, LocationInput, NameValues, NextChange, RuleInput, Score, expand_submatches, rule_passes};
use crate::cluster::build::parameters;
use crate::cluster::{NodeId, ResourceId, Role};
use crate::diagnostic::Problem;
use crate::run::Run;

use super::super::{Constraint, parse_score};
use super::location_role;

/// The score of the nodes on which the rule passes.
enum Weight<'c> {
    /// The same for all.
    Score(Score),
    /// The value of this node attribute.
    Attribute(&'c str),
}

/// The top-level rule of a location.
pub struct Rule<'c> {
    /// The rule's id, which becomes that of the location.
    pub id: &'c str,
    /// The rule's own role filter; those of constraint and set don't count.
    pub role: Option<Role>,
    element: ElementRef<'c>,
    weight: Weight<'c>,
    scope: IdScope<'c>,
    reads_parameters: bool,
}

impl<'c> Rule<'c> {
    /// Reads the first rule of a constraint; nothing if there is none or it is wrong.
    pub fn read(run: &mut Run<'c>, constraint: Constraint<'c>, scope: IdScope<'c>) -> Option<Self> {
        let child = constraint.element.child("rule")?;
        let (element, scope) = match child.attr("id-ref") {
            None => (child, scope),
            Some(reference) => {
                let cib = run.cib;
                let Some(target) = cib.find_unique("rule", reference) else {
                    let problem = Problem::DanglingReference { kind: "rule", reference: reference.to_owned() };
                    run.diagnose(constraint.id, problem);
                    return None;
                };
                (target, IdScope { cib, own: None })
            }
        };
        match read_checked(run, constraint, element) {
            Ok((id, role, weight)) => {
                let reads_parameters = reads_parameters(element);
                Some(Self { id, role, element, weight, scope, reads_parameters })
            }
            Err(problem) => {
                run.diagnose(constraint.id, problem);
                None
            }
        }
    }

    /// The nodes on which the rule passes, with their scores, last node first (PLACE-39).
    pub fn preferred_nodes(
        &self,
        run: &mut Run<'_>,
        constraint: Constraint<'_>,
        resource: ResourceId,
        submatches: Option<&[String]>,
    ) -> Vec<(NodeId, Score)> {
        let attribute = match self.weight {
            Weight::Score(_) => String::new(),
            Weight::Attribute(name) => expand_submatches(name, submatches),
        };
        let mut nodes = Vec::new();
        for node in run.cluster.node_order.clone() {
            if !self.passes(run, resource, node, submatches) {
                continue;
            }
            let score = match self.weight {
                Weight::Score(score) => Some(score),
                Weight::Attribute(_) => attribute_score(run, constraint, resource, node, &attribute),
            };
            nodes.extend(score.map(|score| (node, score)));
        }
        nodes.reverse();
        nodes
    }

    fn passes(&self, run: &mut Run<'_>, resource: ResourceId, node: NodeId, submatches: Option<&[String]>) -> bool {
        let parameters = self.reads_parameters.then(|| parameters(run, resource, Some(node)));
        let none = NameValues::default();
        let input = RuleInput {
            node: Some(&run[node].attributes),
            location: Some(LocationInput {
                parameters: parameters.as_deref().unwrap_or(&none),
                meta: &run[resource].meta,
                submatches,
            }),
            ..run.cluster.rule_input()
        };
        let mut change = NextChange::default();
        let passes = rule_passes(self.element, self.scope, &input, &mut change);
        if let Some(time) = change.0 {
            run.cluster.recheck_at(time);
        }
        passes
    }
}

type Checked<'c> = (&'c str, Option<Role>, Weight<'c>);

/// Checks a rule's own attributes, in the order of PLACE-37.
fn read_checked<'c>(run: &Run<'_>, constraint: Constraint<'_>, element: ElementRef<'c>) -> Result<Checked<'c>, Problem> {
    let constraint = || constraint.id.to_owned();
    let Some(id) = element.id() else { return Err(Problem::RuleWithoutId { constraint: constraint() }) };
    let rule = || id.to_owned();
    let role = location_role(element.attr("role")).map_err(|role| Problem::InvalidRuleRole {
        constraint: constraint(),
        rule: rule(),
        role: role.to_owned(),
    })?;
    let operator = element.attr("boolean-op").unwrap_or("and");
    if !operator.eq_ignore_ascii_case("and") && !operator.eq_ignore_ascii_case("or") {
        let operator = operator.to_owned();
        return Err(Problem::InvalidRuleOperator { constraint: constraint(), rule: rule(), operator });
    }
    let weight = match (element.attr("score-attribute"), element.attr("score")) {
        (Some(attribute), _) => Weight::Attribute(attribute),
        (None, None) => return Err(Problem::RuleWithoutScore { rule: rule() }),
        (None, Some(text)) => {
            let score = parse_score(run, text);
            Weight::Score(score.ok_or_else(|| Problem::InvalidRuleScore { rule: rule(), score: text.to_owned() })?)
        }
    };
    Ok((id, role, weight))
}

/// Whether a rule may look at the resource's parameters, which are dear to evaluate for every node. A nested rule that is
/// referred to may stand anywhere.
fn reads_parameters(rule: ElementRef<'_>) -> bool {
    rule.descendants().skip(1).any(|condition| {
        let source = condition.attr("value-source");
        source.is_some_and(|source| source.eq_ignore_ascii_case("param")) || condition.attr("id-ref").is_some()
    })
}

fn attribute_score(
    run: &mut Run<'_>,
    constraint: Constraint<'_>,
    resource: ResourceId,
    node: NodeId,
    attribute: &str,
) -> Option<Score> {
    let holder = attribute_holder(run, resource, node)?;
    let value = run[holder].attribute(attribute).filter(|value| !value.is_empty())?;
    let score = parse_score(run, value);
    if score.is_none() {
        let problem = Problem::InvalidAttributeScore {
            constraint: constraint.id.to_owned(),
            node: run[node].name.clone(),
            attribute: attribute.to_owned(),
            value: value.to_owned(),
        };
        run.diagnose(constraint.id, problem);
    }
    score
}

/// The node whose attributes count for a resource on a node: for a guest node perhaps its host, if it has one (PLACE-39).
fn attribute_holder(run: &Run<'_>, resource: ResourceId, node: NodeId) -> Option<NodeId> {
    if run[resource].meta("container-attribute-target") != Some("host") || !run.cluster.is_guest(node) {
        return Some(node);
    }
    let launcher = run.cluster.launcher_of(node)?;
    run[launcher].active_on.first().copied()
}
