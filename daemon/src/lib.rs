//! The node daemon: it supervises services through resource agents, as the policy engine decides.
//!
//! All that it decides by itself, when to schedule, what to begin next, what a result means, is in [`core`]: pure state machines,
//! events in, effects out, without clock, network, files or processes. Everything else is a thin adapter that turns the world into
//! events and effects into the world:
//!
//! ```text
//!  agents ──▶ executor ──┐                         ┌──▶ executor ──▶ agents
//!  socket ──▶ server ────┼──▶ events ─▶ core ─▶ effects ──▶ server ────▶ socket
//!  corosync ─▶ membership ┘      (pure, tested     └──▶ disk ──────▶ files
//!                                 in simulation)
//! ```
#![forbid(unsafe_code)]

pub mod cli;
pub mod cluster;
pub mod core;
pub mod disk;
pub mod drive;
pub mod executor;
pub mod inbox;
pub mod life;
pub mod membership;
pub mod node;
pub mod operation;
pub mod server;
pub mod tools;
pub mod worker;
