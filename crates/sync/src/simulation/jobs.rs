//! The jobs, line by line as the app's driver does them (`src/driver/jobs.rs`).

use xunji_domain::{
    entry::Entry,
    id::Revision,
    wire::{Answer, BATCH_BYTES, MailboxPage, Outcome, Receipt, Refusal},
};

use super::{
    disk::Disk,
    http::{Body, Reply, Request},
    sabotage::Sabotage,
    tab::Tab,
};
use crate::{
    engine::{Ended, Failure, Job},
    pocket::{Mailbox, Pocket, WaitingState},
    storage::StorageError,
};

const PROBE_LIMIT: u64 = 10_000;
const LIMIT: u64 = 90_000;
const LEARN_EVERY: u64 = 300_000;
/// Small, as the attachments here are.
const PIECE: usize = 3;

impl Tab {
    pub(super) async fn run(&self, job: Job) -> Ended {
        let ended = match job {
            Job::Probe => self.probe().await,
            Job::Upload { most } => self.upload(most).await,
            Job::SendBlob => self.send_blob().await,
            Job::Fetch => self.fetch().await,
        };
        ended.unwrap_or_else(Ended::Badly)
    }

    async fn probe(&self) -> Result<Ended, Failure> {
        let reply = self.env.ask(None, Request::Health, PROBE_LIMIT).await.ok_or(Failure::NoAnswer)?;
        check(&reply)?;
        if !matches!(reply.body, Body::Healthy) {
            return Err(Failure::NotTheStation);
        }
        let waiting = self.pocket.counts().await.map_err(storage)?.waiting;
        Ok(Ended::Well { done: 0, left: waiting })
    }

    async fn upload(&self, most: usize) -> Result<Ended, Failure> {
        if self.env.broken(Sabotage::ParkedBlocks) {
            let outbox = self.pocket.outbox().await.map_err(storage)?;
            if outbox.iter().any(|waiting| matches!(waiting.state, WaitingState::Parked { .. })) {
                return Ok(Ended::Well { done: 0, left: 0 });
            }
        }
        // A phone may have room for few only.
        let most = most.min(1 + self.env.dice.place(8));
        let outgoing = self.pocket.next_batch(most, BATCH_BYTES).await.map_err(storage)?;
        if outgoing.entries.is_empty() {
            return Ok(Ended::Well { done: 0, left: 0 });
        }
        let sent = outgoing.entries.len();
        let asked = self.ask(Request::Entries(outgoing.entries.clone())).await;
        let silence =
            matches!(asked, Err(Failure::NoAnswer)) && self.env.broken(Sabotage::AcknowledgeSilence);
        let mut answers = match asked {
            _ if silence => outgoing.entries.iter().map(forged).collect(),
            Err(failure) => return Err(failure),
            Ok(Reply { body: Body::Answers(answers), .. }) => answers,
            Ok(_) => return Err(Failure::NotTheStation),
        };
        if self.env.broken(Sabotage::AcknowledgeByPlace) {
            for (entry, answer) in outgoing.entries.iter().zip(&mut answers) {
                if let Answer::Receipt { receipt, .. } = answer {
                    (receipt.entry, receipt.digest) = (entry.content.id, entry.digest);
                }
            }
        }
        let settled = self.pocket.acknowledge(&outgoing.entries, &answers).await.map_err(storage)?;
        if settled == 0 {
            return Err(Failure::NotTheStation);
        }
        Ok(Ended::Well { done: settled, left: outgoing.remaining + sent - settled })
    }

    async fn send_blob(&self) -> Result<Ended, Failure> {
        let Some((seq, digest)) = self.pocket.next_blob().await.map_err(storage)? else {
            return Ok(Ended::Well { done: 0, left: 0 });
        };
        let Some(bytes) = self.pocket.blob(digest).await.map_err(storage)? else {
            self.pocket.refuse_attachment(seq, digest).await.map_err(storage)?;
            return Ok(Ended::Well { done: 1, left: 0 });
        };
        let first = match bytes.len() <= PIECE {
            true => Request::Put { digest, bytes: bytes.clone() },
            false => Request::Head(digest),
        };
        let mut there = self.ask_for(first, &[404, 422]).await?;
        loop {
            if matches!(there.status, 413 | 422) {
                self.pocket.refuse_attachment(seq, digest).await.map_err(storage)?;
                return Ok(Ended::Well { done: 1, left: 0 });
            }
            let offset = match there.body {
                Body::Progress { complete: true, .. } => break,
                Body::Progress { offset, .. } if there.status != 404 => offset,
                _ => 0,
            };
            let rest = bytes.get(offset..).unwrap_or(&bytes);
            let piece = rest[..rest.len().min(PIECE)].to_vec();
            let patch = Request::Patch { digest, offset, total: bytes.len(), piece };
            there = self.ask_for(patch, &[409, 413, 422]).await?;
        }
        self.pocket.blob_delivered(seq, digest).await.map_err(storage)?;
        Ok(Ended::Well { done: 1, left: 0 })
    }

