//! Several mailboxes on one phone, and entries without their sensitive values.

use xunji_domain::{
    entry::{Action, Entry},
    id::{Position, Revision, Seq},
    record::Known,
    wire::{MailboxItem, MailboxPage, Outcome},
};

use super::{accepted, installation, pocket, receipt, unsent};
use crate::{
    pocket::{Cursor, Mailbox, Pocket},
    storage::Storage,
};

fn desk() -> Mailbox {
    Mailbox::Desk("township_centre:513322100".into())
}

fn oversight() -> Mailbox {
    Mailbox::Oversight("township_centre:513322100".into())
}

fn from_elsewhere(number: u128) -> Entry {
    let unsent = unsent(number, "别人记的");
    Entry {
        installation: installation(99),
        seq: Seq(number as u64),
        digest: unsent.digest,
        content: unsent.content,
    }
}

/// The page of a mailbox in which the entry is at this position, as those get it who oversee only.
fn masked(position: u64, entry: &Entry) -> MailboxPage {
    let mut page = page(vec![(position, entry, revision(1))]);
    for MailboxItem { entry, masked, .. } in &mut page.items {
        *masked = true;
        if let Action::Open { body } = &mut entry.content.action {
            body.remove("route");
        }
    }
    page
}

async fn known<S: Storage>(pocket: &Pocket<S>, entry: &Entry) -> Known {
    let record = pocket.record(entry.content.record).await.expect("read").expect("a record");
    record.entries.into_iter().find(|known| known.entry.content.id == entry.content.id).expect("an entry")
}

/// Positions of one mailbox say nothing of another, also after the app was closed.
pub async fn each_mailbox_has_a_place_of_its_own<S: Storage>(storage: S, reopen: impl AsyncFn() -> S) {
    let first = pocket(storage).await;
    let entries: Vec<Entry> = (1..=3).map(from_elsewhere).collect();
    let whole = |positions: &[u64], of: &[&Entry]| {
        page(positions.iter().zip(of).map(|(at, entry)| (*at, *entry, revision(1))).collect())
    };
    let own = whole(&[1], &[&entries[0]]);
    assert_eq!(first.receive(&Mailbox::Own, Position(0), &own).await, Ok(true));
    let both = whole(&[1, 2], &[&entries[0], &entries[1]]);
    assert_eq!(
        first.receive(&desk(), Position(1), &both).await,
        Ok(false),
        "that was the own mailbox's place"
    );
    assert_eq!(first.receive(&desk(), Position(0), &both).await, Ok(true));
    assert_eq!(first.receive(&oversight(), Position(0), &masked(1, &entries[2])).await, Ok(true));
    let torn = whole(&[3, 5], &[&entries[1], &entries[2]]);
    assert_eq!(first.receive(&desk(), Position(2), &torn).await, Ok(false), "nothing of a torn page");
    assert!(known(&first, &entries[2]).await.masked);

    let again = pocket(reopen().await).await;
    let place = |position, entry: &Entry| Cursor { after: Position(position), last: Some(entry.content.id) };
    assert_eq!(again.cursor(&Mailbox::Own).await, Ok(place(1, &entries[0])));
    assert_eq!(again.cursor(&desk()).await, Ok(place(2, &entries[1])));
    assert_eq!(again.cursor(&oversight()).await, Ok(place(1, &entries[2])));
    assert_eq!(again.cursor(&Mailbox::Desk("police:luqiao".into())).await, Ok(Cursor::default()));
    assert_eq!(again.record_count().await, Ok(3));
}

/// Whichever comes first, the whole copy stays; a record says as long as a part of it is masked.
pub async fn a_whole_entry_is_never_replaced_by_a_masked_one<S: Storage>(storage: S, _: impl AsyncFn() -> S) {
    let pocket = pocket(storage).await;
    let entry = from_elsewhere(1);
    let masks = async |pocket: &Pocket<S>| {
        let row = pocket.row(entry.content.record).await.expect("read").expect("a row");
        let listed = pocket.rows(None, 9).await.expect("read").rows;
        assert_eq!(listed[0].masked, row.masked);
        row.masked
    };
    assert_eq!(pocket.receive(&oversight(), Position(0), &masked(1, &entry)).await, Ok(true));
    assert!(masks(&pocket).await && known(&pocket, &entry).await.entry != entry);
    let whole = page(vec![(1, &entry, revision(1))]);
    assert_eq!(pocket.receive(&Mailbox::Own, Position(0), &whole).await, Ok(true));
    assert!(!masks(&pocket).await);
    assert_eq!(known(&pocket, &entry).await.entry, entry);
    let mut later = masked(2, &entry);
    later.items[0].receipt = page(vec![(2, &entry, revision(2))]).items.remove(0).receipt;
    assert_eq!(pocket.receive(&oversight(), Position(1), &later).await, Ok(true));
    let known = known(&pocket, &entry).await;
    assert_eq!((known.masked, &known.entry), (false, &entry));
    assert_eq!(
        known.receipt().map(|receipt| receipt.outcome),
        Some(revision(2)),
        "what it says of the place counts"
    );
}

/// What was saved here goes into the line again only when the station says so of the person's own mailbox, and never
/// without its sensitive values.
pub async fn only_the_own_mailbox_sends_again<S: Storage>(storage: S, _: impl AsyncFn() -> S) {
    let pocket = pocket(storage).await;
    let entry = pocket.save(&unsent(1, "一")).await.expect("saved");
    let sent = std::slice::from_ref(&entry);
    assert_eq!(pocket.acknowledge(sent, &[accepted(&entry, 1)]).await, Ok(1));
    // A copy of this phone, with its installation, wrote another one that only came without its sensitive values.
    let mut copied = from_elsewhere(2);
    (copied.installation, copied.seq) = (installation(1), Seq(2));
    assert_eq!(pocket.receive(&oversight(), Position(0), &masked(1, &copied)).await, Ok(true));
    let reset = MailboxPage { items: Vec::new(), people: Vec::new(), head: Position(0), reset: true };
    assert_eq!(pocket.receive(&desk(), Position(0), &page(vec![(1, &entry, revision(1))])).await, Ok(true));
    assert_eq!(pocket.receive(&desk(), Position(1), &reset).await, Ok(true));
    assert_eq!(pocket.cursor(&desk()).await, Ok(Cursor::default()));
    assert_eq!(pocket.counts().await.map(|counts| counts.waiting), Ok(0));
    assert_eq!(pocket.receive(&Mailbox::Own, Position(0), &reset).await, Ok(true));
    let waiting = pocket.outbox().await.expect("read");
    assert_eq!(waiting.iter().map(|waiting| waiting.entry).collect::<Vec<_>>(), [entry.content.id]);
    // The whole copy takes its place even where it carries this installation's name.
    assert_eq!(pocket.receive(&desk(), Position(0), &page(vec![(1, &copied, revision(1))])).await, Ok(true));
    assert_eq!(known(&pocket, &copied).await.entry, copied);
}

pub(super) fn page(items: Vec<(u64, &Entry, Outcome)>) -> MailboxPage {
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

pub(super) fn revision(number: u64) -> Outcome {
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
    let entries: Vec<Entry> = (1..=3).map(from_elsewhere).collect();
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
