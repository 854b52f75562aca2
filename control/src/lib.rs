//! The language that the program and the node daemon speak over the daemon's Unix socket.
//!
//! A client sends one [`Request`] a line, as JSON; the daemon answers each with one line, a [`Reply`]. After
//! [`Request::Follow`] it goes on sending [`Event`]s, a line each, until the client hangs up. [`Client`] does all that.
//!
//! Only people who may read the socket can ask, and only root, the daemon's own user and the members of a configured group can
//! change anything: [`Request::needs_write`] tells which is which.
#![forbid(unsafe_code)]

mod change;
mod client;
mod event;
mod request;
mod status;

pub use change::*;
pub use client::{Client, ClientError, exit_status};
pub use event::*;
pub use request::*;
pub use status::*;

/// Where the daemon listens unless told otherwise.
pub const DEFAULT_SOCKET: &str = "/run/pengine/socket";

/// The environment variable that names the daemon's socket to agents and their tools.
pub const SOCKET_VARIABLE: &str = "PENGINE_SOCKET";
