//! What every storage must do, as one suite: run by this crate over memory, and by the app over IndexedDB in a real
//! browser.
//!
//! Each test gets a new, empty storage, and `reopen` gives a second connection to the same one.

mod attachments;
mod mailboxes;

use chrono::DateTime;
use serde_json::json;
use uuid::Uuid;
use xunji_domain::{
    area::Area,
    canonical::Digest,
    desk::{Desk, DeskKind},
    entry::{Action, Body, Content, Entry},
    id::{EntryId, InstallationId, Position, RecordId, Revision, Seq, WorkerId},
    person::{Role, Worker},
    record::Standing,
    village::VillageCode,
    wire::{Answer, Directory, Enrolment, MailboxItem, MailboxPage, Me, Outcome, Reason, Receipt, Refusal},
};

use crate::{
    index::{Hunt, Index, Question},
    memory::Memory,
    pocket::{
        Addition, Badge, Cursor, Doing, Draft, Found, Mailbox, Next, Pocket, Rejected, Restored, Row, Unsent,
    },
    storage::{Ask, Commit, Generation, Span, Storage, StorageError, Table, Write},
    words::Words,
};

pub use self::{
    attachments::{
        a_discarded_draft_takes_its_photos_along, only_delivered_attachments_are_thinned,
        what_nothing_names_goes_a_day_later,
    },
    mailboxes::{
        a_whole_entry_is_never_replaced_by_a_masked_one, each_mailbox_has_a_place_of_its_own,
        only_the_own_mailbox_sends_again,
    },
};

/// Runs `$run!(name)` for every test of the suite, so that each host can make tests of its own sort from them.
#[macro_export]
macro_rules! storage_suite {
    ($run:ident) => {
        $run!(what_is_committed_is_read_back);
        $run!(a_commit_on_an_old_generation_changes_nothing);
        $run!(spans_are_ordered_and_bounded);
        $run!(what_is_asked_together_is_answered_in_order);
        $run!(saved_means_saved_in_one_commit);
        $run!(saving_twice_saves_once);
        $run!(two_tabs_share_one_sequence_without_gaps);
        $run!(nothing_leaves_the_outbox_without_a_receipt_that_names_it);
        $run!(a_parked_entry_blocks_no_other_and_can_be_repaired);
        $run!(an_entry_is_delivered_when_its_last_attachment_is);
        $run!(only_delivered_attachments_are_thinned);
        $run!(what_nothing_names_goes_a_day_later);
        $run!(a_discarded_draft_takes_its_photos_along);
        $run!(a_lost_answer_is_made_good_by_the_mailbox);
        $run!(the_mailbox_is_read_without_gaps);
        $run!(each_mailbox_has_a_place_of_its_own);
        $run!(a_whole_entry_is_never_replaced_by_a_masked_one);
        $run!(only_the_own_mailbox_sends_again);
        $run!(what_the_station_says_of_the_person_is_kept);
        $run!(the_canary_tells_a_loss);
        $run!(drafts_stay_until_they_are_saved);
        $run!(the_ledger_is_newest_first_and_can_be_searched);
        $run!(a_backup_brings_everything_back_once);
        $run!(a_record_knows_its_doubles_as_long_as_they_are_merged);
    };
}

/// An entry to be saved, numbered so that equal numbers mean the same entry.
pub fn unsent(number: u128, text: &str) -> Unsent {
    let body: Body =
        [("patrol_kind", json!("grid")), ("village", json!("513322100201")), ("route", json!(text))]
            .into_iter()
            .map(|(field, value)| (field.into(), value))
            .collect();
    Unsent {
        content: Content {
            id: EntryId::new(Uuid::from_u128(number)),
            record: RecordId::new(Uuid::from_u128(number + 1_000)),
            kind: "patrol".into(),
            kind_version: 1,
            author: WorkerId::new(Uuid::from_u128(7)),
            noted_at: DateTime::from_timestamp(1_700_000_000 + number as i64, 0)
                .unwrap_or_default()
                .fixed_offset(),
            basis: Revision(0),
            replaces: None,
            action: Action::Open { body },
            attachments: Vec::new(),
        },
        // Stands for the hash: the pocket only ever compares digests.
        digest: Digest::new([number as u8; 32]),
        blobs: Vec::new(),
    }
}

