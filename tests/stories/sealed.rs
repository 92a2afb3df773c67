//! What lies in the browser's own files: nothing that anybody typed; and databases of the days before the vault.

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};

use crate::{
    photos::PICTURE,
    samples::{self, assert_opened},
    support::{LOCKED, LUQIAO_GUBAO, PIN, Phone, story, until},
};

/// Typed by the story itself, beside what the samples type.
const TYPED: [&str; 4] = ["配电箱门锁损坏待换锁", "草稿里只有半句话", "电话里又说了一遍", "查找这几个字"];

/// What others have sent: a desk of the directory, a colleague, and what she wrote.
const RECEIVED: [&str; 3] = ["泸桥清风律师事务所", "卓玛央宗", "镇里明天派人到现场看水渠"];

#[tokio::test]
async fn the_browsers_folder_holds_nothing_that_was_typed_or_received() {
    story(async |world| {
        let desk = ["add", "--desk", "law_firm:luqiao", "--kind", "law_firm", "--area", "513322100"];
        world.station.office("desk", &[&desk[..], &["--name", RECEIVED[0]]].concat());
        let phone = world.enrolled().await;
        let page = samples::dispute().record(phone).await;
        phone.sync_becomes("全部已送达").await;
        let centre = world.another_phone("centre").await;
        centre.enrol(&world.station.enrol(RECEIVED[1], "coordinator", LUQIAO_GUBAO)).await;
        centre.open(&page).await;
        centre.press("补充").await;
        centre.enter("补充内容", RECEIVED[2]).await;
        centre.press("保存").await;
        phone.open(&page).await;
        for received in &RECEIVED[1..] {
            phone.sees(received).await;
        }
        centre.end().await;
        samples::consultation().record(phone).await;
        let finding = samples::finding(TYPED[0]);
        finding.begin(phone).await;
        finding.fill(phone).await;
        phone.add_file("照片", Path::new(PICTURE)).await;
        phone.sees_picture("照片 1").await;
        phone.save().await;
        samples::patrol().begin(phone).await;
        phone.enter("路线或点位", TYPED[1]).await;
        phone.hears("草稿已保存").await;
        phone.open(&page).await;
        phone.press("补充").await;
        phone.enter("补充内容", TYPED[2]).await;
        phone.press("保存").await;
        phone.hears("已存在本机").await;
        phone.open("/records").await;
        phone.type_in("搜索", TYPED[3]).await;
        phone.row_count_becomes(0).await;
        phone.send_now("全部已送达").await;
        until("see the directory kept", async || match phone.row("meta", "directory").await {
            row if row.is_empty() => Err("there is none".to_owned()),
            _ => Ok(()),
        })
        .await;
        phone.run(IN_THE_OPEN, vec![json!(CONTROL)]).await.expect("another database can be written");
        // A tab with a form goes with the browser, and the browser writes down where it was.
        phone.open("/").await;
        phone.press_row("草稿").await;
        phone.holds("路线或点位", TYPED[1]).await;
        let photo = photo(world.station.folder());
        let mut secrets = vec!["张三".to_owned(), PIN.to_owned(), token(phone).await];
        secrets.extend(TYPED.into_iter().chain(RECEIVED).map(str::to_owned));
        for sample in [samples::dispute(), samples::consultation()] {
            let long =
                sample.fields.iter().filter(|(label, value)| value.len() > 9 && !CHOSEN.contains(label));
            secrets.extend(long.map(|(_, value)| value.chars().take(12).collect::<String>()));
        }
        assert!(secrets.iter().any(|secret| secret.starts_with("1390000")), "{secrets:?}");
        phone.close().await;
        nothing_lies_open(&phone.profile(), &secrets, &photo);

        // Killed in the middle of a form, it has no time to tidy up.
        phone.reopen().await;
        phone.open(&page).await;
        phone.sees(RECEIVED[2]).await;
        phone.open("/").await;
        phone.press_row("草稿").await;
        phone.holds("路线或点位", TYPED[1]).await;
        phone.enter("参加人", TYPED[0]).await;
        phone.hears("草稿已保存").await;
        phone.kill().await;
        nothing_lies_open(&phone.profile(), &secrets, &photo);
    })
    .await;
}

