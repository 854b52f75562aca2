//! Name-value sets: which value of a name wins (CIB section 5).

use super::{Cib, ElementRef, HealthWords, NameValues, NextChange, RuleInput};

/// Where an `id-ref` is looked up (CIB-42).
#[derive(Debug, Clone, Copy)]
pub struct IdScope<'a> {
    /// The whole document, for `nvpair` references and wherever `own` is nothing.
    pub cib: &'a Cib,
    /// A resource's own definition: references to sets and rules are found only in it.
    pub own: Option<ElementRef<'a>>,
}

/// Evaluates the sets of one kind (`meta_attributes`, `instance_attributes`, `utilization`) that stand below `parent`
/// into `values`. Names that are in already keep their value (CIB-28 to CIB-36).
pub fn read_sets(
    parent: ElementRef<'_>,
    kind: &str,
    scope: IdScope<'_>,
    input: &RuleInput<'_>,
    words: HealthWords,
    values: &mut NameValues,
    change: &mut NextChange,
) {
    let _ = (parent, kind, scope, input, words, values, change);
    todo!()
}
