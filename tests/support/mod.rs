//! What the stories are told with: a real station, phones with a real browser, and waits that poll.
//!
//! ```text
//! story(…) ─ World ─┬─ Station   the binary, on its own folder and port; stops and starts on the same address
//!                   └─ Phone     a browser with its own profile; is killed and opened again on it
//!                        └ page  what a person does and sees, by labels and roles only
//! ```
//!
//! Each story has its own of everything, so that stories run in any order and beside each other.

mod browser;
mod devtools;
mod files;
mod fill;
mod gate;
mod keys;
mod next;
mod page;
mod phone;
pub mod process;
mod programs;
mod random;
mod relay;
mod report;
mod station;
mod tabs;
mod wait;
mod world;

pub use gate::Gate;
pub use next::{NEXT, NextVersion};
pub use phone::{LOCKED, PIN, Phone};
pub use programs::axe;
pub use random::Random;
pub use relay::Relay;
pub use station::{LUQIAO_GUBAO, Reply};
pub use tabs::Tab;
pub use wait::until;
pub use world::{World, story};