/// Looks through every file of a browser's folder.
fn nothing_lies_open(profile: &Path, secrets: &[String], photo: &[u8]) {
    let files = files(profile);
    let found = |words: &[u8]| -> Vec<&str> {
        files.iter().filter(|(_, bytes)| holds(bytes, words)).map(|(name, _)| name.as_str()).collect()
    };
    for control in encodings(CONTROL) {
        let places = found(&control);
        println!("the control lies open in {places:?}, as it should");
    }
    assert!(
        encodings(CONTROL).iter().any(|control| !found(control).is_empty()),
        "what lies in the open was not found either: this test sees nothing"
    );
    println!("looked for {} texts in {} files: {secrets:?}", secrets.len(), files.len());
    for secret in secrets {
        for bytes in encodings(secret) {
            let places = found(&bytes);
            assert!(places.is_empty(), "{secret} lies open in {places:?}");
        }
    }
    assert!(found(photo).is_empty(), "the photo lies open in {:?}", found(photo));
}

/// What the phone has shown the station to be let in.
async fn token(phone: &Phone) -> String {
    phone.requests().await.iter().find_map(bearer).expect("the phone has asked the station for something")
}

fn bearer(line: &Value) -> Option<String> {
    let headers = line["params"]["request"]["headers"].as_object()?;
    let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    value.as_str()?.strip_prefix("Bearer ").map(str::to_owned)
}

/// Fields whose values are words of the app itself, or numbers that anything may hold.
const CHOSEN: [&str; 10] = [
    "村(社区)",
    "纠纷类型",
    "来源",
    "目前处理",
    "发生时间",
    "咨询时间",
    "咨询类型",
    "处理结果",
    "约期答复",
    "约定日期",
];

/// What is written without the vault, to see that the search finds such a thing.
const CONTROL: &str = "对照:这一句没有加密";

const IN_THE_OPEN: &str = "
    const opening = indexedDB.open('control');
    await new Promise((done) => {
        opening.onupgradeneeded = () => opening.result.createObjectStore('rows');
        opening.onsuccess = done;
    });
    const writing = opening.result.transaction('rows', 'readwrite');
    writing.objectStore('rows').put(new TextEncoder().encode(arguments[0]), 'text');
    await new Promise((done) => { writing.oncomplete = done; });
    opening.result.close();
";

/// Some bytes in the middle of the one photo that the station has.
fn photo(station: &Path) -> Vec<u8> {
    let all = files(&station.join("blobs"));
    let (_, bytes) = all.iter().max_by_key(|(_, bytes)| bytes.len()).expect("the station has the photo");
    bytes[bytes.len() / 2..][..32].to_vec()
}

fn encodings(words: &str) -> [Vec<u8>; 2] {
    [words.as_bytes().to_vec(), words.encode_utf16().flat_map(u16::to_le_bytes).collect()]
}

fn holds(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}

/// Every file below a folder, with its path.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => all.extend(files(&path)),
            Ok(kind) if kind.is_file() => {
                all.push((path.display().to_string(), fs::read(&path).expect("the file can be read")));
            }
            _ => {}
        }
    }
    all
}

