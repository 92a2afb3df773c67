//! Laws of the search: what is found is what is there, whatever the way by which it came, and shelves that were kept
//! say what shelves that are made anew would say.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    entry::{Action, Body, Content, Entry},
    id::{InstallationId, Position, RecordId, Revision, Seq},
    kind::Kind,
    slip::Verdict,
    village::County,
    wire::{Definitions, MailboxItem, MailboxPage, Outcome, Receipt},
};
use xunji_sync::{
    index::Index,
    memory::Memory,
    pocket::{Addition, BACKUP_VERSION, Backup, Doing, Draft, Mailbox, Pocket, Unsent},
    storage::{Span, Storage, Table, Write},
    suite::{accepted, fill, filled, found, unsent},
    words::{Words, fold, marked, places, said, said_in_draft, searchable},
};

/// A few characters in the place of the browser's knowledge. 曾 is read in two ways.
fn pinyin(c: char) -> [u8; 2] {
    match c {
        '张' | '庄' => [b'z', 0],
        '三' | '水' => [b's', 0],
        '曾' => [b'c', b'z'],
        '巡' => [b'x', 0],
        '查' => [b'c', b'z'],
        '村' => [b'c', 0],
        _ => [0, 0],
    }
}

fn installation(number: u128) -> InstallationId {
    InstallationId::new(Uuid::from_u128(number))
}

fn open(memory: &Memory) -> Pocket<Memory> {
    pollster::block_on(Pocket::open(memory.clone(), installation(1))).expect("opens").0.with_pinyin(pinyin)
}

/// All lines of the shelves, in their order.
fn lines(memory: &Memory) -> String {
    let shelves = pollster::block_on(memory.range(Table::Shelves, Span::all())).expect("read");
    let sizes: Vec<usize> =
        shelves.iter().map(|(_, text)| text.iter().filter(|byte| **byte == b'\n').count()).collect();
    assert!(sizes.iter().all(|size| *size <= 128), "{sizes:?}");
    String::from_utf8(shelves.into_iter().flat_map(|(_, text)| text).collect()).expect("text")
}

fn forget_shelves(memory: &Memory) {
    pollster::block_on(async {
        let read = memory.generation().await.expect("a generation");
        let forgotten = vec![Write::Delete(Table::Meta, "shelving".to_owned())];
        memory.commit(read, forgotten).await.expect("written");
    });
}

#[derive(Clone, Debug)]
enum Happening {
    Save(u8, String),
    Note(u8, String),
    Answer(u8, String),
    Amend(u8, String),
    Acknowledge,
    Receive(u8, String),
    Define,
    Make,
    Forget,
    PutBack(u8, String),
}

fn words() -> impl Strategy<Value = String> {
    let characters = prop::sample::select("张三曾庄水巡查村 ｚＺs1%*\n\t".chars().collect::<Vec<_>>());
    prop::collection::vec(characters, 0..6).prop_map(|characters| characters.into_iter().collect())
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (0..40_u8, words()).prop_map(|(record, text)| Happening::Save(record, text)),
        2 => (0..40_u8, words()).prop_map(|(record, text)| Happening::Note(record, text)),
        1 => (0..40_u8, words()).prop_map(|(record, text)| Happening::Answer(record, text)),
        2 => (0..40_u8, words()).prop_map(|(record, text)| Happening::Amend(record, text)),
        2 => Just(Happening::Acknowledge),
        3 => (0..40_u8, words()).prop_map(|(record, text)| Happening::Receive(record, text)),
        1 => Just(Happening::Define),
        2 => Just(Happening::Make),
        1 => Just(Happening::Forget),
        1 => (0..40_u8, words()).prop_map(|(record, text)| Happening::PutBack(record, text)),
    ]
}

struct Told {
    memory: Memory,
    pocket: Pocket<Memory>,
    index: Index,
    next: u128,
    position: u64,
}

impl Told {
    fn begin() -> Self {
        let memory = Memory::default();
        let pocket = open(&memory);
        Self { memory, pocket, index: Index::default(), next: 1_000, position: 0 }
    }

