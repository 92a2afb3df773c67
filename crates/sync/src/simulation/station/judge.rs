//! Judges an entry as the real station's `ingest/judge.rs` does.

use std::collections::BTreeSet;

use xunji_domain::{
    entry::{Action, Content},
    id::{KindId, Revision, WorkerId},
    kind::Kinds,
    record::{Known, Record},
    validate,
    village::VillageCode,
    wire::{Me, Reason},
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
    pub(in crate::simulation) revision: Revision,
}

pub(super) enum Verdict {
    Open(Opened),
    Add(VillageCode),
}

pub(super) fn judge(
    kinds: &Kinds,
    me: &Me,
    content: &Content,
    record: Option<&Opened>,
    history: Vec<Known>,
) -> Result<Verdict, Reason> {
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
        return Ok(Verdict::Open(Opened {
            kind: kind.id.clone(),
            kind_version: kind.version,
            confidential: kind.confidential,
            villages: [village.clone()].into(),
            village,
            opener: worker.id,
            revision: Revision(0),
        }));
    }
    let record = record.filter(|record| record.kind == content.kind).ok_or(Reason::UnknownRecord)?;
    let sits = !me.desks.is_empty()
        && seat(worker).is_some_and(|seat| seat == desk(record.confidential, &record.village));
    if worker.id != record.opener && !sits {
        return Err(Reason::NotEntitled);
    }
    let mut village = record.village.clone();
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
                village = parsed(to).unwrap_or(village);
            }
        }
        Action::Step { step, body } => {
            let kind = kinds.nearest(&record.kind, record.kind_version).ok_or(Reason::UnknownKind)?;
            let folded = Record::fold(kinds, history).ok_or(Reason::UnknownRecord)?;
            workflow::take(kind, &folded, Actor::new(worker, &me.desks), step, body)
                .map_err(|obstacle| Reason::Step { obstacle })?;
        }
        _ => {}
    }
    Ok(Verdict::Add(village))
}
