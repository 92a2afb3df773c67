//! The parts that screens are made of.

mod alarms;
mod attachments;
mod attempt;
mod badge;
mod case;
mod drawn;
mod due;
mod erased;
mod facts;
mod frame;
mod icons;
mod inputs;
mod labelled;
mod marked;
mod names;
mod origin;
mod problems;
mod qr;
mod receipt;
mod search_box;
mod sheet;
mod strip;
mod text;
mod timeline;
mod turns;

pub(crate) use self::erased::view;
pub use self::{
    alarms::{Alarms, EmergencyLine},
    attachments::{Album, keep_photo, tiles},
    attempt::{Attempt, alert},
    badge::{Sign, badge, mark},
    case::{AtField, Case, ShownCase},
    drawn::{watch, when_drawn},
    due::{card_name, due, to_mend, urgency},
    erased::{Show, live},
    facts::Facts,
    frame::{Float, Head, Nav, SyncLine},
    icons::icon,
    inputs::{FieldInput, Filled},
    labelled::labelled,
    marked::{marks, pieces},
    names::{Names, Receiver, desk_kind_name},
    origin::{CameFrom, RecordLink},
    problems::{ProblemList, control_id, problem_sentence},
    qr::qr,
    search_box::SearchBox,
    sheet::{FormSheet, Sheet},
    strip::{Line, Strip},
    text::{
        area_name, field_name, place_text, reason_sentence, refusal_sentence, role_name, row_time, row_title,
        short_digest, title_of, value_text, verdict_name, village_name,
    },
    timeline::Timeline,
    turns::in_turn,
};