/// The station's answer that an entry is accepted.
pub fn accepted(entry: &Entry, revision: u64) -> Answer {
    Answer::Receipt {
        receipt: receipt(entry, Outcome::Accepted { revision: Revision(revision) }),
        missing: Vec::new(),
    }
}

fn receipt(entry: &Entry, outcome: Outcome) -> Receipt {
    Receipt {
        entry: entry.content.id,
        digest: entry.digest,
        received_at: DateTime::UNIX_EPOCH,
        outcome,
        signature: None,
    }
}

fn installation(number: u128) -> InstallationId {
    InstallationId::new(Uuid::from_u128(number))
}

async fn pocket<S: Storage>(storage: S) -> Pocket<S> {
    Pocket::open(storage, installation(1)).await.expect("opens").0
}

async fn commit<S: Storage>(storage: &S, writes: Vec<Write>) {
    let read = storage.generation().await.expect("a generation");
    assert_eq!(storage.commit(read, writes).await, Ok(Commit::Done));
}

/// Puts, reads, deletes, also bytes that are no text.
pub async fn what_is_committed_is_read_back<S: Storage>(storage: S, reopen: impl AsyncFn() -> S) {
    let bytes: Vec<u8> = (0..=255).collect();
    let put = Write::Put(Table::Blobs, "a".into(), bytes.clone());
    commit(&storage, vec![put, Write::Put(Table::Meta, "a".into(), b"1".to_vec())]).await;
    let again = reopen().await;
    assert_eq!(again.get(Table::Blobs, "a").await, Ok(Some(bytes)));
    assert_eq!(again.count(Table::Meta).await, Ok(1));
    commit(&again, vec![Write::Delete(Table::Meta, "a".into()), Write::Delete(Table::Meta, "b".into())])
        .await;
    assert_eq!(storage.get(Table::Meta, "a").await, Ok(None));
    assert_eq!(storage.generation().await, Ok(Generation(2)));
}

/// Optimistic commits: whoever read before another wrote has to read again.
pub async fn a_commit_on_an_old_generation_changes_nothing<S: Storage>(
    storage: S,
    reopen: impl AsyncFn() -> S,
) {
    let old = storage.generation().await.expect("a generation");
    commit(&reopen().await, vec![Write::Put(Table::Meta, "a".into(), b"1".to_vec())]).await;
    let writes = vec![Write::Put(Table::Meta, "a".into(), b"2".to_vec())];
    assert_eq!(storage.commit(old, writes).await, Ok(Commit::Stale));
    assert_eq!(storage.get(Table::Meta, "a").await, Ok(Some(b"1".to_vec())));
}

/// Ranges.
pub async fn spans_are_ordered_and_bounded<S: Storage>(storage: S, _: impl AsyncFn() -> S) {
    let keys = ["a/1", "a/2", "a/3", "b/1", "村"];
    let put = |key: &&str| Write::Put(Table::Rows, (*key).into(), Vec::new());
    commit(&storage, keys.iter().rev().map(put).collect()).await;
    let read = async |span| -> Vec<String> {
        let rows = storage.range(Table::Rows, span).await.expect("a range");
        rows.into_iter().map(|(key, _)| key).collect()
    };
    assert_eq!(read(Span::all()).await, keys);
    assert_eq!(read(Span::prefix("a/")).await, &keys[..3]);
    assert_eq!(read(Span::prefix("a/").after("a/1").limit(1)).await, ["a/2"]);
    assert_eq!(read(Span::all().after("b/1")).await, ["村"]);
    assert!(read(Span::prefix("c")).await.is_empty());
    assert_eq!(storage.keys(Table::Rows).await.expect("keys"), keys);
}

