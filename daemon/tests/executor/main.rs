//! Agents of every class, run for real. What needs root or a package that isn't there says so and is skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bench;
mod debian;
mod fence;
mod limits;
#[path = "../support/namespace.rs"]
#[allow(dead_code)]
mod namespace;
#[path = "../support/needs.rs"]
mod needs;
mod ours;
mod scripts;
mod systemd;
