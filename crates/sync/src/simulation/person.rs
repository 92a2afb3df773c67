//! People: they fill in forms, talk about each other's records, repair what came back, and enrol.
//!
//! A person who is told that something was not saved tries again, with the words still on the screen.

use std::{collections::BTreeSet, rc::Rc};

use chrono::{DateTime, FixedOffset, TimeDelta};
use serde_json::{Value, json};
use xunji_domain::{
    canonical::Digest,
    entry::{Action, Body, Content},
    id::{EntryId, FieldId, KindId, RecordId, Revision},
    record::{Known, Record, Standing},
};

use super::{
    dealings,
    disk::at_once,
    env::Env,
    http::{self, Request},
    ledger,
    phone::Phone,
    tab::Tab,
};
use crate::{
    engine::Event,
    pocket::{Backup, Draft, Rejected, Unsent},
    storage::{Storage, Table},
};

/// Two villages of one township and one of another.
pub(super) const VILLAGES: [&str; 3] = ["513322100201", "513322100202", "513322101201"];

/// What somebody is about to save.
struct Deed {
    id: EntryId,
    record: RecordId,
    kind: KindId,
    kind_version: u32,
    basis: Revision,
    replaces: Option<EntryId>,
    action: Action,
    blobs: Vec<(Digest, Vec<u8>)>,
}

impl Deed {
    fn on(id: EntryId, record: &Record, action: Action) -> Self {
        Self {
            id,
            record: record.id,
            kind: record.kind.clone(),
            kind_version: record.kind_version,
            basis: record.revision,
            replaces: None,
            action,
            blobs: Vec::new(),
        }
    }
}

/// Does something with a ledger.
pub(super) async fn act(env: Rc<Env>, phone: Rc<Phone>, tab: Rc<Tab>) {
    let Ok(Some(_)) = tab.pocket.enrolment().await else { return };
    let known = match env.dice.comes(550) {
        true => some_record(&env, &tab).await,
        false => None,
    };
    let deed = match known {
        Some(record) => add(&env, &tab, &record).await,
        None if env.dice.comes(150) => match hearsay(&env) {
            Some(deed) => deed,
            None => open(&env, &phone, &tab),
        },
        None => open(&env, &phone, &tab),
    };
    if let Action::Open { body } = &deed.action
        && env.dice.comes(300)
    {
        let draft = Draft {
            id: deed.id,
            record: deed.record,
            kind: deed.kind.clone(),
            kind_version: deed.kind_version,
            body: body.clone(),
            given: Default::default(),
            replaces: None,
            adds: None,
            changed_at: wall_clock(&env, &phone),
        };
        drop(tab.pocket.put_draft(&draft).await);
    }
    save(&env, &phone, &tab, deed).await;
}

/// Repairs what came back parked, answers what waits for an answer, and sends what was refused once more.
pub(super) async fn tidy(env: Rc<Env>, phone: Rc<Phone>, tab: Rc<Tab>) {
    let Ok(()) = tab.pocket.retry_refused().await else { return };
    tab.notify(Event::SendNow);
    let Ok(page) = tab.pocket.rows(None, 100).await else { return };
    for row in page.rows {
        let Ok(Some(record)) = tab.pocket.record(row.record).await else { continue };
        if record.keeper == Some(phone.worker.id)
            && let Some(action) = dealings::answer(&env, &record)
        {
            let deed = Deed::on(EntryId::new(env.dice.uuid()), &record, action);
            save(&env, &phone, &tab, deed).await;
        }
        let own = |known: &&Known| Some(known.entry.installation) == phone.installation.get();
        let replaced = |id| record.entries.iter().any(|known| known.entry.content.replaces == Some(id));
        let parked = record.entries.iter().filter(own).find(|known| {
            matches!(known.standing, Standing::Parked { .. })
                && !known.is_let_go()
                && !replaced(known.entry.content.id)
        });
        let Some(Known { entry, .. }) = parked else { continue };
        let opens = matches!(entry.content.action, Action::Open { .. });
        if !opens && env.dice.comes(250) {
            // Now and then on second thoughts.
            for gone in [true, false, true].iter().take(1 + env.dice.place(3)) {
                drop(tab.pocket.let_go(record.id, entry.content.id, *gone).await);
            }
            continue;
        }
        let id = EntryId::new(env.dice.uuid());
        let mut action = entry.content.action.clone();
        let mut kind_version = entry.content.kind_version;
        match &mut action {
            Action::Open { body } => {
                body.extend(form(&env, &record.kind, ""));
                kind_version = 1;
            }
            Action::Slip { .. } => match dealings::slip(&env, &tab, id).await {
                Some(slip) => action = slip,
                None => continue,
            },
            _ => {}
        }
        let replaces = Some(entry.content.id);
        let deed = Deed { kind_version, replaces, ..Deed::on(id, &record, action) };
        save(&env, &phone, &tab, deed).await;
    }
}

