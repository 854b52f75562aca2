//! Rewrites of documents of older schemas (CIB section 2).
