//! What the daemon decides by itself: pure, events in, effects out.

mod agent;
mod event;

pub use agent::*;
pub use event::*;