    /// An entry of its own about one of a few records.
    fn entry(&mut self, record: u8, action: Action) -> Unsent {
        self.next += 1;
        let mut entry = unsent(self.next, "");
        entry.content.record = RecordId::new(Uuid::from_u128(u128::from(record)));
        entry.content.action = action;
        let mut digest = [0; 32];
        digest[..16].copy_from_slice(&self.next.to_be_bytes());
        entry.digest = Digest::new(digest);
        entry
    }

    fn opening(&mut self, record: u8, text: &str) -> Unsent {
        let body: Body = [("village", json!("513322100201")), ("route", json!(text))]
            .into_iter()
            .map(|(field, value)| (field.into(), value))
            .collect();
        self.entry(record, Action::Open { body })
    }

    async fn happens(&mut self, happening: &Happening) {
        match happening {
            Happening::Save(record, text) => {
                let entry = self.opening(*record, text);
                self.pocket.save(&entry).await.expect("saved");
            }
            Happening::Note(record, text) => {
                let entry = self.entry(*record, Action::Note { text: text.clone() });
                self.pocket.save(&entry).await.expect("saved");
            }
            Happening::Answer(record, text) => {
                let action = Action::Answer {
                    slip: self.entry(*record, Action::Attach {}).content.id,
                    state: "done".into(),
                    verdict: Verdict::Contested,
                    text: text.clone(),
                    satisfaction: None,
                };
                let entry = self.entry(*record, action);
                self.pocket.save(&entry).await.expect("saved");
            }
            Happening::Amend(record, text) => {
                let action = Action::Amend {
                    field: "route".into(),
                    from: Value::Null,
                    to: json!(text),
                    reason: format!("{text}错了"),
                };
                let entry = self.entry(*record, action);
                self.pocket.save(&entry).await.expect("saved");
            }
            Happening::Acknowledge => {
                let sent = self.pocket.next_batch(9, 1 << 20).await.expect("read").entries;
                let answers: Vec<_> = sent.iter().map(|entry| accepted(entry, entry.seq.0)).collect();
                self.pocket.acknowledge(&sent, &answers).await.expect("written");
            }
            Happening::Receive(record, text) => {
                let Unsent { content, digest, .. } = self.opening(*record, text);
                self.receive(content, digest).await;
            }
            Happening::Define => {
                let mut county = County::built_in().clone();
                county.townships[0].villages[0].name = format!("庄{}", self.next);
                let mut kind = Kind::built_in()[0].clone();
                kind.version += self.next as u32;
                let definitions = Definitions { kinds: vec![kind], county, calendar: Default::default() };
                self.pocket.define(&definitions, None).await.expect("written");
            }
            Happening::Make => drop(self.pocket.shelve().await.expect("made")),
            Happening::Forget => forget_shelves(&self.memory),
            Happening::PutBack(record, text) => {
                let Unsent { content, digest, .. } = self.opening(*record, text);
                let author = content.author;
                let entry = Entry { installation: installation(9), seq: Seq(1), digest, content };
                let standing = xunji_domain::record::Standing::Pending;
                let entries = vec![xunji_domain::record::Known::new(entry, standing)];
                let backup = Backup { version: BACKUP_VERSION, worker: author, entries, blobs: Vec::new() };
                self.pocket.restore(&backup, &[]).await.expect("put back");
            }
        }
    }

    async fn receive(&mut self, content: Content, digest: Digest) {
        let entry = Entry { installation: installation(2), seq: Seq(self.position + 1), digest, content };
        let receipt = Receipt {
            entry: entry.content.id,
            digest,
            received_at: chrono::DateTime::UNIX_EPOCH,
            outcome: Outcome::Accepted { revision: Revision(self.position + 1) },
            signature: None,
        };
        let after = Position(self.position);
        self.position += 1;
        let position = Position(self.position);
        let items = vec![MailboxItem { position, entry, receipt, masked: false }];
        let page = MailboxPage { items, people: Vec::new(), head: position, reset: false };
        assert_eq!(self.pocket.receive(&Mailbox::Own, after, &page).await, Ok(true));
    }

