//! A model of the station: what `crates/station` promises, in a few maps.
//!
//! Kept close to the real one: [`ingest`] is its `ingest/store.rs`, [`judge`] its `ingest/judge.rs`, [`mailbox`] its
//! `mailbox.rs` and `entitled.rs`. A request is applied as a whole or not at all, and its answer exists only afterwards.

mod ingest;
mod judge;
mod mailbox;

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use xunji_domain::{
    canonical::Digest,
    entry::Entry,
    id::{EntryId, InstallationId, RecordId, Seq, WorkerId},
    kind::{Kind, Kinds},
    person::Worker,
    record::{Known, Standing},
    village::County,
    wire::{Definitions, Enrolment, Receipt},
};

use super::{
    env::Env,
    http::{Body, Reply, Request},
    ledger,
    sabotage::Sabotage,
};
pub(super) use judge::Opened;
pub(super) use mailbox::{COUNTY, MailboxId, masked};

/// A stored entry.
pub(super) struct Stored {
    pub(super) entry: Entry,
    pub(super) receipt: Receipt,
    /// Whose token it came with.
    pub(super) sender: WorkerId,
}

impl Stored {
    pub(super) fn known(&self) -> Known {
        Known::new(self.entry.clone(), Standing::from(&self.receipt))
    }
}

/// An attachment's bytes so far.
#[derive(Clone, Default)]
pub(super) struct Blob {
    bytes: Vec<u8>,
    pub(super) verified: bool,
}

/// The station. A clone is a backup.
#[derive(Clone, Default)]
pub(super) struct Station {
    pub(super) workers: BTreeMap<WorkerId, Worker>,
    codes: BTreeMap<String, (WorkerId, Option<InstallationId>)>,
    installations: BTreeMap<InstallationId, (WorkerId, String)>,
    pub(super) entries: Vec<Rc<Stored>>,
    ids: BTreeMap<EntryId, usize>,
    pub(super) places: BTreeMap<(InstallationId, Seq), usize>,
    pub(super) records: BTreeMap<RecordId, Opened>,
    pub(super) mailboxes: BTreeMap<MailboxId, Vec<usize>>,
    pub(super) blobs: BTreeMap<Digest, Blob>,
    /// The slips that were given out: the hash of a token → the record and the entry.
    pub(super) slips: BTreeMap<Digest, (RecordId, EntryId)>,
    pub(super) alarms: BTreeSet<(InstallationId, Seq, EntryId)>,
    pub(super) kinds: Rc<Kinds>,
    /// Who has lost their seat.
    unseated: BTreeSet<WorkerId>,
}

struct Caller {
    installation: InstallationId,
    worker: WorkerId,
}

impl Station {
    /// A code for a person.
    pub(super) fn issue(&mut self, env: &Env, worker: WorkerId) -> String {
        let code = env.dice.uuid().to_string();
        self.codes.insert(code.clone(), (worker, None));
        code
    }

    /// Takes a phone's token out of force.
    pub(super) fn revoke(&mut self, installation: InstallationId) {
        if let Some((_, token)) = self.installations.get_mut(&installation) {
            token.clear();
        }
    }

    /// Whether a token is in force.
    pub(super) fn knows(&self, token: &str) -> bool {
        self.caller(Some(token)).is_some()
    }

    /// Adds a definition.
    pub(super) fn define(&mut self, kind: Kind) {
        let mut kinds = Kinds::clone(&self.kinds);
        kinds.extend([kind]);
        self.kinds = Rc::new(kinds);
    }

    /// An entry by its id.
    pub(super) fn entry(&self, id: EntryId) -> Option<&Rc<Stored>> {
        self.entries.get(*self.ids.get(&id)?)
    }

    /// A record's accepted entries by revision, as far as the station has them.
    pub(super) fn history(&self, record: RecordId) -> Vec<Known> {
        let mut history: Vec<_> = self
            .entries
            .iter()
            .filter(|stored| stored.entry.content.record == record)
            .map(|stored| stored.known())
            .filter(|known| matches!(known.standing, Standing::Accepted { .. }))
            .collect();
        history.sort_by_key(|known| match known.standing {
            Standing::Accepted { revision, .. } => revision.0,
            _ => 0,
        });
        history
    }

