//! Slips: the public page on which somebody sees how far their matter is, without an account, and says whether that is
//! right.
//!
//! ```text
//! phone: token (128 random bits) ─► QR code of /p/<token>       and  SHA-256(token) ─► entry ─► station: slips
//! GET /p/<token> ─► SHA-256 ─► slip ─► record, folded ─► ledger's name, public state, day, desk: nothing else
//! POST /p/<token> ─► writer ─► entry of the station itself in the record ─► everybody's mailbox
//! ```
//!
//! Invariants: the token is nowhere but in the address, neither in a log nor in the database; the page says nothing of
//! what the record is about, and no more than this to whoever guesses. The token itself is what keeps other sites from
//! answering in somebody's name: who doesn't know it has no address to post to.

mod page;

use std::net::SocketAddr;

use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sqlx::{Connection, SqliteConnection};
use xunji_domain::{
    deadline,
    desk::DeskKind,
    entry::Action,
    id::{EntryId, RecordId, StateId},
    kind::{Kind, Kinds},
    recipient::Recipient,
    record::{Known, Record, Standing},
    slip::{ANSWERS, SlipToken, TEXT, Verdict},
    tidy,
    village::VillageCode,
    wire::{Answer, Outcome, Receipt},
};

use crate::{
    body,
    db::{DbError, parsed},
    desks,
    ingest::store::{self, Taken},
    office, people,
    problem::Problem,
    receipt_key::ReceiptKey,
    state::Station,
};

/// The most bytes of a form: five hundred characters of any script, written the longest way, and room to spare.
const FORM_BYTES: usize = 8 * 1024;

/// What the page shows of a record.
#[derive(Debug)]
struct Shown {
    /// The ledger's name, or only what sort of service it is where the ledger is secret.
    ledger: String,
    /// The state in the words for residents.
    state: String,
    /// Whether there is something to be content with.
    has_result: bool,
    /// Since when it is so.
    since: Option<NaiveDate>,
    /// The desk that can be asked.
    desk: String,
    /// The receipt of the slip's own entry.
    receipt: Receipt,
    /// The last answer over this slip, and its day.
    said: Option<(Verdict, NaiveDate)>,
    /// Whether another answer is taken.
    may_answer: bool,
}

/// `GET /p/{token}`.
pub async fn get(
    State(station): State<Station>,
    Extension(peer): Extension<SocketAddr>,
    Path(token): Path<String>,
) -> Response {
    match look(&station, peer, &token).await {
        Ok((_, shown)) => page::shown(&station.name, &shown),
        Err(refused) => page::refused(&station.name, refused),
    }
}

/// `POST /p/{token}`: the form of the page. Its answer sends the browser back to the page.
pub async fn post(
    State(station): State<Station>,
    Extension(peer): Extension<SocketAddr>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match take(&station, peer, &token, &headers, body).await {
        Ok(path) => (StatusCode::SEE_OTHER, page::headers(), [(header::LOCATION, path)]).into_response(),
        Err(refused) => page::refused(&station.name, refused),
    }
}

/// Why a page can't be shown, or an answer not be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// There is no such slip, or its phone has not sent it yet.
    Unknown,
    /// Too many wrong ones came from there.
    Stranger,
    /// Not what the page's form sends.
    Unreadable,
    /// Not sent as a form.
    NotAForm,
    /// More than fits.
    TooLong,
    /// It answered this state often enough.
    Often,
    /// The station can't just now.
    Unavailable,
}

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        tracing::error!(%error, "a slip could not be looked up");
        Self::Unavailable
    }
}

