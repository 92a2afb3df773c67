//! What the ledger shows, and what brings it back.

use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    entry::Action,
    id::{RecordId, Seq},
    wire::{Answer, Outcome, Reason},
};

use super::{accepted, installation, pocket, receipt, unsent};
use crate::{
    index::{Hunt, Index, Question},
    memory::Memory,
    pocket::{Next, Pocket, Restored, Row},
    storage::Storage,
    words::Words,
};

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
    for nothing in ["没有", "%", "*", "patrol_kind", "route", &"东".repeat(500)] {
        assert!(routes(nothing).await.is_empty(), "{nothing}");
    }
    assert!(found(&pocket, &index, Some("dispute"), "").await.is_empty());
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
