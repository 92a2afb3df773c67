//! How urgent a case is: a colour with its own shape, and the same in words.

use chrono::NaiveDate;
use leptos::prelude::*;
use xunji_domain::deadline::{Card, Clock, Colour};
use xunji_sync::pocket::Row;

use super::view;
use crate::{platform, state::AppPocket, words};

/// The shape and the words of a case's colour.
pub fn due(clock: Clock) -> AnyView {
    sign(colour_name(clock.colour), due_text(clock, platform::china_today()))
}

/// The sign of what was given back to its keeper.
pub fn to_mend() -> AnyView {
    sign(colour_name(Colour::Orange), words::needs_mending().to_owned())
}

fn sign(colour: &'static str, text: String) -> AnyView {
    view! {
        <span class="due" data-colour=colour>
            <svg viewBox="0 0 24 24" aria-hidden="true"><path d=shape(colour)/></svg>
            {text}
        </span>
    }
}

/// What a line in a list shows of its urgency: nothing unless it asks for something.
pub fn urgency(pocket: &AppPocket, row: &Row) -> Option<AnyView> {
    let clock = row.timing.on(&pocket.calendar(), platform::china_today());
    match clock.colour {
        Colour::Red => Some(due(clock)),
        _ if row.asked => Some(to_mend()),
        Colour::Orange => Some(due(clock)),
        _ => None,
    }
}

/// What overdue work is called for the next desk.
pub fn card_name(card: Card) -> &'static str {
    match card {
        Card::Plain => words::card_plain(),
        Card::Yellow => words::card_yellow(),
        Card::Red => words::card_red(),
    }
}

const fn colour_name(colour: Colour) -> &'static str {
    match colour {
        Colour::Red => "red",
        Colour::Orange => "orange",
        Colour::Yellow => "yellow",
        Colour::Blue => "blue",
        Colour::Green => "green",
    }
}

/// A triangle, a diamond, a disc, a ring, a tick: told apart without the colour.
fn shape(colour: &str) -> &'static str {
    match colour {
        "red" => "M12 2.5 23 21.5H1z",
        "orange" => "M12 1.5 22.5 12 12 22.5 1.5 12z",
        "blue" => "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM12 6.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11z",
        "green" => "M9.5 20.5 1.5 12.5 4.5 9.5 9.5 14.5 19.5 4 22.5 7z",
        _ => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
    }
}

fn due_text(clock: Clock, today: NaiveDate) -> String {
    let left = clock.due.map(|due| (due - today).num_days());
    match (clock.colour, left) {
        (Colour::Green, _) => words::due_closed().to_owned(),
        (_, Some(left)) if left < 0 => words::due_over(-left),
        (_, Some(0)) => words::due_today().to_owned(),
        // Whoever may be in danger doesn't wait for a last day.
        (Colour::Red, _) => words::due_danger().to_owned(),
        (Colour::Blue, None) => words::due_waits().to_owned(),
        (Colour::Blue, Some(left)) => format!("{} · {}", words::due_waits(), words::due_left(left)),
        (_, Some(left)) => words::due_left(left),
        (_, None) => words::due_open().to_owned(),
    }
}