    async fn fetch(&self) -> Result<Ended, Failure> {
        if !self.defined.get() {
            let Body::Definitions(definitions) = self.ask(Request::Kinds).await?.body else {
                return Err(Failure::NotTheStation);
            };
            self.pocket.define(&definitions, None).await.map_err(storage)?;
            self.defined.set(true);
        }
        self.learn().await?;
        let mut round = self.round.take();
        if round.is_empty() {
            let me = self.pocket.me().await.map_err(storage)?.ok_or(Failure::Unauthorised)?;
            round = Mailbox::of(&me);
            round.reverse();
        }
        let Some(mailbox) = round.last() else { return Ok(Ended::Well { done: 0, left: 0 }) };
        let (done, more) = self.fetch_page(mailbox).await?;
        if !more {
            round.pop();
        }
        let left = round.len();
        self.round.replace(round);
        Ok(Ended::Well { done, left })
    }

    async fn learn(&self) -> Result<(), Failure> {
        let now = self.millis();
        if self.learned.get().is_some_and(|at| now.0.saturating_sub(at.0) < LEARN_EVERY) {
            return Ok(());
        }
        let Body::Me(me) = self.ask(Request::Me).await?.body else { return Err(Failure::NotTheStation) };
        let known = self.pocket.me().await.map_err(storage)?;
        if known.is_none_or(|known| known.worker.id != me.worker.id) {
            return Err(Failure::NotTheStation);
        }
        self.pocket.learn(&me).await.map_err(storage)?;
        self.learned.set(Some(now));
        Ok(())
    }

    async fn fetch_page(&self, mailbox: &Mailbox) -> Result<(usize, bool), Failure> {
        let cursor = self.pocket.cursor(mailbox).await.map_err(storage)?;
        let request = Request::Mailbox { mailbox: mailbox.clone(), cursor: cursor.clone() };
        let reply = self.ask_for(request, &[404]).await?;
        if reply.status == 404 {
            mailbox.desk().ok_or(Failure::NotTheStation)?;
            self.learned.set(None);
            return Ok((0, false));
        }
        let Body::Page(mut page) = reply.body else { return Err(Failure::NotTheStation) };
        if self.env.broken(Sabotage::FoldByArrival) {
            by_arrival(&mut page);
        }
        let taken = self.pocket.receive(mailbox, cursor.after, &page).await.map_err(storage)?;
        if page.reset && taken && *mailbox == Mailbox::Own {
            self.env.ledger.borrow_mut().resets.insert(self.phone, self.env.now.get());
        }
        let read_to = page.items.last().map_or(cursor.after, |item| item.position);
        Ok((page.items.len(), page.reset || (taken && page.head > read_to)))
    }

    async fn ask(&self, request: Request) -> Result<Reply, Failure> {
        self.ask_for(request, &[]).await
    }

    async fn ask_for(&self, request: Request, expected: &[u16]) -> Result<Reply, Failure> {
        let enrolment = self.pocket.enrolment().await.map_err(storage)?.ok_or(Failure::Unauthorised)?;
        let reply = self.env.ask(Some(enrolment.token), request, LIMIT).await.ok_or(Failure::NoAnswer)?;
        self.env.turn().await;
        if !expected.contains(&reply.status) {
            check(&reply)?;
        }
        Ok(reply)
    }
}

/// Sets aside the oldest unsent entry: the station can't even read a batch of it alone.
pub(super) async fn set_aside(pocket: &Pocket<Disk>) {
    if let Ok(outgoing) = pocket.next_batch(1, BATCH_BYTES).await
        && let Some(entry) = outgoing.entries.first()
    {
        drop(pocket.refuse(entry, Refusal::Unreadable).await);
    }
}

const fn check(reply: &Reply) -> Result<(), Failure> {
    match reply.status {
        200..=299 => Ok(()),
        401 | 403 => Err(Failure::Unauthorised),
        400 | 413 | 415 | 422 => Err(Failure::Unreadable),
        429 | 500..=599 => Err(Failure::Busy { retry_after: reply.retry_after }),
        _ => Err(Failure::NotTheStation),
    }
}

fn storage(_: StorageError) -> Failure {
    Failure::Storage
}

/// What a phone makes up that takes silence for consent.
fn forged(entry: &Entry) -> Answer {
    let outcome = Outcome::Accepted { revision: Revision(1) };
    let (id, digest) = (entry.content.id, entry.digest);
    let received_at = chrono::DateTime::UNIX_EPOCH;
    let receipt = Receipt { entry: id, digest, received_at, outcome, signature: None };
    Answer::Receipt { receipt, missing: Vec::new() }
}

/// What a phone makes of a page that puts arrival above the station's order.
fn by_arrival(page: &mut MailboxPage) {
    for item in &mut page.items {
        if let Outcome::Accepted { revision } = &mut item.receipt.outcome {
            *revision = Revision(item.position.0);
        }
    }
}
