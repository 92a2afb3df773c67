//! Takes entries in: known already → judged → stored, with its receipt and its places in the mailboxes.

use std::rc::Rc;

use chrono::DateTime;
use xunji_domain::{
    canonical::Digest,
    entry::{Action, Content, Entry},
    id::{EntryId, InstallationId, Revision, Seq, WorkerId},
    record::Record,
    slip,
    wire::{Answer, Me, Outcome, Receipt, Refusal},
};

use super::{
    Caller, Station, Stored,
    judge::{Scene, judge},
    mailbox::{MailboxId, entitled},
};
use crate::simulation::{env::Env, ledger, sabotage::Sabotage};

/// The station itself, as an author.
const OFFICE: InstallationId = InstallationId::new(uuid::Uuid::max());

impl Station {
    pub(super) fn take(&mut self, env: &Env, caller: &Caller, entries: Vec<Entry>) -> Vec<Answer> {
        let answers: Vec<_> = entries.into_iter().map(|entry| self.one(env, caller, entry)).collect();
        for answer in &answers {
            if let Answer::Receipt { receipt, .. } = answer {
                env.ledger.borrow_mut().receipts.push(receipt.clone());
            }
        }
        answers
    }

    fn one(&mut self, env: &Env, caller: &Caller, entry: Entry) -> Answer {
        let id = entry.content.id;
        let refused = |refusal| Answer::Refused { entry: Some(id), refusal };
        if ledger::sealed(&entry.content) != entry.digest {
            return refused(Refusal::Damaged);
        }
        if entry.installation != caller.installation {
            return refused(Refusal::WrongInstallation);
        }
        match self.known(env, &entry) {
            Some(answer) if !env.breaks(Sabotage::TakeTwice, 500) => answer,
            _ => self.store(env, caller, entry),
        }
    }

    /// The answer for an entry whose id or place is taken.
    fn known(&mut self, env: &Env, entry: &Entry) -> Option<Answer> {
        let place = (entry.installation, entry.seq);
        let held = [self.ids.get(&entry.content.id), self.places.get(&place)];
        let held: Vec<usize> = held.into_iter().flatten().copied().collect();
        for held in &held {
            if self.entries[*held].entry.digest == entry.digest {
                continue;
            }
            if env.broken(Sabotage::IgnoreDigest) {
                let outcome = self.entries[*held].receipt.outcome.clone();
                return Some(Answer::Receipt { receipt: receipt(env, entry, outcome), missing: Vec::new() });
            }
            self.alarms.insert((entry.installation, entry.seq, entry.content.id));
            return Some(Answer::Refused { entry: Some(entry.content.id), refusal: Refusal::Conflict });
        }
        let held = *held.first()?;
        self.places.entry(place).or_insert(held);
        let receipt = self.entries[held].receipt.clone();
        Some(Answer::Receipt { receipt, missing: self.missing(env, held) })
    }

    fn store(&mut self, env: &Env, caller: &Caller, entry: Entry) -> Answer {
        let content = &entry.content;
        let record = self.records.get(&content.record).cloned();
        let history = if record.is_some() { self.history(content.record) } else { Vec::new() };
        let verdict = match (record.clone(), caller.installation == OFFICE) {
            // What the station itself says of a record that it has is not judged here.
            (Some(record), true) => Ok(record),
            (record, _) => {
                let me = self.me(caller.worker);
                let scene = self.scene(env, &me, content);
                judge(&scene, content, record.as_ref(), history)
            }
        };
        let (outcome, mailboxes) = match verdict {
            Ok(mut opened) => {
                opened.revision = Revision(opened.revision.0 + 1);
                let confidential = opened.confidential && !env.breaks(Sabotage::LeakConsultation, 300);
                let mailboxes = entitled(confidential, &opened.village, opened.opener);
                if let Action::Slip { token_hash } = content.action {
                    self.slips.insert(token_hash, (content.record, content.id));
                }
                let revision = opened.revision;
                self.records.insert(content.record, opened);
                (Outcome::Accepted { revision }, mailboxes)
            }
            Err(reason) => (Outcome::Parked { reason }, Vec::new()),
        };
        let receipt = receipt(env, &entry, outcome);
        if matches!(receipt.outcome, Outcome::Parked { .. }) && env.breaks(Sabotage::ForgetParked, 300) {
            return Answer::Receipt { receipt, missing: Vec::new() };
        }
        let (place, id, record) = (self.entries.len(), content.id, content.record);
        self.places.insert((entry.installation, entry.seq), place);
        self.ids.insert(id, place);
        let is_parked = matches!(receipt.outcome, Outcome::Parked { .. });
        let sender =
            if is_parked && env.broken(Sabotage::LeakParked) { content.author } else { caller.worker };
        let stored = Stored { entry, receipt: receipt.clone(), sender: caller.worker };
        self.entries.push(Rc::new(stored));
        for mailbox in mailboxes {
            match env.broken(Sabotage::ForgetHistory) {
                true => self.deliver(mailbox, place),
                false => self.deliver_record(mailbox, record),
            }
        }
        if caller.installation != OFFICE {
            self.deliver(MailboxId::Worker(sender), place);
        }
        Answer::Receipt { receipt, missing: self.missing(env, place) }
    }