/// Invariant 1, the part that a storage answers for.
pub async fn saved_means_saved_in_one_commit<S: Storage>(storage: S, reopen: impl AsyncFn() -> S) {
    let pocket = pocket(storage).await;
    let before = pocket_generation(&reopen().await).await;
    let mut unsent = unsent(1, "老街");
    unsent.blobs = vec![(Digest::new([9; 32]), vec![1, 2, 3])];
    let entry = pocket.save(&unsent).await.expect("saved");
    assert_eq!(entry.seq, Seq(1));
    let second = reopen().await;
    assert_eq!(pocket_generation(&second).await.0, before.0 + 1, "one commit");
    let second = self::pocket(second).await;
    let record = second.record(entry.content.record).await.expect("read").expect("the record");
    assert_eq!(record.entries.len(), 1);
    assert_eq!(record.body()["route"], json!("老街"));
    assert_eq!(second.blob(Digest::new([9; 32])).await, Ok(Some(vec![1, 2, 3])));
    assert_eq!(second.outbox().await.expect("read").len(), 1);
    assert_eq!(second.next_batch(10, 10_000).await.expect("read").entries, [entry]);
}

async fn pocket_generation<S: Storage>(storage: &S) -> Generation {
    storage.generation().await.expect("a generation")
}

/// A commit that the page never heard of is simply repeated.
pub async fn saving_twice_saves_once<S: Storage>(storage: S, reopen: impl AsyncFn() -> S) {
    let pocket = pocket(storage).await;
    let first = pocket.save(&unsent(1, "a")).await.expect("saved");
    let again = self::pocket(reopen().await).await.save(&unsent(1, "a")).await.expect("saved");
    assert_eq!(first, again);
    assert_eq!(pocket.outbox().await.expect("read").len(), 1);
    let mut other = unsent(1, "b");
    other.digest = Digest::new([2; 32]);
    assert_eq!(pocket.save(&other).await, Err(Rejected::SavedOtherwise));
}

/// Two tabs, one outbox.
pub async fn two_tabs_share_one_sequence_without_gaps<S: Storage>(storage: S, reopen: impl AsyncFn() -> S) {
    let (one, two) = (pocket(storage).await, pocket(reopen().await).await);
    assert_eq!(one.installation(), two.installation());
    for number in 0..5 {
        let tab = if number % 2 == 0 { &one } else { &two };
        assert_eq!(tab.save(&unsent(number, "a")).await.expect("saved").seq, Seq(number as u64 + 1));
    }
    assert_eq!(one.next_batch(3, 1 << 20).await.map(|out| (out.entries.len(), out.remaining)), Ok((3, 2)));
    let sizes = one.outbox().await.expect("read").iter().map(|waiting| waiting.bytes).collect::<Vec<_>>();
    let two_fit = sizes[0] + sizes[1] + 1024;
    assert_eq!(two.next_batch(9, two_fit).await.map(|out| out.entries.len()), Ok(2));
    assert_eq!(two.next_batch(9, 1).await.map(|out| out.entries.len()), Ok(1), "never stuck on a large one");
}

/// Invariant 2.
pub async fn nothing_leaves_the_outbox_without_a_receipt_that_names_it<S: Storage>(
    storage: S,
    _: impl AsyncFn() -> S,
) {
    let pocket = pocket(storage).await;
    let (one, two) = (pocket.save(&unsent(1, "a")).await, pocket.save(&unsent(2, "b")).await);
    let sent = [one.expect("saved"), two.expect("saved")];
    let wrong = [accepted(&sent[1], 1), accepted(&sent[0], 1)];
    assert_eq!(pocket.acknowledge(&sent, &wrong).await, Ok(0), "answers that name others");
    let mut other_digest = sent[0].clone();
    other_digest.digest = Digest::new([200; 32]);
    assert_eq!(pocket.acknowledge(&sent, &[accepted(&other_digest, 1)]).await, Ok(0), "another digest");
    assert_eq!(pocket.acknowledge(&sent, &[]).await, Ok(0), "a truncated answer");
    assert_eq!(pocket.counts().await.map(|counts| counts.waiting), Ok(2));
    assert_eq!(pocket.acknowledge(&sent, &[accepted(&sent[0], 1)]).await, Ok(1));
    assert_eq!(pocket.acknowledge(&sent, &[accepted(&sent[0], 1)]).await, Ok(1), "an answer may come twice");
    let left = pocket.outbox().await.expect("read");
    assert_eq!(left.iter().map(|waiting| waiting.entry).collect::<Vec<_>>(), [sent[1].content.id]);
    let record = pocket.record(sent[0].content.record).await.expect("read").expect("the record");
    assert!(matches!(record.entries[0].standing, Standing::Accepted { revision: Revision(1), .. }));
}

