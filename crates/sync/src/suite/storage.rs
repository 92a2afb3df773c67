//! The contract of a storage by itself: commits, generations, spans.

use super::commit;
use crate::storage::{Ask, Commit, Generation, Span, Storage, Table, Write};

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
