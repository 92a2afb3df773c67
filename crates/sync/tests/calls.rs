//! What is called for: who has to do what by when, as the first screen asks it.

#![allow(clippy::unwrap_used, reason = "Clippy does not take the helpers of tests for tests.")]

use chrono::{DateTime, NaiveDate};
use pollster::block_on;
use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    deadline::{Calendar, Colour},
    desk::DeskKind,
    entry::Action,
    id::{EntryId, InstallationId, RecordId, WorkerId},
    kind::Kind,
    recipient::Recipient,
    village::County,
    wire::Definitions,
};
use xunji_sync::{
    memory::Memory,
    pocket::Pocket,
    storage::{Span, Storage, Table},
    suite::unsent,
};

const CENTRE: Recipient = Recipient::Level(DeskKind::TownshipCentre);

fn keeper() -> Recipient {
    Recipient::Worker(WorkerId::new(Uuid::from_u128(7)))
}

struct Phone {
    memory: Memory,
    pocket: Pocket<Memory>,
    next: u128,
}

impl Phone {
    fn new() -> Self {
        let memory = Memory::default();
        let (pocket, _) =
            block_on(Pocket::open(memory.clone(), InstallationId::new(Uuid::from_u128(1)))).unwrap();
        Self { memory, pocket, next: 0 }
    }

    /// Saves something about a dispute that is known by a number, on a day.
    fn act(&mut self, record: u128, day: &str, action: Action) -> EntryId {
        self.next += 1;
        let mut entry = unsent(self.next, "");
        entry.content.record = RecordId::new(Uuid::from_u128(record));
        (entry.content.kind, entry.content.kind_version) = ("dispute".into(), 2);
        entry.content.noted_at = DateTime::parse_from_rfc3339(&format!("{day}T09:00:00+08:00")).unwrap();
        entry.content.action = action;
        entry.digest = Digest::new([self.next as u8; 32]);
        block_on(self.pocket.save(&entry)).unwrap();
        entry.content.id
    }

    fn open(&mut self, record: u128, day: &str) {
        let body = json!({ "title": record.to_string(), "village": "513322100201", "people_count": 2 });
        self.act(record, day, Action::Open { body: serde_json::from_value(body).unwrap() });
    }

    fn step(&mut self, record: u128, day: &str, step: &str, body: Value) {
        self.act(
            record,
            day,
            Action::Step { step: step.into(), body: serde_json::from_value(body).unwrap() },
        );
    }

    /// The titles of what waits for these, with whether it was handed to them.
    fn called(&self, whom: &[Recipient], most: usize) -> Vec<(String, bool)> {
        let called = block_on(self.pocket.called(whom, most)).unwrap();
        let title = |body: &xunji_domain::entry::Body| body["title"].as_str().unwrap().to_owned();
        called.iter().map(|called| (title(&called.row.title), called.handed)).collect()
    }

    /// The titles of what is open, with those whom it waits for.
    fn open_cases(&self, most: usize) -> Vec<(String, Vec<String>)> {
        let open = block_on(self.pocket.open_cases(most)).unwrap();
        let whom = |whom: &[Recipient]| whom.iter().map(Recipient::to_string).collect();
        open.iter()
            .map(|case| (case.row.title["title"].as_str().unwrap().to_owned(), whom(&case.whom)))
            .collect()
    }

    fn kept(&self) -> usize {
        ["call/", "called/"]
            .map(|keys| block_on(self.memory.range(Table::Meta, Span::prefix(keys))).unwrap().len())
            .iter()
            .sum()
    }
}

fn own(title: &str) -> (String, bool) {
    (title.to_owned(), false)
}

fn handed(title: &str) -> (String, bool) {
    (title.to_owned(), true)
}

#[test]
fn what_is_due_first_comes_first_and_what_is_handed_on_waits_for_somebody_else() {
    let mut phone = Phone::new();
    phone.open(1, "2026-11-10");
    phone.open(2, "2026-11-02");
    phone.open(3, "2026-11-05");
    assert_eq!(phone.called(&[keeper()], 9), [own("2"), own("3"), own("1")]);
    assert_eq!(phone.called(&[keeper()], 2), [own("2"), own("3")]);
    phone.step(2, "2026-11-11", "escalate", json!({ "escalation_reason": "x" }));
    assert_eq!(phone.called(&[keeper()], 9), [own("3"), own("1")]);
    assert_eq!(phone.called(&[CENTRE], 9), [handed("2")]);
    assert_eq!(phone.called(&[keeper(), CENTRE], 9), [handed("2"), own("3"), own("1")]);
    phone.step(1, "2026-11-11", "emergency", json!({ "emergency_note": "x" }));
    assert_eq!(phone.called(&[keeper()], 1), [own("1")], "danger before all else");
    for record in [1, 2, 3] {
        phone.step(record, "2026-11-12", "archive", json!({}));
    }
    assert_eq!((phone.called(&[keeper(), CENTRE], 9), phone.kept()), (vec![], 0));
}

