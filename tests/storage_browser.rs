//! The storage suite over IndexedDB in a real browser, and what only a browser can do to a database.

#![cfg(target_arch = "wasm32")]

use futures_util::future::join3;
use js_sys::Array;
use rexie::{ObjectStore, Rexie};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use xunji::storage::IndexedDb;
use xunji_sync::{
    memory::Memory,
    pocket::{Found, Pocket},
    storage::{Commit, Span, Storage, StorageError, Table, Write},
    storage_suite, suite,
};

wasm_bindgen_test_configure!(run_in_browser);

// Watches what the app asks of IndexedDB, below anything that the app itself puts in between.
#[wasm_bindgen(inline_js = r#"
    const plain = IDBDatabase.prototype.transaction;
    const seen = [];
    let last;
    IDBDatabase.prototype.transaction = function (...all) {
      const transaction = plain.apply(this, all);
      last = this;
      seen.push(`${transaction.mode} ${transaction.durability}`);
      return transaction;
    };
    export function seenTransactions() { return seen.splice(0); }
    export function closeConnection() { last.close(); }
"#)]
extern "C" {
    #[wasm_bindgen(js_name = seenTransactions)]
    fn seen_transactions() -> Array;
    #[wasm_bindgen(js_name = closeConnection)]
    fn close_connection();
}

/// A database of its own for every test.
async fn open(name: &str) -> IndexedDb {
    // Also makes sure that the watcher is in place before the app's own wrapping.
    seen_transactions();
    IndexedDb::open(name).await.expect("the database opens")
}

macro_rules! run {
    ($name:ident) => {
        #[wasm_bindgen_test]
        async fn $name() {
            let name = stringify!($name);
            suite::$name(open(name).await, async || open(name).await).await;
        }
    };
}

storage_suite!(run);

/// The same with a vault between: sealed by the browser's own cryptography.
mod sealed {
    use super::{open, suite};
    use xunji::platform::DataKey;
    use xunji_sync::{pin::Pin, sealed::Sealed, storage_suite};

    async fn key() -> DataKey {
        let pin = Pin::new("482915").expect("a PIN");
        let wrapped = DataKey::wrap(&[], &pin).await.expect("this page is secure enough");
        DataKey::unwrap(&wrapped, &pin).await.expect("the PIN is right")
    }

    macro_rules! run {
        ($name:ident) => {
            #[wasm_bindgen_test::wasm_bindgen_test]
            async fn $name() {
                let name = concat!("sealed-", stringify!($name));
                let key = key().await;
                let sealed = async || Sealed::with(open(name).await, key.clone(), false);
                suite::$name(sealed().await, sealed).await;
            }
        };
    }

    storage_suite!(run);
}

/// A wrong PIN opens nothing, and what one key has sealed opens nowhere else and for no other key.
#[wasm_bindgen_test]
async fn a_seal_holds_only_for_its_key_and_its_place() {
    use xunji::platform::DataKey;
    use xunji_sync::{
        pin::Pin,
        sealed::{Cipher, Placed},
    };
    let (right, wrong) = (Pin::new("482915").expect("a PIN"), Pin::new("482916").expect("a PIN"));
    let wrapped = DataKey::wrap(&[], &right).await.expect("wrapped");
    assert!(DataKey::unwrap(&wrapped, &wrong).await.is_none());
    let key = DataKey::unwrap(&wrapped, &right).await.expect("the PIN is right");
    let placed = |place: &str, bytes: &[u8]| Placed { place: place.into(), bytes: bytes.to_vec() };
    let sealed = key.seal(vec![placed("meta/a", b"1"), placed("meta/b", b"")]).await.expect("sealed");
    let tried = vec![
        placed("meta/a", &sealed[0]),
        placed("meta/b", &sealed[1]),
        placed("meta/b", &sealed[0]),
        placed("meta/a", &sealed[0][1..]),
        placed("meta/a", b""),
    ];
    let opened = key.open(tried).await.expect("opened");
    assert_eq!(opened, [Some(b"1".to_vec()), Some(Vec::new()), None, None, None]);
    let other = DataKey::wrap(&[7; 32], &right).await.expect("wrapped");
    let other = DataKey::unwrap(&other, &right).await.expect("the PIN is right");
    assert_eq!(other.open(vec![placed("meta/a", &sealed[0])]).await, Ok(vec![None]));
}

