//! The `constraints` section: locations, colocations, orders and tickets, in document order.

mod colocation;
pub mod expand;
mod location;
pub mod order;
mod ticket;

use crate::cib::{ElementRef, Score};
use crate::cluster::Role;
use crate::diagnostic::Problem;
use crate::run::Run;

pub use location::extended_pattern;

/// A constraint's element, which has an id.
#[derive(Debug, Clone, Copy)]
pub struct Constraint<'c> {
    /// Its id.
    pub id: &'c str,
    /// The element.
    pub element: ElementRef<'c>,
}

impl<'c> Constraint<'c> {
    /// The value of an attribute.
    pub fn attr(&self, name: &str) -> Option<&'c str> {
        self.element.attr(name)
    }
}

/// Reads all constraints (PLACE-1 phase 11).
pub fn read(run: &mut Run<'_>) {
    let cib = run.cib;
    let Some(section) = cib.section("constraints") else { return };
    for element in section.children() {
        let Some(id) = element.id() else {
            run.diagnose(element.name(), Problem::ConstraintWithoutId { kind: element.name().to_owned() });
            continue;
        };
        let constraint = Constraint { id, element };
        match element.name() {
            "rsc_location" => location::read(run, constraint),
            "rsc_colocation" => colocation::read(run, constraint),
            "rsc_order" => order::read(run, constraint),
            "rsc_ticket" => ticket::read(run, constraint),
            kind => run.diagnose(id, Problem::UnsupportedConstraint { kind: kind.to_owned() }),
        }
    }
}

/// An attribute that a constraint can't do without; `part` is what people call it.
fn required<'c>(run: &mut Run<'_>, constraint: Constraint<'c>, name: &str, part: &'static str) -> Option<&'c str> {
    let value = constraint.attr(name);
    if value.is_none() {
        run.diagnose(constraint.id, Problem::MissingPart { constraint: constraint.id.to_owned(), part });
    }
    value
}

/// Reads the role that something is limited to: absent and `Started` are any role (COLO-20). An unknown one is handed back.
fn role_filter(text: Option<&str>) -> Result<Option<Role>, &str> {
    let Some(text) = text else { return Ok(None) };
    match Role::parse(text) {
        Some(Role::Started) => Ok(None),
        Some(role) => Ok(Some(role)),
        None => Err(text),
    }
}

/// As [`role_filter`]; an unknown role is diagnosed.
fn role_filter_or_diagnose(run: &mut Run<'_>, constraint: Constraint<'_>, text: Option<&str>) -> Option<Option<Role>> {
    let role = role_filter(text);
    role.map_err(|role| {
        let problem = Problem::InvalidRole { constraint: constraint.id.to_owned(), role: role.to_owned() };
        run.diagnose(constraint.id, problem);
    })
    .ok()
}

fn parse_score(run: &Run<'_>, text: &str) -> Option<Score> {
    Score::parse(text, run.cluster.options.health_words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn started_and_no_role_are_any_role() {
        assert_eq!(role_filter(None), Ok(None));
        assert_eq!(role_filter(Some("started")), Ok(None));
        assert_eq!(role_filter(Some("Slave")), Ok(Some(Role::Unpromoted)));
        assert_eq!(role_filter(Some("Stopped")), Ok(Some(Role::Stopped)));
        assert_eq!(role_filter(Some("Unknown")), Err("Unknown"));
    }
}
