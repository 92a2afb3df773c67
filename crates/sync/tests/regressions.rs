//! What the simulation, or writing it, has brought to light in this crate: each as the shortest story that shows it.

#![allow(clippy::unwrap_used, reason = "Clippy does not take the helpers of tests for tests.")]

use std::cell::Cell;

use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    entry::{Action, Entry},
    id::{EntryId, InstallationId, Position, Revision, Seq},
    kind::Kind,
    record::Standing,
    village::County,
    wire::{Answer, Definitions, MailboxItem, MailboxPage, Outcome, Reason, Receipt, Refusal},
};
use xunji_sync::{
    engine::{Effect, Ended, Engine, Event, Failure, Job, Millis, Phase},
    memory::Memory,
    pocket::{Mailbox, Pocket, Unsent, WaitingState},
    storage::{Ask, Commit, Generation, Lying, Span, Storage, StorageError, Table, Write},
    suite::{accepted, unsent},
};

fn installation(number: u128) -> InstallationId {
    InstallationId::new(Uuid::from_u128(number))
}

fn open(memory: &Memory) -> Pocket<Memory> {
    pollster::block_on(Pocket::open(memory.clone(), installation(1))).unwrap().0
}

fn item(position: u64, entry: &Entry, outcome: Outcome) -> MailboxItem {
    let Answer::Receipt { receipt, .. } = accepted(entry, 1) else { panic!("a receipt") };
    MailboxItem {
        position: Position(position),
        entry: entry.clone(),
        receipt: Receipt { outcome, ..receipt },
        masked: false,
    }
}

fn page(items: Vec<MailboxItem>) -> MailboxPage {
    let head = items.last().map_or(Position(0), |item| item.position);
    MailboxPage { items, people: Vec::new(), head, reset: false }
}

fn reset() -> MailboxPage {
    MailboxPage { reset: true, ..page(Vec::new()) }
}

const FIRST: Outcome = Outcome::Accepted { revision: Revision(1) };

async fn states(pocket: &Pocket<Memory>) -> Vec<WaitingState> {
    pocket.outbox().await.unwrap().into_iter().map(|waiting| waiting.state).collect()
}

/// A disk that is full after so many commits.
struct Tired {
    memory: Memory,
    commits: Cell<u32>,
}

impl Storage for &Tired {
    async fn generation(&self) -> Result<Generation, StorageError> {
        self.memory.generation().await
    }

    async fn read(&self, asks: Vec<Ask>) -> Result<Vec<Vec<Lying>>, StorageError> {
        self.memory.read(asks).await
    }

    async fn keys(&self, table: Table) -> Result<Vec<String>, StorageError> {
        self.memory.keys(table).await
    }

    async fn count(&self, table: Table) -> Result<usize, StorageError> {
        self.memory.count(table).await
    }

    async fn commit(&self, read: Generation, writes: Vec<Write>) -> Result<Commit, StorageError> {
        self.commits.set(self.commits.get().checked_sub(1).ok_or(StorageError::Full)?);
        self.memory.commit(read, writes).await
    }
}

/// Invariant 5: a station that was put back to an older backup parked what it had accepted, a note whose record it had
/// lost. The history said so, but the author's list of what came back did not.
#[test]
fn what_was_accepted_and_is_parked_now_comes_back_to_its_author() {
    pollster::block_on(async {
        let pocket = open(&Memory::default());
        let entry = pocket.save(&unsent(1, "a")).await.unwrap();
        let sent = std::slice::from_ref(&entry);
        pocket.acknowledge(sent, &[accepted(&entry, 1)]).await.unwrap();
        assert_eq!(states(&pocket).await, []);
        let reason = Reason::UnknownRecord;
        let parked = Outcome::Parked { reason: reason.clone() };
        let now = page(vec![item(1, &entry, parked.clone())]);
        pocket.receive(&Mailbox::Own, Position(0), &now).await.unwrap();
        assert_eq!(states(&pocket).await, [WaitingState::Parked { reason }]);
        assert_eq!(pocket.counts().await.unwrap().returned, 1);
        let mut repaired = unsent(2, "b");
        repaired.content.record = entry.content.record;
        repaired.content.replaces = Some(entry.content.id);
        pocket.save(&repaired).await.unwrap();
        let again = page(vec![item(2, &entry, parked)]);
        pocket.receive(&Mailbox::Own, Position(1), &again).await.unwrap();
        assert_eq!(
            states(&pocket).await,
            [WaitingState::Unsent],
            "what was repaired waits for nobody any more"
        );
    });
}

