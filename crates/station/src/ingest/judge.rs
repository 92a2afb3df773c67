//! Judges one entry: part of its record, or parked with a reason that its author can act on.
//!
//! Pure: the same scene, record and content always come to the same verdict. Forms, steps and folds are
//! the domain's, which the phone runs too. Fields and codes that this station doesn't know are never wrong.

use serde_json::Value;
use xunji_domain::{
    desk::{Desk, DeskKind},
    entry::{Action, Body, Entry},
    id::{FieldId, KindId, RecordId, Revision, WorkerId},
    kind::{Kind, Kinds},
    person::Worker,
    recipient::Recipient,
    record::{self, Known, Record},
    validate::{self, Fault, Problem},
    village::VillageCode,
    wire::{MergeFault, Reason, RecipientFault},
    workflow::{self, Actor},
};

use crate::{
    entitled::{Standing, carries, standing},
    people::Caller,
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
    /// Whom it is with, once a step has handed it on.
    pub holder: Option<Recipient>,
    /// Whom it was with before.
    pub handed_on: Vec<Recipient>,
    /// Who was asked to take part.
    pub partners: Vec<Recipient>,
    /// The record that is carried on instead of it.
    pub merged_into: Option<RecordId>,
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
    /// Why somebody whom the entry hands the record to can't take it.
    pub fault: Option<RecipientFault>,
    /// Whether the slip that the entry gives out has a token that is in use.
    pub slip_taken: bool,
    /// The record that the entry merges its own into, if the station has it.
    pub into: Option<Record>,
    /// Whether others were merged into the entry's record.
    pub has_doubles: bool,
    /// Whether what the entry adds belongs to the record although the sender has no part in it any more.
    pub had_part: bool,
    /// Whether anything of the record is in a mailbox that the sender reads. Whoever has nothing to do with it is not
    /// told by the answer that there is such a record.
    pub knows_of_it: bool,
}

/// Whether the record's earlier entries are needed to judge this action.
pub const fn needs_history(action: &Action) -> bool {
    matches!(
        action,
        Action::Amend { .. }
            | Action::Step { .. }
            | Action::HandOver { .. }
            | Action::Merge { .. }
            | Action::Unmerge {}
            | Action::Explain { .. }
    )
}

