//! The storage suite over a sealed storage, and what only a seal has to keep.

use std::{cell::Cell, rc::Rc};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use serde_json::json;
use xunji_domain::{entry::Action, id::InstallationId};
use xunji_sync::{
    memory::Memory,
    pocket::{Draft, Found, Pocket, Rejected},
    sealed::{Cipher, Placed, Sealed},
    storage::{Commit, Span, Storage, StorageError, Table, Write},
    storage_suite, suite,
    vault::{self, Header, Moment, Tries, Try, Wrapped},
};

/// AES-GCM as the app has it from the browser. Nonces count up, which is enough for a test's key.
#[derive(Clone)]
struct Aes {
    key: Rc<Aes256Gcm>,
    nonces: Rc<Cell<u64>>,
}

impl Aes {
    fn of(byte: u8) -> Self {
        Self { key: Rc::new(Aes256Gcm::new(&[byte; 32].into())), nonces: Rc::default() }
    }
}

impl Cipher for Aes {
    async fn seal(&self, plain: Vec<Placed>) -> Result<Vec<Vec<u8>>, StorageError> {
        let seal = |Placed { place, bytes }| {
            self.nonces.set(self.nonces.get() + 1);
            let mut nonce = [0; 12];
            nonce[..8].copy_from_slice(&self.nonces.get().to_be_bytes());
            let payload = Payload { msg: &bytes, aad: String::as_bytes(&place) };
            let sealed = self.key.encrypt(&nonce.into(), payload).expect("memory is enough");
            [&nonce[..], &sealed].concat()
        };
        Ok(plain.into_iter().map(seal).collect())
    }

    async fn open(&self, sealed: Vec<Placed>) -> Result<Vec<Option<Vec<u8>>>, StorageError> {
        let open = |Placed { place, bytes }: Placed| {
            let (nonce, sealed) = bytes.split_first_chunk::<12>()?;
            let payload = Payload { msg: sealed, aad: place.as_bytes() };
            self.key.decrypt(&(*nonce).into(), payload).ok()
        };
        Ok(sealed.into_iter().map(open).collect())
    }
}

macro_rules! run {
    ($name:ident) => {
        #[test]
        fn $name() {
            let (memory, key) = (Memory::default(), Aes::of(1));
            let sealed = || Sealed::with(memory.clone(), key.clone(), false);
            pollster::block_on(suite::$name(sealed(), async || sealed()));
        }
    };
}

storage_suite!(run);

#[test]
fn a_failed_save_leaves_everything_as_it_was() {
    let memory = Memory::default();
    let sealed = Sealed::with(memory.clone(), Aes::of(1), false);
    pollster::block_on(suite::a_failed_save_leaves_everything_as_it_was(sealed, |error| {
        memory.fail_next_commit(error);
    }));
}

fn installation() -> InstallationId {
    "00000000-0000-4000-8000-000000000001".parse().expect("a UUID")
}

fn header() -> Header {
    Header {
        version: vault::VERSION,
        installation: installation(),
        pin: Wrapped { salt: "c2FsdA".into(), rounds: vault::ROUNDS, key: "a2V5".into() },
        passkey: None,
        copy: None,
        copy_for: None,
        half: true,
        tries: Tries::default(),
        idle_minutes: vault::IDLE_MINUTES,
    }
}

async fn commit<S: Storage>(storage: &S, writes: Vec<Write>) {
    let read = storage.generation().await.expect("a generation");
    assert_eq!(storage.commit(read, writes).await, Ok(Commit::Done));
}

