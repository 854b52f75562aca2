//! The node daemon `pengined`.

fn main() {}
