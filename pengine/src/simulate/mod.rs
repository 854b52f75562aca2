//! Injections, and carrying a transition out on a CIB (chapter 12).