/// Invariant 6: the entry's own return in the mailbox took the row away that said that its photo could not be sent.
#[test]
fn a_photo_that_cannot_be_sent_stays_to_be_seen() {
    pollster::block_on(async {
        let pocket = open(&Memory::default());
        let photo = Digest::new([9; 32]);
        let mut unsent = unsent(1, "a");
        unsent.content.attachments = vec![photo];
        let entry = pocket.save(&unsent).await.unwrap();
        let Answer::Receipt { receipt, .. } = accepted(&entry, 1) else { panic!("a receipt") };
        let answer = Answer::Receipt { receipt, missing: vec![photo] };
        pocket.acknowledge(std::slice::from_ref(&entry), &[answer]).await.unwrap();
        pocket.refuse_attachment(Seq(1), photo).await.unwrap();
        pocket.receive(&Mailbox::Own, Position(0), &page(vec![item(1, &entry, FIRST)])).await.unwrap();
        assert_eq!(states(&pocket).await, [WaitingState::Refused { refusal: Refusal::Damaged }]);
    });
}

/// Invariant 5, within an entry: a photo that can't be sent was tried first each time, and the ones after it never went.
#[test]
fn a_photo_that_cannot_be_sent_holds_up_no_other_of_its_entry() {
    pollster::block_on(async {
        let pocket = open(&Memory::default());
        let photos = [3, 1, 2].map(|number| Digest::new([number; 32]));
        let mut unsent = unsent(1, "a");
        unsent.content.attachments = photos.to_vec();
        let entry = pocket.save(&unsent).await.unwrap();
        let Answer::Receipt { receipt, .. } = accepted(&entry, 1) else { panic!("a receipt") };
        let answer = Answer::Receipt { receipt, missing: photos.to_vec() };
        pocket.acknowledge(std::slice::from_ref(&entry), &[answer]).await.unwrap();
        let mut tried = Vec::new();
        while let Some((seq, digest)) = pocket.next_blob().await.unwrap() {
            tried.push(digest);
            if digest == photos[2] {
                pocket.blob_delivered(seq, digest).await.unwrap();
            } else {
                pocket.refuse_attachment(seq, digest).await.unwrap();
            }
        }
        assert_eq!(tried, [1, 2, 3].map(|number| Digest::new([number; 32])));
        assert_eq!(states(&pocket).await, [WaitingState::Refused { refusal: Refusal::Damaged }]);
    });
}

/// Invariant 6: an entry with photos that was refused as a whole and had arrived all the same asks what is missing.
#[test]
fn a_refused_entry_that_had_arrived_asks_for_its_photos() {
    pollster::block_on(async {
        let pocket = open(&Memory::default());
        let mut unsent = unsent(1, "a");
        unsent.content.attachments = vec![Digest::new([9; 32])];
        let entry = pocket.save(&unsent).await.unwrap();
        pocket.refuse(&entry, Refusal::Unreadable).await.unwrap();
        pocket.receive(&Mailbox::Own, Position(0), &page(vec![item(1, &entry, FIRST)])).await.unwrap();
        assert_eq!(states(&pocket).await, [WaitingState::Unsent]);
    });
}

/// Invariant 2: a phone and its copy give one number to two entries. The copy's, coming down, took this one's row away.
#[test]
fn another_entry_under_the_same_number_settles_nothing_of_this_phone() {
    pollster::block_on(async {
        let pocket = open(&Memory::default());
        let own = pocket.save(&unsent(1, "a")).await.unwrap();
        let other = unsent(2, "b");
        let other = Entry { digest: other.digest, content: other.content, ..own.clone() };
        pocket.receive(&Mailbox::Own, Position(0), &page(vec![item(1, &other, FIRST)])).await.unwrap();
        assert_eq!(states(&pocket).await, [WaitingState::Unsent]);
        assert_eq!(pocket.record_count().await, Ok(2));
        pocket.receive(&Mailbox::Own, Position(1), &reset()).await.unwrap();
        assert_eq!(pocket.outbox().await.unwrap()[0].entry, own.content.id);
    });
}