#[test]
fn what_was_given_back_for_correction_waits_for_its_keeper_even_when_it_is_with_a_desk_or_closed() {
    let mut phone = Phone::new();
    phone.open(1, "2026-11-02");
    phone.open(2, "2026-11-10");
    phone.step(2, "2026-11-11", "escalate", json!({ "escalation_reason": "x" }));
    let ask = Action::Ask { field: "people_count".into(), text: "核对人数".into() };
    let asked = phone.act(2, "2026-11-12", ask);
    assert_eq!(phone.called(&[keeper()], 9), [own("2"), own("1")]);
    assert_eq!(phone.called(&[CENTRE], 9), [handed("2")]);
    assert_eq!(phone.called(&[keeper(), CENTRE], 9), [own("2"), own("1")], "each case once");
    phone.step(2, "2026-11-12", "archive", json!({}));
    assert_eq!(phone.called(&[keeper()], 9)[0], own("2"));
    phone.act(2, "2026-11-13", Action::Explain { ask: asked, text: "没错".into() });
    assert_eq!(phone.called(&[keeper()], 9), [own("1")]);
}

#[test]
fn whoever_was_asked_to_take_part_is_called_until_their_part_is_there() {
    let mut phone = Phone::new();
    phone.open(1, "2026-11-02");
    phone.step(1, "2026-11-03", "mediate", json!({}));
    phone.step(1, "2026-11-04", "join", json!({ "partners": ["desk:police:luqiao", "desk:court:luqiao"] }));
    let police = Recipient::Desk("police:luqiao".into());
    assert_eq!(phone.called(std::slice::from_ref(&police), 9), [handed("1")]);
    phone.step(1, "2026-11-05", "part", json!({ "part_of": "desk:police:luqiao", "part": "x" }));
    assert_eq!(phone.called(&[police], 9), []);
    assert_eq!(phone.called(&[Recipient::Desk("court:luqiao".into())], 9), [handed("1")]);
}

#[test]
fn a_desk_looks_over_everything_that_is_open_whoever_has_it() {
    let mut phone = Phone::new();
    for (record, day) in [(1, "2026-11-02"), (2, "2026-11-05"), (3, "2026-11-06"), (4, "2026-11-01")] {
        phone.open(record, day);
    }
    phone.step(3, "2026-11-07", "escalate", json!({ "escalation_reason": "x" }));
    phone.step(4, "2026-11-07", "archive", json!({}));
    phone.step(2, "2026-11-08", "mediate", json!({}));
    phone.step(2, "2026-11-08", "join", json!({ "partners": ["desk:police:luqiao"] }));
    phone.act(1, "2026-11-08", Action::Ask { field: "people_count".into(), text: "核对人数".into() });
    let (me, centre) = (keeper().to_string(), CENTRE.to_string());
    let police = "desk:police:luqiao".to_owned();
    let all = [
        ("1".to_owned(), vec![me.clone()]),
        ("3".to_owned(), vec![centre]),
        ("2".to_owned(), vec![police, me]),
    ];
    assert_eq!(phone.open_cases(9), all);
    assert_eq!(phone.open_cases(2), all[..2]);
    let with: Vec<_> =
        block_on(phone.pocket.open_cases(9)).unwrap().into_iter().map(|case| case.with).collect();
    let (me, centre) = (Some(keeper()), Some(CENTRE));
    assert_eq!(with, [me.clone(), centre, me], "partners are asked for their part only");
}

#[test]
fn another_table_of_holidays_moves_the_last_days_of_what_is_open() {
    let mut phone = Phone::new();
    phone.open(1, "2026-11-02");
    let due = |phone: &Phone| block_on(phone.pocket.called(&[keeper()], 9)).unwrap()[0].row.timing.due;
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    assert_eq!(due(&phone), Some(day("2026-12-02")));
    let calendar = Calendar { off: vec![day("2026-12-02")], worked: Vec::new() };
    let definitions =
        Definitions { kinds: Kind::built_in().to_vec(), county: County::built_in().clone(), calendar };
    block_on(phone.pocket.define(&definitions, None)).unwrap();
    assert_eq!(due(&phone), Some(day("2026-12-03")));
    assert_eq!(phone.pocket.calendar().off, [day("2026-12-02")]);
    let row = &block_on(phone.pocket.called(&[keeper()], 9)).unwrap()[0].row;
    let colour = |today: &str| row.timing.on(&phone.pocket.calendar(), day(today)).colour;
    assert_eq!(
        ["2026-11-27", "2026-11-28", "2026-12-03", "2026-12-04"].map(colour),
        [Colour::Yellow, Colour::Orange, Colour::Orange, Colour::Red]
    );
}
