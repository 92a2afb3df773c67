//! The jobs themselves: each one conversation with the station, and what it leaves in the pocket.

use wasm_bindgen::JsValue;
use xunji_domain::{
    canonical::Digest,
    id::InstallationId,
    json::{self, FromJson},
    wire::{Answers, BATCH_BYTES, Batch, HEALTHY, MailboxPage, PAGE_ITEMS, Received, Refusal},
};
use xunji_sync::{
    engine::{Ended, Event, Failure, Job},
    pocket::{Cursor, Mailbox},
    storage::StorageError,
};

use super::{Driver, receipts};
use crate::{
    platform::{self, HttpAnswer},
    signals::Sending,
    state::AppPocket,
    words,
};

/// How long the station may take to say that it is there.
const PROBE_LIMIT: u32 = 10_000;
/// How long anything else may take; on a village's line a full batch needs most of a minute.
const LIMIT: u32 = 90_000;
/// Attachments go in pieces of this size, so that a broken line loses little.
const PIECE: usize = 256 * 1024;
/// Smaller ones go at once, without asking first how much of them is there.
const AT_ONCE: usize = 64 * 1024;

impl Driver {
    pub(super) async fn run(&self, job: Job) -> Ended {
        let ended = match job {
            Job::Probe => self.probe().await,
            Job::Upload { most } => self.upload(most).await,
            Job::SendBlob => self.send_blob().await,
            Job::Fetch => self.fetch().await,
        };
        match ended {
            Ok(ended) => ended,
            Err(failure) => Ended::Badly(failure),
        }
    }

    async fn probe(&self) -> Result<Ended, Failure> {
        let answer = platform::ask("GET", "/api/v1/healthz", &[], JsValue::UNDEFINED, PROBE_LIMIT).await;
        let answer = answer.map_err(|_| Failure::NoAnswer)?;
        check(&answer)?;
        // A captive portal answers everything with a page of its own.
        if answer.text.trim() != HEALTHY {
            return Err(Failure::NotTheStation);
        }
        let waiting = self.inner.pocket.counts().await.map_err(storage)?.waiting;
        Ok(Ended::Well { done: 0, left: waiting })
    }

    async fn upload(&self, most: usize) -> Result<Ended, Failure> {
        let outgoing = self.inner.pocket.next_batch(most, BATCH_BYTES).await.map_err(storage)?;
        if outgoing.entries.is_empty() {
            return Ok(Ended::Well { done: 0, left: 0 });
        }
        let sent = outgoing.entries.len();
        let batch = Batch { entries: outgoing.entries };
        // What was read from JSON a moment ago can be written again.
        let text = serde_json::to_string(&batch).map_err(|_| Failure::Storage)?;
        let mut headers = vec![("Content-Type", "application/json".to_owned())];
        let body = match platform::gzip(&text).await {
            Some(zipped) => {
                headers.push(("Content-Encoding", "gzip".to_owned()));
                zipped
            }
            None => JsValue::from_str(&text),
        };
        let answer = self.ask("POST", "/api/v1/entries", headers, body).await?;
        let answers: Answers = read(&answer)?;
        self.insist_on_genuine(receipts::among(&answers.answers)).await?;
        let settled =
            self.inner.pocket.acknowledge(&batch.entries, &answers.answers).await.map_err(storage)?;
        self.changed();
        // A station that answers about other things than it was asked must not make the phone ask for ever.
        if settled == 0 {
            return Err(Failure::NotTheStation);
        }
        Ok(Ended::Well { done: settled, left: outgoing.remaining + sent - settled })
    }

