//! The document as text.