/// Invariant 5: what was put back from a backup and comes down under its old number went up under that number, too,
/// was refused for it, and was sent again without end.
#[test]
fn what_comes_down_under_its_old_number_keeps_its_place_here() {
    pollster::block_on(async {
        let pocket = open(&Memory::default());
        pocket.save(&unsent(1, "a")).await.unwrap();
        let own = pocket.save(&unsent(2, "put back")).await.unwrap();
        let before = Entry { installation: installation(77), seq: Seq(9), ..own.clone() };
        pocket.receive(&Mailbox::Own, Position(0), &page(vec![item(1, &before, FIRST)])).await.unwrap();
        let left = pocket.outbox().await.unwrap();
        assert_eq!(
            left.iter().map(|waiting| waiting.entry).collect::<Vec<_>>(),
            [EntryId::new(Uuid::from_u128(1))]
        );
        let record = pocket.record(own.content.record).await.unwrap().unwrap();
        assert_eq!(record.entries[0].entry, own);
    });
}

/// Invariant 4: a refusal by somebody on the way that comes after the receipt takes nothing back.
#[test]
fn a_late_refusal_takes_no_receipt_back() {
    pollster::block_on(async {
        let pocket = open(&Memory::default());
        let entry = pocket.save(&unsent(1, "a")).await.unwrap();
        pocket.acknowledge(std::slice::from_ref(&entry), &[accepted(&entry, 1)]).await.unwrap();
        pocket.refuse(&entry, Refusal::Unreadable).await.unwrap();
        let record = pocket.record(entry.content.record).await.unwrap().unwrap();
        assert!(matches!(record.entries[0].standing, Standing::Accepted { .. }));

        let parked = pocket.save(&unsent(2, "b")).await.unwrap();
        let reason = Reason::Invalid { problems: Vec::new() };
        let down = item(1, &parked, Outcome::Parked { reason: reason.clone() });
        pocket.receive(&Mailbox::Own, Position(0), &page(vec![down])).await.unwrap();
        pocket.refuse(&parked, Refusal::Unreadable).await.unwrap();
        assert_eq!(states(&pocket).await, [WaitingState::Parked { reason }]);
    });
}

/// Invariant 5: a row that can't be read any more kept every other one from being sent.
#[test]
fn an_entry_that_is_gone_from_the_disk_holds_no_other_up() {
    pollster::block_on(async {
        let memory = Memory::default();
        let pocket = open(&memory);
        let gone = pocket.save(&unsent(1, "a")).await.unwrap();
        let damaged = pocket.save(&unsent(2, "b")).await.unwrap();
        let whole = pocket.save(&unsent(3, "c")).await.unwrap();
        let key = |entry: &Entry| format!("{}/{}", entry.content.record, entry.content.id);
        let read = memory.generation().await.unwrap();
        let writes = vec![
            Write::Delete(Table::Entries, key(&gone)),
            Write::Put(Table::Entries, key(&damaged), b"{".to_vec()),
        ];
        memory.commit(read, writes).await.unwrap();
        assert_eq!(pocket.next_batch(9, 1 << 20).await.unwrap().entries, [whole]);
        let refused = WaitingState::Refused { refusal: Refusal::Damaged };
        assert_eq!(states(&pocket).await, [refused.clone(), refused, WaitingState::Unsent]);
    });
}

