//! What one phone holds, checked for itself and against the station.

use std::collections::{BTreeMap, BTreeSet};

use xunji_domain::{
    deadline::{Calendar, timing},
    entry::{Action, Entry},
    id::{EntryId, InstallationId, RecordId, Seq},
    kind::Kinds,
    person::Role,
    record::{Known, Record, Standing},
    wire::Refusal,
};

use super::{laws, must, shelves};
use crate::{
    pocket::{Calls, Waiting, WaitingState, calls},
    simulation::{
        Broken, Invariant,
        disk::at_once,
        env::Env,
        ledger::seal,
        phone::Phone,
        station::{COUNTY, MailboxId, Opened, Station, Stored, masked},
    },
    storage::{Span, Storage, Table},
};

/// What one phone holds.
pub(super) struct Replica<'a> {
    phone: &'a Phone,
    installation: InstallationId,
    entries: BTreeMap<EntryId, Known>,
    outbox: BTreeMap<EntryId, Waiting>,
    records: BTreeMap<RecordId, Record>,
    rows: usize,
    drafts: BTreeSet<EntryId>,
    seq: Seq,
    kinds: std::rc::Rc<Kinds>,
}

impl<'a> Replica<'a> {
    pub(super) fn read(phone: &'a Phone) -> Result<Self, Broken> {
        let read = || {
            let pocket = phone.fresh_reader();
            let memory = phone.memory.borrow().clone();
            let rows = at_once(memory.range(Table::Entries, Span::all())).ok()?;
            let known = rows.iter().map(|(_, bytes)| serde_json::from_slice::<Known>(bytes).ok());
            let entries = known.map(|known| known.map(|known| (known.entry.content.id, known)));
            let records = at_once(memory.range(Table::Records, Span::all())).ok()?;
            let records = records.iter().map(|(_, bytes)| serde_json::from_slice::<Record>(bytes).ok());
            let outbox = at_once(pocket.outbox()).ok()?.into_iter().map(|waiting| (waiting.entry, waiting));
            Some(Self {
                phone,
                installation: pocket.installation(),
                entries: entries.collect::<Option<_>>()?,
                outbox: outbox.collect(),
                records: records
                    .map(|record| record.map(|record| (record.id, record)))
                    .collect::<Option<_>>()?,
                rows: at_once(pocket.rows(None, usize::MAX)).ok()?.rows.len(),
                drafts: at_once(pocket.drafts()).ok()?.iter().map(|draft| draft.id).collect(),
                seq: at_once(pocket.seq()).ok()?,
                kinds: pocket.kinds(),
            })
        };
        let what = || format!("phone {} can't be read", phone.index);
        read().ok_or_else(|| Broken { invariant: Invariant::SavedMeansSaved, what: what() })
    }

    pub(super) fn check(&self, env: &Env) -> Result<(), Broken> {
        let fooled = self.phone.fooled.get();
        must(!fooled, Invariant::LossShows, || format!("phone {} was evicted unawares", self.phone.index))?;
        let misled = self.phone.misled.get();
        must(!misled, Invariant::NothingBlocks, || {
            format!("phone {} stopped for nothing", self.phone.index)
        })?;
        let station = env.station.borrow();
        self.saved(env, &station)?;
        self.sequence(env)?;
        for known in self.entries.values().filter(|known| known.entry.installation == self.installation) {
            self.own(env, &station, known)?;
        }
        self.folds()?;
        shelves::hold(self.phone, self.outbox.values())?;
        self.secrets(env, &station)?;
        // A station that has gone back in time gives places and revisions to other entries. See the module's report.
        if env.ledger.borrow().restored.is_none() {
            self.converges(&station)?;
        }
        Ok(())
    }

