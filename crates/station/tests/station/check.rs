//! `check` names every way in which a data folder can suffer, and nothing else.

use std::{fs, path::Path};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{program::*, support::*};

/// What `check --json` says, and its exit code.
fn checked(data: &Path) -> (Option<i32>, Vec<Value>) {
    let output = run(&["check", "--json"], data);
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.stderr.is_empty(), "{}", said(&output));
    (output.status.code(), lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

async fn open(data: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(data.join("station.sqlite")).foreign_keys(false);
    options.connect().await.unwrap()
}

/// A station that has seen some life, stopped: accepted, parked, amended, a photo that came and one that didn't.
struct Lived {
    folder: TempDir,
    entries: Vec<Value>,
    photo: String,
    awaited: String,
}

impl Lived {
    async fn new() -> Self {
        let station = Station::spawn().await;
        let mut phone = station.any_phone().await;
        let mut content =
            phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
        let (photo, awaited) = (sha256(b"photo").to_string(), sha256(b"never").to_string());
        content["attachments"] = json!([photo, awaited]);
        let first = phone.seal(&content);
        let second = phone.note("patrol", record(&first), "私密的话");
        let third = phone.open();
        let stray = phone.note("patrol", Uuid::new_v4(), "谁的？");
        let entries = vec![first, second, third, stray];
        phone.deliver(&entries).await;
        assert_eq!(phone.call("PUT", &format!("/api/v1/blobs/{photo}"), &[], "photo").await.status, 201);
        Self { folder: station.into_folder().await, entries, photo, awaited }
    }

    fn id(&self, at: usize) -> String {
        id(&self.entries[at])
    }

    /// A copy with some damage.
    async fn damaged(&self, sql: &str) -> TempDir {
        let copy = self.copy();
        let mut connection = open(copy.path()).await;
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
        copy
    }

    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_all(self.folder.path(), copy.path());
        copy
    }
}

fn copy_all(from: &Path, to: &Path) {
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let to = to.join(file.file_name());
        if file.path().is_dir() {
            fs::create_dir(&to).unwrap();
            copy_all(&file.path(), &to);
        } else {
            fs::copy(file.path(), to).unwrap();
        }
    }
}

/// The damage that a check finds in a copy, without the level.
fn damage(copy: &TempDir) -> Vec<Value> {
    let (code, mut lines) = checked(copy.path());
    let summary = lines.pop().unwrap();
    lines.retain(|line| line["level"] == "damage");
    assert_eq!(code, Some(if lines.is_empty() { 0 } else { 5 }));
    assert_eq!((&summary["clean"], &summary["damage"]), (&json!(lines.is_empty()), &json!(lines.len())));
    for line in &mut lines {
        line.as_object_mut().unwrap().remove("level");
    }
    lines
}

#[tokio::test]
async fn a_sound_station_is_clean_and_its_news_are_told() {
    let lived = Lived::new().await;
    let (code, lines) = checked(lived.folder.path());
    let installation = &lived.entries[0]["installation"];
    assert_eq!(code, Some(0));
    assert_eq!(
        lines,
        [
            json!({ "level": "news", "finding": "awaited", "installation": installation, "attachments": 1 }),
            json!({
                "level": "summary", "clean": true, "damage": 0, "news": 1, "entries": 4, "attachments": 1,
                "records": 2, "mailboxes": 3, "installations": 1,
            }),
        ]
    );
    assert_ne!(lived.photo, lived.awaited);
    let for_people = printed(&run(&["check"], lived.folder.path()));
    assert_eq!(for_people.lines().count(), 2);
    assert!(for_people.contains("no damage. News for a person: 1."), "{for_people}");
    let nothing = tempfile::tempdir().unwrap();
    assert_eq!(run(&["check"], nothing.path()).status.code(), Some(3), "no station, no verdict");
}

