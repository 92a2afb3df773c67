//! The workflows of the built-in ledgers, played by the evaluator that phone and station share.

#![allow(clippy::unwrap_used, reason = "Clippy does not take the helpers of tests for tests.")]

mod case;
mod courses;
mod rules;