    /// Everything that a screen called saved on this database is in it.
    fn saved(&self, env: &Env, station: &Station) -> Result<(), Broken> {
        let copied = self.is_copied(env);
        let ledger = env.ledger.borrow();
        for (phone, entry) in &ledger.saved {
            let id = entry.content.id;
            if *phone != self.phone.index || entry.installation != self.installation {
                continue;
            }
            let held = self.entries.get(&id).map(|known| &known.entry);
            must(held == Some(entry), Invariant::SavedMeansSaved, || {
                format!("phone {}: {id} was saved and is gone or changed", self.phone.index)
            })?;
            if let Action::Slip { token_hash } = entry.content.action {
                let token = at_once(self.phone.reader().slip_token(id)).ok().flatten();
                let shows = token.is_some_and(|token| seal(token.as_str().as_bytes()) == token_hash);
                must(shows || copied, Invariant::SavedMeansSaved, || {
                    format!("phone {}: the slip {id} can't be shown", self.phone.index)
                })?;
            }
            let drafted = self.drafts.contains(&id);
            must(!drafted, Invariant::SavedMeansSaved, || format!("the draft of {id} is back"))?;
        }
        for known in self.entries.values() {
            let tried = ledger.tried.get(&known.entry.content.id);
            let genuine = tried.is_some_and(|(_, tried)| tried.contains(&known.entry.digest));
            must(genuine, Invariant::ExactlyOnce, || format!("nobody wrote {:?}", known.entry))?;
        }
        drop(ledger);
        let receipted =
            |known: &Known| matches!(known.standing, Standing::Accepted { .. } | Standing::Parked { .. });
        for known in self.entries.values().filter(|known| receipted(known)) {
            self.receipt(env, station, known)?;
        }
        Ok(())
    }

    /// Sequence numbers are 1, 2, 3 … up to the last one.
    fn sequence(&self, env: &Env) -> Result<(), Broken> {
        if env.ledger.borrow().copied.contains(&self.installation) {
            return Ok(());
        }
        let own = self.entries.values().filter(|known| known.entry.installation == self.installation);
        let mut given: Vec<u64> = own.map(|known| known.entry.seq.0).collect();
        given.sort_unstable();
        must(given.iter().copied().eq(1..=self.seq.0), Invariant::LossShows, || {
            format!("phone {} gave {given:?}, up to {}", self.phone.index, self.seq.0)
        })
    }

    /// What a receipt says is what the station holds.
    fn receipt(&self, env: &Env, station: &Station, known: &Known) -> Result<(), Broken> {
        let id = known.entry.content.id;
        if let Some(stored) = station.entry(id) {
            let stale = env.ledger.borrow().restored.is_some();
            let theirs = Known { let_go: known.let_go, ..held(stored, known.masked) };
            let same = placeless(&theirs) == placeless(known);
            return must(stale || same, Invariant::ReceiptsAreTrue, || {
                format!("phone {} has {known:?} otherwise than the station", self.phone.index)
            });
        }
        // What a phone's copy saved is that phone's to send again.
        let mut own = known.entry.installation == self.installation;
        own &= !self.is_copied(env) || self.is_from_here(env, &known.entry);
        let ledger = env.ledger.borrow();
        let noticed = ledger.resets.get(&self.phone.index) > ledger.restored.as_ref();
        match ledger.restored {
            // On a phone and its copy another entry may have taken the number meanwhile. Then the person sees it refused.
            Some(_) if own && self.outbox.contains_key(&id) => Ok(()),
            Some(_) if own && noticed => {
                let what = || format!("the restored station lost {id}, and its phone did not send it again");
                must(false, Invariant::LossShows, what)
            }
            Some(_) => {
                env.tally.borrow_mut().unnoticed += u64::from(own);
                Ok(())
            }
            None => must(false, Invariant::ReceiptsAreTrue, || format!("the station has no {id}")),
        }
    }

