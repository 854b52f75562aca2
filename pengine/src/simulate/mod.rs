//! What would happen: changes to the input, and carrying a transition out on a CIB (chapter 12).

mod agent;
mod event;
mod execute;
mod inject;
mod session;
mod specification;
mod time;
mod worklist;

pub(crate) use event::*;
pub use event::{Refusal, SimulateError, TicketChange};
pub(crate) use execute::{Agenda, Execution, ExecutionOptions, execute};
pub use inject::Injections;
pub(crate) use inject::{ORIGIN, inject};
pub(crate) use session::Presenter;
pub use session::{Session, SessionOptions, simulate, simulate_report};
pub use time::{EffectiveTime, TimeSource};