/// The token's hash and what its page shows, unless too many wrong ones came from the same address.
async fn look(station: &Station, peer: SocketAddr, token: &str) -> Result<([u8; 32], Shown), Refused> {
    if station.strangers.bars(peer.ip()) {
        return Err(Refused::Stranger);
    }
    let hash = token.parse::<SlipToken>().ok().map(|token| people::hash(token.as_str()));
    let found = match hash {
        Some(hash) => {
            let mut connection = station.readers.acquire().await.map_err(DbError::from)?;
            let mut snapshot = connection.begin().await.map_err(DbError::from)?;
            let case = Case::find(&mut snapshot, &station.definitions.kinds, &hash).await?;
            match case {
                Some(case) => Some((hash, case.show(&mut snapshot).await?)),
                None => None,
            }
        }
        None => None,
    };
    found.ok_or_else(|| {
        if station.strangers.note(peer.ip()) {
            tracing::warn!(peer = %peer.ip(), "somebody asked for a slip that is not there");
        }
        Refused::Unknown
    })
}

async fn take(
    station: &Station,
    peer: SocketAddr,
    token: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<String, Refused> {
    // Before the form is read: a stranger's megabytes are nobody's concern.
    let (hash, _) = look(station, peer, token).await?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refused::NotAForm);
    }
    let form = body::small(body, FORM_BYTES).await.map_err(|problem| match problem {
        Problem::BodyTooLarge => Refused::TooLong,
        _ => Refused::Unreadable,
    })?;
    let given = Given::read(&form)?;
    match station.writer.answer(hash, given).await {
        Ok(Ok(())) => Ok(format!("/p/{token}")),
        Ok(Err(Declined::Unknown)) => Err(Refused::Unknown),
        Ok(Err(Declined::Often)) => Err(Refused::Often),
        Err(_) => Err(Refused::Unavailable),
    }
}

/// What somebody answers.
#[derive(Clone, PartialEq, Eq)]
pub struct Given {
    verdict: Verdict,
    text: String,
    satisfaction: Option<u32>,
}

impl Given {
    /// Reads the form. What is named twice counts as it was said last, what nobody asked for is passed over.
    fn read(form: &[u8]) -> Result<Self, Refused> {
        let (mut verdict, mut text, mut satisfaction) = (None, String::new(), None);
        for (name, value) in form_urlencoded::parse(form) {
            match (&*name, &*value) {
                ("verdict", "confirmed") => verdict = Some(Verdict::Confirmed),
                ("verdict", "contested") => verdict = Some(Verdict::Contested),
                ("text", said) => text = tidy::text(said),
                ("satisfaction", "") => satisfaction = None,
                ("satisfaction", level) => {
                    let level = level.parse().ok().filter(|level| (1..=5).contains(level));
                    satisfaction = Some(level.ok_or(Refused::Unreadable)?);
                }
                _ => {}
            }
        }
        if text.chars().count() > TEXT {
            return Err(Refused::TooLong);
        }
        Ok(Self { verdict: verdict.ok_or(Refused::Unreadable)?, text, satisfaction })
    }
}

/// Why an answer was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declined {
    /// No such slip.
    Unknown,
    /// The slip has answered this state often enough.
    Often,
}

/// Remembers a slip that was accepted.
///
/// # Errors
/// When the database fails.
pub async fn note(
    connection: &mut SqliteConnection,
    token_hash: &[u8; 32],
    record: RecordId,
    entry: i64,
) -> Result<(), DbError> {
    sqlx::query("INSERT INTO slips (token_hash, record, entry) VALUES (?, ?, ?)")
        .bind(&token_hash[..])
        .bind(record.to_string())
        .bind(entry)
        .execute(connection)
        .await?;
    Ok(())
}

/// The record and the receipt of a slip.
///
/// # Errors
/// When the database fails.
pub async fn find(
    connection: &mut SqliteConnection,
    token_hash: &[u8; 32],
) -> Result<Option<(RecordId, Receipt)>, DbError> {
    let row = sqlx::query(
        "SELECT s.record AS of, e.* FROM slips s JOIN entries e ON e.position = s.entry WHERE s.token_hash = ?",
    )
    .bind(&token_hash[..])
    .fetch_optional(connection)
    .await?;
    row.map(|row| Ok((parsed(&row, "of")?, store::receipt(&row)?))).transpose()
}