/// Invariant 1: the browser reports success only once the bytes are on the disk.
#[wasm_bindgen_test]
async fn every_writing_transaction_is_strict() {
    let storage = open("strict").await;
    seen_transactions();
    let (pocket, _) = Pocket::open(storage, suite_installation()).await.expect("opens");
    pocket.save(&suite::unsent(1, "a")).await.expect("saved");
    let seen: Vec<String> = seen_transactions().iter().filter_map(|text| text.as_string()).collect();
    let writing: Vec<_> = seen.iter().filter(|text| text.starts_with("readwrite")).collect();
    assert!(writing.len() >= 2, "{seen:?}");
    assert!(writing.iter().all(|text| *text == "readwrite strict"), "{seen:?}");
}

/// Safari closes connections when the phone wakes; another tab's upgrade closes them anywhere.
#[wasm_bindgen_test]
async fn a_closed_connection_is_opened_again() {
    let storage = open("closed").await;
    let (pocket, _) = Pocket::open(storage, suite_installation()).await.expect("opens");
    pocket.save(&suite::unsent(1, "a")).await.expect("saved");
    close_connection();
    pocket.save(&suite::unsent(2, "b")).await.expect("saved after the loss");
    close_connection();
    assert_eq!(pocket.outbox().await.expect("read after the loss").len(), 2);
}

/// Of several that find the connection closed at the same time each opens another one; one of these is left.
#[wasm_bindgen_test]
async fn connections_that_nobody_uses_stand_in_no_upgrades_way() {
    let storage = open("several").await;
    for _ in 0..3 {
        close_connection();
        let count = || storage.count(Table::Meta);
        let found = join3(count(), count(), count()).await;
        assert_eq!(found, (Ok(0), Ok(0), Ok(0)));
    }
    // One more, of a vault that is locked again.
    drop(open("several").await);
    let tables = Table::ALL.map(Table::name);
    IndexedDb::open_as("several", 4, &tables).await.expect("the upgrade is not blocked");
}

/// The schema of version 1, written out: a later version must open it and keep every row. Never change this test; add
/// one for the next version.
#[wasm_bindgen_test]
async fn a_database_of_version_1_is_kept() {
    let tables = ["meta", "entries", "outbox", "records", "rows", "drafts", "blobs"];
    let builder = tables.iter().fold(Rexie::builder("version-1").version(1), |builder, table| {
        builder.add_object_store(ObjectStore::new(table))
    });
    let old = builder.build().await.expect("the old database");
    let installation = format!("\"{}\"", suite_installation());
    let rows = [("profile", format!("{{\"installation\":{installation}}}")), ("canary", installation)];
    let transaction = old.transaction(&["meta"], rexie::TransactionMode::ReadWrite).expect("a transaction");
    let store = transaction.store("meta").expect("a table");
    for (key, text) in rows {
        let bytes: JsValue = js_sys::Uint8Array::from(text.as_bytes()).into();
        store.put(&bytes, Some(&key.into())).await.expect("a row");
    }
    transaction.commit().await.expect("committed");
    old.close();
    let storage = open("version-1").await;
    let (pocket, found) = Pocket::open(storage, suite_installation()).await.expect("opens");
    assert_eq!((pocket.installation(), found), (suite_installation(), Found::Whole));
}