/// Everything that lies in a storage.
async fn bytes<S: Storage>(storage: &S) -> Vec<u8> {
    let mut all = Vec::new();
    for table in Table::ALL {
        for (key, value) in storage.range(table, Span::all()).await.expect("a range") {
            all.extend(key.into_bytes());
            all.extend(value);
        }
    }
    all
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

const WORDS: [&str; 3] = ["王德贵", "半句没写完", "513322100201"];

async fn fill(pocket: &Pocket<Sealed<Memory, Aes>>) {
    let mut unsent = suite::unsent(1, WORDS[0]);
    unsent.blobs = vec![(xunji_domain::canonical::Digest::new([9; 32]), WORDS[1].as_bytes().to_vec())];
    pocket.save(&unsent).await.expect("saved");
    let unsent = suite::unsent(2, "");
    let draft = Draft {
        id: unsent.content.id,
        record: unsent.content.record,
        kind: "patrol".into(),
        kind_version: 1,
        body: [("route".into(), WORDS[1].into())].into(),
        given: [].into(),
        replaces: None,
        adds: None,
        changed_at: unsent.content.noted_at,
    };
    pocket.put_draft(&draft).await.expect("kept");
}

async fn is_whole(pocket: &Pocket<Sealed<Memory, Aes>>) {
    let rows = pocket.rows(None, 9).await.expect("read").rows;
    assert!(rows.iter().any(|row| row.title.values().any(|value| value == WORDS[0])), "{rows:?}");
    assert_eq!(pocket.drafts().await.expect("read")[0].body["route"], WORDS[1]);
    let blob = pocket.blob(xunji_domain::canonical::Digest::new([9; 32])).await.expect("read");
    assert_eq!(blob.as_deref(), Some(WORDS[1].as_bytes()));
    assert_eq!(pocket.counts().await.expect("read").waiting, 1);
}

#[test]
fn nothing_that_is_written_can_be_read_below() {
    pollster::block_on(async {
        let memory = Memory::default();
        let sealed = Sealed::with(memory.clone(), Aes::of(1), false);
        let (pocket, _) = Pocket::open(sealed, installation()).await.expect("opens");
        fill(&pocket).await;
        is_whole(&pocket).await;
        let all = bytes(&memory).await;
        for words in WORDS {
            assert!(!holds(&all, words), "{words} lies open");
        }
    });
}

#[test]
fn a_row_opens_only_where_it_was_sealed_and_only_with_its_key() {
    pollster::block_on(async {
        let memory = Memory::default();
        let sealed = Sealed::with(memory.clone(), Aes::of(1), false);
        let put = |key: &str, value: &str| Write::Put(Table::Meta, key.into(), value.into());
        commit(&sealed, vec![put("a", "1"), put("b", "2")]).await;
        let of_a = memory.get(Table::Meta, "a").await.expect("read").expect("a row");
        let elsewhere = vec![
            Write::Put(Table::Meta, "b".into(), of_a.clone()),
            Write::Put(Table::Drafts, "a".into(), of_a),
            put("plain", "3"),
        ];
        commit(&memory, elsewhere).await;
        assert_eq!(sealed.get(Table::Meta, "a").await, Ok(Some(b"1".to_vec())));
        for (table, key) in [(Table::Meta, "b"), (Table::Drafts, "a"), (Table::Meta, "plain")] {
            assert_eq!(sealed.get(table, key).await, Err(StorageError::Damaged(key.into())));
        }
        let whole = memory.get(Table::Meta, "a").await.expect("read").expect("a row");
        for cut in [0, 1, 12, whole.len() - 1] {
            commit(&memory, vec![Write::Put(Table::Meta, "cut".into(), whole[..cut].to_vec())]).await;
            assert_eq!(
                sealed.get(Table::Meta, "cut").await,
                Err(StorageError::Damaged("cut".into())),
                "{cut}"
            );
        }
        let other = Sealed::with(memory, Aes::of(2), false);
        assert_eq!(other.get(Table::Meta, "a").await, Err(StorageError::Damaged("a".into())));
    });
}

/// One photo that the disk has spoiled holds up no other, and keeps no backup from being made.
#[test]
fn a_spoiled_attachment_is_as_good_as_gone() {
    pollster::block_on(async {
        let memory = Memory::default();
        let sealed = Sealed::with(memory.clone(), Aes::of(1), false);
        let (pocket, _) = Pocket::open(sealed, installation()).await.expect("opens");
        let digests = [1, 2].map(|byte| xunji_domain::canonical::Digest::new([byte; 32]));
        for digest in digests {
            pocket.put_blob(digest, vec![7], Some(vec![8])).await.expect("kept");
        }
        let key = digests[0].to_string();
        let mut bytes = memory.get(Table::Blobs, &key).await.expect("read").expect("a row");
        *bytes.last_mut().expect("bytes") ^= 1;
        commit(&memory, vec![Write::Put(Table::Blobs, key, bytes)]).await;
        assert_eq!(pocket.blob(digests[0]).await, Ok(None));
        assert_eq!(pocket.small_blob(digests[0]).await, Ok(Some(vec![8])));
        let author = suite::unsent(1, "a").content.author;
        let (backup, blobs, _) = pocket.back_up(author).await.expect("a backup");
        assert_eq!((backup.blobs, blobs), (vec![digests[1]], vec![vec![7]]));
    });
}

#[test]
fn a_database_of_earlier_days_is_sealed_in_place_even_when_it_is_cut_off() {
    pollster::block_on(async {
        let memory = Memory::default();
        let clear = Sealed::clear(memory.clone());
        let (pocket, _) = Pocket::open(clear.clone(), installation()).await.expect("opens");
        fill(&pocket).await;
        is_whole(&pocket).await;
        assert!(holds(&bytes(&memory).await, WORDS[0]), "it lies open before");

        assert_eq!(vault::make(&memory, &header()).await, Ok(true));
        assert_eq!(vault::make(&memory, &header()).await, Ok(false), "only one tab makes it");
        clear.seal_with(Aes::of(1));
        memory.fail_next_commit(StorageError::Lost);
        assert_eq!(clear.seal_rest().await, Err(StorageError::Lost));
        is_whole(&pocket).await;

        // The app is opened again on what was left.
        let again = Sealed::with(memory.clone(), Aes::of(1), true);
        let (pocket, found) = Pocket::open(again.clone(), installation()).await.expect("opens");
        assert_eq!(found, Found::Whole);
        pocket.save(&suite::unsent(3, "c")).await.expect("saved in between");
        again.seal_rest().await.expect("sealed");
        assert_eq!(pocket.counts().await.expect("read").waiting, 2);
        pocket.acknowledge(&[], &[]).await.expect("nothing to write");
        let whole = Sealed::with(memory.clone(), Aes::of(1), false);
        let (pocket, found) = Pocket::open(whole, installation()).await.expect("opens");
        assert_eq!(found, Found::Whole);
        assert_eq!(pocket.drafts().await.expect("read").len(), 1);
        let all = bytes(&memory).await;
        for words in WORDS {
            assert!(!holds(&all, words), "{words} still lies open");
        }
    });
}

#[test]
fn a_tab_that_does_not_know_of_the_vault_writes_nothing_plain() {
    pollster::block_on(async {
        let memory = Memory::default();
        let (pocket, _) =
            Pocket::open(Sealed::<_, Aes>::clear(memory.clone()), installation()).await.expect("opens");
        pocket.save(&suite::unsent(1, "a")).await.expect("saved");
        vault::make(&memory, &header()).await.expect("made");
        let late = pocket.save(&suite::unsent(2, WORDS[0])).await;
        assert_eq!(late.err(), Some(Rejected::Storage(StorageError::Newer)));
        Sealed::with(memory.clone(), Aes::of(1), true).seal_rest().await.expect("sealed");
        assert_eq!(pocket.counts().await.err(), Some(StorageError::Newer));
        assert!(!holds(&bytes(&memory).await, WORDS[0]));
    });
}

#[test]
fn wrong_pins_wait_longer_and_longer_and_wipe_nothing() {
    pollster::block_on(async {
        let memory = Memory::default();
        vault::make(&memory, &header()).await.expect("made");
        let mut now = Moment(1_700_000_000_000);
        let mut waited = Vec::new();
        for _ in 0..20 {
            match vault::begin_try(&memory, now).await.expect("read") {
                Try::Now(_) => waited.push(0),
                Try::Wait(left) => {
                    waited.push(left / 1000);
                    now.0 += left;
                    assert!(matches!(vault::begin_try(&memory, now).await, Ok(Try::Now(_))));
                }
            }
        }
        assert_eq!(waited[..10], [0, 0, 0, 0, 0, 30, 60, 300, 900, 3600]);
        assert!(waited[10..].iter().all(|seconds| *seconds == 3600), "{waited:?}");
        // A clock that was set back by a year adds no more than the delay.
        let year = 365 * 24 * 3_600_000;
        now.0 -= year;
        assert_eq!(vault::begin_try(&memory, now).await, Ok(Try::Wait(3_600_000)));
        now.0 += 1_000;
        assert_eq!(vault::begin_try(&memory, now).await, Ok(Try::Wait(3_599_000)));
        now.0 += 3_599_000;
        assert!(matches!(vault::begin_try(&memory, now).await, Ok(Try::Now(_))));
        now.0 += 3_600_000;
        assert!(matches!(vault::begin_try(&memory, now).await, Ok(Try::Now(_))));
        let header = vault::right(&memory).await.expect("written");
        assert_eq!(header.tries, Tries::default());
        assert!(matches!(vault::begin_try(&memory, now).await, Ok(Try::Now(_))));
    });
}

/// Headers lie on phones: this text has to be read for ever.
#[test]
fn the_header_of_version_1_is_read() {
    pollster::block_on(async {
        let memory = Memory::default();
        let text = r#"{"version":1,"installation":"00000000-0000-4000-8000-000000000001","pin":{"salt":"c2FsdA","rounds":600000,"key":"a2V5"},"half":true,"tries":{"wrong":0,"until":0},"idle_minutes":10}"#;
        commit(&memory, vec![Write::Put(Table::Meta, vault::HEADER.into(), text.into())]).await;
        assert_eq!(vault::header(&memory).await, Ok(Some(header())));
        assert_eq!(serde_json::to_string(&header()).expect("JSON"), text);
        let cut = Write::Put(Table::Meta, vault::HEADER.into(), text[..60].into());
        commit(&memory, vec![cut]).await;
        assert_eq!(vault::header(&memory).await, Err(StorageError::Damaged(vault::HEADER.into())));
        let newer = text.replace("\"version\":1", "\"version\":2");
        commit(&memory, vec![Write::Put(Table::Meta, vault::HEADER.into(), newer.into())]).await;
        assert_eq!(vault::header(&memory).await, Err(StorageError::Newer));
    });
}

/// Whether a part of a key says nothing of anybody: a word that every phone has, an opaque id, a digest, a position.
fn says_nothing(part: &str) -> bool {
    const WORDS: [&str; 30] = [
        "profile",
        "canary",
        "enrolment",
        "definitions",
        "definitions_tag",
        "directory",
        "me",
        "people",
        "seq",
        "returned",
        "shelving",
        "cursor",
        "cursor_entry",
        "cursors",
        "orphans",
        "vault",
        "last",
        "recent",
        "call",
        "slip",
        "double",
        "came-from",
        "patrol",
        "consultation",
        "dispute",
        "legal_aid",
        "complaint",
        "small",
        "~",
        "",
    ];
    let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    WORDS.contains(&part)
        || uuid::Uuid::parse_str(part).is_ok()
        || (matches!(part.len(), 16 | 64) && hex(part))
}

async fn keys_say_nothing(memory: &Memory) -> usize {
    let mut count = 0;
    for table in Table::ALL {
        for key in memory.keys(table).await.expect("keys") {
            assert!(key.split(['/', '.']).all(says_nothing), "{table:?}: {key}");
            count += 1;
        }
    }
    count
}

/// What lies in clear says neither whom a case waits for nor by when, nor where somebody sits.
#[test]
fn no_key_says_anything_of_a_person_a_desk_or_a_day() {
    for told in ["desk:police:luqiao", "level:county_centre", "worker:1", "2026-11-25", "513322100201"] {
        assert!(!told.split('/').all(says_nothing), "{told}");
    }
    macro_rules! after {
        ($($name:ident)*) => {$(
            let (memory, key) = (Memory::default(), Aes::of(1));
            let sealed = || Sealed::with(memory.clone(), key.clone(), false);
            pollster::block_on(suite::$name(sealed(), async || sealed()));
            assert!(pollster::block_on(keys_say_nothing(&memory)) > 3);
        )*};
    }
    after!(
        a_parked_step_is_given_up_or_mended_and_stays_in_the_history
        a_record_knows_its_doubles_as_long_as_they_are_merged
        a_backup_brings_everything_back_once
        each_mailbox_has_a_place_of_its_own
        what_the_station_says_of_the_person_is_kept
        what_nothing_names_goes_a_day_later
        the_ledger_is_newest_first_and_can_be_searched
    );
    pollster::block_on(async {
        let memory = Memory::default();
        let sealed = Sealed::with(memory.clone(), Aes::of(1), false);
        let (pocket, _) = Pocket::open(sealed, installation()).await.expect("opens");
        fill(&pocket).await;
        let opening = suite::unsent(10, "");
        let body = |value: serde_json::Value| serde_json::from_value(value).expect("a body");
        let steps = [
            Action::Open { body: body(json!({ "title": "x", "village": "513322100201" })) },
            Action::Step { step: "escalate".into(), body: body(json!({ "escalation_reason": "x" })) },
            Action::Step { step: "assign".into(), body: body(json!({ "assignee": "desk:police:luqiao" })) },
            Action::Ask { field: "title".into(), text: "?".into() },
        ];
        for (number, action) in (10..).zip(steps) {
            let mut unsent = suite::unsent(number, "");
            unsent.content.record = opening.content.record;
            (unsent.content.kind, unsent.content.kind_version) = ("dispute".into(), 2);
            unsent.content.action = action;
            pocket.save(&unsent).await.expect("saved");
        }
        let calls = memory.range(Table::Meta, Span::prefix("call/")).await.expect("a range");
        assert_eq!(calls.len(), 1, "it waits for a desk and for its keeper");
        keys_say_nothing(&memory).await;
    });
}
