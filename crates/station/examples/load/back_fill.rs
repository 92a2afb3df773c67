//! What it costs that somebody becomes entitled to a record with two hundred entries, beside one plain entry.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::person::Role;

use crate::{
    Outcome, ms,
    phone::{Line, Person, VILLAGE, deliver},
    start,
};

const RECORDS: usize = 20;
const ENTRIES: usize = 200;

pub async fn run(base: &Path) -> Outcome<Value> {
    let folder = tempfile::tempdir_in(base)?;
    let station = start(folder.path()).await?;
    let people = [(Role::Mediator, VILLAGE), (Role::Coordinator, "513322100")];
    let people = people.map(|(role, area)| (role, VILLAGE.to_owned(), area.to_owned()));
    let mut people = Person::enrol_all(folder.path(), &people).await?;
    let (mut centre, mut mediator) = (people.remove(1), people.remove(0));
    let mut line = Line::open(station.address()).await?;
    let (mut plain, mut filled) = (Vec::<Duration>::new(), Vec::<Duration>::new());
    for _ in 0..RECORDS {
        let record = Uuid::new_v4();
        let note = json!({ "type": "note", "text": "又去了一次,两家都在,约好周五再谈。" });
        let mut entries = vec![mediator.seal("dispute", 2, record, &opening())];
        entries.extend((2..ENTRIES).map(|_| mediator.seal("dispute", 2, record, &note)));
        entries.push(mediator.seal("dispute", 2, record, &step("escalate")));
        deliver(&mut line, &mediator.token, &entries).await?;
        let mut timed = async |person: &mut Person, action: &Value| -> Outcome<Duration> {
            let entry = person.seal("dispute", 2, record, action);
            let began = Instant::now();
            deliver(&mut line, &person.token, &[entry]).await?;
            Ok(began.elapsed())
        };
        plain.push(timed(&mut mediator, &note).await?);
        // The county's centre has only overseen it so far: now it gets the whole history.
        filled.push(timed(&mut centre, &step("escalate_county")).await?);
    }
    station.stop().await?;
    Ok(json!({
        "measure": "back-fill", "entries": ENTRIES, "records": RECORDS, "plain_ms": ms(&mut plain, 0.5),
        "filled_ms": ms(&mut filled, 0.5),
    }))
}

fn opening() -> Value {
    json!({ "type": "open", "body": {
        "title": "宅基地边界", "category": "0902", "village": VILLAGE, "occurred_at": "2026-11-20T08:00",
        "source": "patrol", "people_count": 2, "risk": "ordinary", "parties": [{ "name": "王五" }],
        "summary": "两家争一道墙", "handling": "noted",
    } })
}

fn step(step: &str) -> Value {
    json!({ "type": "step", "step": step, "body": { "escalation_reason": "两次调解无果" } })
}