/// The schema of version 2, with a record that was saved by it: it is kept, and found as soon as shelves have been made.
/// Never change this test; add one for the next version.
#[wasm_bindgen_test]
async fn a_database_of_version_2_is_kept_and_gets_shelves() {
    let tables = ["meta", "entries", "outbox", "records", "rows", "drafts", "blobs"];
    let old = IndexedDb::open_as("version-2", 2, &tables).await.expect("the old database");
    let memory = Memory::default();
    let (pocket, _) = Pocket::open(memory.clone(), suite_installation()).await.expect("opens");
    let entry = pocket.save(&suite::unsent(1, "老街")).await.expect("saved");
    let mut writes = Vec::new();
    for table in Table::ALL.into_iter().filter(|table| tables.contains(&table.name())) {
        let rows = memory.range(table, Span::all()).await.expect("read");
        let rows = rows.into_iter().filter(|(key, _)| !["shelving", "returned"].contains(&key.as_str()));
        writes.extend(rows.map(|(key, value)| Write::Put(table, key, value)));
    }
    let read = old.generation().await.expect("a generation");
    assert_eq!(old.commit(read, writes).await, Ok(Commit::Done));

    let (pocket, found) = Pocket::open(open("version-2").await, suite_installation()).await.expect("opens");
    assert_eq!(found, Found::Whole);
    assert_eq!(pocket.counts().await.map(|counts| counts.waiting), Ok(1));
    assert_eq!(pocket.next_batch(9, 1 << 20).await.expect("read").entries, [entry]);
    pocket.save(&suite::unsent(2, "老街")).await.expect("saved by the newer version");
    let index = suite::filled(&pocket).await;
    assert_eq!(suite::found(&pocket, &index, None, "老街").await.len(), 2);
}

/// The next version adds a table while a tab of this version is still open: nothing is lost, and the old tab hears that
/// it has to be opened anew instead of waiting for ever.
#[wasm_bindgen_test]
async fn an_upgrade_keeps_every_row_and_tells_the_old_tab() {
    let old = open("upgrade").await;
    let (pocket, _) = Pocket::open(old.clone(), suite_installation()).await.expect("opens");
    let mut unsent = suite::unsent(1, "a");
    unsent.blobs = vec![(xunji_domain::canonical::Digest::new([9; 32]), vec![1, 2, 3])];
    let entry = pocket.save(&unsent).await.expect("saved");

    let tables: Vec<&str> =
        Table::ALL.iter().map(|table| table.name()).chain(["of_the_next_version"]).collect();
    let newer =
        IndexedDb::open_as("upgrade", 4, &tables).await.expect("the upgrade is not blocked by the old tab");
    let (upgraded, found) = Pocket::open(newer, suite_installation()).await.expect("opens");
    assert_eq!(found, Found::Whole);
    assert_eq!(upgraded.next_batch(9, 1 << 20).await.expect("read").entries, [entry]);
    assert_eq!(upgraded.blob(unsent.blobs[0].0).await.expect("read"), Some(vec![1, 2, 3]));
    upgraded.save(&suite::unsent(2, "b")).await.expect("saved by the newer version");

    let refused = pocket.save(&suite::unsent(3, "c")).await;
    assert_eq!(refused.err(), Some(xunji_sync::pocket::Rejected::Storage(StorageError::Newer)));
}

/// A database that a newer app has upgraded is left alone.
#[wasm_bindgen_test]
async fn a_newer_database_is_not_touched() {
    let newer = Rexie::builder("newer").version(99).add_object_store(ObjectStore::new("meta"));
    newer.build().await.expect("the newer database").close();
    let opened = IndexedDb::open("newer").await;
    assert_eq!(opened.err(), Some(StorageError::Newer));
}

/// A commit that fails half-way leaves nothing behind.
#[wasm_bindgen_test]
async fn a_stale_commit_is_rolled_back() {
    let storage = open("stale").await;
    let old = storage.generation().await.expect("a generation");
    let put = |value: u8| vec![Write::Put(Table::Rows, "a".into(), vec![value])];
    assert_eq!(storage.commit(old, put(1)).await, Ok(Commit::Done));
    assert_eq!(storage.commit(old, put(2)).await, Ok(Commit::Stale));
    assert_eq!(storage.get(Table::Rows, "a").await, Ok(Some(vec![1])));
}

fn suite_installation() -> xunji_domain::id::InstallationId {
    "00000000-0000-4000-8000-000000000001".parse().expect("a UUID")
}