/// Invariant 5 on the phone.
pub async fn a_parked_entry_blocks_no_other_and_can_be_repaired<S: Storage>(
    storage: S,
    _: impl AsyncFn() -> S,
) {
    let pocket = pocket(storage).await;
    let bad = pocket.save(&unsent(1, "a")).await.expect("saved");
    let good = pocket.save(&unsent(2, "b")).await.expect("saved");
    let refused = pocket.save(&unsent(3, "c")).await.expect("saved");
    let parked = Outcome::Parked { reason: Reason::Invalid { problems: Vec::new() } };
    let answers = [
        Answer::Receipt { receipt: receipt(&bad, parked), missing: Vec::new() },
        accepted(&good, 1),
        Answer::Refused { entry: Some(refused.content.id), refusal: Refusal::Damaged },
    ];
    assert_eq!(pocket.acknowledge(&[bad.clone(), good, refused], &answers).await, Ok(3));
    let counts = pocket.counts().await.expect("read");
    assert_eq!((counts.waiting, counts.returned), (0, 2));
    assert!(pocket.next_batch(9, 1 << 20).await.expect("read").entries.is_empty());
    pocket.retry_refused().await.expect("written");
    assert_eq!(pocket.next_batch(9, 1 << 20).await.expect("read").entries.len(), 1);

    let record = pocket.record(bad.content.record).await.expect("read").expect("the record");
    let draft = Draft::repairing(&record.entries[0], EntryId::new(Uuid::from_u128(50)), bad.content.noted_at);
    let draft = draft.expect("an opening entry has a form");
    pocket.put_draft(&draft).await.expect("written");
    let mut repaired = unsent(1, "a, mended");
    repaired.content.id = draft.id;
    repaired.content.record = draft.record;
    repaired.content.replaces = draft.replaces;
    repaired.digest = Digest::new([50; 32]);
    let repaired = pocket.save(&repaired).await.expect("saved");
    assert_eq!(pocket.counts().await.map(|counts| (counts.waiting, counts.returned)), Ok((2, 0)));
    pocket.acknowledge(std::slice::from_ref(&repaired), &[accepted(&repaired, 1)]).await.expect("written");
    let rows = found(&pocket, &filled(&pocket).await, None, "mended").await;
    assert_eq!(rows.iter().map(|row| row.badge).collect::<Vec<_>>(), [Badge::Delivered]);
}

/// The way back of [`Action::Merge`], whichever of the two arrives first.
pub async fn a_record_knows_its_doubles_as_long_as_they_are_merged<S: Storage>(
    storage: S,
    _: impl AsyncFn() -> S,
) {
    let pocket = pocket(storage).await;
    let (double, kept) = (unsent(1, "a"), unsent(2, "b").content.record);
    pocket.save(&double).await.expect("saved");
    let mut next = 10;
    let mut act = |action| {
        next += 1;
        let mut unsent = unsent(next, "");
        unsent.content.record = double.content.record;
        unsent.content.action = action;
        unsent
    };
    pocket.save(&act(Action::Merge { into: kept })).await.expect("saved");
    pocket.save(&unsent(2, "b")).await.expect("saved");
    assert_eq!(pocket.doubles(kept).await, Ok(vec![double.content.record]));
    let other = RecordId::new(Uuid::from_u128(77));
    pocket.save(&act(Action::Merge { into: other })).await.expect("saved");
    assert_eq!(
        (pocket.doubles(kept).await, pocket.doubles(other).await.map(|of| of.len())),
        (Ok(vec![]), Ok(1))
    );
    pocket.save(&act(Action::Unmerge {})).await.expect("saved");
    assert_eq!(pocket.doubles(other).await, Ok(vec![]));
}

