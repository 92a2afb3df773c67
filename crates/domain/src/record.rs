//! A record: the fold of its entries. First the accepted ones by the revision that the station gave them, then this
//! phone's own pending ones in their own order. It holds nothing that can't be rebuilt from the entries.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::{
    entry::{Action, Body, Content, Entry, body_of},
    handing::Hands,
    id::{EntryId, FieldId, KindId, RecordId, Revision, StateId, StepId, WorkerId},
    kind::{Kind, Kinds, Step},
    reads,
    recipient::Recipient,
    slip::{Objection, Slip, Verdict},
    validate::is_empty,
    village::VillageCode,
    wire::{Outcome, Reason, Receipt, Refusal, Signature},
    workflow,
};

/// How far an entry has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Standing {
    /// Saved on this phone, not yet answered by the station.
    Pending,
    /// Taken by the station as this revision of the record.
    Accepted {
        /// Its place in the record.
        revision: Revision,
        /// The station's clock.
        received_at: DateTime<Utc>,
        /// The station's signature, by which anybody can tell that it said so.
        #[serde(skip_serializing_if = "Option::is_none")]
        signature: Option<Signature>,
    },
    /// Kept by the station, but its author has to repair it.
    Parked {
        /// What is wrong with it.
        reason: Reason,
        /// The station's clock.
        received_at: DateTime<Utc>,
    },
    /// The station would not store it: something is wrong with the phone or the way, not with the content.
    Refused {
        /// What is wrong.
        refusal: Refusal,
    },
}

reads!(Standing by "standing" {
    "pending" => Pending {},
    "accepted" => Accepted { revision, received_at, signature },
    "parked" => Parked { reason, received_at },
    "refused" => Refused { refusal },
});

impl From<&Receipt> for Standing {
    fn from(receipt: &Receipt) -> Self {
        let received_at = receipt.received_at;
        match &receipt.outcome {
            Outcome::Accepted { revision } => {
                Self::Accepted { revision: *revision, received_at, signature: receipt.signature.clone() }
            }
            Outcome::Parked { reason } => Self::Parked { reason: reason.clone(), received_at },
        }
    }
}

/// An entry and how far it has come.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Known {
    /// What was done.
    pub entry: Entry,
    /// How far it has come.
    #[serde(flatten)]
    pub standing: Standing,
    /// Whether this is the copy for those who oversee only: sensitive values, remarks and attachments are left out of
    /// the entry, whose content therefore doesn't have its digest.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
    /// Whether its author does without it, since the station has parked it. It stays in the history.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub let_go: bool,
}

reads!(Known { entry, standing as rest, masked or default, let_go or default });

impl Known {
    /// A whole entry.
    pub const fn new(entry: Entry, standing: Standing) -> Self {
        Self { entry, standing, masked: false, let_go: false }
    }

    /// Whether nothing more is expected of its author, although the station has sent it back.
    pub fn is_let_go(&self) -> bool {
        self.let_go && matches!(self.standing, Standing::Parked { .. })
    }

    /// The station's receipt for it, as it came, once it is accepted.
    pub fn receipt(&self) -> Option<Receipt> {
        let Standing::Accepted { revision, received_at, signature } = &self.standing else { return None };
        Some(Receipt {
            entry: self.entry.content.id,
            digest: self.entry.digest,
            received_at: *received_at,
            outcome: Outcome::Accepted { revision: *revision },
            signature: signature.clone(),
        })
    }
}

/// The entries that others of these replace.
pub fn replaced(entries: &[Known]) -> BTreeSet<EntryId> {
    let mut replaced = BTreeSet::new();
    for known in entries {
        replaced.extend(known.entry.content.replaces);
    }
    replaced
}

/// The entries that count for what their record has come to, in their order: what was accepted, for good; what waits to
/// be sent, which may yet be lawful; and of what the station has sent back only values that wait to be mended. A step that
/// it has not taken leads nowhere.
pub fn counting(entries: &[Known]) -> impl Iterator<Item = &Known> {
    let replaced = replaced(entries);
    entries.iter().filter(move |known| match known.standing {
        Standing::Accepted { .. } => true,
        _ if known.is_let_go() || replaced.contains(&known.entry.content.id) => false,
        Standing::Pending => true,
        Standing::Parked { .. } | Standing::Refused { .. } => !known.entry.content.action.moves(),
    })
}

/// The value of a field, and the other one where two people changed it without knowing of each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Held {
    /// The value by revision order.
    pub value: Value,
    /// The entry that it came with.
    pub by: EntryId,
    /// Values that lost by revision order only, until a person settles which one is right.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rivals: Vec<Rival>,
}

