//! Kinds of findings: their stable names, how much they matter, and what there is to know about each.

use crate::Severity;

/// Kinds with their names, severities and explanations.
macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident, $name:literal, $severity:ident, $text:literal;)+) => {
        /// The kind of a finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
        pub enum Code {
            $($(#[$doc])* $code,)+
        }

        impl Code {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$code,)+];

            /// The name that stays the same from version to version.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)+ }
            }

            /// How much it matters.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity,)+ }
            }

            /// A paragraph about it: why it matters, and what to do.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$code => $text,)+ }
            }
        }
    };
}

codes! {
    /// A cluster option that there is none of.
    UnknownOption, "unknown-option", Warning,
    "A cluster property set has a name that is no option of the cluster. It is ignored without a word, so what was meant to be set \
     keeps its default. Names are case-sensitive and have hyphens where older versions had underscores.";
    /// A meta-attribute that is nearly one that exists.
    UnknownMetaAttribute, "unknown-meta-attribute", Warning,
    "A meta-attribute has a name that means nothing to the cluster but looks much like one that does. It is ignored, and the one \
     that was meant keeps its default. Names of your own are fine, and rules can ask for them; call them something less similar.";
    /// An XML attribute that the element doesn't have.
    UnknownAttribute, "unknown-attribute", Warning,
    "An element has an XML attribute that elements of its name don't have. It is ignored, and the document can't be put into a \
     cluster that validates its configuration.";
    /// A setting that stands where it has no effect.
    MisplacedSetting, "misplaced-setting", Warning,
    "A setting is there but stands where nobody looks for it: a meta-attribute among the parameters of an agent, an option of clones \
     on a resource that isn't cloned, an option of the cluster or of an operation among a resource's meta-attributes, or the \
     other way round. Move it to where it belongs.";
    /// A value that the option or attribute doesn't accept.
    InvalidValue, "invalid-value", Error,
    "A value is none that this option or attribute accepts. The default is used in its place, which may be the opposite of what \
     was meant.";
    /// A reference to something that isn't there.
    DanglingReference, "dangling-reference", Error,
    "Something is referred to that is not in the configuration: a resource, template or tag in a constraint, an element by id-ref, \
     a member of a tag, a device in a fencing level. A constraint that names nothing is ignored as a whole, so that resources run \
     apart that belong together, or in the wrong order.";
    /// A location constraint names a node that isn't there.
    UnknownNode, "unknown-node", Warning,
    "A location constraint or fencing level names a node that the cluster doesn't have, so it has no effect. It may be a misspelt \
     name, or left over from a node that was removed.";
    /// Two elements have one id.
    DuplicateId, "duplicate-id", Error,
    "Two elements have the same id. Ids are unique in the whole configuration; what refers to one that isn't, refers to nothing, and \
     a cluster that validates its configuration refuses the document.";
    /// A resource is sent to a node that it is banned from.
    ContradictingLocations, "contradicting-locations", Error,
    "One location constraint says that a resource has to be on a node, another that it may not. The ban wins, so the other constraint \
     has no effect.";
    /// Resources have to be together and apart.
    ContradictingColocations, "contradicting-colocations", Error,
    "Resources have to be together, by one colocation or by several of them, or as members of a group, and may not be together by \
     another one. Some of them can never run.";
    /// Resources have to be together, but no node is allowed for all of them.
    ImpossibleColocation, "impossible-colocation", Error,
    "Resources have to be together, but each node is forbidden to at least one of them, so that some can never run. Lift one of the \
     bans, or make the colocation a preference by a score below INFINITY.";
    /// The order of two resources is that of placement turned round.
    ColocationAgainstOrder, "colocation-against-order", Warning,
    "A resource is placed where another one is, so it depends on the other one; but an order starts it before the other one. If the \
     other one can't run, this one is started for nothing or not at all. Usually one of the two constraints has its ends \
     exchanged: in a colocation rsc is what follows with-rsc, and in an order first is what then waits for. Mind that sets of \
     colocations count from the last to the first.";
    /// Orders lead in a circle.
    OrderingLoop, "ordering-loop", Error,
    "Orders lead from a resource back to itself, so each waits for the other and none of them can be started as configured. The order of a \
     group's members, and that of a group and what is in it, count as well. Take one of them out.";
    /// No node is allowed for a resource.
    RunsNowhere, "runs-nowhere", Error,
    "Every node is forbidden to the resource by location constraints, or the cluster is opt-in (symmetric-cluster is false) and no \
     constraint allows the resource anywhere. If it shall not run, target-role=Stopped says so more clearly.";
    /// Nodes can't be fenced.
    NoFencing, "no-fencing", Warning,
    "Fencing is switched off, or there is no fencing device. A node that no longer answers can't be told from one that still writes to your \
     data, so recovering its resources elsewhere risks that both do. With fencing enabled and without a device, resources \
     don't start at all.";
    /// An operation has no timeout.
    NoTimeout, "no-timeout", Warning,
    "An operation is configured without a timeout, and op_defaults has none, so it is 20 seconds. That is too short for many services to \
     start or stop, and a stop that fails by timeout gets the node fenced. Set what the agent's own description suggests.";
    /// Two operations have the same name and interval.
    DuplicateOperation, "duplicate-operation", Error,
    "Two operations of a resource have the same name and interval. Operations are told apart by these two, whatever their roles are, so \
     none of them recurs. Let their intervals differ, be it by a second.";
    /// A recurring operation only repeats another one.
    RedundantInterval, "redundant-interval", Warning,
    "Two recurring operations of a resource do the same, and one interval is a multiple of the other: whenever the rarer one is due, the other \
     one is too, so it adds nothing but load. Give it other parameters (as OCF_CHECK_LEVEL), another interval, or remove it.";
    /// An interval or timeout looks as if it were meant in milliseconds.
    SuspiciousUnit, "suspicious-unit", Warning,
    "A number without unit is in seconds. This one is a multiple of a thousand and amounts to an hour or more, as if milliseconds were meant. \
     Write the unit, as in 30s, 5min or 30000ms.";
    /// The scheduler itself complains, for the reason that the message tells.
    SchedulerWarning, "scheduler-warning", Warning,
    "The scheduler itself complains about part of the configuration as it reads it: it ignores or resets that part, or it will not support \
     it for ever. The message tells which and why.";
}

impl Code {
    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}
