//! What is saved is there, once, and leaves the outbox only with a receipt.

use serde_json::json;
use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    id::{EntryId, Revision, Seq},
    record::Standing,
    wire::{Answer, Outcome, Reason, Refusal},
};

use super::{
    accepted,
    ledger::{filled, found},
    pocket, receipt, unsent,
};
use crate::{
    pocket::{Badge, Draft, Rejected},
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
