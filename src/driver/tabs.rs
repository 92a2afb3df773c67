//! What the tabs of one phone tell each other.

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{BroadcastChannel, MessageEvent};
use xunji_sync::engine::{Failure, Millis, Phase};

use crate::signals::Sending;

/// The channel between the tabs. A browser without one has tabs that hear of each other only when they are opened.
pub(super) struct Tabs {
    channel: Option<BroadcastChannel>,
}

/// A message to the other tabs.
pub(super) enum Said {
    /// An entry has been saved.
    Saved,
    /// A person asks for sending now.
    SendNow,
    /// The phone has been enrolled.
    Enrolled,
    /// The station has said something new of the person.
    Learned,
    /// Something in the pocket has changed.
    Changed,
    /// A PIN has been set.
    Sealed,
    /// The phone has been locked.
    Locked,
    /// The phone has been touched.
    Touched,
    /// Which attachment is being sent.
    Sending(Option<Sending>),
    /// What the leading tab does.
    Phase(Phase),
}

impl Tabs {
    /// Each person's vault has tabs of its own.
    pub(super) fn join(vault: &str) -> Self {
        Self { channel: BroadcastChannel::new(vault).ok() }
    }

    pub(super) fn say(&self, said: &Said) {
        if let Some(channel) = &self.channel {
            // It fails only on a closed channel, and this one is never closed.
            drop(channel.post_message(&write(said).into()));
        }
    }

    pub(super) fn listen(&self, heard: impl Fn(Said) + 'static) {
        let Some(channel) = &self.channel else { return };
        let listener = EventListener::new(channel, "message", move |event| {
            let said = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
            if let Some(said) = said.as_deref().and_then(read) {
                heard(said);
            }
        });
        // As long as the tab.
        listener.forget();
    }
}

fn write(said: &Said) -> String {
    match said {
        Said::Saved => "saved".to_owned(),
        Said::SendNow => "send".to_owned(),
        Said::Enrolled => "enrolled".to_owned(),
        Said::Learned => "learned".to_owned(),
        Said::Changed => "changed".to_owned(),
        Said::Sealed => "sealed".to_owned(),
        Said::Locked => "locked".to_owned(),
        Said::Touched => "touched".to_owned(),
        Said::Sending(None) => "sent".to_owned(),
        Said::Sending(Some(Sending { digest, percent })) => format!("sending {digest} {percent}"),
        Said::Phase(phase) => match phase {
            Phase::Idle => "idle".to_owned(),
            Phase::Working => "working".to_owned(),
            Phase::Uploading { done, total } => format!("uploading {done} {total}"),
            // The other tabs' clocks began elsewhere, and only the leader's own screen names the time.
            Phase::Resting { why: Failure::Busy { .. } | Failure::Storage, .. } => "busy".to_owned(),
            Phase::Resting { .. } => "unreached".to_owned(),
            Phase::Offline => "offline".to_owned(),
            Phase::Stopped => "stopped".to_owned(),
        },
    }
}

fn read(text: &str) -> Option<Said> {
    let mut words = text.split(' ');
    let phase = match words.next()? {
        "saved" => return Some(Said::Saved),
        "send" => return Some(Said::SendNow),
        "enrolled" => return Some(Said::Enrolled),
        "learned" => return Some(Said::Learned),
        "changed" => return Some(Said::Changed),
        "sealed" => return Some(Said::Sealed),
        "locked" => return Some(Said::Locked),
        "touched" => return Some(Said::Touched),
        "sent" => return Some(Said::Sending(None)),
        "sending" => {
            let (digest, percent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            return Some(Said::Sending(Some(Sending { digest, percent })));
        }
        "idle" => Phase::Idle,
        "working" => Phase::Working,
        "uploading" => {
            Phase::Uploading { done: words.next()?.parse().ok()?, total: words.next()?.parse().ok()? }
        }
        "busy" => Phase::Resting { why: Failure::Busy { retry_after: None }, until: Millis(0) },
        "unreached" => Phase::Resting { why: Failure::NoAnswer, until: Millis(0) },
        "offline" => Phase::Offline,
        "stopped" => Phase::Stopped,
        _ => return None,
    };
    Some(Said::Phase(phase))
}