#[tokio::test]
async fn every_damage_to_the_database_is_named() {
    let lived = Lived::new().await;
    let (first, second, third) = (lived.id(0), lived.id(1), lived.id(2));
    let entry = |finding: &str, id: &str| json!({ "finding": finding, "entry": id });
    let column = |id: &str, name: &str| json!({ "finding": "column", "entry": id, "column": name });
    let of = |id: &str, change: &str| format!("UPDATE entries SET {change} WHERE id = '{id}'");

    // A forger who can count makes the digest fit; the signature covers the digest.
    let mut forged = lived.entries[1]["content"].clone();
    forged["action"]["text"] = json!("别的话");
    let forged = String::from_utf8(xunji_domain::canonical::bytes(&forged)).unwrap();
    let fitting: String =
        Sha256::digest(forged.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();

    let cases = [
        (of(&second, "content = replace(content, '私', '公')"), vec![entry("digest", &second)]),
        (of(&second, "digest = zeroblob(32)"), vec![entry("digest", &second), entry("signature", &second)]),
        (
            of(&second, &format!("content = '{forged}', digest = x'{fitting}'")),
            vec![entry("signature", &second)],
        ),
        (of(&third, "received_at = '2026-01-01T00:00:00.000Z'"), vec![entry("signature", &third)]),
        (of(&third, "signature = NULL"), vec![entry("signature", &third)]),
        (of(&third, "signature = zeroblob(64)"), vec![entry("signature", &third)]),
        (of(&third, "kind = 'dispute'"), vec![column(&third, "kind")]),
        (of(&third, "author = '00000000-0000-0000-0000-000000000001'"), vec![column(&third, "author")]),
        (of(&third, "noted_at = '2026-11-22T09:30:01+08:00'"), vec![column(&third, "noted_at")]),
        ("DELETE FROM attachments WHERE place = 1".to_owned(), vec![column(&first, "attachments")]),
        (
            of(&second, "revision = 3"),
            vec![
                entry("signature", &second),
                json!({ "finding": "revisions", "record": record(&lived.entries[0]), "counter": 2, "stored": 2 }),
            ],
        ),
        (
            format!("UPDATE records SET revision = 2 WHERE id = '{}'", record(&lived.entries[2])),
            vec![
                json!({ "finding": "revisions", "record": record(&lived.entries[2]), "counter": 2, "stored": 1 }),
            ],
        ),
        (
            format!("DELETE FROM records WHERE id = '{}'", record(&lived.entries[2])),
            vec![
                json!({ "finding": "revisions", "record": record(&lived.entries[2]), "counter": 0, "stored": 1 }),
            ],
        ),
        (
            "UPDATE mailboxes SET head = head + 1 WHERE id LIKE 'desk:%'".to_owned(),
            vec![json!({
                "finding": "mailbox", "mailbox": "desk:township_centre:513322100", "counter": 4, "stored": 3,
            })],
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(damage(&lived.damaged(&sql).await), expected, "{sql}");
    }
}

#[tokio::test]
async fn what_is_gone_is_missed() {
    let lived = Lived::new().await;
    let third = lived.id(2);
    let words = |found: &[Value]| -> Vec<String> {
        found.iter().map(|line| line["finding"].as_str().unwrap().to_owned()).collect()
    };
    let found = damage(&lived.damaged(&format!("DELETE FROM entries WHERE id = '{third}'")).await);
    assert_eq!(
        words(&found),
        ["database", "database", "database", "revisions"],
        "three mailboxes refer to it"
    );
    let copy = lived.damaged(&format!("DELETE FROM entries WHERE id = '{third}'")).await;
    let gap = json!({
        "level": "news", "finding": "gap", "installation": lived.entries[0]["installation"], "from": 3, "to": 3,
    });
    assert!(checked(copy.path()).1.contains(&gap), "and its place in the sequence is empty");

    let gone = "DELETE FROM mailbox_items WHERE mailbox LIKE 'worker:%' AND position = 3";
    let found = damage(&lived.damaged(gone).await);
    assert_eq!(words(&found), ["mailbox", "undelivered"]);
    assert_eq!(found[1]["entry"], third);

    let found = damage(&lived.damaged("DELETE FROM workers").await);
    assert!(found.iter().all(|line| line["finding"] == "database"));
    assert!(found[0]["detail"].as_str().unwrap().contains("refers to a row of workers"), "{found:?}");
}

#[tokio::test]
async fn attachments_are_verified_by_their_bytes() {
    let lived = Lived::new().await;
    let file = Path::new("blobs").join(&lived.photo[..2]).join(&lived.photo);
    for (change, fault) in [(Some("phota"), "changed"), (Some("pho"), "changed"), (None, "missing")] {
        let copy = lived.copy();
        match change {
            Some(bytes) => fs::write(copy.path().join(&file), bytes).unwrap(),
            None => fs::remove_file(copy.path().join(&file)).unwrap(),
        }
        let expected = json!({ "finding": "attachment", "sha256": lived.photo, "fault": fault });
        assert_eq!(damage(&copy), [expected]);
    }
    let longer = lived.damaged("UPDATE blobs SET bytes = 6").await;
    assert_eq!(damage(&longer)[0]["fault"], "changed");
}

#[tokio::test]
async fn a_key_that_is_not_the_stations_is_named() {
    let lived = Lived::new().await;
    let other = Lived::new().await;
    let stranger = fs::read(other.folder.path().join("receipt-key.pem")).unwrap();
    for (bytes, fault) in [(None, "missing"), (Some(b"x".to_vec()), "broken"), (Some(stranger), "another")] {
        let copy = lived.copy();
        let path = copy.path().join("receipt-key.pem");
        match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        assert_eq!(damage(&copy), [json!({ "finding": "receipt_key", "fault": fault })]);
    }
    let unknown = lived.damaged("UPDATE settings SET value = 'x' WHERE name = 'receipt_key'").await;
    let found = damage(&unknown);
    assert_eq!(
        (found.len(), &found[0]["fault"]),
        (5, &json!("another")),
        "and none of the four signatures counts"
    );
}

#[tokio::test]
async fn damaged_pages_are_a_finding_and_do_not_hide_the_rest() {
    let lived = Lived::new().await;
    let clean = fs::read(lived.folder.path().join("station.sqlite")).unwrap();
    let page = usize::from(u16::from_be_bytes([clean[16], clean[17]]));
    let mut found_attachment = 0;
    for number in 1..clean.len() / page {
        let copy = lived.copy();
        let mut broken = clean.clone();
        broken[number * page..(number + 1) * page].fill(0xAA);
        fs::write(copy.path().join("station.sqlite"), broken).unwrap();
        fs::remove_file(copy.path().join("blobs").join(&lived.photo[..2]).join(&lived.photo)).unwrap();
        let found = damage(&copy);
        assert!(found.iter().any(|line| line["finding"] == "database"), "page {number}: {found:?}");
        found_attachment += usize::from(found.iter().any(|line| line["finding"] == "attachment"));
    }
    assert!(found_attachment > 10, "{found_attachment}");
}

#[tokio::test]
async fn alarms_are_news_and_a_check_runs_beside_the_station_without_writing() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let entry = phone.open();
    phone.deliver(std::slice::from_ref(&entry)).await;
    let other = phone.open();
    assert_eq!(phone.send(&[phone.seal_as(1, &other["content"])]).await.len(), 1);
    let before = fs::read(station.database()).unwrap();
    let data = station.data().to_owned();
    let (code, lines) = tokio::task::spawn_blocking(move || checked(&data)).await.unwrap();
    assert_eq!(
        (code, lines[0]["level"].as_str(), lines[0]["finding"].as_str()),
        (Some(0), Some("news"), Some("alarm"))
    );
    assert_eq!((&lines[0]["seq"], &lines[0]["entry"]), (&json!(1), &other["content"]["id"]));
    assert!(fs::read(station.database()).unwrap() == before);
    phone.deliver(&[other]).await;
}

#[tokio::test]
async fn nothing_personal_is_printed() {
    let lived = Lived::new().await;
    let everything = "UPDATE entries SET content = content || ' ', signature = NULL, id = id || content;
                      UPDATE records SET revision = 9; DELETE FROM mailbox_items; DELETE FROM workers";
    let copy = lived.damaged(everything).await;
    for output in [run(&["check"], copy.path()), run(&["check", "--json"], copy.path())] {
        assert_eq!(output.status.code(), Some(5));
        let text = String::from_utf8(output.stdout.clone()).unwrap() + &said(&output);
        for word in ["张三", "私密", "谁的", "patrol_kind"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}