    /// What every record says, read from its fold.
    async fn said(&self) -> Vec<(RecordId, Vec<String>)> {
        let records = self.memory.range(Table::Records, Span::all()).await.expect("read");
        let mut all = Vec::new();
        for (_, bytes) in records {
            let record: xunji_domain::record::Record = serde_json::from_slice(&bytes).expect("a record");
            let texts = said(&self.pocket.kinds(), &self.pocket.county(), &record);
            let mut values: Vec<String> = texts.iter().map(|one| fold(&one.text)).collect();
            for one in texts.iter().filter(|one| one.short) {
                let letters = searchable(std::slice::from_ref(one), pinyin);
                values.extend(letters.split('\u{1f}').skip(2).map(str::to_owned));
            }
            all.push((record.id, values));
        }
        all
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// After any history, with an index that was brought up to date in between or not.
    #[test]
    fn a_search_finds_a_record_if_and_only_if_one_of_its_texts_has_the_word(
        history in prop::collection::vec((happening(), any::<bool>()), 1..40),
        asked in prop::collection::vec(words(), 1..6),
    ) {
        pollster::block_on(async {
            let mut told = Told::begin();
            for (happening, look) in &history {
                told.happens(happening).await;
                if *look {
                    fill(&told.pocket, &mut told.index).await;
                }
            }
            fill(&told.pocket, &mut told.index).await;
            let said = told.said().await;
            prop_assert_eq!(told.index.records(), said.len());
            for typed in asked.iter().map(String::as_str).chain(["", "zs", "zc", "xc", "x", "固包", "513322"]) {
                let rows = found(&told.pocket, &told.index, None, typed).await;
                let ids: BTreeSet<_> = rows.iter().map(|row| row.record).collect();
                let words = Words::typed(typed);
                let wanted = said.iter().filter(|(_, values)| {
                    words.each().all(|word| values.iter().any(|value| value.contains(word)))
                });
                let wanted: BTreeSet<_> = wanted.map(|(id, _)| *id).collect();
                prop_assert_eq!(&ids, &wanted, "{:?}", typed);
                prop_assert_eq!(ids.len(), rows.len(), "a record is found once");
            }
            Ok(())
        })?;
    }

    #[test]
    fn shelves_that_were_kept_say_what_shelves_made_anew_say(
        history in prop::collection::vec(happening(), 1..60),
    ) {
        pollster::block_on(async {
            let mut told = Told::begin();
            for happening in &history {
                told.happens(happening).await;
            }
            while told.pocket.shelve().await.expect("made") {}
            let kept = lines(&told.memory);
            forget_shelves(&told.memory);
            while told.pocket.shelve().await.expect("made") {}
            prop_assert_eq!(kept, lines(&told.memory));
            Ok(())
        })?;
    }

    /// What is marked is the word, or as many characters as the word has letters.
    #[test]
    fn marks_lie_where_the_word_is(text in words(), word in words()) {
        for word in Words::typed(&word).each() {
            let found = places(&text, word, pinyin, true);
            let written = fold(&text).contains(word);
            let all: String = marked(&text, &found).into_iter().map(|(piece, _)| piece).collect();
            prop_assert_eq!(&all, &text);
            for place in found {
                let piece: String = text.chars().skip(place.start).take(place.len()).collect();
                prop_assert!(!written || fold(&piece) == word, "{:?} is marked for {:?}", piece, word);
            }
        }
    }
}

#[test]
fn reasons_answers_drafts_and_labels_in_english_are_found() {
    pollster::block_on(async {
        let mut told = Told::begin();
        told.happens(&Happening::Save(1, "水厂".into())).await;
        told.happens(&Happening::Save(2, "三组".into())).await;
        told.happens(&Happening::Amend(1, "水厂".into())).await;
        told.happens(&Happening::Answer(2, "门还没修好".into())).await;
        fill(&told.pocket, &mut told.index).await;
        for (typed, wanted) in
            [("错了", vec![1]), ("没修好", vec![2]), ("patrol", vec![1, 2]), ("ＰＡＴＲＯＬ 水厂", vec![1])]
        {
            let rows = found(&told.pocket, &told.index, None, typed).await;
            let mut ids: Vec<_> = rows.iter().map(|row| row.record.to_string()).collect();
            ids.sort();
            let id = |number: &u128| RecordId::new(Uuid::from_u128(*number)).to_string();
            assert_eq!(ids, wanted.iter().map(id).collect::<Vec<_>>(), "{typed}");
        }
        let content = told.opening(3, "半句").content;
        let Action::Open { body } = content.action else { panic!("an opening") };
        let draft = Draft {
            id: content.id,
            record: content.record,
            kind: content.kind,
            kind_version: content.kind_version,
            body,
            given: [].into(),
            replaces: None,
            adds: Some(Addition {
                doing: Doing::Note,
                text: "张三说".into(),
                field: None,
                attached: Vec::new(),
            }),
            changed_at: content.noted_at,
        };
        let said = said_in_draft(&told.pocket.kinds(), &told.pocket.county(), &draft);
        for (typed, wanted) in
            [("半句", true), ("patrol xc", true), ("张三说 半句", true), ("zss", false), ("全句", false)]
        {
            assert_eq!(Words::typed(typed).are_in(&said, pinyin), wanted, "{typed}");
        }
    });
}

/// Shelves that an earlier version made lack what is searched for now.
#[test]
fn shelves_of_an_earlier_version_are_made_anew() {
    pollster::block_on(async {
        let mut told = Told::begin();
        told.happens(&Happening::Save(1, "水厂".into())).await;
        fill(&told.pocket, &mut told.index).await;
        let right = lines(&told.memory);
        let row = told.memory.get(Table::Meta, "shelving").await.expect("read").expect("a row");
        let mut shelving: Value = serde_json::from_slice(&row).expect("JSON");
        shelving["version"] = json!(1);
        let writes = vec![
            Write::Put(Table::Meta, "shelving".into(), shelving.to_string().into_bytes()),
            Write::Put(Table::Shelves, "~".into(), right.replace("patrol\u{1f}", "\u{1f}").into_bytes()),
        ];
        let read = told.memory.generation().await.expect("a generation");
        told.memory.commit(read, writes).await.expect("written");
        let pocket = open(&told.memory);
        assert_eq!(found(&pocket, &filled(&pocket).await, None, "patrol").await.len(), 1);
        assert_eq!(lines(&told.memory), right);
    });
}

#[test]
fn shelves_stay_small_and_in_order_however_many_records_come() {
    pollster::block_on(async {
        let memory = Memory::default();
        let pocket = open(&memory);
        for number in 0..600 {
            // Some come as they happen, some from long ago.
            let number = if number % 3 == 0 { 10_000 - number } else { number + 20_000 };
            pocket.save(&unsent(number, "张三")).await.expect("saved");
        }
        let all = lines(&memory);
        let keys: Vec<&str> = all.lines().map(|line| line.split('\t').next().unwrap_or_default()).collect();
        assert!(keys.is_sorted());
        assert_eq!(keys.len(), 600);
        let index = filled(&pocket).await;
        assert_eq!((index.records(), index.is_whole()), (600, true));
        assert_eq!(found(&pocket, &index, None, "zs").await.len(), 600);
    });
}

#[test]
fn a_receipt_leaves_the_shelves_alone() {
    pollster::block_on(async {
        let memory = Memory::default();
        let pocket = open(&memory);
        let entry = pocket.save(&unsent(1, "张三")).await.expect("saved");
        let mut index = filled(&pocket).await;
        let edition = index.edition();
        pocket.acknowledge(std::slice::from_ref(&entry), &[accepted(&entry, 1)]).await.expect("written");
        fill(&pocket, &mut index).await;
        assert_eq!(index.edition(), edition, "nothing was read again");
    });
}

#[test]
fn both_readings_of_a_character_find_it_and_its_characters_are_marked() {
    let marks = |text: &str, word: &str| -> Vec<String> {
        let pieces = marked(text, &places(text, word, pinyin, true));
        pieces.into_iter().filter(|(_, mark)| *mark).map(|(piece, _)| piece).collect()
    };
    assert_eq!(marks("村民曾三", "cs"), ["曾三"]);
    assert_eq!(marks("村民曾三", "zs"), ["曾三"]);
    assert_eq!(marks("张三的ＺＳ", "zs"), ["ＺＳ"], "what is written goes before what is read");
    assert_eq!(marks("张三、张三", "zs"), ["张三", "张三"]);
    assert!(Words::typed("ｚｓ 村").fit("张三庄村", pinyin));
    assert!(!Words::typed("sz").fit("张三", pinyin));
}

/// One row that the disk has spoiled keeps no other from being shown, found or put away.
#[test]
fn a_row_that_cannot_be_read_keeps_no_other_from_being_shown() {
    pollster::block_on(async {
        let memory = Memory::default();
        let pocket = open(&memory);
        for number in 1..=3 {
            pocket.save(&unsent(number, "张三")).await.expect("saved");
        }
        for table in [Table::Rows, Table::Entries, Table::Shelves] {
            let (key, _) = memory.range(table, Span::all()).await.expect("read").swap_remove(0);
            let read = memory.generation().await.expect("a generation");
            memory.commit(read, vec![Write::Put(table, key, b"\xffno".to_vec())]).await.expect("written");
        }
        let page = pocket.rows(None, 9).await.expect("read");
        assert_eq!((page.rows.len(), page.unreadable), (2, 1));
        let author = unsent(1, "").content.author;
        let (backup, _, unreadable) = pocket.back_up(author).await.expect("a backup");
        assert_eq!((backup.entries.len(), unreadable), (2, 1));
        // The shelf is made anew.
        let index = filled(&pocket).await;
        assert_eq!(index.records(), 3);
        pocket.save(&unsent(4, "张三")).await.expect("saved");
    });
}

/// A spoiled shelf is met by a save before anybody reads it.
#[test]
fn a_spoiled_shelf_keeps_nothing_from_being_saved() {
    pollster::block_on(async {
        let memory = Memory::default();
        let pocket = open(&memory);
        pocket.save(&unsent(1, "张三")).await.expect("saved");
        let (key, _) = memory.range(Table::Shelves, Span::all()).await.expect("read").swap_remove(0);
        let read = memory.generation().await.expect("a generation");
        memory.commit(read, vec![Write::Put(Table::Shelves, key, b"\xff".to_vec())]).await.expect("written");
        pocket.save(&unsent(2, "张三")).await.expect("saved");
        assert_eq!(filled(&pocket).await.records(), 2);
    });
}

/// Keys lie in clear: they may hold nothing but moments and opaque ids.
#[test]
fn the_keys_of_shelves_are_keys_of_rows() {
    pollster::block_on(async {
        let memory = Memory::default();
        let pocket = open(&memory);
        for number in 1..200 {
            pocket.save(&unsent(number, "张三")).await.expect("saved");
        }
        let rows = memory.keys(Table::Rows).await.expect("read");
        let shelves = memory.keys(Table::Shelves).await.expect("read");
        assert!(
            shelves.len() > 1 && shelves.iter().all(|key| key == "~" || rows.contains(key)),
            "{shelves:?}"
        );
    });
}

/// A village gets another name: a tab that was open before writes the old one no more, and a batch that had to be decided
/// twice forgets nothing.
#[test]
fn a_tab_that_is_behind_writes_no_old_names() {
    pollster::block_on(async {
        let memory = Memory::default();
        let (behind, other) = (open(&memory), open(&memory));
        let in_the_village = |number| {
            let mut unsent = unsent(number, "a");
            if let Action::Open { body } = &mut unsent.content.action {
                body.insert("village".into(), json!("513322100201"));
            }
            unsent
        };
        behind.save(&in_the_village(1)).await.expect("saved");
        let mut county = County::built_in().clone();
        county.townships[0].villages[0].name = "新名村".to_owned();
        let definitions = Definitions { kinds: Vec::new(), county, calendar: Default::default() };
        other.define(&definitions, None).await.expect("written");
        filled(&other).await;
        behind.save(&in_the_village(2)).await.expect("saved");
        behind.save(&in_the_village(3)).await.expect("saved");
        let index = filled(&other).await;
        assert_eq!(found(&other, &index, None, "新名村").await.len(), 3);
        // The same again from a tab that knows the names already, as when its first try came too late.
        behind.define(&definitions, None).await.expect("written");
        let kept = lines(&memory);
        forget_shelves(&memory);
        filled(&behind).await;
        assert_eq!(kept, lines(&memory));
    });
}

/// The row that counts the changes is gone, and another tab has begun to count anew.
#[test]
fn a_reader_is_not_taken_in_by_a_count_that_begins_anew() {
    pollster::block_on(async {
        let memory = Memory::default();
        let pocket = open(&memory);
        forget_shelves(&memory);
        let mut index = filled(&pocket).await;
        pocket.save(&unsent(1, "a")).await.expect("saved");
        forget_shelves(&memory);
        while pocket.shelve().await.expect("made") {}
        fill(&pocket, &mut index).await;
        assert_eq!(index.records(), 1);
    });
}