/// Makes space on the phone.
pub(super) async fn make_space(env: Rc<Env>, phone: Rc<Phone>, tab: Rc<Tab>) {
    let whole = |phone: &Phone| -> BTreeSet<Digest> {
        let keys = at_once(phone.memory.borrow().keys(Table::Blobs)).unwrap_or_default();
        keys.iter().filter_map(|key| key.parse().ok()).collect()
    };
    let before = whole(&phone);
    // Whether it comes through or not: only what it leaves behind counts.
    drop(tab.pocket.thin().await);
    drop(tab.pocket.sweep(wall_clock(&env, &phone).to_utc()).await);
    let after = whole(&phone);
    let station = env.station.borrow();
    let mut ledger = env.ledger.borrow_mut();
    // A station that was restored may have lost what it had verified.
    if ledger.restored.is_none() {
        let lacks = |digest: &&Digest| !station.blobs.get(*digest).is_some_and(|blob| blob.verified);
        let needed = |digest: &&Digest| {
            ledger.saved.iter().any(|(_, entry)| entry.content.attachments.contains(digest))
        };
        let spoiled = |digest: &&Digest| ledger.spoiled.contains(*digest);
        let gone = before.difference(&after).filter(lacks).filter(needed).filter(|digest| !spoiled(digest));
        let gone: Vec<_> = gone.copied().collect();
        ledger.let_go.extend(gone);
    }
}

/// Makes a copy of everything, for a day without this phone.
pub(super) async fn back_up(phone: Rc<Phone>, tab: Rc<Tab>) {
    if let Ok((backup, blobs, _)) = tab.pocket.back_up(phone.worker.id).await {
        phone.backup.replace(Some((backup, blobs)));
    }
}

/// Puts such a copy back, on this phone or another one of the same person.
pub(super) async fn put_back(tab: Rc<Tab>, (backup, bytes): (Backup, Vec<Vec<u8>>)) {
    let blobs: Vec<_> = backup.blobs.iter().copied().zip(bytes).collect();
    // What doesn't come through at once is put back by another try.
    for _ in 0..2 {
        if tab.pocket.restore(&backup, &blobs).await.is_ok() {
            return tab.notify(Event::Saved);
        }
    }
}

/// Enrols with a code from the office; when the answer is lost, again with the same code.
pub(super) async fn enrol(env: Rc<Env>, phone: Rc<Phone>, tab: Rc<Tab>) {
    let code = env.station.borrow_mut().issue(&env, phone.worker.id);
    for _ in 0..4 {
        let request = Request::Enrol { code: code.clone(), installation: tab.pocket.installation() };
        let reply = env.ask(None, request, 30_000).await;
        if let Some(http::Reply { body: http::Body::Enrolment(enrolment), .. }) = reply
            && tab.pocket.enrol(&enrolment).await.is_ok()
        {
            tab.enrolled();
            break;
        }
        env.sleep(2_000).await;
    }
    phone.enrolling.set(false);
}

async fn save(env: &Rc<Env>, phone: &Rc<Phone>, tab: &Rc<Tab>, deed: Deed) {
    let Ok(Some(enrolment)) = tab.pocket.enrolment().await else { return };
    let early = env.dice.comes(500);
    for (digest, bytes) in deed.blobs.iter().filter(|_| early) {
        if tab.pocket.put_blob(*digest, bytes.clone(), Some(Vec::new())).await.is_err() {
            return;
        }
    }
    // Now and then somebody writes in another person's name.
    let other = env.station.borrow().workers.keys().next().copied().filter(|_| env.dice.comes(30));
    let author = other.unwrap_or(enrolment.worker.id);
    for _ in 0..3 {
        let content = Content {
            id: deed.id,
            record: deed.record,
            kind: deed.kind.clone(),
            kind_version: deed.kind_version,
            author,
            // The app asks the clock at every attempt.
            noted_at: wall_clock(env, phone),
            basis: deed.basis,
            replaces: deed.replaces,
            action: deed.action.clone(),
            attachments: deed.blobs.iter().map(|(digest, _)| *digest).collect(),
        };
        let digest = ledger::sealed(&content);
        env.ledger.borrow_mut().tries(deed.id, phone.worker.id, digest);
        let blobs = if early { Vec::new() } else { deed.blobs.clone() };
        match tab.pocket.save(&Unsent { content, digest, blobs }).await {
            Ok(entry) => {
                env.say(|| format!("phone {}: saved {} as {}", phone.index, deed.id, entry.seq.0));
                let mut ledger = env.ledger.borrow_mut();
                if matches!(entry.content.action, Action::Open { .. }) {
                    ledger.records.push((deed.record, deed.kind.clone()));
                }
                ledger.saved.push((phone.index, entry));
                drop(ledger);
                return tab.notify(Event::Saved);
            }
            // The screen says where it is: an earlier attempt had come through.
            Err(Rejected::SavedOtherwise | Rejected::TooLarge) => return tab.notify(Event::Saved),
            Err(Rejected::Storage(_)) => env.sleep(3_000).await,
        }
    }
}

async fn some_record(env: &Env, tab: &Tab) -> Option<Record> {
    let rows = tab.pocket.rows(None, 100).await.ok()?.rows;
    tab.pocket.record(env.dice.one(&rows)?.record).await.ok()?
}

