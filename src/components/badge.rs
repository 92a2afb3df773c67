//! The small signs beside a record: how far it has come, and which ledger it belongs to.

use leptos::prelude::*;
use xunji_sync::pocket::{Badge, Row};

use super::{icon, view};
use crate::words;

/// How far something has come, as a badge shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Not saved yet.
    Draft,
    /// Saved here, still to be sent.
    Waiting,
    /// Being sent.
    Sending,
    /// At the station.
    Delivered,
    /// Come back.
    Returned,
    /// Come back, and its author does without it.
    LetGo,
    /// Other desks' work, here without its sensitive values.
    Overseen,
}

impl Sign {
    /// The sign of a record's line, while the sending goes on or not.
    pub const fn of(row: &Row, sending: bool) -> Self {
        match row.badge {
            Badge::Waiting if sending => Self::Sending,
            Badge::Waiting => Self::Waiting,
            Badge::Delivered if row.masked => Self::Overseen,
            Badge::Delivered => Self::Delivered,
            Badge::Returned => Self::Returned,
        }
    }

    /// The state as the styles name it.
    pub const fn state(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Returned => "parked",
            Self::LetGo => "let-go",
            Self::Overseen => "overseen",
        }
    }

    /// Its icon.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Draft => "pencil",
            Self::Waiting => "clock",
            Self::Sending => "sending",
            Self::Delivered => "check",
            Self::Returned => "return",
            Self::LetGo => "close",
            Self::Overseen => "eye",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Draft => words::badge_draft(),
            Self::Waiting => words::badge_waiting(),
            Self::Sending => words::badge_sending(),
            Self::Delivered => words::badge_delivered(),
            Self::Returned => words::badge_returned(),
            Self::LetGo => words::badge_let_go(),
            Self::Overseen => words::badge_overseen(),
        }
    }
}

/// A badge: told apart by shape and word, not by colour alone.
pub fn badge(sign: Sign) -> AnyView {
    view! {
        <span class="badge" data-state=sign.state()>{icon(sign.icon())}{sign.word()}</span>
    }
}

/// The seal of a ledger: one character, which the title beside it spells out.
pub fn mark(kind: &str) -> AnyView {
    let character = match kind {
        "patrol" => words::mark_patrol(),
        "consultation" => words::mark_consultation(),
        "dispute" => words::mark_dispute(),
        "complaint" => words::mark_complaint(),
        "legal_aid" => words::mark_legal_aid(),
        _ => words::mark_other(),
    };
    view! { <span class="mark" data-kind=kind.to_owned() aria-hidden="true">{character}</span> }
}
