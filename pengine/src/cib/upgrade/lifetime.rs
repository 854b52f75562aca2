//! Location constraints of 3.10 with several rules, or with a lifetime (steps m and n of CIB section 2.1).

use super::Upgrade;
use super::to_4_0::MADE_ID;
use crate::cib::ElementId;

impl Upgrade<'_> {
    pub(super) fn rewrite_location(&mut self, constraint: ElementId) {
        let rules = self.children(constraint, "rule");
        if rules.len() < 2 {
            return self.fold_lifetime(constraint);
        }
        let (Some(parent), old_id) = (self.parent(constraint), self.id_text(constraint)) else { return };
        // Step m: one constraint for each rule, in the old one's place.
        for &rule in &rules {
            self.edit().remove(rule);
        }
        for (number, rule) in (1..).zip(rules) {
            let tree = self.edit();
            let copy = tree.duplicate(constraint, parent);
            tree.move_before(copy, constraint);
            tree.set(copy, "id", &format!("{MADE_ID}{old_id}-{number}"));
            tree.move_to(rule, copy);
            self.fold_lifetime(copy);
        }
        self.edit().remove(constraint);
    }

    /// Step n: a lifetime becomes part of a new rule around the old one. The new one has no score, so that reading it
    /// ignores the whole constraint (CIB-15).
    fn fold_lifetime(&mut self, constraint: ElementId) {
        let Some(lifetime) = self.children(constraint, "lifetime").first().copied() else { return };
        let made = format!("{MADE_ID}{}", self.id_text(constraint));
        let limits = self.children(lifetime, "rule");
        let rule = match self.children(constraint, "rule").first() {
            Some(&rule) => rule,
            None => self.rule_for_node(constraint, &made),
        };
        let tree = self.edit();
        let outer = [("id", &*format!("{made}-lifetime-rule")), ("boolean-op", "and")];
        let outer = tree.add_child_with(constraint, "rule", &outer);
        tree.move_to(rule, outer);
        let around_limits = if limits.len() > 1 {
            let either = [("id", &*format!("{made}-lifetime-or-rule")), ("boolean-op", "or")];
            tree.add_child_with(outer, "rule", &either)
        } else {
            outer
        };
        for limit in limits {
            tree.move_to(limit, around_limits);
        }
        tree.remove(lifetime);
        tree.unset(constraint, "node");
        tree.unset(constraint, "score");
    }

    /// What a constraint with `node` and `score` says, as a rule.
    fn rule_for_node(&mut self, constraint: ElementId, made: &str) -> ElementId {
        let score = self.attr(constraint, "score").unwrap_or_default().to_owned();
        let node = self.attr(constraint, "node").unwrap_or_default().to_owned();
        let tree = self.edit();
        let rule_id = format!("{made}-node-rule");
        let rule = tree.add_child_with(constraint, "rule", &[("id", &rule_id), ("score", &score)]);
        let expression_id = format!("{rule_id}-expression");
        let expression = [("id", &*expression_id), ("attribute", "#uname"), ("operation", "eq"), ("value", &node)];
        tree.add_child_with(rule, "expression", &expression);
        rule
    }
}
