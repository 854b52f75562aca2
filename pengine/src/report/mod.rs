//! The texts that people read: status, transition summary, scores.
