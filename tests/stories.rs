//! The app in a real browser against the real station, told as stories.
//!
//! `cargo xtask test stories` builds both and runs this. Every story has a station, a browser and a profile of its
//! own, acts on labels and roles only, and is judged by what `xunji-station entries` says at its end.

#![cfg(not(target_arch = "wasm32"))]

mod support;
#[path = "stories/drafts.rs"]
mod drafts;
#[path = "stories/forms.rs"]
mod forms;
#[path = "stories/offline.rs"]
mod offline;
#[path = "stories/samples.rs"]
mod samples;
#[path = "stories/tabs.rs"]
mod tabs;
