//! Values, titles and reasons in the person's words.

use serde_json::Value;
use xunji_domain::{
    area::Area,
    canonical::Digest,
    entry::Body,
    id::FieldId,
    kind::{Field, FieldType, Kind, Kinds},
    person::Role,
    slip::Verdict,
    validate::is_empty,
    village::County,
    wire::{Reason, RecipientFault, Refusal},
    workflow::Obstacle,
};
use xunji_sync::pocket::Row;

use super::problem_sentence;
use crate::{platform::format_typed, vaults::short, words};

/// What a role is called.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::GridWorker => words::role_grid_worker(),
        Role::LegalAdviser => words::role_legal_adviser(),
        Role::Mediator => words::role_mediator(),
        Role::Coordinator => words::role_coordinator(),
        Role::JusticeOfficer => words::role_justice_officer(),
        Role::Partner => words::role_partner(),
    }
}

/// Township and village of a code; the code itself when the county's list doesn't have it.
pub fn village_name(county: &County, code: &str) -> String {
    county
        .find(code)
        .map_or_else(|| code.to_owned(), |(town, village)| format!("{}{}", town.name, village.name))
}

/// What an area is called; its code where the county's list doesn't have it.
pub fn area_name(county: &County, area: &Area) -> String {
    if county.code == area.as_str() {
        return county.name.clone();
    }
    let town = county.townships.iter().find(|town| town.code == area.as_str());
    town.map_or_else(|| village_name(county, area.as_str()), |town| town.name.clone())
}

/// What a field is called; its id when the kind doesn't know it.
pub fn field_name<'a>(kind: Option<&'a Kind>, field: &'a FieldId) -> &'a str {
    kind.and_then(|kind| kind.field(field)).map_or(field.as_str(), |field| words::label(&field.label))
}

/// A value as people read it. What the kind doesn't know is shown as it is.
pub fn value_text(kind: Option<&Kind>, field: Option<&Field>, county: &County, value: &Value) -> String {
    let code = |text: &str| {
        let listed = kind.zip(field).map_or(&[][..], |(kind, field)| kind.codes(field));
        let known = listed.iter().find(|code| code.code == text);
        known.map_or_else(|| text.to_owned(), |code| words::label(&code.label).to_owned())
    };
    match (field.map(|field| field.form), value) {
        (_, Value::Null) => String::new(),
        (Some(FieldType::Village), Value::String(text)) => village_name(county, text),
        (Some(FieldType::Time | FieldType::Date), Value::String(text)) => text.replace('T', " "),
        // Whoever knows names says them: see `Names`.
        (Some(FieldType::Recipient | FieldType::Recipients), Value::String(_)) => {
            words::somebody().to_owned()
        }
        (_, Value::String(text)) => code(text),
        (_, Value::Bool(true)) => words::yes().to_owned(),
        (_, Value::Bool(false)) => words::no().to_owned(),
        (_, Value::Number(number)) => number.to_string(),
        (Some(FieldType::Attachments), Value::Array(items)) => words::photo_count(items.len()),
        (_, Value::Array(items)) => {
            let texts: Vec<_> = items.iter().map(|item| value_text(kind, field, county, item)).collect();
            texts.join(words::list_comma())
        }
        (Some(FieldType::Place), place @ Value::Object(_)) => place_text(place),
        (_, Value::Object(parts)) => {
            let texts: Vec<_> = ["name", "phone", "address"]
                .into_iter()
                .filter_map(|part| parts.get(part)?.as_str())
                .filter(|text| !text.is_empty())
                .collect();
            texts.join(" ")
        }
    }
}

/// A position as people read it.
pub fn place_text(place: &Value) -> String {
    let part = |name: &str| place.get(name).and_then(Value::as_str).unwrap_or_default();
    let accuracy = place.get("accuracy").and_then(Value::as_u64).unwrap_or_default();
    words::place_is(part("lat"), part("lon"), accuracy)
}

