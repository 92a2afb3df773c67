//! Judges an entry as the real station's `ingest/judge.rs` does.

use std::collections::BTreeSet;

use xunji_domain::{
    entry::{Action, Content},
    id::{FieldId, KindId, RecordId, Revision, WorkerId},
    kind::Kinds,
    record::{Known, Record, Standing},
    validate::{self, Fault, Problem},
    village::VillageCode,
    wire::{Me, MergeFault, Reason},
    workflow::{self, Actor},
};

use super::mailbox::{desk, seat};

/// What the station keeps of a record that has been opened.
#[derive(Clone)]
pub(in crate::simulation) struct Opened {
    pub(in crate::simulation) kind: KindId,
    pub(super) kind_version: u32,
    pub(in crate::simulation) confidential: bool,
    pub(in crate::simulation) village: VillageCode,
    /// All that it has ever been in.
    pub(in crate::simulation) villages: BTreeSet<VillageCode>,
    pub(in crate::simulation) opener: WorkerId,
    /// The record that is carried on instead of it.
    pub(in crate::simulation) merged_into: Option<RecordId>,
    pub(in crate::simulation) revision: Revision,
}

/// What is known besides the record itself.
pub(super) struct Scene<'a> {
    pub(super) kinds: &'a Kinds,
    /// Who sends it.
    pub(super) me: &'a Me,
    /// Whether the slip that the entry gives out has a token that is in use.
    pub(super) slip_taken: bool,
    /// The record that the entry merges its own into, if the station has it.
    pub(super) into: Option<Record>,
    /// Whether others were merged into the entry's record.
    pub(super) has_doubles: bool,
}

/// The record as it is afterwards, its revision still to be counted on.
pub(super) fn judge(
    scene: &Scene<'_>,
    content: &Content,
    record: Option<&Opened>,
    history: Vec<Known>,
) -> Result<Opened, Reason> {
    let Scene { kinds, me, .. } = *scene;
    let worker = &me.worker;
    let kind = kinds.exact(&content.kind, content.kind_version).ok_or(Reason::UnknownKind)?;
    if matches!(content.action, Action::Unknown(_)) {
        return Err(Reason::UnknownAction);
    }
    if content.author != worker.id {
        return Err(Reason::WrongAuthor);
    }
    let parsed = |value: &serde_json::Value| value.as_str()?.parse().ok();
    if let Action::Open { body } = &content.action {
        if record.is_some() {
            return Err(Reason::AlreadyOpen);
        }
        let problems = validate::form(kind, body);
        if !problems.is_empty() {
            return Err(Reason::Invalid { problems });
        }
        let village: VillageCode =
            body.get(&kind.village).and_then(parsed).unwrap_or_else(|| worker.village.clone());
        return Ok(Opened {
            kind: kind.id.clone(),
            kind_version: kind.version,
            confidential: kind.confidential,
            villages: [village.clone()].into(),
            village,
            opener: worker.id,
            merged_into: None,
            revision: Revision(0),
        });
    }
    let record = record.filter(|record| record.kind == content.kind).ok_or(Reason::UnknownRecord)?;
    let sits_around = |village: &VillageCode| {
        !me.desks.is_empty() && seat(worker).is_some_and(|seat| seat == desk(record.confidential, village))
    };
    let sits = sits_around(&record.village);
    // What was noted while the record was in another township belongs to it.
    let had_part = || {
        let remarks = matches!(content.action, Action::Note { .. } | Action::Attach {});
        let mut seen = history.clone();
        seen.retain(|known| {
            matches!(known.standing, Standing::Accepted { revision, .. } if revision <= content.basis)
        });
        let then = Record::fold(kinds, seen).filter(|_| remarks);
        then.and_then(|then| then.village(kind)).is_some_and(|village| sits_around(&village))
    };
    if worker.id != record.opener && !sits && !had_part() {
        return Err(Reason::NotEntitled);
    }
    let mut after = record.clone();
    match &content.action {
        Action::Amend { field, to, .. } => {
            if let Some(defined) = kind.field(field) {
                let problems = validate::value(defined, Some(to));
                let shown = || {
                    let body = Record::fold(kinds, history).map(|record| record.body()).unwrap_or_default();
                    kind.shows(defined, &body)
                };
                if !problems.is_empty() && (!validate::is_empty(to) || shown()) {
                    return Err(Reason::Invalid { problems });
                }
            }
            if *field == kind.village {
                after.village = parsed(to).unwrap_or(after.village);
                after.villages.insert(after.village.clone());
            }
        }
        Action::Step { step, body } => {
            let kind = kinds.nearest(&record.kind, record.kind_version).ok_or(Reason::UnknownKind)?;
            let folded = Record::fold(kinds, history).ok_or(Reason::UnknownRecord)?;
            workflow::take(kind, &folded, Actor::new(worker, &me.desks), step, body)
                .map_err(|obstacle| Reason::Step { obstacle })?;
        }
        Action::Ask { .. } if worker.id == record.opener => return Err(Reason::NotEntitled),
        Action::Ask { field, text } => remark(field, text)?,
        Action::Explain { .. } if worker.id != record.opener => return Err(Reason::NotEntitled),
        Action::Explain { ask, text } => {
            let asks = |known: &&Known| known.entry.content.id == *ask;
            match history.iter().find(asks).map(|known| &known.entry.content.action) {
                Some(Action::Ask { field, .. }) => remark(field, text)?,
                _ => return Err(Reason::UnknownAction),
            }
        }
        Action::Slip { .. } if scene.slip_taken => return Err(Reason::SlipTaken),
        Action::Slip { .. } if worker.id != record.opener => return Err(Reason::NotEntitled),
        Action::Merge { .. } | Action::Unmerge {} if !sits => return Err(Reason::NotEntitled),
        Action::Merge { into: other } => {
            let folded = Record::fold(kinds, history).ok_or(Reason::UnknownRecord)?;
            let into = scene.into.as_ref().ok_or(Reason::Merge { fault: MergeFault::NotYours })?;
            let actor = Actor::new(worker, &me.desks);
            workflow::merge(kinds, &folded, into, scene.has_doubles, actor)
                .map_err(|fault| Reason::Merge { fault })?;
            after.merged_into = Some(*other);
        }
        Action::Unmerge {} => {
            let not_merged = Reason::Merge { fault: MergeFault::NotMerged };
            after.merged_into.take().ok_or(not_merged)?;
        }
        _ => {}
    }
    Ok(after)
}

/// What has to be said about a field.
fn remark(field: &FieldId, text: &str) -> Result<(), Reason> {
    if !text.is_empty() {
        return Ok(());
    }
    let problem = Problem { field: field.clone(), item: None, part: None, fault: Fault::Missing };
    Err(Reason::Invalid { problems: vec![problem] })
}