fn open(env: &Env, phone: &Phone, tab: &Tab) -> Deed {
    let kinds = ["patrol", "consultation", "dispute"].map(KindId::from);
    let kind = env.dice.one(&kinds).cloned().unwrap_or_else(|| kinds[0].clone());
    let village = if env.dice.comes(800) { phone.worker.village.as_str() } else { VILLAGES[2] };
    let mut body = form(env, &kind, village);
    if env.dice.comes(150) {
        body.remove("village");
    }
    let unknown = env.dice.comes(30);
    let newest = tab.pocket.kinds().newest(&kind).map_or(1, |kind| kind.version);
    Deed {
        id: EntryId::new(env.dice.uuid()),
        record: RecordId::new(env.dice.uuid()),
        kind,
        kind_version: if unknown { 77 } else { newest },
        basis: Revision(0),
        replaces: None,
        action: Action::Open { body },
        blobs: if env.dice.comes(250) { photos(env) } else { Vec::new() },
    }
}

fn form(env: &Env, kind: &KindId, village: &str) -> Body {
    let village = if village.is_empty() { VILLAGES[0] } else { village };
    let value = match kind.as_str() {
        "patrol" => json!({ "patrol_kind": "grid", "started_at": "2026-01-02T08:00", "finding": "none",
            "route": word(env) }),
        "consultation" => json!({ "channel": "call", "asked_at": "2026-01-02T08:00", "topic": "land",
            "content": "?", "advice": word(env), "outcome": "answered" }),
        _ => json!({ "title": word(env), "category": "land", "occurred_at": "2026-01-02T08:00",
            "source": "applied", "people_count": 2, "risk": "ordinary", "parties": [{ "name": "n" }],
            "summary": "s", "handling": "noted" }),
    };
    let mut body: Body = serde_json::from_value(value).unwrap_or_default();
    body.insert("village".into(), json!(village));
    body
}

fn word(env: &Env) -> Value {
    json!(env.dice.one(&["a", "b", "c"]).copied().unwrap_or("a"))
}

fn photos(env: &Env) -> Vec<(Digest, Vec<u8>)> {
    let mut photos = std::collections::BTreeMap::new();
    for _ in 0..=env.dice.below(2) {
        // Few different ones: the same photo may hang on several entries.
        let bytes = vec![env.dice.below(24) as u8; 1 + env.dice.place(8)];
        photos.insert(ledger::seal(&bytes), bytes);
    }
    photos.into_iter().collect()
}

/// Adds to a record that the phone shows.
async fn add(env: &Env, tab: &Tab, record: &Record) -> Deed {
    let id = EntryId::new(env.dice.uuid());
    if let Some(action) = dealings::deal(env, tab, id, record).await {
        return Deed::on(id, record, action);
    }
    let mut blobs = Vec::new();
    let field = |name: &str| {
        let field = FieldId::new(name);
        let from = record.fields.get(&field).map_or(Value::Null, |held| held.value.clone());
        (field, from)
    };
    let action = match env.dice.below(10) {
        0..5 => {
            let name = match record.kind.as_str() {
                _ if env.dice.comes(150) => "village",
                "patrol" => "route",
                "consultation" => "advice",
                _ => "title",
            };
            let (field, from) = field(name);
            let village = env.dice.one(&VILLAGES).copied().unwrap_or(VILLAGES[0]);
            let to = if name == "village" { json!(village) } else { word(env) };
            Action::Amend { field, from, to, reason: "r".to_owned() }
        }
        5..7 => {
            let step = env.dice.one(&["mediate", "agree", "close"]).copied().unwrap_or("close");
            let asked = match (step, record.kind.as_str()) {
                ("agree", _) => json!({ "agreement_form": "oral", "agreement": "x" }),
                ("close", "consultation") => json!({ "closing": "y" }),
                _ => json!({}),
            };
            let body = if env.dice.comes(800) {
                serde_json::from_value(asked).unwrap_or_default()
            } else {
                Body::new()
            };
            Action::Step { step: step.into(), body }
        }
        7..9 => Action::Note { text: "n".to_owned() },
        _ => {
            blobs = photos(env);
            Action::Attach {}
        }
    };
    Deed { blobs, ..Deed::on(id, record, action) }
}

/// Adds to a record that somebody told of: one may not be entitled, or it may not be at the station yet.
fn hearsay(env: &Env) -> Option<Deed> {
    let ledger = env.ledger.borrow();
    let (record, kind) = env.dice.one(&ledger.records)?.clone();
    Some(Deed {
        id: EntryId::new(env.dice.uuid()),
        record,
        kind,
        kind_version: 1,
        basis: Revision(0),
        replaces: None,
        action: Action::Note { text: "heard".to_owned() },
        blobs: Vec::new(),
    })
}

fn wall_clock(env: &Env, phone: &Phone) -> DateTime<FixedOffset> {
    let now = i64::try_from(env.now.get()).unwrap_or(0) / 1000;
    let moment = DateTime::from_timestamp(1_750_000_000, 0).unwrap_or_default();
    let moment = moment.checked_add_signed(TimeDelta::seconds(now + phone.wall_clock.get()));
    moment.unwrap_or_default().fixed_offset()
}
