//! The `constraints` section: locations, colocations, orders and tickets, in document order.

use crate::run::Run;

/// Reads all constraints (PLACE-1 phase 11).
pub fn read(run: &mut Run<'_>) {
    let _ = run;
    todo!()
}