#[tokio::test]
async fn a_phone_of_the_days_before_the_vault_is_sealed_in_place_even_when_it_is_killed_half_way() {
    story(async |world| {
        let phone = world.enrolled().await;
        let delivered = samples::patrol();
        delivered.record(phone).await;
        phone.sync_becomes("全部已送达").await;
        world.station.stop().await;
        let finding = samples::finding(TYPED[0]);
        finding.begin(phone).await;
        finding.fill(phone).await;
        phone.add_file("照片", Path::new(PICTURE)).await;
        phone.sees_picture("照片 1").await;
        phone.save().await;
        samples::patrol().begin(phone).await;
        phone.enter("路线或点位", TYPED[1]).await;
        phone.hears("草稿已保存").await;
        phone.press("今天").await;
        phone.sync_becomes("离线,1 条已存在本机").await;

        let mut seen = Vec::new();
        for moment in [0, 300, 400, 450, 500, 550, 700] {
            phone.run(AS_BEFORE, vec![]).await.expect("the database becomes one of version 1");
            phone.open_locked("/").await;
            phone.heading_becomes("设置PIN").await;
            phone.set_pin(PIN, PIN).await;
            let (press, wait) = (phone.press("保存"), tokio::time::sleep(Duration::from_millis(moment)));
            press.await;
            wait.await;
            phone.kill().await;
            phone.reopen().await;
            phone.open_locked("/").await;
            let heading = phone.heading().await;
            if heading == "设置PIN" {
                phone.set_pin(PIN, PIN).await;
                phone.press("保存").await;
            } else {
                assert_eq!(heading, LOCKED);
                phone.unlock().await;
            }
            phone.heading_becomes("今天").await;
            seen.push((moment, heading));
            phone.row_count_becomes(2).await;
            phone.sync_becomes("离线,1 条已存在本机").await;
            phone.press_row("草稿").await;
            phone.holds("路线或点位", TYPED[1]).await;
            phone.press("今天").await;
            assert_eq!(in_the_open(phone).await, json!([]), "rows lie open");
        }
        println!("killed so many milliseconds after the PIN was set, and what came then: {seen:?}");
        world.station.start().await;
        phone.send_now("全部已送达").await;
        let entries = world.station.entries();
        assert_opened(&entries[..1], &[&delivered]);
        assert_eq!(entries.len(), 2, "{entries:#?}");
        assert_eq!(
            (&entries[1]["seq"], &entries[1]["action"]["body"]["description"]),
            (&json!(2), &json!(TYPED[0]))
        );
        assert_eq!(entries[1]["attachments"].as_array().map(Vec::len), Some(1));
    })
    .await;
}

/// The rows that are not sealed, but for the header and the generation.
async fn in_the_open(phone: &Phone) -> serde_json::Value {
    phone.run(OPEN_ROWS, vec![]).await.expect("the phone has a database")
}

const OPEN_ROWS: &str = "
    const answer = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
    const database = await answer(indexedDB.open('xunji'));
    const open = [];
    for (const table of database.objectStoreNames) {
        const store = () => database.transaction(table).objectStore(table);
        for (const key of await answer(store().getAllKeys())) {
            const value = await answer(store().get(key));
            const sealed = [0, 88, 74, 49].every((byte, at) => value[at] === byte);
            if (!sealed && !['vault', 'generation'].includes(key)) open.push(`${table}/${key}`);
        }
    }
    database.close();
    return open;
";

/// Makes the database what version 1 of the app left: every row plain, and no header.
pub const AS_BEFORE: &str = "
    const answer = (request) => new Promise((done, failed) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error);
    });
    const channel = new BroadcastChannel('xunji-key');
    const key = await new Promise((done) => {
        channel.onmessage = ({ data }) => done(data);
        channel.postMessage('?');
    });
    channel.close();
    const database = await answer(indexedDB.open('xunji'));
    const tables = Array.from(database.objectStoreNames);
    const rows = [];
    for (const table of tables) {
        const store = () => database.transaction(table).objectStore(table);
        for (const name of await answer(store().getAllKeys())) {
            const value = await answer(store().get(name));
            if (name === 'vault') continue;
            const sealed = [0, 88, 74, 49].every((byte, at) => value[at] === byte);
            const how = () => ({
                name: 'AES-GCM',
                iv: value.subarray(4, 16),
                additionalData: new TextEncoder().encode(`${table}/${name}`),
            });
            const plain = sealed ? await crypto.subtle.decrypt(how(), key, value.subarray(16)) : value;
            rows.push([table, name, new Uint8Array(plain)]);
        }
    }
    database.close();
    await answer(indexedDB.deleteDatabase('xunji'));
    const making = indexedDB.open('xunji', 1);
    making.onupgradeneeded = () => tables.forEach((table) => making.result.createObjectStore(table));
    const old = await answer(making);
    const writing = old.transaction(tables, 'readwrite');
    rows.forEach(([table, name, value]) => writing.objectStore(table).put(value, name));
    await new Promise((done) => { writing.oncomplete = done; });
    old.close();
";