/// Invariant 6 on the phone.
pub async fn an_entry_is_delivered_when_its_last_attachment_is<S: Storage>(
    storage: S,
    _: impl AsyncFn() -> S,
) {
    let pocket = pocket(storage).await;
    let mut unsent = unsent(1, "a");
    let digests = [Digest::new([8; 32]), Digest::new([9; 32])];
    unsent.content.attachments = digests.to_vec();
    unsent.blobs = digests.iter().map(|digest| (*digest, vec![0])).collect();
    let entry = pocket.save(&unsent).await.expect("saved");
    assert_eq!(pocket.next_blob().await, Ok(None), "the words go first");
    let answer = Answer::Receipt {
        receipt: receipt(&entry, Outcome::Accepted { revision: Revision(1) }),
        missing: digests.to_vec(),
    };
    pocket.acknowledge(std::slice::from_ref(&entry), &[answer]).await.expect("written");
    for digest in digests {
        assert_eq!(pocket.counts().await.map(|counts| counts.waiting), Ok(1));
        assert_eq!(pocket.next_blob().await, Ok(Some((Seq(1), digest))));
        pocket.blob_delivered(Seq(1), digest).await.expect("written");
    }
    assert_eq!(pocket.counts().await.map(|counts| counts.waiting), Ok(0));
    assert!(pocket.blob(digests[0]).await.expect("read").is_some(), "the bytes stay on the phone");
}

fn page(items: Vec<(u64, &Entry, Outcome)>) -> MailboxPage {
    let item = |(position, entry, outcome): (u64, &Entry, Outcome)| MailboxItem {
        position: Position(position),
        entry: entry.clone(),
        receipt: receipt(entry, outcome),
        masked: false,
    };
    let items: Vec<_> = items.into_iter().map(item).collect();
    let head = items.last().map_or(Position(0), |item| item.position);
    MailboxPage { items, people: Vec::new(), head, reset: false }
}

fn revision(number: u64) -> Outcome {
    Outcome::Accepted { revision: Revision(number) }
}

/// Invariant 3 on the phone: the station has it, the phone doesn't know yet.
pub async fn a_lost_answer_is_made_good_by_the_mailbox<S: Storage>(storage: S, _: impl AsyncFn() -> S) {
    let pocket = pocket(storage).await;
    let entry = pocket.save(&unsent(1, "a")).await.expect("saved");
    assert_eq!(
        pocket.receive(&Mailbox::Own, Position(0), &page(vec![(1, &entry, revision(1))])).await,
        Ok(true)
    );
    assert_eq!(pocket.counts().await.map(|counts| counts.waiting), Ok(0));
    assert_eq!(pocket.cursor(&Mailbox::Own).await.map(|cursor| cursor.after), Ok(Position(1)));
}

/// Pages that skip, repeat or come late are left alone.
pub async fn the_mailbox_is_read_without_gaps<S: Storage>(storage: S, _: impl AsyncFn() -> S) {
    let pocket = pocket(storage).await;
    let entries: Vec<Entry> = (1..=3)
        .map(|number| {
            let unsent = unsent(number, "别人记的");
            Entry {
                installation: installation(99),
                seq: Seq(number as u64),
                digest: unsent.digest,
                content: unsent.content,
            }
        })
        .collect();
    let first = page(vec![(1, &entries[0], revision(1)), (2, &entries[1], revision(1))]);
    let gap = page(vec![(4, &entries[2], revision(1))]);
    assert_eq!(pocket.receive(&Mailbox::Own, Position(0), &gap).await, Ok(false));
    assert_eq!(pocket.receive(&Mailbox::Own, Position(0), &first).await, Ok(true));
    assert_eq!(pocket.receive(&Mailbox::Own, Position(0), &first).await, Ok(false), "read already");
    assert_eq!(pocket.receive(&Mailbox::Own, Position(2), &gap).await, Ok(false));
    let here = Cursor { after: Position(2), last: Some(entries[1].content.id) };
    assert_eq!(pocket.cursor(&Mailbox::Own).await, Ok(here));
    assert_eq!(pocket.record_count().await, Ok(2));
    assert_eq!(
        pocket.counts().await.map(|counts| counts.waiting),
        Ok(0),
        "others' entries are not ours to send"
    );
    let reset = MailboxPage { items: Vec::new(), people: Vec::new(), head: Position(0), reset: true };
    assert_eq!(pocket.receive(&Mailbox::Own, Position(2), &reset).await, Ok(true));
    assert_eq!(pocket.cursor(&Mailbox::Own).await, Ok(Cursor::default()));
    assert_eq!(
        pocket.receive(&Mailbox::Own, Position(0), &first).await,
        Ok(true),
        "reading again changes nothing"
    );
    assert_eq!(pocket.record_count().await, Ok(2));
}