    async fn send_blob(&self) -> Result<Ended, Failure> {
        let pocket = &self.inner.pocket;
        let Some((seq, digest)) = pocket.next_blob().await.map_err(storage)? else {
            return Ok(Ended::Well { done: 0, left: 0 });
        };
        let Some(bytes) = pocket.blob(digest).await.map_err(storage)? else {
            pocket.refuse_attachment(seq, digest).await.map_err(storage)?;
            self.changed();
            return Ok(Ended::Well { done: 1, left: 0 });
        };
        let path = blob_path(digest);
        self.progress(digest, 0, bytes.len());
        let mut there = if bytes.len() <= AT_ONCE {
            let headers = vec![octets()];
            let body = js_sys::Uint8Array::from(bytes.as_slice()).into();
            self.ask_for("PUT", &path, headers, body, &[409, 413, 422]).await?
        } else {
            self.ask_for("HEAD", &path, vec![], JsValue::UNDEFINED, &[404]).await?
        };
        while !there.complete {
            if matches!(there.status, 413 | 422) {
                pocket.refuse_attachment(seq, digest).await.map_err(storage)?;
                self.changed();
                return Ok(Ended::Well { done: 1, left: 0 });
            }
            let offset = there.offset.filter(|_| there.status != 404).unwrap_or(0);
            self.progress(digest, offset, bytes.len());
            let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or(&bytes);
            let piece = &rest[..rest.len().min(PIECE)];
            let headers = vec![
                octets(),
                ("Upload-Offset", offset.to_string()),
                ("Upload-Length", bytes.len().to_string()),
            ];
            let body = js_sys::Uint8Array::from(piece).into();
            there = self.ask_for("PATCH", &path, headers, body, &[409, 413, 422]).await?;
        }
        pocket.blob_delivered(seq, digest).await.map_err(storage)?;
        self.changed();
        Ok(Ended::Well { done: 1, left: 0 })
    }

    /// A sign of life: a long upload on a thin line is no job that has got stuck, and the person sees it grow.
    fn progress(&self, digest: Digest, sent: u64, of: usize) {
        let percent = (sent * 100).checked_div(of as u64).unwrap_or(0).min(100) as u8;
        self.sending(Some(Sending { digest, percent }));
        self.step(Event::Going(Job::SendBlob));
    }

    /// Gets an attachment back from the station. What comes is believed only if its SHA-256 is the one asked for.
    ///
    /// # Errors
    /// The sentence for the person.
    pub async fn fetch_attachment(&self, digest: Digest) -> Result<Vec<u8>, String> {
        let answer = self.ask_for("GET", &blob_path(digest), vec![], JsValue::UNDEFINED, &[404]).await;
        let answer = answer.map_err(|_| words::fetch_failed().to_owned())?;
        let bytes = answer.bytes.ok_or_else(|| words::fetch_gone().to_owned())?;
        if platform::digest_of(&bytes).await != Some(digest) {
            return Err(words::fetch_failed().to_owned());
        }
        Ok(bytes)
    }

    async fn fetch(&self) -> Result<Ended, Failure> {
        self.define().await?;
        self.learn().await?;
        let mut round = self.inner.round.take();
        if round.is_empty() {
            let me = self.inner.pocket.me().await.map_err(storage)?.ok_or(Failure::Unauthorised)?;
            round = Mailbox::of(&me);
            round.reverse();
        }
        let Some(mailbox) = round.last() else { return Ok(Ended::Well { done: 0, left: 0 }) };
        let (done, more) = self.fetch_page(mailbox).await?;
        if !more {
            round.pop();
        }
        let left = round.len();
        self.inner.round.replace(round);
        Ok(Ended::Well { done, left })
    }

    /// One page of a mailbox: how much was on it, and whether there is more.
    async fn fetch_page(&self, mailbox: &Mailbox) -> Result<(usize, bool), Failure> {
        let pocket = &self.inner.pocket;
        let Cursor { after, last } = pocket.cursor(mailbox).await.map_err(storage)?;
        let mut path = format!("/api/v1/mailbox?after={}&limit={PAGE_ITEMS}", after.0);
        if let Some(last) = last {
            path.push_str(&format!("&last={last}"));
        }
        if let Some(desk) = mailbox.desk() {
            let desk = js_sys::encode_uri_component(desk.as_str());
            path.push_str(&format!("&desk={desk}&oversight={}", mailbox.is_oversight()));
        }
        let answer = self.ask_for("GET", &path, vec![], JsValue::UNDEFINED, &[404]).await?;
        if answer.status == 404 {
            // The person's own mailbox is always there; at a desk they may sit no longer.
            mailbox.desk().ok_or(Failure::NotTheStation)?;
            self.ask_anew();
            return Ok((0, false));
        }
        let page: MailboxPage = read(&answer)?;
        self.insist_on_genuine(page.items.iter().map(|item| &item.receipt).collect()).await?;
        let taken = pocket.receive(mailbox, after, &page).await.map_err(storage)?;
        if !page.items.is_empty() || page.reset {
            self.changed();
        }
        let read_to = page.items.last().map_or(after, |item| item.position);
        Ok((page.items.len(), page.reset || (taken && page.head > read_to)))
    }