    /// An own entry is in exactly one place.
    fn own(&self, env: &Env, station: &Station, known: &Known) -> Result<(), Broken> {
        if self.is_copied(env) && !self.is_from_here(env, &known.entry) {
            return Ok(());
        }
        let content = &known.entry.content;
        let replaced = self.entries.values().any(|other| other.entry.content.replaces == Some(content.id));
        let state = self.outbox.get(&content.id).map(|waiting| &waiting.state);
        let photos = !content.attachments.is_empty();
        let right = match (&known.standing, state) {
            (Standing::Pending, Some(WaitingState::Unsent)) => true,
            (Standing::Accepted { .. }, None) => true,
            // The restored station lost it, and meanwhile the phone's copy used its number.
            (
                Standing::Accepted { .. },
                Some(WaitingState::Refused { refusal: Refusal::Conflict } | WaitingState::Unsent),
            ) if self.is_copied(env) && env.ledger.borrow().restored.is_some() => true,
            (Standing::Accepted { .. }, Some(state)) => {
                photos && !matches!(state, WaitingState::Parked { .. })
            }
            (Standing::Parked { .. }, Some(WaitingState::Parked { .. })) => !replaced && !known.let_go,
            (Standing::Parked { .. }, None) => replaced || known.let_go,
            (Standing::Refused { .. }, Some(WaitingState::Refused { .. } | WaitingState::Unsent)) => true,
            _ => false,
        };
        must(right, Invariant::NothingLeavesUnreceipted, || {
            format!(
                "phone {}: {known:?} stands as {:?} and waits as {state:?}",
                self.phone.index, known.standing
            )
        })?;
        if let (Standing::Refused { refusal: Refusal::Conflict }, false) =
            (&known.standing, self.is_copied(env))
        {
            return must(false, Invariant::ExactlyOnce, || format!("{known:?} was given a taken place"));
        }
        if matches!(known.standing, Standing::Accepted { .. }) && state.is_none() && station.has(content.id) {
            let missing = content
                .attachments
                .iter()
                .find(|digest| !station.blobs.get(digest).is_some_and(|blob| blob.verified));
            let restored = env.ledger.borrow().restored.is_some();
            must(restored || missing.is_none(), Invariant::PhotosToo, || {
                format!("{known:?} counts as delivered without {missing:?}")
            })?;
        }
        Ok(())
    }

    fn is_copied(&self, env: &Env) -> bool {
        env.ledger.borrow().copied.contains(&self.installation)
    }

    /// A phone and its copy have one installation: whether it was this one that saved an entry.
    fn is_from_here(&self, env: &Env, entry: &Entry) -> bool {
        let saved = &env.ledger.borrow().saved;
        saved.iter().any(|(phone, saved)| *phone == self.phone.index && saved.content.id == entry.content.id)
    }

    /// Folds and lines are true to the entries; nothing is applied twice.
    fn folds(&self) -> Result<(), Broken> {
        let mut by_record: BTreeMap<RecordId, Vec<Known>> = BTreeMap::new();
        for known in self.entries.values() {
            by_record.entry(known.entry.content.record).or_default().push(known.clone());
        }
        let all = by_record.len() == self.records.len() && self.rows == self.records.len();
        must(all, Invariant::ReplicasConverge, || "a record has no fold, or not one line".to_owned())?;
        let mut called = BTreeMap::new();
        for (id, record) in &self.records {
            must(laws::shown(record) == laws::rivals(record), Invariant::BothVersions, || {
                format!("{id} shows {:?} instead of {:?}", laws::shown(record), laws::rivals(record))
            })?;
            let asked: BTreeSet<EntryId> = record.asked.values().flatten().map(|asked| asked.by).collect();
            let objected: BTreeSet<EntryId> =
                record.objections.iter().map(|objection| objection.by).collect();
            let heard = (laws::questions(record), laws::objections(record));
            let shown = (asked, objected);
            must(shown == heard, Invariant::BothVersions, || {
                format!("{id} shows {shown:?} instead of {heard:?} as what nobody has answered")
            })?;
            must(record.merged_into == laws::merged_into(record), Invariant::ReplicasConverge, || {
                format!("{id} says that it was merged into {:?}", record.merged_into)
            })?;
            let double = |other: &&Record| other.merged_into == Some(*id);
            let doubles: BTreeSet<RecordId> =
                self.records.values().filter(double).map(|other| other.id).collect();
            let kept: BTreeSet<RecordId> =
                at_once(self.phone.reader().doubles(*id)).unwrap_or_default().into_iter().collect();
            must(kept == doubles, Invariant::ReplicasConverge, || {
                format!("phone {} keeps {kept:?} as doubles of {id} instead of {doubles:?}", self.phone.index)
            })?;
            let state = laws::state(&self.kinds, record);
            must(state.is_none_or(|state| state == record.state), Invariant::ReceiptsAreTrue, || {
                format!("{id} stands at {}, where no step led that the station has taken", record.state)
            })?;
            let fold = by_record.remove(id).and_then(|known| Record::fold(&self.kinds, known));
            let timing = timing(&self.kinds, Calendar::built_in(), record);
            called.extend(calls(record, timing, &self.kinds).map(|calls| (format!("call/{id}"), calls)));
            must(fold.as_ref() == Some(record), Invariant::ReplicasConverge, || {
                format!("phone {}: the fold of {id} is not true to its entries", self.phone.index)
            })?;
        }
        let kept = at_once(self.phone.memory.borrow().clone().range(Table::Meta, Span::prefix("call/")));
        let kept = kept.unwrap_or_default().into_iter();
        let kept: Option<BTreeMap<String, Calls>> =
            kept.map(|(key, bytes)| Some((key, serde_json::from_slice(&bytes).ok()?))).collect();
        let called = Some(called);
        must(kept == called, Invariant::ReplicasConverge, || {
            format!("phone {} keeps the calls {kept:?} instead of {called:?}", self.phone.index)
        })
    }