/// Roles, desks and the directory are there without a network; another person's are never shown.
pub async fn what_the_station_says_of_the_person_is_kept<S: Storage>(
    storage: S,
    reopen: impl AsyncFn() -> S,
) {
    let pocket = pocket(storage).await;
    assert_eq!(pocket.me().await, Ok(None));
    let village: VillageCode = "513322100201".parse().expect("a code");
    let somebody = |number, role| {
        let id = WorkerId::new(Uuid::from_u128(number));
        Worker::new(id, "张三".to_owned(), &[role], village.clone(), Vec::new())
    };
    let worker = somebody(7, Role::Mediator);
    let enrolment = Enrolment {
        token: "t".to_owned(),
        worker: worker.clone(),
        station: "泸定县".to_owned(),
        receipt_key: None,
        recovery_key: None,
    };
    pocket.enrol(&enrolment).await.expect("enrolled");
    assert_eq!(pocket.me().await, Ok(Some(Me { worker, desks: Vec::new() })));
    let desk = Desk {
        id: "township_centre:513322100".into(),
        kind: DeskKind::TownshipCentre,
        name: "泸桥镇综治中心".to_owned(),
        area: Area::township_of(&village),
    };
    let me = Me { worker: somebody(7, Role::Coordinator), desks: vec![desk.clone()] };
    assert_eq!((pocket.learn(&me).await, pocket.learn(&me).await), (Ok(true), Ok(false)));
    let directory = Directory { tag: "0a".to_owned(), desks: vec![desk], people: vec![me.worker.clone()] };
    pocket.keep_directory(&directory).await.expect("kept");
    let (again, _) = Pocket::open(reopen().await, installation(2)).await.expect("opens");
    assert_eq!((again.me().await, again.directory().await), (Ok(Some(me)), Ok(directory)));
    let other = Enrolment { worker: somebody(8, Role::GridWorker), ..enrolment };
    again.enrol(&other).await.expect("enrolled");
    assert_eq!(again.me().await, Ok(Some(Me { worker: other.worker, desks: Vec::new() })));
}

/// Invariant 9 on the phone.
pub async fn the_canary_tells_a_loss<S: Storage>(storage: S, reopen: impl AsyncFn() -> S) {
    let (_, found) = Pocket::open(storage, installation(1)).await.expect("opens");
    assert_eq!(found, Found::Empty);
    let again = reopen().await;
    let (_, found) = Pocket::open(reopen().await, installation(2)).await.expect("opens");
    assert_eq!(found, Found::Whole);
    commit(&again, vec![Write::Delete(Table::Meta, "canary".into())]).await;
    let (pocket, found) = Pocket::open(reopen().await, installation(3)).await.expect("opens");
    assert_eq!((pocket.installation(), found), (installation(1), Found::CanaryGone));
}

