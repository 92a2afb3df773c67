//! What is saved is there, once, and leaves the outbox only with a receipt.

use serde_json::json;
use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    entry::{Action, Body},
    id::{EntryId, Position, Revision, Seq},
    record::Standing,
    wire::{Answer, MailboxItem, MailboxPage, Outcome, Reason, Refusal},
};

use super::{
    accepted, installation,
    ledger::{filled, found},
    pocket, receipt, unsent,
};
use crate::{
    memory::Memory,
    pocket::{Badge, Doing, Draft, Mailbox, Pocket, Rejected},
    storage::{Generation, Storage, StorageError},
};

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

/// A failing commit, for the storages that can be told to fail.
pub async fn a_failed_save_leaves_everything_as_it_was<S: Storage>(storage: S, fail: impl Fn(StorageError)) {
    let pocket = pocket(storage).await;
    fail(StorageError::Full);
    assert_eq!(pocket.save(&unsent(1, "a")).await, Err(Rejected::Storage(StorageError::Full)));
    assert!(pocket.outbox().await.expect("read").is_empty());
    assert_eq!(pocket.save(&unsent(1, "a")).await.map(|entry| entry.seq), Ok(Seq(1)));
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

/// A step that can't be taken any more: its author does without it, or mends what was typed.
pub async fn a_parked_step_is_given_up_or_mended_and_stays_in_the_history<S: Storage>(
    storage: S,
    reopen: impl AsyncFn() -> S,
) {
    let pocket = pocket(storage).await;
    let opening = pocket.save(&unsent(1, "a")).await.expect("saved");
    let record = opening.content.record;
    let mut step = unsent(2, "");
    step.content.record = record;
    let body: Body = [("assignee".into(), json!("desk:police:luqiao"))].into();
    step.content.action = Action::Step { step: "dispatch".into(), body: body.clone() };
    let step = pocket.save(&step).await.expect("saved");
    let id = step.content.id;
    assert_eq!(pocket.let_go(record, id, true).await, Ok(false), "nobody has answered yet");
    let reason = Reason::NotEntitled;
    let parked = Answer::Receipt { receipt: receipt(&step, Outcome::Parked { reason }), missing: Vec::new() };
    let sent = [opening.clone(), step.clone()];
    pocket.acknowledge(&sent, &[accepted(&opening, 1), parked.clone()]).await.expect("written");
    let held = async |pocket: &Pocket<S>| {
        let row = pocket.row(record).await.expect("read").expect("the record");
        let counts = pocket.counts().await.expect("read");
        let entries = pocket.record(record).await.expect("read").expect("the record").entries;
        (row.badge, counts.returned, entries.len(), entries[1].is_let_go())
    };
    assert_eq!(held(&pocket).await, (Badge::Returned, 1, 2, false));
    let entries = pocket.record(record).await.expect("read").expect("the record").entries;
    let mended = Draft::repairing(&entries[1], EntryId::new(Uuid::from_u128(50)), step.content.noted_at);
    let mended = mended.expect("a step has a sheet");
    let doing = mended.adds.as_ref().map(|adds| adds.doing.clone());
    assert_eq!(doing, Some(Doing::Step { step: "dispatch".into() }));
    assert_eq!((&mended.body, mended.replaces), (&body, Some(id)), "with what was typed");

    assert_eq!(pocket.let_go(record, opening.content.id, true).await, Ok(false), "it was accepted");
    assert_eq!(pocket.let_go(record, id, true).await, Ok(true));
    let gone = (Badge::Delivered, 0, 2, true);
    assert_eq!(held(&pocket).await, gone);
    // The same answer comes again, also in the mailbox.
    pocket.acknowledge(std::slice::from_ref(&step), std::slice::from_ref(&parked)).await.expect("written");
    let Answer::Receipt { receipt, .. } = &parked else { return };
    let item =
        MailboxItem { position: Position(1), entry: step.clone(), receipt: receipt.clone(), masked: false };
    let page = MailboxPage { items: vec![item], head: Position(1), reset: false, people: Vec::new() };
    assert_eq!(pocket.receive(&Mailbox::Own, Position(0), &page).await, Ok(true));
    let again = self::pocket(reopen().await).await;
    assert_eq!(held(&again).await, gone);
    // A copy for another phone sends it no more.
    let (backup, ..) = again.back_up(opening.content.author).await.expect("read");
    let (other, _) = Pocket::open(Memory::default(), installation(2)).await.expect("opens");
    let restored = other.restore(&backup, &[]).await.expect("restored");
    assert_eq!((restored.entries, restored.unsent), (2, 0));
    // Second thoughts.
    assert_eq!(pocket.let_go(record, id, false).await, Ok(true));
    assert_eq!(held(&pocket).await, (Badge::Returned, 1, 2, false));
}
