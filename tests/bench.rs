//! What only a browser can measure of the app, beside what the browser does without it.
//!
//! `cargo xtask bench` builds everything, runs this, and makes the table. Each test prints its figures as JSON objects,
//! one a line (`figures.rs`); none of them fails because something is slow.

#![cfg(not(target_arch = "wasm32"))]

#[path = "bench/bare.rs"]
mod bare;
#[path = "bench/cuts.rs"]
mod cuts;
#[path = "bench/figures.rs"]
mod figures;
#[path = "bench/ledger.rs"]
mod ledger;
#[path = "bench/line.rs"]
mod line;
#[path = "stories/many.rs"]
mod many;
#[path = "bench/outbox.rs"]
mod outbox;
#[path = "bench/press.rs"]
mod press;
#[path = "bench/replies.rs"]
mod replies;
#[allow(dead_code, reason = "the stories tell of more forms than are measured")]
#[path = "stories/samples.rs"]
mod samples;
#[path = "bench/start.rs"]
mod start;
#[allow(dead_code, unused_imports, reason = "the stories do more with a phone than is measured")]
mod support;
#[path = "bench/sync.rs"]
mod sync;
#[path = "bench/throttle.rs"]
mod throttle;