/// Drafts.
pub async fn drafts_stay_until_they_are_saved<S: Storage>(storage: S, reopen: impl AsyncFn() -> S) {
    let pocket = pocket(storage).await;
    let unsent = unsent(1, "a");
    let draft = Draft {
        id: unsent.content.id,
        record: unsent.content.record,
        kind: "patrol".into(),
        kind_version: 1,
        body: [("route".into(), json!("half a wo"))].into(),
        replaces: None,
        adds: None,
        changed_at: unsent.content.noted_at,
    };
    pocket.put_draft(&draft).await.expect("written");
    let second = self::pocket(reopen().await).await;
    assert!(second.drafts().await.expect("read") == vec![draft.clone()]);
    pocket.save(&unsent).await.expect("saved");
    assert!(second.drafts().await.expect("read").is_empty());
    let mut note = self::unsent(2, "");
    note.content.record = unsent.content.record;
    note.content.action = Action::Note { text: "done".into() };
    let adds = Addition { doing: Doing::Note, text: "do".into(), field: None, attached: Vec::new() };
    let begun = Draft { id: note.content.id, adds: Some(adds), ..draft.clone() };
    pocket.put_draft(&begun).await.expect("written");
    let record = unsent.content.record;
    assert!(second.addition(record, &Doing::Note).await.expect("read") == Some(begun));
    assert!(second.addition(record, &Doing::Amend).await.expect("read").is_none());
    pocket.save(&note).await.expect("saved");
    assert!(second.drafts().await.expect("read").is_empty(), "saved, like a form");
    second.put_draft(&draft).await.expect("written");
    assert!(second.drafts().await.expect("read").is_empty(), "a late autosave doesn't bring it back");
    assert_eq!(second.last(&"patrol".into()).await.expect("read").expect("a body")["route"], json!("a"));
}

/// The words of everything that a pocket holds.
pub async fn filled<S: Storage>(pocket: &Pocket<S>) -> Index {
    let mut index = Index::default();
    fill(pocket, &mut index).await;
    index
}

/// Brings an index up to date.
pub async fn fill<S: Storage>(pocket: &Pocket<S>, index: &mut Index) {
    loop {
        let shelved = pocket.shelves(&index.wanted()).await.expect("read");
        let next = shelved.next;
        index.take(shelved);
        match next {
            Next::Ask => {}
            Next::Make => drop(pocket.shelve().await.expect("made")),
            Next::Nothing => return,
        }
    }
}

/// The rows that a search finds.
pub async fn found<S: Storage>(
    pocket: &Pocket<S>,
    index: &Index,
    kind: Option<&str>,
    typed: &str,
) -> Vec<Row> {
    let question = Question { kind: kind.map(Into::into), words: Words::typed(typed) };
    let mut hunt = Hunt::new(index, question);
    while hunt.go_on(index, 1) {}
    let keys = hunt.found().iter().filter_map(|place| index.row_key(*place).map(str::to_owned));
    let rows = pocket.rows_of(&keys.collect::<Vec<_>>()).await.expect("read");
    rows.into_iter().map(|row| row.expect("every line on a shelf has a row")).collect()
}

