//! Name-value sets: which value of a name wins (CIB section 5).

use std::cmp::Reverse;

use super::{Cib, ElementRef, HealthWords, NameValues, NextChange, RuleInput, Score, rule_passes};

/// The set of cluster options that comes before all others (CIB-33).
const BOOTSTRAP_OPTIONS: &str = "cib-bootstrap-options";

/// Where an `id-ref` is looked up (CIB-42).
#[derive(Debug, Clone, Copy)]
pub struct IdScope<'a> {
    /// The whole document, for `nvpair` references and wherever `own` is nothing.
    pub cib: &'a Cib,
    /// A resource's own definition: references to sets and rules are found only in it.
    pub own: Option<ElementRef<'a>>,
}

impl<'a> IdScope<'a> {
    /// The one element of that name and id (CIB-41).
    pub(super) fn find(self, name: &str, id: &str) -> Option<ElementRef<'a>> {
        let Some(own) = self.own else { return self.cib.find_unique(name, id) };
        let mut found = own.descendants().filter(|element| element.name() == name && element.attr("id") == Some(id));
        found.next().filter(|_| found.next().is_none())
    }
}

/// Evaluates the sets of one kind (`meta_attributes`, `instance_attributes`, `utilization`) among elements into `values`. Names that are in already keep their value (CIB-28 to CIB-36). Whether any rule had a say in it.
pub fn read_sets<'e>(
    elements: impl Iterator<Item = ElementRef<'e>>,
    kind: &str,
    scope: IdScope<'e>,
    input: &RuleInput<'_>,
    words: HealthWords,
    values: &mut NameValues,
    change: &mut NextChange,
) -> bool {
    let sets = elements.filter(|set| set.name() == kind).filter_map(|set| match set.attr("id-ref") {
        Some(id) => scope.find(kind, id),
        None => Some(set),
    });
    let score = |set: ElementRef<'_>| set.attr("score").and_then(|text| Score::parse(text, words)).unwrap_or_default();
    let mut sets: Vec<_> = sets.map(|set| (score(set), set)).collect();
    // CIB-34: of sets with equal scores the last comes first.
    sets.reverse();
    sets.sort_by_key(|&(score, set)| {
        let comes_first = kind == "cluster_property_set" && set.id() == Some(BOOTSTRAP_OPTIONS);
        (!comes_first, Reverse(score))
    });
    let mut found = NextChange::default();
    let mut has_rules = false;
    for (_, set) in sets {
        let rule = set.child("rule");
        has_rules |= rule.is_some();
        if rule.is_none_or(|rule| rule_passes(rule, scope, input, &mut found)) {
            read_set(set, scope.cib, values);
        }
    }
    change.note_future(found, input.now);
    has_rules
}

/// Puts the pairs of one set in, unless a pair of that name is there already.
fn read_set(set: ElementRef<'_>, cib: &Cib, values: &mut NameValues) {
    // CIB-29: an old form has the pairs one level deeper.
    let pairs = set.children().next().filter(|first| first.name() == "attributes").unwrap_or(set);
    for pair in pairs.children_named("nvpair") {
        let pair = match pair.attr("id-ref") {
            Some(id) => cib.find_unique("nvpair", id),
            None => Some(pair),
        };
        let Some((name, value)) = pair.and_then(|pair| pair.attr("name").zip(pair.attr("value"))) else { continue };
        if value.eq_ignore_ascii_case("#default") {
            // CIB-36: it takes a value out, and a later one may be put in again.
            values.remove(name);
        } else {
            values.insert_new(name, value);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The values of `<op>`'s sets in a document with these sets, as `name=value` texts.
    fn read(sets: &str) -> Vec<String> {
        let text = format!(
            "<cib validate-with='none'><configuration><other><nvpair id='far' name='far' value='1'/>\
             <meta_attributes id='set-far'><nvpair name='y' value='1'/></meta_attributes></other><op>{sets}</op>\
             </configuration></cib>"
        );
        let cib = Cib::parse(&text).unwrap();
        let parent = cib.root().descendants().find(|element| element.name() == "op").unwrap();
        let mut values = NameValues::default();
        let scope = IdScope { cib: &cib, own: Some(parent) };
        let input = RuleInput::default();
        let words = HealthWords::default();
        read_sets(parent.children(), "meta_attributes", scope, &input, words, &mut values, &mut NextChange::default());
        values.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn the_last_set_and_the_first_pair_win() {
        let sets = "<meta_attributes><nvpair name='a' value='1'/></meta_attributes>\
                    <meta_attributes><nvpair name='a' value='2'/><nvpair name='a' value='3'/></meta_attributes>";
        assert_eq!(read(sets), ["a=2"]);
    }

    #[test]
    fn a_higher_score_beats_a_later_place() {
        let sets = "<meta_attributes score='5x'><nvpair name='a' value='1'/></meta_attributes>\
                    <meta_attributes><nvpair name='a' value='2'/></meta_attributes>";
        assert_eq!(read(sets), ["a=1"]);
    }

    #[test]
    fn default_removes_and_a_later_value_may_come_in() {
        let set = |score, value| format!("<meta_attributes score='{score}'><nvpair name='a' value='{value}'/></meta_attributes>");
        assert_eq!(read(&(set(3, "5") + &set(2, "#DEFAULT") + &set(1, "7"))), ["a=7"]);
        assert_eq!(read(&(set(2, "#default") + &set(1, "6"))), ["a=6"]);
        assert!(read(&(set(2, "6") + &set(1, "#default"))).is_empty());
    }

    #[test]
    fn sets_are_referenced_nearby_and_pairs_anywhere() {
        let sets = "<meta_attributes id='s'><nvpair id-ref='far'/><nvpair name='empty' value=''/><nvpair name='none'/></meta_attributes>\
                    <meta_attributes id-ref='set-far'/><meta_attributes id-ref='nowhere'/><x><meta_attributes id='near'>\
                    <nvpair name='z' value='1'/></meta_attributes></x><meta_attributes id-ref='near'/>";
        assert_eq!(read(sets), ["z=1", "far=1", "empty="]);
    }

    #[test]
    fn only_the_first_rule_of_a_set_counts() {
        let pair = "<nvpair name='a' value='1'/>";
        let rules = "<rule id='r'/><rule id='q' boolean-op='neither'/>";
        assert_eq!(read(&format!("<meta_attributes>{rules}{pair}</meta_attributes>")), ["a=1"]);
        assert!(read(&format!("<meta_attributes><rule/>{rules}{pair}</meta_attributes>")).is_empty());
        assert_eq!(read(&format!("<meta_attributes><attributes>{pair}</attributes></meta_attributes>")), ["a=1"]);
    }
}