/// Writes an answer into the slip's record, inside the writer's transaction. The same answer again is taken as said.
///
/// # Errors
/// The outer one when the database fails, the inner one when the answer is not taken.
pub async fn answer(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    key: &ReceiptKey,
    token_hash: &[u8; 32],
    given: &Given,
) -> Result<Result<Taken, Declined>, DbError> {
    let Some(case) = Case::find(connection, kinds, token_hash).await? else {
        return Ok(Err(Declined::Unknown));
    };
    if case.said().is_some_and(|(said, _)| said == *given) {
        return Ok(Ok(Taken::nothing()));
    }
    if !case.may_answer() {
        return Ok(Err(Declined::Often));
    }
    let Some(opened) = store::opened(connection, case.record.id).await? else {
        return Ok(Err(Declined::Unknown));
    };
    let Given { verdict, text, satisfaction } = given.clone();
    let (slip, state) = (case.receipt.entry, case.state.clone());
    let action = Action::Answer { slip, state, verdict, text, satisfaction };
    let taken = office::write(connection, kinds, key, case.record.id, &opened, action).await?;
    match taken.answers.answers.first() {
        Some(Answer::Receipt { receipt, .. }) if matches!(receipt.outcome, Outcome::Accepted { .. }) => {
            Ok(Ok(taken))
        }
        // The station's own entry was not taken, which is a fault; the savepoint takes it back.
        _ => Err(DbError::Stored("answer")),
    }
}

/// A slip with its record, and the one that is carried on instead of it, if there is one.
struct Case<'a> {
    kind: &'a Kind,
    record: Record,
    carried_on: Option<Record>,
    receipt: Receipt,
    state: StateId,
}

impl<'a> Case<'a> {
    async fn find(
        connection: &mut SqliteConnection,
        kinds: &'a Kinds,
        token_hash: &[u8; 32],
    ) -> Result<Option<Self>, DbError> {
        let Some((id, receipt)) = find(connection, token_hash).await? else { return Ok(None) };
        let fold = |history: Vec<Known>| Record::fold(kinds, history).ok_or(DbError::Stored("record"));
        let record = fold(store::history(connection, id).await?)?;
        let carried_on = match record.merged_into {
            Some(into) => Some(fold(store::history(connection, into).await?)?),
            None => None,
        };
        let current = carried_on.as_ref().unwrap_or(&record);
        let kind = kinds.nearest(&current.kind, current.kind_version).ok_or(DbError::Stored("kind"))?;
        let state = current.state.clone();
        Ok(Some(Self { kind, record, carried_on, receipt, state }))
    }

    fn current(&self) -> &Record {
        self.carried_on.as_ref().unwrap_or(&self.record)
    }

    async fn show(&self, connection: &mut SqliteConnection) -> Result<Shown, DbError> {
        let kind = self.kind;
        let closed = kind.state(&self.state).is_some_and(|state| state.closed);
        let public = kind.public_state(&self.state);
        Ok(Shown {
            ledger: match DeskKind::of(kind) {
                Some(DeskKind::JusticeOffice) => "法律服务".to_owned(),
                _ if kind.confidential => "服务事项".to_owned(),
                _ => kind.name.zh.clone(),
            },
            state: public.zh.clone(),
            has_result: closed,
            since: deadline::since(kind, self.current()),
            desk: self.desk(connection).await?,
            receipt: self.receipt.clone(),
            said: self.said().map(|(given, day)| (given.verdict, day)),
            may_answer: self.may_answer(),
        })
    }

