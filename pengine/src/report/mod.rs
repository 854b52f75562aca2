//! The texts that people read: status, transition summary, scores.
use crate::run::Run;
/// x
pub fn summary(_run: &mut Run<'_>) {
    todo!()
}