/// Judges an entry, and gives the record as it is afterwards, its revision still to be counted on.
///
/// `record` is what the station has of its record; `history` its accepted entries, when [`needs_history`].
///
/// # Errors
/// The reason to park it for.
pub fn judge(
    scene: &Scene<'_>,
    entry: &Entry,
    record: Option<&Opened>,
    history: Vec<Known>,
) -> Result<Opened, Reason> {
    let (kinds, worker, content) = (scene.kinds, &scene.caller.worker, &entry.content);
    let kind = kinds.exact(&content.kind, content.kind_version).ok_or(Reason::UnknownKind)?;
    if matches!(content.action, Action::Unknown(_)) {
        return Err(Reason::UnknownAction);
    }
    if content.author != worker.id {
        return Err(Reason::WrongAuthor);
    }
    if scene.caller.released.is_some_and(|since| content.noted_at > since) {
        return Err(Reason::AfterRevocation);
    }
    if let Action::Open { body } = &content.action {
        return open(kind, worker, body, record);
    }
    // A record of another ledger is not the one that the author means; its secrecy might differ, too.
    let record = record.filter(|record| record.kind == content.kind).ok_or(Reason::UnknownRecord)?;
    // As the fold does: a record goes the way of the definition that it was opened by, whatever an entry claims.
    let kind = kinds.nearest(&record.kind, record.kind_version).ok_or(Reason::UnknownKind)?;
    let standing = match scene.caller.office {
        true => Standing::Home,
        false => standing(record, worker.id, &scene.seats),
    };
    // The record may be with a successor by now: what was noted while it was theirs still belongs to it. Where it goes
    // from here is the successor's matter.
    let standing = if scene.had_part { standing.max(Standing::Acting) } else { standing };
    if standing < least(&content.action) {
        let is_stranger = standing == Standing::None && !scene.knows_of_it;
        return Err(if is_stranger { Reason::UnknownRecord } else { Reason::NotEntitled });
    }
    let recipient = || scene.fault.map_or(Ok(()), |fault| Err(Reason::Recipient { fault }));
    match &content.action {
        Action::Amend { field, to, .. } => {
            let mut record = record.clone();
            amend(kinds, kind, field, to, history)?;
            if *field == kind.village {
                record.village = parsed(to).unwrap_or(record.village);
            }
            Ok(record)
        }
        Action::Step { step, body } => {
            let folded = Record::fold(kinds, history.clone()).ok_or(Reason::UnknownRecord)?;
            let actor = Actor::new(worker, &scene.seats);
            workflow::take(kind, &folded, actor, step, body).map_err(|obstacle| Reason::Step { obstacle })?;
            recipient()?;
            after(kinds, kind, record, history, entry)
        }
        Action::HandOver { from, .. } => {
            if *from != record.keeper && record.holder != Some(Recipient::Worker(*from)) {
                return Err(Reason::Recipient { fault: RecipientFault::Unknown });
            }
            recipient()?;
            after(kinds, kind, record, history, entry)
        }
        Action::Ask { field, text } => {
            // As `workflow::may_ask`: nobody gives a record back to themselves.
            if worker.id == record.keeper {
                return Err(Reason::NotEntitled);
            }
            remark(field, text)?;
            Ok(record.clone())
        }
        Action::Explain { ask, text } => {
            if worker.id != record.keeper {
                return Err(Reason::NotEntitled);
            }
            let asked = history.iter().map(|known| &known.entry.content);
            let asked =
                asked.filter(|content| content.id == *ask).find_map(|content| match &content.action {
                    Action::Ask { field, .. } => Some(field),
                    _ => None,
                });
            remark(asked.ok_or(Reason::UnknownAction)?, text)?;
            Ok(record.clone())
        }
        Action::Slip { .. } => match scene.slip_taken {
            true => Err(Reason::SlipTaken),
            false if carries(record, worker.id, &scene.seats) => Ok(record.clone()),
            false => Err(Reason::NotEntitled),
        },
        // Whoever has a slip has no phone here: what they say comes through the station.
        Action::Answer { .. } if !scene.caller.office => Err(Reason::NotEntitled),
        Action::Merge { .. } => {
            let folded = Record::fold(kinds, history.clone()).ok_or(Reason::UnknownRecord)?;
            let actor = Actor::new(worker, &scene.seats);
            // The same for a record that is not there as for one that is not theirs: nobody finds out by guessing.
            let into = scene.into.as_ref().ok_or(Reason::Merge { fault: MergeFault::NotYours })?;
            workflow::merge(kinds, &folded, into, scene.has_doubles, actor)
                .map_err(|fault| Reason::Merge { fault })?;
            after(kinds, kind, record, history, entry)
        }
        Action::Unmerge {} if record.merged_into.is_none() => {
            Err(Reason::Merge { fault: MergeFault::NotMerged })
        }
        Action::Unmerge {} => after(kinds, kind, record, history, entry),
        Action::Open { .. }
        | Action::Note { .. }
        | Action::Attach {}
        | Action::Answer { .. }
        | Action::Unknown(_) => Ok(record.clone()),
    }
}

/// What somebody has to be to a record at least. First receivers answer: only the desk takes a record from its keeper, and
/// only the desk can tell that two records report the same.
pub(super) const fn least(action: &Action) -> Standing {
    match action {
        Action::HandOver { .. } | Action::Merge { .. } | Action::Unmerge {} => Standing::Home,
        Action::Amend { .. } | Action::Ask { .. } | Action::Explain { .. } | Action::Slip { .. } => {
            Standing::Acting
        }
        // Which ones, `workflow::take` says.
        Action::Step { .. } => Standing::Before,
        _ => Standing::Partner,
    }
}

/// The record once the entry has been folded into it.
fn after(
    kinds: &Kinds,
    kind: &Kind,
    record: &Opened,
    history: Vec<Known>,
    entry: &Entry,
) -> Result<Opened, Reason> {
    let newest = Known::new(entry.clone(), record::Standing::Pending);
    let folded = Record::fold(kinds, history.into_iter().chain([newest])).ok_or(Reason::UnknownRecord)?;
    Ok(Opened {
        village: folded.village(kind).unwrap_or_else(|| record.village.clone()),
        keeper: folded.keeper.unwrap_or(record.keeper),
        holder: folded.holder,
        handed_on: folded.handed_on,
        partners: folded.partners.into_iter().map(|partner| partner.recipient).collect(),
        merged_into: folded.merged_into,
        ..record.clone()
    })
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
        holder: None,
        handed_on: Vec::new(),
        partners: Vec::new(),
        merged_into: None,
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

/// What has to be said about a field.
fn remark(field: &FieldId, text: &str) -> Result<(), Reason> {
    let fault = match text.chars().count() {
        _ if text.trim().is_empty() => Fault::Missing,
        length if length > validate::LONG_TEXT => Fault::TooLong { max: validate::LONG_TEXT },
        _ => return Ok(()),
    };
    Err(Reason::Invalid { problems: vec![Problem { field: field.clone(), item: None, part: None, fault }] })
}

fn parsed(value: &Value) -> Option<VillageCode> {
    value.as_str()?.parse().ok()
}