reads!(Held { value, by, rivals or default });

/// A value that lost by revision order only.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rival {
    /// The other value.
    pub value: Value,
    /// The entry that it came with.
    pub by: EntryId,
}

reads!(Rival { value, by });

/// What all entries of a record come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// The record.
    pub id: RecordId,
    /// Its ledger.
    pub kind: KindId,
    /// The version of the definition that it was opened by.
    pub kind_version: u32,
    /// Where it stands in the ledger's workflow.
    pub state: StateId,
    /// The newest revision that this replica has.
    pub revision: Revision,
    /// The fields. What the kind doesn't know is kept.
    pub fields: BTreeMap<FieldId, Held>,
    /// Who carries it on: its opener, or whoever it was handed over to. Nobody until the opening has arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keeper: Option<WorkerId>,
    /// Whom it is with, once a step has handed it on; its keeper otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Recipient>,
    /// Whom it was with before, its keeper left out, the last one last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub handed_on: Vec<Recipient>,
    /// Who was asked to take part (联调).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub partners: Vec<Partner>,
    /// How often each step was taken.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub taken: BTreeMap<StepId, u32>,
    /// What its keeper was asked to correct or to explain and has not yet, by field, the oldest first.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub asked: BTreeMap<FieldId, Vec<Asked>>,
    /// The slips that were given out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slips: Vec<Slip>,
    /// What the bearers of slips contest, until somebody who has seen it takes a step or adds a remark.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objections: Vec<Objection>,
    /// The record that is carried on instead of this one, which reports the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<RecordId>,
    /// All its entries in the order of the fold, the ones that a later one replaces at the end. Not all of them count:
    /// see [`counting`].
    pub entries: Vec<Known>,
}

reads!(Record { id, kind, kind_version, state, revision, fields, keeper, holder, handed_on or default, partners or default, taken or default, asked or default, slips or default, objections or default, merged_into, entries });

/// A question about a field (退回补正).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The entry that asks.
    pub by: EntryId,
    /// Its author, who knows of it whatever their phone had received.
    pub author: WorkerId,
    /// Its place in the record, once it has one: whoever had seen less of the record doesn't know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
}

reads!(Asked { by, author, revision });

/// Somebody who was asked to take part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Partner {
    /// Who.
    pub recipient: Recipient,
    /// The entry with their part, once it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<EntryId>,
}

reads!(Partner { recipient, part });

impl Record {
    /// Folds a record's entries, given in any order.
    ///
    /// Returns nothing when there is no entry. A record whose opening entry has not arrived yet has its later entries
    /// in its history already; they are applied once the opening is there.
    pub fn fold(kinds: &Kinds, entries: impl IntoIterator<Item = Known>) -> Option<Self> {
        let mut entries: Vec<Known> = entries.into_iter().collect();
        let replaced = replaced(&entries);
        entries.sort_by_key(|known| {
            let id = known.entry.content.id;
            let order = match known.standing {
                Standing::Accepted { revision, .. } => (0, revision.0),
                _ if replaced.contains(&id) => (2, known.entry.seq.0),
                _ => (1, known.entry.seq.0),
            };
            (order, id)
        });
        let first = &entries.iter().find(|known| matches!(known.entry.content.action, Action::Open { .. }));
        let first = &first.or(entries.first())?.entry.content;
        let kind = kinds.nearest(&first.kind, first.kind_version);
        let mut record = Self {
            id: first.record,
            kind: first.kind.clone(),
            kind_version: first.kind_version,
            state: kind.map_or_else(|| StateId::new("open"), |kind| kind.workflow.initial.clone()),
            revision: Revision(0),
            fields: BTreeMap::new(),
            keeper: matches!(first.action, Action::Open { .. }).then_some(first.author),
            holder: None,
            handed_on: Vec::new(),
            partners: Vec::new(),
            taken: BTreeMap::new(),
            asked: BTreeMap::new(),
            slips: Vec::new(),
            objections: Vec::new(),
            merged_into: None,
            entries: Vec::new(),
        };
        for known in counting(&entries) {
            let revision = match known.standing {
                Standing::Accepted { revision, .. } => Some(revision),
                _ => None,
            };
            record.revision = record.revision.max(revision.unwrap_or_default());
            record.apply(kinds, &known.entry, revision);
        }
        record.entries = entries;
        Some(record)
    }