/// The title of a record out of the values that make it; the ledger's name when there are none.
pub fn title_of(kinds: &Kinds, county: &County, kind: &str, version: u32, body: &Body) -> String {
    let Some(kind) = kinds.nearest(&kind.into(), version) else { return kind.to_owned() };
    let parts: Vec<_> = kind
        .title
        .iter()
        .filter_map(|id| Some((kind.field(id), body.get(id).filter(|value| !is_empty(value))?)))
        .map(|(field, value)| value_text(Some(kind), field, county, value))
        .collect();
    if parts.is_empty() { words::label(&kind.name).to_owned() } else { parts.join(" · ") }
}

/// A row's title.
pub fn row_title(kinds: &Kinds, county: &County, row: &Row) -> String {
    title_of(kinds, county, row.kind.as_str(), row.kind_version, &row.title)
}

/// When it happened, short.
pub fn row_time(row: &Row) -> String {
    row.time.as_str().map(format_typed).unwrap_or_default()
}

/// What the bearer of a slip said.
pub fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => words::did_confirm(),
        Verdict::Contested => words::did_contest(),
    }
}

/// A digest as people compare it: its first eight characters.
pub fn short_digest(digest: Digest) -> String {
    short(&digest.to_string())
}

/// Why the station sent an entry back: cause and what to do.
pub fn reason_sentence(kind: Option<&Kind>, reason: &Reason) -> String {
    let listed = |problems: &[xunji_domain::validate::Problem]| {
        let sentences: Vec<_> = problems
            .iter()
            .map(|problem| {
                let name = field_name(kind, &problem.field);
                words::problem_of(name, problem_sentence(problem))
            })
            .collect();
        sentences.join(" ")
    };
    match reason {
        Reason::UnknownKind => words::reason_unknown_kind().to_owned(),
        Reason::UnknownAction => words::reason_unknown_action().to_owned(),
        Reason::Invalid { problems } => words::reason_invalid(listed(problems)),
        Reason::Step { obstacle } => match obstacle {
            Obstacle::UnknownStep => words::reason_unknown_action().to_owned(),
            Obstacle::WrongState { state } => {
                let state = kind.and_then(|kind| kind.state(state));
                words::reason_wrong_state(state.map_or("?", |state| words::label(&state.label)))
            }
            Obstacle::WrongRole => words::reason_wrong_role().to_owned(),
            Obstacle::NotYours => words::reason_not_yours().to_owned(),
            Obstacle::TooEarly { step, times } => {
                let step = kind.and_then(|kind| kind.workflow.steps.iter().find(|known| known.id == *step));
                let name = step.map_or("?", |step| words::label(&step.label));
                words::reason_too_early(name, times.to_string())
            }
            Obstacle::Merged => words::reason_merged().to_owned(),
            Obstacle::TooOften { most } => words::reason_too_often(most.to_string()),
            Obstacle::Incomplete { problems } => words::reason_invalid(listed(problems)),
        },
        Reason::UnknownRecord => words::reason_unknown_record().to_owned(),
        Reason::AlreadyOpen => words::reason_already_open().to_owned(),
        Reason::NotEntitled => words::reason_not_entitled().to_owned(),
        Reason::WrongAuthor => words::reason_wrong_author().to_owned(),
        Reason::Recipient { fault } => match fault {
            RecipientFault::Unknown | RecipientFault::Other => words::reason_recipient_unknown(),
            RecipientFault::Suspended => words::reason_recipient_suspended(),
            RecipientFault::OutsideArea => words::reason_recipient_outside_area(),
            RecipientFault::Confidential => words::reason_recipient_confidential(),
        }
        .to_owned(),
        Reason::Merge { .. } => words::reason_merge().to_owned(),
        Reason::AfterRevocation => words::reason_after_revocation().to_owned(),
        Reason::SlipTaken => words::reason_slip_taken().to_owned(),
        Reason::Other(_) => words::reason_other().to_owned(),
    }
}

/// Why the station did not store an entry at all.
pub fn refusal_sentence(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Unreadable => words::refusal_unreadable(),
        Refusal::Damaged => words::refusal_damaged(),
        Refusal::Conflict => words::refusal_conflict(),
        Refusal::WrongInstallation => words::refusal_wrong_installation(),
        Refusal::Other => words::reason_other(),
    }
}
