//! Placeholder until the crate's own text lands.