    /// What the phone has of others is what it may see.
    fn secrets(&self, env: &Env, station: &Station) -> Result<(), Broken> {
        let ledger = env.ledger.borrow();
        let worker = &self.phone.worker;
        let of_county = worker.areas().iter().any(|area| area.as_str() == COUNTY);
        // A restored station may have lost where a record was.
        let around = |record: &Opened| {
            let mut villages = record.villages.iter();
            ledger.restored.is_some()
                || villages.any(|village| village.township() == worker.village.township())
        };
        for known in self.entries.values().filter(|known| known.entry.installation != self.installation) {
            let content = &known.entry.content;
            let sent = ledger.tried.get(&content.id).is_some_and(|(by, _)| *by == worker.id);
            let may = sent
                || station.records.get(&content.record).is_none_or(|record| {
                    record.opener == worker.id
                        || match worker.role {
                            Role::JusticeOfficer => record.confidential,
                            Role::Coordinator if of_county => !record.confidential && known.masked,
                            Role::Coordinator => !record.confidential && around(record),
                            _ => false,
                        }
                });
            let parked = matches!(known.standing, Standing::Parked { .. });
            must(may && (sent || !parked), Invariant::Secrecy, || {
                format!("phone {} ({:?}) got {known:?}", self.phone.index, worker.role)
            })?;
        }
        Ok(())
    }

    /// The phone has of every record what its person's mailboxes have, and folds it to the same.
    fn converges(&self, station: &Station) -> Result<(), Broken> {
        let mut given: BTreeMap<usize, bool> = BTreeMap::new();
        for (mailbox, _) in station.heads(self.phone.worker.id) {
            let mailbox = station.seated(self.phone.worker.id, &mailbox);
            for place in mailbox.iter().filter_map(|id| station.mailboxes.get(id)).flatten() {
                *given.entry(*place).or_insert(true) &= mailbox == Some(MailboxId::Oversight);
            }
        }
        let mut theirs: BTreeMap<RecordId, Vec<Known>> = BTreeMap::new();
        for (place, masked) in given {
            let stored = &station.entries[place];
            let known = placeless(&held(stored, masked));
            theirs.entry(stored.entry.content.record).or_default().push(known);
        }
        // What its author does without is their own matter, on their own phone.
        for known in theirs.values_mut().flatten() {
            known.let_go = self.entries.get(&known.entry.content.id).is_some_and(|ours| ours.let_go);
        }
        let mut ours: BTreeMap<RecordId, Vec<Known>> = BTreeMap::new();
        for known in self.entries.values() {
            if matches!(known.standing, Standing::Accepted { .. } | Standing::Parked { .. }) {
                ours.entry(known.entry.content.record).or_default().push(placeless(known));
            }
        }
        for record in theirs.keys().chain(ours.keys()) {
            let (ours, theirs) = (ours.get(record), theirs.get(record));
            let ours = Record::fold(&self.kinds, ours.cloned().unwrap_or_default());
            let theirs = Record::fold(&station.kinds, theirs.cloned().unwrap_or_default());
            must(ours == theirs, Invariant::ReplicasConverge, || {
                let told = |record: Option<Record>| {
                    record.map(|record| (record.state, record.revision, record.entries))
                };
                format!(
                    "phone {} folds {record} to {:?}, the station to {:?}",
                    self.phone.index,
                    told(ours),
                    told(theirs)
                )
            })?;
        }
        Ok(())
    }
}

/// What the station hands out of an entry.
fn held(stored: &Stored, is_masked: bool) -> Known {
    let known = stored.known();
    if is_masked { Known { entry: masked(known.entry), masked: true, ..known } } else { known }
}

/// An entry that was put back from a backup has one place on its old phone and another one on its new.
fn placeless(known: &Known) -> Known {
    let mut known = known.clone();
    known.entry.installation = InstallationId::new(uuid::Uuid::nil());
    known.entry.seq = Seq(0);
    known
}