    /// The desk that it is with, or the one that it belongs to while it is with a person.
    async fn desk(&self, connection: &mut SqliteConnection) -> Result<String, DbError> {
        let record = self.current();
        let village = record.village(self.kind);
        let home = DeskKind::of(self.kind).unwrap_or(DeskKind::TownshipCentre);
        let level = match &record.holder {
            Some(Recipient::Desk(id)) => match desks::find(connection, id).await? {
                Some(desk) => return Ok(desk.name),
                None => home,
            },
            Some(Recipient::Level(level)) => *level,
            Some(Recipient::Worker(_)) | None => home,
        };
        Ok(match village {
            Some(village) => named(connection, level, &village).await?,
            None => level_name(level).to_owned(),
        })
    }

    /// What was said last over this slip, and on which day.
    fn said(&self) -> Option<(Given, NaiveDate)> {
        let slip = self.record.slips.iter().find(|slip| slip.by == self.receipt.entry)?;
        let by: EntryId = slip.answer?;
        let known = self.record.entries.iter().find(|known| known.entry.content.id == by)?;
        let Action::Answer { state, verdict, text, satisfaction, .. } = &known.entry.content.action else {
            return None;
        };
        if *state != self.state {
            return None;
        }
        let Standing::Accepted { received_at, .. } = known.standing else { return None };
        let given = Given { verdict: *verdict, text: text.clone(), satisfaction: *satisfaction };
        Some((given, day(received_at)))
    }

    fn may_answer(&self) -> bool {
        let own = |known: &&Known| {
            let Action::Answer { slip, state, .. } = &known.entry.content.action else { return false };
            *slip == self.receipt.entry && *state == self.state
        };
        self.record.entries.iter().filter(own).count() < ANSWERS
    }
}

async fn named(
    connection: &mut SqliteConnection,
    level: DeskKind,
    village: &VillageCode,
) -> Result<String, DbError> {
    let desk = desks::nearest(connection, level, village).await?;
    Ok(desk.map_or_else(|| level_name(level).to_owned(), |desk| desk.name))
}

const fn level_name(level: DeskKind) -> &'static str {
    match level {
        DeskKind::TownshipCentre | DeskKind::Unknown => "乡镇综治中心",
        DeskKind::CountyCentre => "县综治中心",
        DeskKind::JusticeOffice => "司法所",
        DeskKind::Police => "派出所",
        DeskKind::Court => "人民法庭",
        DeskKind::LawFirm => "律师事务所",
        DeskKind::LegalServiceOffice => "基层法律服务所",
    }
}

/// The day in China.
fn day(at: DateTime<Utc>) -> NaiveDate {
    const CHINA: TimeDelta = TimeDelta::hours(8);
    (at.naive_utc() + CHINA).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str) -> Result<Given, Refused> {
        Given::read(form.as_bytes())
    }

    #[test]
    fn a_form_is_read_as_it_was_meant_or_not_at_all() {
        let given =
            |verdict, text: &str, satisfaction| Ok(Given { verdict, text: text.into(), satisfaction });
        assert!(read("verdict=confirmed&text=&satisfaction=") == given(Verdict::Confirmed, "", None));
        let said = "verdict=contested&text=%E6%B2%A1%E4%BF%AE%00%1b%5B31m%0D%0A%3Dcmd%7C1&satisfaction=1";
        assert!(read(said) == given(Verdict::Contested, "没修[31m\n=cmd|1", Some(1)));
        assert!(read("verdict=contested&verdict=confirmed&more=1") == given(Verdict::Confirmed, "", None));
        for wrong in ["", "verdict=maybe", "text=x", "verdict=confirmed&satisfaction=6", "\0\u{1}=&&&&", "{}"]
        {
            assert!(read(wrong) == Err(Refused::Unreadable), "{wrong}");
        }
        let long = |count: usize| read(&format!("verdict=contested&text={}", "村".repeat(count)));
        assert!(long(TEXT).is_ok() && long(TEXT + 1) == Err(Refused::TooLong));
        let broken = Given::read(b"verdict=contested&text=%FF%FE\xff");
        assert!(broken.is_ok_and(|given| given.text.chars().all(|c| c == '\u{fffd}')));
    }
}