    fn scene<'a>(&'a self, env: &Env, me: &'a Me, content: &Content) -> Scene<'a> {
        let mut scene = Scene { kinds: &self.kinds, me, slip_taken: false, into: None, has_doubles: false };
        match content.action {
            Action::Slip { token_hash } => {
                scene.slip_taken =
                    self.slips.contains_key(&token_hash) && !env.broken(Sabotage::GiveSlipTwice);
            }
            Action::Merge { into } => {
                scene.into = Record::fold(&self.kinds, self.history(into));
                let double_of = |record: &super::Opened| record.merged_into == Some(content.record);
                scene.has_doubles = self.records.values().any(double_of);
                if env.broken(Sabotage::ChainDoubles) {
                    scene.has_doubles = false;
                    scene.into.iter_mut().for_each(|into| into.merged_into = None);
                }
            }
            _ => {}
        }
        scene
    }

    /// Takes in what somebody says over a slip, as an entry of the station's own. Nothing where nobody knows the slip.
    pub(in crate::simulation) fn answer(&mut self, env: &Env, token_hash: Digest, verdict: slip::Verdict) {
        let Some((record, slip)) = self.slips.get(&token_hash).copied() else { return };
        let Some(opened) = self.records.get(&record).cloned() else { return };
        let Some(folded) = Record::fold(&self.kinds, self.history(record)) else { return };
        let caller = Caller { installation: OFFICE, worker: WorkerId::new(OFFICE.uuid()) };
        let last = self.places.keys().filter(|(of, _)| *of == OFFICE).map(|(_, seq)| seq.0).max();
        let content = Content {
            id: EntryId::new(env.dice.uuid()),
            record,
            kind: opened.kind,
            kind_version: folded.kind_version,
            author: caller.worker,
            noted_at: DateTime::UNIX_EPOCH.fixed_offset(),
            basis: opened.revision,
            replaces: None,
            action: Action::Answer {
                slip,
                state: folded.state,
                verdict,
                text: "a".to_owned(),
                satisfaction: Some(5),
            },
            attachments: Vec::new(),
        };
        let (digest, seq) = (ledger::sealed(&content), Seq(last.unwrap_or(0) + 1));
        env.ledger.borrow_mut().tries(content.id, caller.worker, digest);
        self.take(env, &caller, vec![Entry { installation: OFFICE, seq, digest, content }]);
    }

    fn missing(&self, env: &Env, place: usize) -> Vec<Digest> {
        let mut missing = self.entries[place].entry.content.attachments.clone();
        missing.retain(|digest| !self.blobs.get(digest).is_some_and(|blob| blob.verified));
        if env.breaks(Sabotage::CountUnverified, 300) {
            missing.clear();
        }
        missing
    }

    /// Whether the station has an entry, by its id.
    pub(in crate::simulation) fn has(&self, id: EntryId) -> bool {
        self.entry(id).is_some()
    }
}

fn receipt(env: &Env, entry: &Entry, outcome: Outcome) -> Receipt {
    // No two at the same time, so that no receipt passes for another.
    let millis = i64::try_from(env.now.get()).unwrap_or(0) * 1000;
    let micros = 1_700_000_000_000_000 + millis + i64::from(env.number() % 1000);
    Receipt {
        entry: entry.content.id,
        digest: entry.digest,
        received_at: DateTime::from_timestamp_micros(micros).unwrap_or_default(),
        outcome,
        signature: None,
    }
}
