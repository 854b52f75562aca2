//! What would become of a cluster if something failed: scenarios, each carried out on a copy until nothing is left to do.
//!
//! An [`Audit`] begins with a cluster at rest; its scenarios don't depend on each other, so that a caller may carry them out side by
//! side, as many at a time as there are cores.

mod outcome;
mod rest;
mod scenario;
mod services;

use crate::Settings;
use crate::cib::Cib;

pub use outcome::{AuditReport, Disturbance, Move, Reduction, ScenarioReport, SingleNode, SinglePoint};
pub use rest::End;
pub use scenario::Scenario;

use rest::{Rest, come_to_rest};
use services::Services;

/// The version of the form. It grows when a field goes away or changes its meaning, not when one is added.
pub const FORMAT: u32 = 1;

/// A cluster at rest, to which things may happen.
#[derive(Debug)]
pub struct Audit {
    cib: Cib,
    settings: Settings,
    services: Services,
    /// How it came to rest.
    rest: Rest,
}

impl Audit {
    /// Carries out what is to be done anyway, until nothing is left.
    #[must_use]
    pub fn begin(cib: &Cib, settings: &Settings) -> Self {
        let (mut cib, settings) = (cib.clone(), settings.clone());
        let rest = come_to_rest(&mut cib, &settings);
        let services = Services::of(&cib, &settings);
        Self { cib, settings, services, rest }
    }

    /// What may happen: single failures, and with a depth of 2 those of each pair of nodes.
    #[must_use]
    pub fn scenarios(&self, depth: usize) -> Vec<Scenario> {
        scenario::all(&self.cib, &self.settings, depth)
    }

    /// Lets something happen to a copy of the cluster, and what has to be done because of it.
    #[must_use]
    pub fn carry_out(&self, scenario: &Scenario) -> ScenarioReport {
        let mut cib = self.cib.clone();
        let rest = match scenario.happen(&mut cib, &self.settings) {
            Ok(()) => come_to_rest(&mut cib, &self.settings),
            Err(error) => Rest::broken(&error),
        };
        let after = Services::of(&cib, &self.settings);
        ScenarioReport::of(scenario, rest, &self.services, &after)
    }

    /// The whole result; the reports in the order of the scenarios.
    #[must_use]
    pub fn report(&self, scenarios: Vec<ScenarioReport>) -> AuditReport {
        AuditReport::of(&self.services, &self.rest, scenarios)
    }
}