/// Invariant 9: a station that was restored from an older backup says that the mailbox begins anew. What it had of this
/// phone is sent again, unless it comes down.
#[test]
fn what_a_restored_station_has_forgotten_is_sent_again() {
    pollster::block_on(async {
        let pocket = open(&Memory::default());
        let kept = pocket.save(&unsent(1, "a")).await.unwrap();
        let forgotten = pocket.save(&unsent(2, "b")).await.unwrap();
        let both = page(vec![item(1, &kept, FIRST), item(2, &forgotten, FIRST)]);
        pocket.receive(&Mailbox::Own, Position(0), &both).await.unwrap();
        assert!(states(&pocket).await.is_empty());
        pocket.receive(&Mailbox::Own, Position(2), &reset()).await.unwrap();
        pocket.receive(&Mailbox::Own, Position(0), &page(vec![item(1, &kept, FIRST)])).await.unwrap();
        let batch = pocket.next_batch(9, 1 << 20).await.unwrap();
        assert_eq!(batch.entries, [forgotten]);
    });
}

/// Invariants 4 and 9: what was parked and repaired since goes to the restored station, too, or its number would be
/// missing there for ever; its author has nothing more to do about it.
#[test]
fn what_was_repaired_is_sent_again_without_troubling_its_author() {
    pollster::block_on(async {
        let pocket = open(&Memory::default());
        let reason = Reason::Invalid { problems: Vec::new() };
        let parked = pocket.save(&unsent(1, "a")).await.unwrap();
        let down = item(1, &parked, Outcome::Parked { reason });
        pocket.receive(&Mailbox::Own, Position(0), &page(vec![down.clone()])).await.unwrap();
        let mut repaired = unsent(1, "b");
        repaired.content.id = EntryId::new(Uuid::from_u128(50));
        repaired.content.replaces = Some(parked.content.id);
        repaired.digest = Digest::new([50; 32]);
        let repaired = pocket.save(&repaired).await.unwrap();
        pocket.receive(&Mailbox::Own, Position(1), &page(vec![item(2, &repaired, FIRST)])).await.unwrap();
        pocket.receive(&Mailbox::Own, Position(2), &reset()).await.unwrap();
        pocket.receive(&Mailbox::Own, Position(0), &page(vec![item(1, &repaired, FIRST)])).await.unwrap();
        assert_eq!(pocket.next_batch(9, 1 << 20).await.unwrap().entries, std::slice::from_ref(&parked));
        let answer = Answer::Receipt { receipt: down.receipt, missing: Vec::new() };
        pocket.acknowledge(std::slice::from_ref(&parked), &[answer]).await.unwrap();
        assert!(pocket.outbox().await.unwrap().is_empty());
    });
}

/// Invariant 6: a backup does not know whether the photos of an accepted entry had arrived. They were never sent again.
#[test]
fn photos_out_of_a_backup_are_offered_again() {
    pollster::block_on(async {
        let old = open(&Memory::default());
        let photo = (Digest::new([9; 32]), vec![1, 2, 3]);
        let mut unsent = unsent(1, "a");
        unsent.content.attachments = vec![photo.0];
        unsent.blobs = vec![photo.clone()];
        let entry = old.save(&unsent).await.unwrap();
        let Answer::Receipt { receipt, .. } = accepted(&entry, 1) else { panic!("a receipt") };
        let answer = Answer::Receipt { receipt, missing: vec![photo.0] };
        old.acknowledge(std::slice::from_ref(&entry), &[answer]).await.unwrap();
        let (backup, ..) = old.back_up(entry.content.author).await.unwrap();
        let new = open(&Memory::default());
        new.restore(&backup, &[photo]).await.unwrap();
        assert_eq!(states(&new).await, [WaitingState::Unsent]);
    });
}

/// Invariant 8: putting a backup back was cut short between an entry and the fold of its record; the next attempt
/// found the entry there and left the record out for good.
#[test]
fn a_backup_that_is_put_back_in_two_attempts_is_whole() {
    pollster::block_on(async {
        let old = open(&Memory::default());
        let entries: Vec<Entry> =
            [old.save(&unsent(1, "a")).await.unwrap(), old.save(&unsent(2, "b")).await.unwrap()].into();
        old.acknowledge(&entries, &[accepted(&entries[0], 1), accepted(&entries[1], 1)]).await.unwrap();
        let (backup, ..) = old.back_up(entries[0].content.author).await.unwrap();
        let tired = Tired { memory: Memory::default(), commits: Cell::new(1) };
        let new = Pocket::open(&tired, installation(2)).await.unwrap().0;
        // Each attempt gets a commit further than the one before.
        for commits in 0..3 {
            tired.commits.set(commits);
            drop(new.restore(&backup, &[]).await);
            assert_eq!(new.record_count().await, tired.memory.count(Table::Entries).await, "{commits}");
        }
        assert_eq!(new.record_count().await, Ok(2));
    });
}