    /// Once each time the app is opened: the ledgers' definitions in force.
    async fn define(&self) -> Result<(), Failure> {
        if *self.inner.defined.borrow() {
            return Ok(());
        }
        let pocket = &self.inner.pocket;
        let known = pocket.definitions_tag().await.map_err(storage)?;
        let headers = known.map(|tag| ("If-None-Match", tag)).into_iter().collect();
        let answer = self.ask_for("GET", "/api/v1/kinds", headers, JsValue::UNDEFINED, &[304]).await?;
        if answer.status != 304 {
            pocket.define(&read(&answer)?, answer.tag.as_deref()).await.map_err(storage)?;
            self.changed();
        }
        self.inner.defined.replace(true);
        Ok(())
    }

    pub(super) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: Vec<(&str, String)>,
        body: JsValue,
    ) -> Result<HttpAnswer, Failure> {
        self.ask_for(method, path, headers, body, &[]).await
    }

    /// Asks as this installation. The statuses that the caller expects are no failures.
    pub(super) async fn ask_for(
        &self,
        method: &str,
        path: &str,
        mut headers: Vec<(&str, String)>,
        body: JsValue,
        expected: &[u16],
    ) -> Result<HttpAnswer, Failure> {
        let enrolment = self.inner.pocket.enrolment().await.map_err(storage)?.ok_or(Failure::Unauthorised)?;
        headers.push(("Authorization", format!("Bearer {}", enrolment.token)));
        let answer =
            platform::ask(method, path, &headers, body, LIMIT).await.map_err(|_| Failure::NoAnswer)?;
        if !expected.contains(&answer.status) {
            check(&answer)?;
        }
        Ok(answer)
    }
}

impl Driver {
    /// Asks what has arrived of an earlier installation of this person, whose database is gone.
    pub async fn received_of(&self, lost: InstallationId) -> Option<Received> {
        let path = format!("/api/v1/installations/{lost}");
        read(&self.ask("GET", &path, vec![], JsValue::UNDEFINED).await.ok()?).ok()
    }
}

fn octets() -> (&'static str, String) {
    ("Content-Type", "application/octet-stream".to_owned())
}

fn blob_path(digest: Digest) -> String {
    format!("/api/v1/blobs/{digest}")
}

/// Sets aside the oldest unsent entry: the station can't even read a batch of it alone.
pub(super) async fn set_aside(pocket: &AppPocket) {
    // When this fails too, the entry is met again in the next cycle.
    if let Ok(outgoing) = pocket.next_batch(1, BATCH_BYTES).await
        && let Some(entry) = outgoing.entries.first()
    {
        drop(pocket.refuse(entry, Refusal::Unreadable).await);
    }
}

fn check(answer: &HttpAnswer) -> Result<(), Failure> {
    match answer.status {
        200..=299 => Ok(()),
        401 | 403 => Err(Failure::Unauthorised),
        400 | 413 | 415 | 422 => Err(Failure::Unreadable),
        429 | 500..=599 => Err(Failure::Busy { retry_after: answer.retry_after }),
        _ => Err(Failure::NotTheStation),
    }
}

pub(super) fn read<T: FromJson>(answer: &HttpAnswer) -> Result<T, Failure> {
    json::read(answer.text.as_bytes()).map_err(|_| Failure::NotTheStation)
}

pub(super) fn storage(_: StorageError) -> Failure {
    Failure::Storage
}
