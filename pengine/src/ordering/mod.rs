//! When: orderings become relations, and relations settle the flags of actions (chapter 10).

pub mod implicit;