/// Invariant 8: a definition that comes after the entries that need it.
#[test]
fn a_definition_that_comes_later_folds_its_records_again() {
    pollster::block_on(async {
        let pocket = open(&Memory::default());
        let mut newer = unsent(1, "a");
        newer.content.kind_version = 99;
        let other = Entry {
            installation: installation(9),
            seq: Seq(1),
            digest: newer.digest,
            content: newer.content,
        };
        pocket.receive(&Mailbox::Own, Position(0), &page(vec![item(1, &other, FIRST)])).await.unwrap();
        let mut kind = Kind::built_in().iter().find(|kind| kind.id.as_str() == "patrol").unwrap().clone();
        kind.version = 99;
        kind.workflow.initial = "checked".into();
        let definitions = Definitions {
            kinds: vec![kind],
            county: County::built_in().clone(),
            calendar: Default::default(),
        };
        pocket.define(&definitions, None).await.unwrap();
        let record = pocket.record(other.content.record).await.unwrap().unwrap();
        assert_eq!(record.state.as_str(), "checked");
    });
}

/// A remark that came without its words, and later whole, could not be found: the fields and the number of entries were
/// what they had been.
#[test]
fn a_remark_that_comes_to_light_is_found() {
    pollster::block_on(async {
        let memory = Memory::default();
        let pocket = open(&memory);
        let opening = unsent(1, "a");
        let mut note = unsent(2, "");
        note.content.record = opening.content.record;
        note.content.action = Action::Note { text: "水渠".into() };
        let entry = |unsent: Unsent, seq| Entry {
            installation: installation(9),
            seq: Seq(seq),
            digest: unsent.digest,
            content: unsent.content,
        };
        let (opening, note) = (entry(opening, 1), entry(note, 2));
        let mut blank = note.clone();
        blank.content.action = Action::Note { text: String::new() };
        let second = Outcome::Accepted { revision: Revision(2) };
        let masked = MailboxItem { masked: true, ..item(2, &blank, second.clone()) };
        let overseen = page(vec![item(1, &opening, FIRST), masked]);
        let overseer = Mailbox::Oversight("county_centre:513322".into());
        assert_eq!(pocket.receive(&overseer, Position(0), &overseen).await, Ok(true));
        let words = async || {
            while pocket.shelve().await.unwrap() {}
            let shelves = memory.range(Table::Shelves, Span::all()).await.unwrap();
            shelves.into_iter().map(|(_, lines)| String::from_utf8(lines).unwrap()).collect::<String>()
        };
        assert!(!words().await.contains("水渠"));
        let whole = page(vec![item(1, &note, second)]);
        assert_eq!(pocket.receive(&Mailbox::Own, Position(0), &whole).await, Ok(true));
        assert!(words().await.contains("水渠"));
    });
}

/// Invariant 5: the phone was enrolled anew while a request with the old token was on its way. The answer to that one
/// stopped the sending for good.
#[test]
fn an_old_tokens_refusal_does_not_stop_a_phone_that_was_enrolled_since() {
    let mut engine = Engine::new(true);
    assert!(engine.step(Event::Leading, Millis(0), 0).contains(&Effect::Begin(Job::Probe)));
    engine.step(Event::Enrolled, Millis(1), 0);
    let refused = Event::Done(Job::Probe, Ended::Badly(Failure::Unauthorised));
    let effects = engine.step(refused, Millis(2), 0);
    assert!(effects.contains(&Effect::Begin(Job::Probe)), "{effects:?}");
    let refused = Event::Done(Job::Probe, Ended::Badly(Failure::Unauthorised));
    engine.step(refused, Millis(3), 0);
    assert_eq!(engine.phase(), Phase::Stopped, "the new token is refused, too");
}
