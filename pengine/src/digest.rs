//! Digests of parameters: whether what runs was started with what is configured now (HIST section 15).

use crate::cib::NameValues;

/// Digests that were calculated in this run (HIST-86).
#[derive(Debug, Clone, Default)]
pub struct DigestCache {}

/// The digest of a set of parameters (HIST-83).
#[must_use]
pub fn digest_of(parameters: &NameValues) -> String {
    let _ = parameters;
    todo!()
}

/// Takes out of an operation's parameters what does not count, and keeps `CRM_meta_timeout` for recurring operations
/// (HIST-84).
pub fn filter_parameters(parameters: &mut NameValues, interval_ms: u32) {
    let _ = (parameters, interval_ms);
    todo!()
}