    fn apply(&mut self, kinds: &Kinds, entry: &Entry, revision: Option<Revision>) {
        let by = entry.content.id;
        let seen = entry.content.basis;
        match &entry.content.action {
            Action::Open { body } => {
                let kind = kinds.nearest(&self.kind, self.kind_version).filter(|_| self.taken.is_empty());
                if let Some(kind) = kind {
                    self.state = kind.workflow.begins_in(body).clone();
                }
                self.set(body, by);
            }
            Action::Amend { field, from, to, .. } => {
                let (current, rivals) = match self.fields.get(field).cloned() {
                    Some(held) => (Some((held.value, held.by)), held.rivals),
                    None => (None, Vec::new()),
                };
                let same = match &current {
                    Some((value, _)) => value == from || (is_empty(value) && is_empty(from)),
                    None => is_empty(from),
                };
                // Whoever amends what they see settles an older disagreement about it.
                let rivals = match current {
                    _ if same => Vec::new(),
                    Some((value, by)) if value != *to => [rivals, vec![Rival { value, by }]].concat(),
                    _ => rivals,
                };
                self.fields.insert(field.clone(), Held { value: to.clone(), by, rivals });
                // A question that its author had not seen yet is not answered by it.
                let Content { author, basis, .. } = &entry.content;
                self.keep_asked(|of, asked| {
                    let seen = asked.author == *author || asked.revision.is_some_and(|at| at <= *basis);
                    of != field || !seen
                });
            }
            Action::Step { step, body } => {
                let kind = kinds.nearest(&self.kind, self.kind_version);
                let step = kind.and_then(|kind| kind.workflow.steps.iter().find(|known| known.id == *step));
                if let Some(step) = step {
                    self.state = step.to.clone();
                    self.hand(step, body, by);
                }
                self.set(body, by);
                self.objections.retain(|objection| seen < objection.at);
            }
            Action::HandOver { from, to, .. } => self.replace(*from, *to),
            Action::Ask { field, .. } => {
                let asked = Asked { by, author: entry.content.author, revision };
                self.asked.entry(field.clone()).or_default().push(asked);
            }
            Action::Explain { ask, .. } => self.keep_asked(|_, asked| asked.by != *ask),
            Action::Note { .. } => self.objections.retain(|objection| seen < objection.at),
            Action::Slip { token_hash } => {
                self.slips.push(Slip { by, token_hash: *token_hash, answer: None });
            }
            Action::Answer { slip, verdict, .. } => self.answer(*slip, *verdict, by),
            Action::Merge { into } => self.merged_into = Some(*into),
            Action::Unmerge {} => self.merged_into = None,
            Action::Attach {} | Action::Unknown(_) => {}
        }
    }

    fn hand(&mut self, step: &Step, body: &Body, by: EntryId) {
        *self.taken.entry(step.id.clone()).or_default() += 1;
        let Hands { to, level, back, home } = step.hands.clone().unwrap_or_default();
        let named = to.and_then(|field| body.get(&field)?.as_str()?.parse::<Recipient>().ok());
        if let Some(recipient) = named.or(level.map(Recipient::Level)) {
            let before = self.holder.replace(recipient);
            self.handed_on.extend(before);
        } else if back {
            self.holder = self.handed_on.pop();
        } else if home {
            let before = self.holder.take();
            self.handed_on.extend(before);
            self.partners.clear();
        }
        let asked = step.joins.as_ref().and_then(|field| body.get(field)?.as_array());
        for recipient in asked.into_iter().flatten().filter_map(|item| item.as_str()?.parse().ok()) {
            if !self.partners.iter().any(|partner| partner.recipient == recipient) {
                self.partners.push(Partner { recipient, part: None });
            }
        }
        let whose = workflow::whose_part(step, body);
        for partner in self.partners.iter_mut().filter(|partner| Some(&partner.recipient) == whose.as_ref()) {
            partner.part = Some(by);
        }
    }

    /// The last answer over a slip counts.
    fn answer(&mut self, slip: EntryId, verdict: Verdict, by: EntryId) {
        let Some(slip) = self.slips.iter_mut().find(|known| known.by == slip) else { return };
        let before = slip.answer.replace(by);
        self.objections.retain(|objection| Some(objection.by) != before);
        if verdict == Verdict::Contested {
            self.objections.push(Objection { by, at: self.revision });
        }
    }

