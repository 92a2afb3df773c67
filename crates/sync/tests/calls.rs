//! What is called for: who has to do what by when, as the first screen asks it.

#![allow(clippy::unwrap_used, reason = "Clippy does not take the helpers of tests for tests.")]

use chrono::{DateTime, NaiveDate};
use pollster::block_on;
use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    deadline::{Calendar, Colour},
    desk::{Desk, DeskKind},
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
    storage::{Commit, Span, Storage, Table, Write},
    suite::unsent,
};

const CENTRE: Recipient = Recipient::Level(DeskKind::TownshipCentre);

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn worker(number: u128) -> WorkerId {
    WorkerId::new(Uuid::from_u128(number))
}

fn seat(id: &str, kind: DeskKind) -> Desk {
    Desk { id: id.into(), kind, name: id.to_owned(), area: "513322100".parse().unwrap() }
}

/// Who has written everything, and has no seat.
fn keeper() -> (WorkerId, Vec<Desk>) {
    (worker(7), Vec::new())
}

/// Somebody else, at the township's centre.
fn centre() -> (WorkerId, Vec<Desk>) {
    (worker(8), vec![seat("township_centre:513322100", DeskKind::TownshipCentre)])
}

/// Somebody else, at a partner's desk.
fn partner(id: &str, kind: DeskKind) -> (WorkerId, Vec<Desk>) {
    (worker(9), vec![seat(id, kind)])
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
        self.act_in(("dispute", 2), record, day, action)
    }

    /// The same in any ledger.
    fn act_in(&mut self, kind: (&str, u32), record: u128, day: &str, action: Action) -> EntryId {
        self.next += 1;
        let mut entry = unsent(self.next, "");
        entry.content.record = RecordId::new(Uuid::from_u128(record));
        (entry.content.kind, entry.content.kind_version) = (kind.0.into(), kind.1);
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

    /// The titles of what waits on a day for the keeper, or whoever else sits at these desks, with whether it was handed to
    /// them.
    fn called(&self, (me, seats): &(WorkerId, Vec<Desk>), today: &str, most: usize) -> Vec<(String, bool)> {
        let called = block_on(self.pocket.called(*me, seats, day(today), most)).unwrap();
        let title = |body: &xunji_domain::entry::Body| body["title"].as_str().unwrap().to_owned();
        called.iter().map(|called| (title(&called.row.title), called.handed)).collect()
    }

    /// The titles of what is open on a day, with those whom it waits for.
    fn open_cases(&self, today: &str, most: usize) -> Vec<(String, Vec<String>)> {
        let open = block_on(self.pocket.open_cases(day(today), most)).unwrap();
        let whom = |whom: &[Recipient]| whom.iter().map(Recipient::to_string).collect();
        open.iter()
            .map(|case| (case.row.title["title"].as_str().unwrap().to_owned(), whom(&case.whom)))
            .collect()
    }

    fn kept(&self) -> usize {
        block_on(self.memory.range(Table::Meta, Span::prefix("call"))).unwrap().len()
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
    let today = "2026-11-12";
    let both = (keeper().0, centre().1);
    assert_eq!(phone.called(&keeper(), today, 9), [own("2"), own("3"), own("1")]);
    assert_eq!(phone.called(&keeper(), today, 2), [own("2"), own("3")]);
    phone.step(2, "2026-11-11", "escalate", json!({ "escalation_reason": "x" }));
    assert_eq!(phone.called(&keeper(), today, 9), [own("3"), own("1")]);
    assert_eq!(phone.called(&centre(), today, 9), [handed("2")]);
    let mut elsewhere = centre();
    elsewhere.1[0].area = "513322101".parse().unwrap();
    assert_eq!(phone.called(&elsewhere, today, 9), [], "the centre of another township");
    assert_eq!(phone.called(&both, today, 9), [handed("2"), own("3"), own("1")]);
    phone.step(1, "2026-11-11", "emergency", json!({ "emergency_note": "x" }));
    assert_eq!(phone.called(&keeper(), today, 1), [own("1")], "danger before all else");
    for record in [1, 2, 3] {
        phone.step(record, "2026-11-12", "archive", json!({}));
    }
    assert_eq!((phone.called(&both, today, 9), phone.kept()), (vec![], 0));
}

/// The colour says what is urgent: neither how early a ledger warns nor who is waited for does.
#[test]
fn cases_stand_by_colour_then_by_their_last_day_then_the_oldest_first() {
    let mut phone = Phone::new();
    // Thirty days, with a warning five days before their end: orange from 27 November on.
    phone.open(1, "2026-11-02");
    // Two working days from a Monday, with one day's warning: red on the 26th, orange on the day before.
    phone.open(2, "2026-11-20");
    phone.step(2, "2026-11-23", "escalate", json!({ "escalation_reason": "x" }));
    // Waits for others, and for somebody's correction.
    phone.open(3, "2026-11-01");
    phone.step(3, "2026-11-03", "agree", json!({ "agreement_form": "written", "agreement": "x" }));
    phone.step(3, "2026-11-04", "perform", json!({}));
    phone.act(3, "2026-11-05", Action::Ask { field: "people_count".into(), text: "核对人数".into() });
    // Two of one day, and a younger one.
    for (record, opened) in [(4, "2026-11-21"), (5, "2026-11-20"), (6, "2026-11-22")] {
        phone.open(record, opened);
    }
    phone.step(6, "2026-11-22", "emergency", json!({ "emergency_note": "x" }));
    let titles =
        |cases: Vec<(String, Vec<String>)>| cases.into_iter().map(|(title, _)| title).collect::<Vec<_>>();
    let on = |phone: &Phone, today| titles(phone.open_cases(today, 9));
    // Yellow: by the last day; 4 and 5 have the same, which is the working day after a weekend.
    assert_eq!(on(&phone, "2026-11-24"), ["6", "2", "1", "5", "4", "3"], "danger, orange, yellow, blue");
    assert_eq!(
        on(&phone, "2026-11-27"),
        ["2", "6", "1", "5", "4", "3"],
        "red by the last day, orange, yellow"
    );
    assert_eq!(titles(phone.open_cases("2026-11-27", 2)), ["2", "6"], "what is cut off is the least urgent");
    // For whoever has to correct it, it is as urgent as what is due soon.
    let called = phone.called(&keeper(), "2026-11-27", 9);
    assert_eq!(called, ["6", "1", "3", "5", "4"].map(own));
    let since = |phone: &Phone| {
        let open = block_on(phone.pocket.open_cases(day("2026-11-27"), 9)).unwrap();
        open.iter().map(|case| case.since.unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(since(&phone)[..2], ["2026-11-20", "2026-11-22"]);
}

#[test]
fn what_was_given_back_for_correction_waits_for_its_keeper_even_when_it_is_with_a_desk_or_closed() {
    let mut phone = Phone::new();
    phone.open(1, "2026-11-02");
    phone.open(2, "2026-11-10");
    phone.step(2, "2026-11-11", "escalate", json!({ "escalation_reason": "x" }));
    let ask = Action::Ask { field: "people_count".into(), text: "核对人数".into() };
    let asked = phone.act(2, "2026-11-12", ask);
    let (today, both) = ("2026-11-12", (keeper().0, centre().1));
    assert_eq!(phone.called(&keeper(), today, 9), [own("2"), own("1")]);
    assert_eq!(phone.called(&centre(), today, 9), [handed("2")]);
    assert_eq!(phone.called(&both, today, 9), [own("2"), own("1")], "each case once");
    phone.step(2, "2026-11-12", "archive", json!({}));
    assert_eq!(phone.called(&keeper(), today, 9)[0], own("2"));
    phone.act(2, "2026-11-13", Action::Explain { ask: asked, text: "没错".into() });
    assert_eq!(phone.called(&keeper(), today, 9), [own("1")]);
}

#[test]
fn whoever_was_asked_to_take_part_is_called_until_their_part_is_there() {
    let mut phone = Phone::new();
    phone.open(1, "2026-11-02");
    phone.step(1, "2026-11-03", "mediate", json!({}));
    phone.step(1, "2026-11-04", "join", json!({ "partners": ["desk:police:luqiao", "desk:court:luqiao"] }));
    let (today, police) = ("2026-11-05", partner("police:luqiao", DeskKind::Police));
    assert_eq!(phone.called(&police, today, 9), [handed("1")]);
    phone.step(1, "2026-11-05", "part", json!({ "part_of": "desk:police:luqiao", "part": "x" }));
    assert_eq!(phone.called(&police, today, 9), []);
    assert_eq!(phone.called(&partner("court:luqiao", DeskKind::Court), today, 9), [handed("1")]);
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
    let me = Recipient::Worker(keeper().0);
    let police = "desk:police:luqiao".to_owned();
    let all = [
        ("3".to_owned(), vec![CENTRE.to_string()]),
        ("1".to_owned(), vec![me.to_string(), me.to_string()]),
        ("2".to_owned(), vec![me.to_string(), police]),
    ];
    assert_eq!(phone.open_cases("2026-11-08", 9), all);
    assert_eq!(phone.open_cases("2026-11-08", 2), all[..2]);
    let cases = block_on(phone.pocket.open_cases(day("2026-11-08"), 9)).unwrap();
    let with: Vec<_> = cases.into_iter().map(|case| case.with).collect();
    assert_eq!(with, [Some(CENTRE), Some(me.clone()), Some(me)], "partners are asked for their part only");
}

fn form(value: Value) -> Action {
    Action::Open { body: serde_json::from_value(value).unwrap() }
}

/// What the desk of a ledger has to answer is in its inbox although nobody has handed it on.
#[test]
fn a_complaint_waits_for_the_countys_centre_and_a_consultation_is_overseen() {
    let mut phone = Phone::new();
    let (today, village) = ("2026-11-03", "513322100201");
    phone.act_in(("complaint", 1), 1, "2026-11-02", form(json!({ "about": "app", "village": village })));
    phone.act_in(("consultation", 2), 2, "2026-11-02", form(json!({ "topic": "wages", "village": village })));
    let county = Desk { area: "513322".parse().unwrap(), ..seat("county", DeskKind::CountyCentre) };
    let county = (worker(8), vec![county]);
    let records = |(me, seats): &(WorkerId, Vec<Desk>), today: &str| {
        let called = block_on(phone.pocket.called(*me, seats, day(today), 9)).unwrap();
        called.iter().map(|called| (called.row.record, called.handed)).collect::<Vec<_>>()
    };
    let id = |number| RecordId::new(Uuid::from_u128(number));
    assert_eq!(records(&county, today), [(id(1), true)]);
    assert_eq!(records(&centre(), today), [], "not the township's, which it may be about");
    assert_eq!(records(&keeper(), today), [(id(2), false)], "whoever wrote it waits, too");
    let open = block_on(phone.pocket.open_cases(day("2026-11-12"), 9)).unwrap();
    let open: Vec<_> = open.into_iter().map(|case| (case.row.record, case.with)).collect();
    let county_centre = Recipient::Level(DeskKind::CountyCentre);
    assert_eq!(
        open,
        [(id(2), Some(Recipient::Worker(keeper().0))), (id(1), Some(county_centre))],
        "seven working days have passed"
    );
    let answer = json!({ "answer": "x" });
    let step = Action::Step { step: "answer".into(), body: serde_json::from_value(answer).unwrap() };
    phone.act_in(("complaint", 1), 1, today, step);
    assert_eq!(phone.kept(), 1);
}

#[test]
fn a_form_that_reads_as_if_it_had_been_reported_calls_its_writer_until_it_has() {
    let mut phone = Phone::new();
    let found = json!({ "finding": "found", "on_site_result": "reported", "village": "513322100201" });
    phone.act_in(("patrol", 2), 1, "2026-11-02", form(found));
    let called =
        |phone: &Phone| block_on(phone.pocket.called(keeper().0, &[], day("2026-11-02"), 9)).unwrap();
    assert_eq!(called(&phone).len(), 1);
    let report = Action::Step { step: "report".into(), body: Default::default() };
    phone.act_in(("patrol", 2), 1, "2026-11-02", report);
    assert_eq!(called(&phone), []);
    let waits = block_on(phone.pocket.called(centre().0, &centre().1, day("2026-11-02"), 9)).unwrap();
    assert_eq!(waits.len(), 1, "now it is with the township's centre");
}

#[test]
fn what_is_closed_calls_again_when_it_is_to_be_looked_back_at() {
    let mut phone = Phone::new();
    phone.open(1, "2026-11-02");
    phone.step(1, "2026-11-03", "agree", json!({ "agreement_form": "oral", "agreement": "x" }));
    phone.step(1, "2026-11-04", "close", json!({}));
    for (today, called) in
        [("2026-11-05", vec![]), ("2026-11-29", vec![own("1")]), ("2027-01-01", vec![own("1")])]
    {
        assert_eq!(phone.called(&keeper(), today, 9), called, "{today}");
        assert_eq!(phone.open_cases(today, 9).len(), called.len(), "{today}");
    }
    phone.step(1, "2026-11-29", "follow_up", json!({ "follow_up": "x" }));
    assert_eq!(phone.kept(), 0);
}

/// Databases of earlier days said in their keys whom a case waits for and by when.
#[test]
fn calls_of_earlier_days_are_made_anew_under_keys_that_say_nothing() {
    let mut phone = Phone::new();
    phone.open(1, "2026-11-02");
    let record = RecordId::new(Uuid::from_u128(1));
    let old = format!("call/worker:{}/2026-11-27/{record}", keeper().0);
    let row = br#"{"row":"x"}"#.to_vec();
    let list = serde_json::to_vec(&[&old]).unwrap();
    let read = block_on(phone.memory.generation()).unwrap();
    let writes = vec![
        Write::Delete(Table::Meta, format!("call/{record}")),
        Write::Put(Table::Meta, old, row),
        Write::Put(Table::Meta, format!("called/{record}"), list),
    ];
    assert_eq!(block_on(phone.memory.commit(read, writes)), Ok(Commit::Done));
    assert_eq!(phone.called(&keeper(), "2026-11-12", 9), []);
    let (pocket, _) = block_on(Pocket::open(phone.memory.clone(), phone.pocket.installation())).unwrap();
    phone.pocket = pocket;
    assert_eq!(phone.called(&keeper(), "2026-11-12", 9), [own("1")]);
    let keys = block_on(phone.memory.range(Table::Meta, Span::prefix("call"))).unwrap();
    let keys: Vec<_> = keys.into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, [format!("call/{record}")]);
    let before = block_on(phone.memory.generation());
    block_on(Pocket::open(phone.memory.clone(), phone.pocket.installation())).unwrap();
    assert_eq!(block_on(phone.memory.generation()), before, "once");
}

#[test]
fn another_table_of_holidays_moves_the_last_days_of_what_is_open() {
    let mut phone = Phone::new();
    phone.open(1, "2026-11-02");
    let due = |phone: &Phone| {
        block_on(phone.pocket.called(keeper().0, &[], day("2026-11-12"), 9)).unwrap()[0].row.timing.due
    };
    assert_eq!(due(&phone), Some(day("2026-12-02")));
    let calendar = Calendar { off: vec![day("2026-12-02")], worked: Vec::new() };
    let definitions =
        Definitions { kinds: Kind::built_in().to_vec(), county: County::built_in().clone(), calendar };
    block_on(phone.pocket.define(&definitions, None)).unwrap();
    assert_eq!(due(&phone), Some(day("2026-12-03")));
    assert_eq!(phone.pocket.calendar().off, [day("2026-12-02")]);
    let row = &block_on(phone.pocket.called(keeper().0, &[], day("2026-11-12"), 9)).unwrap()[0].row;
    let colour = |today: &str| row.timing.on(&phone.pocket.calendar(), day(today)).colour;
    assert_eq!(
        ["2026-11-27", "2026-11-28", "2026-12-03", "2026-12-04"].map(colour),
        [Colour::Yellow, Colour::Orange, Colour::Orange, Colour::Red]
    );
}
