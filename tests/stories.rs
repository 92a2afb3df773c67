//! The app in a real browser against the real station, told as stories.
//!
//! `cargo xtask test --only stories` builds both and runs this. Every story has a station, a browser and a profile of its
//! own, acts on labels and roles only, and is judged by what `xunji-station entries` says at its end.

#![cfg(not(target_arch = "wasm32"))]

mod support;

#[path = "stories/about.rs"]
mod about;
#[path = "stories/attached.rs"]
mod attached;
#[path = "stories/backup.rs"]
mod backup;
#[path = "stories/bad_photos.rs"]
mod bad_photos;
#[path = "stories/both_ways.rs"]
mod both_ways;
#[path = "stories/cases.rs"]
mod cases;
#[path = "stories/clock.rs"]
mod clock;
#[path = "stories/crowd.rs"]
mod crowd;
#[path = "stories/desk.rs"]
mod desk;
#[path = "stories/drafts.rs"]
mod drafts;
#[path = "stories/drill.rs"]
mod drill;
#[path = "stories/enrolment.rs"]
mod enrolment;
#[path = "stories/escalation.rs"]
mod escalation;
#[path = "stories/evicted.rs"]
mod evicted;
#[path = "stories/forms.rs"]
mod forms;
#[path = "stories/full.rs"]
mod full;
#[path = "stories/history.rs"]
mod history;
#[path = "stories/home_screen.rs"]
mod home_screen;
#[path = "stories/installed.rs"]
mod installed;
#[path = "stories/keyboard.rs"]
mod keyboard;
#[path = "stories/kills.rs"]
mod kills;
#[path = "stories/less_typing.rs"]
mod less_typing;
#[path = "stories/many.rs"]
mod many;
#[path = "stories/offline.rs"]
mod offline;
#[path = "stories/parked.rs"]
mod parked;
#[path = "stories/passkey.rs"]
mod passkey;
#[path = "stories/people.rs"]
mod people;
#[path = "stories/photo_kills.rs"]
mod photo_kills;
#[path = "stories/photos.rs"]
mod photos;
#[path = "stories/portal.rs"]
mod portal;
#[path = "stories/readable.rs"]
mod readable;
#[path = "stories/receipts.rs"]
mod receipts;
#[path = "stories/recovery.rs"]
mod recovery;
#[path = "stories/samples.rs"]
mod samples;
#[path = "stories/screens.rs"]
mod screens;
#[path = "stories/sealed.rs"]
mod sealed;
#[path = "stories/search.rs"]
mod search;
#[path = "stories/settings.rs"]
mod settings;
#[path = "stories/share.rs"]
mod share;
#[path = "stories/spoiled.rs"]
mod spoiled;
#[path = "stories/staff.rs"]
mod staff;
#[path = "stories/storage.rs"]
mod storage;
#[path = "stories/tabs.rs"]
mod tabs;
#[path = "stories/today.rs"]
mod today;
#[path = "stories/unfinished.rs"]
mod unfinished;
#[path = "stories/update.rs"]
mod update;
#[path = "stories/upgrade.rs"]
mod upgrade;
#[path = "stories/vault.rs"]
mod vault;