    /// Answers a request.
    pub(super) fn handle(&mut self, env: &Env, token: Option<&str>, request: Request) -> Reply {
        let caller = self.caller(token);
        match (request, caller) {
            (Request::Health, _) => Reply::new(200, Body::Healthy),
            (Request::Kinds, _) => Reply::new(200, Body::Definitions(Box::new(self.definitions()))),
            (Request::Enrol { code, installation }, _) => self.enrol(env, &code, installation),
            (_, None) => Reply::new(401, Body::Nothing),
            (Request::Entries(entries), Some(caller)) => {
                let before = env.breaks(Sabotage::AnswerBeforeCommit, 50).then(|| self.clone());
                let answers = self.take(env, &caller, entries);
                if let Some(before) = before {
                    *self = before;
                }
                Reply::new(200, Body::Answers(answers))
            }
            (Request::Head(digest), Some(_)) => match self.blobs.get(&digest) {
                Some(blob) => Reply::new(200, blob.progress()),
                None => Reply::new(404, Body::Nothing),
            },
            (Request::Put { digest, bytes }, Some(_)) => {
                // From the beginning, whatever there is of it.
                self.blobs.retain(|known, blob| *known != digest || blob.verified);
                match self.blobs.get(&digest) {
                    Some(blob) => Reply::new(204, blob.progress()),
                    None => self.patch(digest, 0, bytes.len(), &bytes),
                }
            }
            (Request::Patch { digest, offset, total, piece }, Some(_)) => {
                self.patch(digest, offset, total, &piece)
            }
            (Request::Me, Some(caller)) => Reply::new(200, Body::Me(self.me(caller.worker))),
            (Request::Mailbox { mailbox, cursor }, Some(caller)) => {
                match self.seated(caller.worker, &mailbox) {
                    Some(mailbox) => Reply::new(200, Body::Page(self.page(env, &mailbox, &cursor))),
                    None => Reply::new(404, Body::Nothing),
                }
            }
        }
    }

    fn caller(&self, token: Option<&str>) -> Option<Caller> {
        let token = token.filter(|token| !token.is_empty())?;
        let (installation, (worker, _)) = self.installations.iter().find(|(_, (_, held))| held == token)?;
        Some(Caller { installation: *installation, worker: *worker })
    }

    fn definitions(&self) -> Definitions {
        let code = "513322".to_owned();
        let county = County { code, name: String::new(), townships: Vec::new() };
        // The built-in ones are in every phone.
        let built_in = Kinds::default();
        let newer = |kind: &&Kind| built_in.exact(&kind.id, kind.version).is_none();
        Definitions {
            kinds: self.kinds.all().iter().filter(newer).cloned().collect(),
            county,
            calendar: Default::default(),
        }
    }

    fn enrol(&mut self, env: &Env, code: &str, installation: InstallationId) -> Reply {
        let Some((worker, used_by)) = self.codes.get_mut(code) else { return Reply::new(404, Body::Nothing) };
        let taken = self.installations.get(&installation).is_some_and(|(of, _)| of != worker);
        if taken || used_by.is_some_and(|other| other != installation) {
            return Reply::new(409, Body::Nothing);
        }
        *used_by = Some(installation);
        let token = env.dice.uuid().to_string();
        self.installations.insert(installation, (*worker, token.clone()));
        let Some(worker) = self.workers.get(worker).cloned() else { return Reply::new(503, Body::Nothing) };
        Reply::new(
            201,
            Body::Enrolment(Enrolment {
                token,
                worker,
                station: String::new(),
                receipt_key: None,
                recovery_key: None,
            }),
        )
    }

    fn patch(&mut self, digest: Digest, offset: usize, total: usize, piece: &[u8]) -> Reply {
        let blob = self.blobs.entry(digest).or_default();
        if offset != blob.bytes.len() {
            return Reply::new(409, blob.progress());
        }
        if blob.verified {
            return Reply::new(204, blob.progress());
        }
        blob.bytes.extend_from_slice(piece);
        if blob.bytes.len() >= total {
            blob.verified = ledger::seal(&blob.bytes) == digest;
            if !blob.verified {
                self.blobs.remove(&digest);
                return Reply::new(422, Body::Nothing);
            }
        }
        Reply::new(204, blob.progress())
    }
}

impl Blob {
    fn progress(&self) -> Body {
        Body::Progress { offset: self.bytes.len(), complete: self.verified }
    }
}
