//! What is wrong with a configuration: values, each with the element it is about.
//!
//! A run never stops for one of them. What the texts say is ignored or reset is what the run did.

use std::fmt;

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Severity {
    /// Nothing is wrong, but it may not be what was meant.
    Info,
    /// Something has no effect.
    Notice,
    /// Something has an effect that may surprise.
    Warning,
    /// Part of the configuration is wrong and was ignored or reset.
    Error,
}

/// Something wrong with an element of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// The element's id, or its name if it has none.
    pub element: String,
    /// What is wrong.
    pub what: Problem,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Info => "info",
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity}: {}", self.what)
    }
}

/// What can be wrong. The text of each tells what it means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Problem {
    // Resources.
    #[error("Ignoring <{kind}> resource without ID")]
    ResourceWithoutId { kind: String },
    #[error("Ignoring <{kind}> resource '{resource}' because configuration is invalid")]
    InvalidResource { kind: String, resource: String },
    #[error("Using {most} instead of {asked} as the number of instances of {resource}: more are not supported")]
    TooManyInstances { resource: String, asked: u32, most: u32 },

    // Constraints of all kinds.
    #[error("Ignoring <{kind}> constraint without id")]
    ConstraintWithoutId { kind: String },
    #[error("Unsupported constraint type: {kind}")]
    UnsupportedConstraint { kind: String },
    #[error("Ignoring constraint '{constraint}' without {part}")]
    MissingPart { constraint: String, part: &'static str },
    #[error("No resource, template, or tag named '{name}'")]
    UnknownName { name: String },
    #[error("No resource is derived from template '{name}'")]
    UnusedTemplate { name: String },
    #[error("No resource is tagged with '{name}'")]
    EmptyTag { name: String },
    #[error("Ignoring constraint '{constraint}' because '{name}' is not a valid resource or tag")]
    InvalidName { constraint: String, name: String },
    #[error("Ignoring resource sets for constraint '{constraint}' because '{name}' is not a valid resource or tag")]
    InvalidSets { constraint: String, name: String },
    #[error("Ignoring resource_set without id in constraint '{constraint}'")]
    SetWithoutId { constraint: String },
    #[error("{set}: No resource found for {name}")]
    UnknownMember { set: String, name: String },
    #[error("Ignoring invalid {kind} configuration: id-ref '{reference}' does not reference a valid object")]
    DanglingReference { kind: &'static str, reference: String },
    #[error("Ignoring the rest of constraint '{constraint}' because its sets lead back to set '{set}' by id-ref")]
    CircularSets { constraint: String, set: String },
    #[error("Ignoring constraint {constraint}: Invalid role '{role}'")]
    InvalidRole { constraint: String, role: String },

    // Locations.
    #[error("Ignoring constraint '{constraint}' because rsc-pattern has invalid value '{pattern}'")]
    InvalidPattern { constraint: String, pattern: String },
    #[error("Ignoring location constraint {constraint} because '{node}' is not a known node")]
    UnknownNode { constraint: String, node: String },
    #[error("Ignoring location constraint {constraint} because '{score}' is not a valid score")]
    InvalidLocationScore { constraint: String, score: String },
    #[error("Ignoring location constraint {constraint} because '{role}' is not a valid role")]
    InvalidLocationRole { constraint: String, role: String },
    #[error("Invalid resource-discovery value {value} in location constraint")]
    InvalidDiscovery { value: String },
    #[error("Ignoring location constraint '{constraint}' because its rule has no id")]
    RuleWithoutId { constraint: String },
    #[error("Ignoring location constraint '{constraint}' because rule '{rule}' has invalid role '{role}'")]
    InvalidRuleRole { constraint: String, rule: String, role: String },
    #[error("Ignoring location constraint '{constraint}' because rule '{rule}' has invalid boolean-op '{operator}'")]
    InvalidRuleOperator { constraint: String, rule: String, operator: String },
    #[error("Ignoring location constraint rule {rule} because neither score nor score-attribute was specified")]
    RuleWithoutScore { rule: String },
    #[error("Ignoring location constraint rule {rule} because '{score}' is not a valid score: Bad input value provided")]
    InvalidRuleScore { rule: String, score: String },
    #[error(
        "Ignoring location {constraint} for node {node} because node attribute {attribute} value '{value}' is not a valid \
         score: Bad input value provided"
    )]
    InvalidAttributeScore { constraint: String, node: String, attribute: String, value: String },

    // Colocations.
    #[error("Ignoring colocation {colocation} because '{score}' is not a valid score")]
    InvalidColocationScore { colocation: String, score: String },
    #[error("Ignoring colocation '{colocation}' for set '{set}' because '{score}' is not a valid score")]
    InvalidSetScore { colocation: String, set: String, score: String },
    #[error("Ignoring constraint '{constraint}' because two templates or tags cannot be colocated")]
    TwoTemplates { constraint: String },
    #[error("Ignoring {name} and later resources in set {set}: No such resource")]
    UnknownFromHere { name: String, set: String },
    #[error("Ignoring colocation of set {dependents} resource {name} with set {primaries}: No such resource")]
    UnknownDependent { dependents: String, primaries: String, name: String },
    #[error("Ignoring set {dependents} colocation with resource {name} in set {primaries}: No such resource")]
    UnknownPrimary { dependents: String, primaries: String, name: String },
    #[error("Constraint '{constraint}' has invalid value for influence (using default)")]
    InvalidInfluence { constraint: String },
    #[error(
        "Support for 'ordering' other than 'group' in resource_set (such as {set}) is deprecated and will be removed in a \
         future release"
    )]
    DeprecatedSetOrdering { set: String },
    #[error("The colocation constraint 'symmetrical' attribute has been removed")]
    RemovedSymmetrical,

    // Orders.
    #[error("Resetting 'kind' for constraint {constraint} to 'Mandatory' because '{kind}' is not valid")]
    InvalidKind { constraint: String, kind: String },
    #[error("Support for 'score' in rsc_order is deprecated and will be removed in a future release (use 'kind' instead)")]
    DeprecatedOrderScore,
    #[error(
        "Support for require-all in ordering constraints is deprecated and will be removed in a future release (use \
         clone-min clone meta-attribute instead)"
    )]
    DeprecatedRequireAll,
    #[error("Ignoring symmetrical for '{order}' because not valid with kind of 'Serialize'")]
    SymmetricSerialize { order: String },
    #[error("Unknown action '{action}' specified in order constraint")]
    UnknownAction { action: String },
    #[error("Cannot invert constraint '{constraint}' (please specify inverse manually)")]
    NotInvertible { constraint: String },

    // Tickets.
    #[error("Resetting 'loss-policy' for ticket '{ticket}' to 'stop' because fencing is not configured")]
    LossPolicyNeedsFencing { ticket: String },
}

impl Problem {
    /// How much it matters.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Problem::UnknownNode { .. } => Severity::Info,
            Problem::UnusedTemplate { .. } | Problem::EmptyTag { .. } => Severity::Notice,
            Problem::UnknownName { .. }
            | Problem::InvalidAttributeScore { .. }
            | Problem::DeprecatedSetOrdering { .. }
            | Problem::RemovedSymmetrical
            | Problem::DeprecatedOrderScore
            | Problem::DeprecatedRequireAll
            | Problem::SymmetricSerialize { .. }
            | Problem::UnknownAction { .. }
            | Problem::NotInvertible { .. } => Severity::Warning,
            _ => Severity::Error,
        }
    }
}