/// Lists.
pub async fn the_ledger_is_newest_first_and_can_be_searched<S: Storage>(storage: S, _: impl AsyncFn() -> S) {
    let pocket = pocket(storage).await;
    for (number, route) in (1..).zip(["东坡水渠", "老街ＡＢＣ", "东坡林场"]) {
        pocket.save(&unsent(number, route)).await.expect("saved");
    }
    let route = |row: &Row| row.title["route"].as_str().unwrap_or_default().to_owned();
    let mut rows = Vec::new();
    let mut from: Option<String> = None;
    loop {
        let page = pocket.rows(from.as_deref(), 2).await.expect("read");
        rows.extend(page.rows.iter().map(route));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(rows, ["东坡林场", "老街ＡＢＣ", "东坡水渠"]);
    let index = filled(&pocket).await;
    let routes = async |words: &str| -> Vec<String> {
        found(&pocket, &index, Some("patrol"), words).await.iter().map(route).collect()
    };
    assert_eq!(routes("").await, ["东坡林场", "老街ＡＢＣ", "东坡水渠"]);
    assert_eq!(routes("东坡").await, ["东坡林场", "东坡水渠"]);
    assert_eq!(routes("abc 网格").await, ["老街ＡＢＣ"], "full-width letters and labels of codes");
    assert_eq!(routes("固包").await.len(), 3, "the village's name");
    for nothing in ["没有", "%", "*", "patrol", "route", &"东".repeat(500)] {
        assert!(routes(nothing).await.is_empty(), "{nothing}");
    }
    assert!(found(&pocket, &index, Some("dispute"), "").await.is_empty());
}

/// Many questions at once are answered like each alone.
pub async fn what_is_asked_together_is_answered_in_order<S: Storage>(storage: S, _: impl AsyncFn() -> S) {
    let put = |table, key: &str| Write::Put(table, key.into(), key.into());
    let rows = ["a/1", "a/2", "b/1"].map(|key| put(Table::Rows, key));
    commit(&storage, [&rows[..], &[put(Table::Drafts, "a/1")]].concat()).await;
    let asks = vec![
        Ask::Row(Table::Drafts, "a/1".into()),
        Ask::Row(Table::Drafts, "a/2".into()),
        Ask::Span(Table::Rows, Span::prefix("a/")),
        Ask::Span(Table::Rows, Span::prefix("c/")),
        Ask::Span(Table::Rows, Span::all().after("a/1").limit(1)),
        Ask::Row(Table::Rows, "b/1".into()),
    ];
    let found = storage.read(asks).await.expect("read");
    let keys: Vec<Vec<String>> =
        found.iter().map(|rows| rows.iter().map(|(key, _)| key.clone()).collect()).collect();
    let wanted: [&[&str]; 6] = [&["a/1"], &[], &["a/1", "a/2"], &[], &["a/2"], &["b/1"]];
    assert_eq!(keys, wanted);
    let values = found.into_iter().flatten();
    assert!(values.into_iter().all(|(key, value)| value == Some(key.into_bytes())));
    assert_eq!(storage.read(Vec::new()).await, Ok(Vec::new()));
}

/// A backup made on one phone and put back on another, twice.
pub async fn a_backup_brings_everything_back_once<S: Storage>(storage: S, _: impl AsyncFn() -> S) {
    let old = pocket(Memory::default()).await;
    let photo = (Digest::new([9; 32]), vec![1, 2, 3]);
    let delivered = old.save(&unsent(1, "a")).await.expect("saved");
    let parked = old.save(&unsent(2, "b")).await.expect("saved");
    let mut waiting = unsent(3, "c");
    waiting.content.attachments = vec![photo.0];
    waiting.blobs = vec![photo.clone()];
    let waiting = old.save(&waiting).await.expect("saved");
    let reason = Reason::Invalid { problems: Vec::new() };
    let answers = [
        accepted(&delivered, 1),
        Answer::Receipt { receipt: receipt(&parked, Outcome::Parked { reason }), missing: Vec::new() },
    ];
    old.acknowledge(&[delivered.clone(), parked.clone()], &answers).await.expect("written");
    let (backup, bytes, _) = old.back_up(delivered.content.author).await.expect("read");
    assert_eq!((backup.entries.len(), backup.blobs.as_slice(), bytes.len()), (3, &[photo.0][..], 1));

    let (new, _) = Pocket::open(storage, installation(2)).await.expect("opens");
    let restored = new.restore(&backup, std::slice::from_ref(&photo)).await.expect("restored");
    assert_eq!(restored, Restored { entries: 3, unsent: 2, blobs: 1 });
    let again = new.restore(&backup, &[photo]).await.expect("restored again");
    assert_eq!(again, Restored::default());
    assert_eq!(new.record_count().await, Ok(3));
    let sent = new.next_batch(9, 1 << 20).await.expect("read").entries;
    let ids: Vec<_> = sent.iter().map(|entry| (entry.installation, entry.seq, entry.content.id)).collect();
    let own = installation(2);
    assert_eq!(ids, [(own, Seq(1), parked.content.id), (own, Seq(2), waiting.content.id)]);
    assert_eq!(sent[1].digest, waiting.digest, "the content is the same, so the station doubles nothing");
    assert_eq!(new.blob(Digest::new([9; 32])).await, Ok(Some(vec![1, 2, 3])));
}

/// A failing commit, for the storages that can be told to fail.
pub async fn a_failed_save_leaves_everything_as_it_was<S: Storage>(storage: S, fail: impl Fn(StorageError)) {
    let pocket = pocket(storage).await;
    fail(StorageError::Full);
    assert_eq!(pocket.save(&unsent(1, "a")).await, Err(Rejected::Storage(StorageError::Full)));
    assert!(pocket.outbox().await.expect("read").is_empty());
    assert_eq!(pocket.save(&unsent(1, "a")).await.map(|entry| entry.seq), Ok(Seq(1)));
}