    fn replace(&mut self, from: WorkerId, to: WorkerId) {
        if self.keeper == Some(from) {
            self.keeper = Some(to);
        }
        let (from, to) = (Recipient::Worker(from), Recipient::Worker(to));
        let held = self.holder.iter_mut().chain(&mut self.handed_on);
        let asked = self.partners.iter_mut().map(|partner| &mut partner.recipient);
        held.chain(asked)
            .filter(|recipient| **recipient == from)
            .for_each(|recipient| *recipient = to.clone());
    }

    fn keep_asked(&mut self, keep: impl Fn(&FieldId, &Asked) -> bool) {
        for (field, asked) in &mut self.asked {
            asked.retain(|asked| keep(field, asked));
        }
        self.asked.retain(|_, asked| !asked.is_empty());
    }

    fn set(&mut self, body: &Body, by: EntryId) {
        for (field, value) in body {
            self.fields.insert(field.clone(), Held { value: value.clone(), by, rivals: Vec::new() });
        }
    }

    /// Whom it is with: whoever it was handed to, or else its keeper.
    pub fn with(&self) -> Option<Recipient> {
        self.holder.clone().or_else(|| self.keeper.map(Recipient::Worker))
    }

    /// Whom it waits for: whoever it was handed to, or the desk that has to act in its state, or else its keeper.
    pub fn waits_for(&self, kind: &Kind) -> Option<Recipient> {
        let desk = kind.state(&self.state).and_then(|state| state.desk).map(Recipient::Level);
        self.holder.clone().or(desk).or_else(|| self.with())
    }

    /// The step that its form reads as if it had been taken, and that has not been.
    pub fn promised<'a>(&self, kind: &'a Kind) -> Option<&'a Step> {
        let body = self.body();
        kind.workflow.steps.iter().find(|step| {
            let says = step.promised.as_ref().is_some_and(|promised| promised.holds(&body));
            says && self.merged_into.is_none()
                && step.from.contains(&self.state)
                && !self.taken.contains_key(&step.id)
        })
    }

    /// The village that it is in now.
    pub fn village(&self, kind: &Kind) -> Option<VillageCode> {
        self.fields.get(&kind.village)?.value.as_str()?.parse().ok()
    }

    /// The values alone.
    pub fn body(&self) -> Body {
        body_of(self.fields.iter().map(|(field, held)| (field.clone(), held.value.clone())))
    }

    /// An entry of it.
    pub fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.entries.iter().map(|known| &known.entry).find(|entry| entry.content.id == id)
    }

    /// What it would be if one of its entries had never been. Nothing without any other.
    pub fn without(&self, kinds: &Kinds, entry: EntryId) -> Option<Self> {
        Self::fold(kinds, self.entries.iter().filter(|known| known.entry.content.id != entry).cloned())
    }

    /// What a field had before an amendment settled which of several values is right: the value that was shown, then
    /// the others. Nothing when that amendment settled nothing, or isn't the field's newest.
    pub fn settled(&self, kinds: &Kinds, amendment: EntryId) -> Option<Vec<Value>> {
        let Action::Amend { field, .. } = &self.entry(amendment)?.content.action else { return None };
        let now = self.fields.get(field).filter(|held| held.by == amendment && held.rivals.is_empty())?;
        let before = self.without(kinds, amendment)?.fields.remove(field)?;
        let values = std::iter::once(before.value).chain(before.rivals.into_iter().map(|rival| rival.value));
        let values: Vec<Value> = values.collect();
        (values.len() > 1 && values.contains(&now.value)).then_some(values)
    }

    /// Who first said a value of a field, as far as its history tells: whoever a disagreement is named after.
    pub fn said(&self, field: &FieldId, value: &Value) -> Option<&Entry> {
        let says = |entry: &&Entry| match &entry.content.action {
            Action::Open { body } | Action::Step { body, .. } => body.get(field) == Some(value),
            Action::Amend { field: of, to, .. } => of == field && to == value,
            _ => false,
        };
        self.entries.iter().map(|known| &known.entry).find(says)
    }

    /// Whether nothing more is expected to happen: its state says so, or another record is carried on instead.
    pub fn is_closed(&self, kind: &Kind) -> bool {
        self.merged_into.is_some() || kind.state(&self.state).is_some_and(|state| state.closed)
    }

    /// Whether anything of it is only here without its sensitive values.
    pub fn is_masked(&self) -> bool {
        self.entries.iter().any(|known| known.masked)
    }

    /// Whether two people have changed a field without knowing of each other and nobody has settled it.
    pub fn is_contested(&self) -> bool {
        self.fields.values().any(|held| !held.rivals.is_empty())
    }
}
