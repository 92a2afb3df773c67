//! Judges one entry: part of its record, or parked with a reason that its author can act on.
//!
//! Pure: the same scene, record and content always come to the same verdict. Forms, steps and folds are
//! the domain's, which the phone runs too. Fields and codes that this station doesn't know are never wrong.

use serde_json::Value;
use xunji_domain::{
    desk::{Desk, DeskKind},
    entry::{Action, Body, Content},
    id::{DeskId, FieldId, KindId, Revision, WorkerId},
    kind::{Kind, Kinds},
    person::Worker,
    record::{Known, Record},
    validate,
    village::VillageCode,
    wire::Reason,
    workflow,
};

use crate::{
    entitled::{may_receive, sits_at},
    people::{Caller, Person},
};

/// What the station keeps of a record that has been opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its ledger.
    pub kind: KindId,
    /// The definition that it was opened by.
    pub kind_version: u32,
    /// Whether that definition is confidential.
    pub confidential: bool,
    /// The kind of desk that it belongs to by that definition.
    pub home: Option<DeskKind>,
    /// Where it is, after all amendments.
    pub village: VillageCode,
    /// Who carries it on: its opener, or whoever it was handed over to.
    pub keeper: WorkerId,
    /// The revision of its newest entry.
    pub revision: Revision,
}

/// What is known of the sender and of those whom the entry names, at this moment.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The definitions in force.
    pub kinds: &'a Kinds,
    /// Who sends it.
    pub caller: &'a Caller,
    /// The desks at which the sender sits.
    pub seats: Vec<Desk>,
    /// The desk that the record belongs to, when there is one.
    pub desk: Option<DeskId>,
    /// Whom the entry hands the record to, when it names somebody who exists.
    pub recipient: Option<Person>,
}

/// Whether the record's earlier entries are needed to judge this action.
pub const fn needs_history(action: &Action) -> bool {
    matches!(action, Action::Amend { .. } | Action::Step { .. })
}

/// Judges an entry's content, and gives the record as it is afterwards, its revision still to be counted on.
///
/// `record` is what the station has of its record; `history` its accepted entries, when [`needs_history`].
///
/// # Errors
/// The reason to park it for.
pub fn judge(
    scene: &Scene<'_>,
    content: &Content,
    record: Option<&Opened>,
    history: Vec<Known>,
) -> Result<Opened, Reason> {
    let (kinds, worker) = (scene.kinds, &scene.caller.worker);
    let kind = kinds.exact(&content.kind, content.kind_version).ok_or(Reason::UnknownKind)?;
    if matches!(content.action, Action::Unknown(_)) {
        return Err(Reason::UnknownAction);
    }
    if content.author != worker.id {
        return Err(Reason::WrongAuthor);
    }
    if let Action::Open { body } = &content.action {
        return open(kind, worker, body, record);
    }
    // A record of another ledger is not the one that the author means; its secrecy might differ, too.
    let record = record.filter(|record| record.kind == content.kind).ok_or(Reason::UnknownRecord)?;
    let at_desk = scene.desk.as_ref().is_some_and(|desk| sits_at(&scene.seats, desk));
    if !scene.caller.office && !at_desk && worker.id != record.keeper {
        return Err(Reason::NotEntitled);
    }
    let mut record = record.clone();
    match &content.action {
        Action::Amend { field, to, .. } => {
            amend(kinds, kind, field, to, history)?;
            if *field == kind.village {
                record.village = parsed(to).unwrap_or(record.village);
            }
        }
        Action::Step { step, body } => {
            // As the fold does: a record goes the way of the definition that it was opened by.
            let kind = kinds.nearest(&record.kind, record.kind_version).ok_or(Reason::UnknownKind)?;
            let folded = Record::fold(kinds, history).ok_or(Reason::UnknownRecord)?;
            workflow::take(kind, &folded.state, worker.role, step, body)
                .map_err(|obstacle| Reason::Step { obstacle })?;
        }
        Action::HandOver { to, .. } => {
            // First receivers answer: only the desk takes a record from its keeper.
            if !scene.caller.office && !at_desk {
                return Err(Reason::NotEntitled);
            }
            may_receive(scene.recipient.as_ref(), record.confidential, &record.village)
                .map_err(|fault| Reason::Recipient { fault })?;
            record.keeper = *to;
        }
        Action::Open { .. } | Action::Note { .. } | Action::Attach {} | Action::Unknown(_) => {}
    }
    Ok(record)
}

fn open(kind: &Kind, worker: &Worker, body: &Body, record: Option<&Opened>) -> Result<Opened, Reason> {
    if record.is_some() {
        return Err(Reason::AlreadyOpen);
    }
    let problems = validate::form(kind, body);
    if !problems.is_empty() {
        return Err(Reason::Invalid { problems });
    }
    Ok(Opened {
        kind: kind.id.clone(),
        kind_version: kind.version,
        confidential: kind.confidential,
        home: DeskKind::of(kind),
        // A ledger whose place is optional belongs to the worker's own village when there is none.
        village: body.get(&kind.village).and_then(parsed).unwrap_or_else(|| worker.village.clone()),
        keeper: worker.id,
        revision: Revision(0),
    })
}

fn amend(kinds: &Kinds, kind: &Kind, id: &FieldId, to: &Value, history: Vec<Known>) -> Result<(), Reason> {
    let Some(field) = kind.field(id) else { return Ok(()) };
    let problems = validate::value(field, Some(to));
    if problems.is_empty() {
        return Ok(());
    }
    // A required field may be emptied once the form doesn't show it any more.
    let body = Record::fold(kinds, history).map(|record| record.body()).unwrap_or_default();
    if validate::is_empty(to) && !kind.shows(field, &body) {
        return Ok(());
    }
    Err(Reason::Invalid { problems })
}

fn parsed(value: &Value) -> Option<VillageCode> {
    value.as_str()?.parse().ok()
}
