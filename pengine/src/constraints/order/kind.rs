//! How strictly an order is meant, and in which directions (ORD-3 to ORD-5).

use crate::plan::{Kinds, Task};

use super::super::expand::Flag;

/// The kind of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderKind {
    /// What comes after can't do without what comes first.
    Mandatory,
    /// Only if both happen.
    Optional,
    /// Never at the same time.
    Serialize,
}

/// Which of the orderings of a constraint an ordering is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The only one.
    Asymmetric,
    /// The one as configured; there is an inverse.
    Normal,
    /// The inverse of the one that is configured.
    Inverse,
}

impl OrderKind {
    /// The kind of that name, in exact case.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "Mandatory" => Some(OrderKind::Mandatory),
            "Optional" => Some(OrderKind::Optional),
            "Serialize" => Some(OrderKind::Serialize),
            _ => None,
        }
    }

    /// What the resulting ordering means; `first` is the action that comes first in that direction (ORD-5).
    pub fn kinds(self, direction: Direction, first: Task) -> Kinds {
        match (self, direction) {
            (OrderKind::Optional, _) => Kinds::SEQUENCE,
            (OrderKind::Serialize, _) => Kinds::SERIALIZE,
            (OrderKind::Mandatory, Direction::Asymmetric) => Kinds::SEQUENCE | Kinds::ASYMMETRIC,
            (OrderKind::Mandatory, Direction::Inverse) => Kinds::SEQUENCE | Kinds::THEN_IMPLIES_FIRST,
            (OrderKind::Mandatory, Direction::Normal) => {
                let kinds = Kinds::SEQUENCE | Kinds::FIRST_IMPLIES_THEN;
                let blocks = matches!(first, Task::Start | Task::Promote | Task::MigrateFrom);
                if blocks { kinds | Kinds::UNRUNNABLE_BLOCKS } else { kinds }
            }
        }
    }

    /// Whether there is an inverse, if an element asks for one or not (ORD-4).
    pub fn is_symmetric(self, asked: Option<bool>) -> bool {
        self != OrderKind::Serialize && asked.unwrap_or(true)
    }
}

/// What an element with its parent's text behind it says of symmetry, if anything: nonsense is no answer of the element's
/// own, but a "no" of the parent (ORD-4).
pub fn asked_symmetry(own: Flag, parent: Flag) -> Option<bool> {
    match (own, parent) {
        (Flag::Valid(asked), _) | (_, Flag::Valid(asked)) => Some(asked),
        (_, Flag::Invalid) => Some(false),
        (_, Flag::Unset) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_those_of_the_table() {
        let normal = Kinds::SEQUENCE | Kinds::FIRST_IMPLIES_THEN;
        let cases = [
            (OrderKind::Optional, Direction::Normal, Task::Start, Kinds::SEQUENCE),
            (OrderKind::Optional, Direction::Asymmetric, Task::Start, Kinds::SEQUENCE),
            (OrderKind::Serialize, Direction::Asymmetric, Task::Start, Kinds::SERIALIZE),
            (OrderKind::Mandatory, Direction::Asymmetric, Task::Start, Kinds::SEQUENCE | Kinds::ASYMMETRIC),
            (OrderKind::Mandatory, Direction::Normal, Task::Start, normal | Kinds::UNRUNNABLE_BLOCKS),
            (OrderKind::Mandatory, Direction::Normal, Task::Promote, normal | Kinds::UNRUNNABLE_BLOCKS),
            (OrderKind::Mandatory, Direction::Normal, Task::Stop, normal),
            (OrderKind::Mandatory, Direction::Inverse, Task::Start, Kinds::SEQUENCE | Kinds::THEN_IMPLIES_FIRST),
        ];
        for (kind, direction, first, expected) in cases {
            assert_eq!(kind.kinds(direction, first), expected, "{kind:?} {direction:?} {first:?}");
        }
    }

    #[test]
    fn symmetry_comes_from_the_nearest_that_says_so() {
        assert_eq!(asked_symmetry(Flag::Valid(true), Flag::Valid(false)), Some(true));
        assert_eq!(asked_symmetry(Flag::Invalid, Flag::Valid(true)), Some(true));
        assert_eq!(asked_symmetry(Flag::Unset, Flag::Invalid), Some(false));
        assert_eq!(asked_symmetry(Flag::Invalid, Flag::Unset), None);
    }

    #[test]
    fn only_serialize_has_no_inverse_by_default() {
        assert!(OrderKind::Optional.is_symmetric(None));
        assert!(OrderKind::Mandatory.is_symmetric(None));
        assert!(!OrderKind::Mandatory.is_symmetric(Some(false)));
        assert!(!OrderKind::Serialize.is_symmetric(Some(true)));
        assert_eq!(OrderKind::parse("mandatory"), None);
    }
}
