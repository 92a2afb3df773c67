//! The program itself: its answers, its exit codes, and what it does when it is killed.

use std::{
    fs,
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use uuid::Uuid;
use xunji_domain::wire::Answers;

use crate::{program::*, support::*};

#[tokio::test]
async fn serve_enrol_send_list_and_stop() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("deep/data");
    let served = Served::start(data);
    let (mut phone, code) = phone(&served, data).await;
    let entries = [phone.open(), phone.note("patrol", Uuid::new_v4(), "私密的话"), phone.open()];
    phone.deliver(&entries).await;

    let lines = printed(&run(&["entries", "--json"], data));
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    for (line, entry) in lines.iter().zip(&entries) {
        let content = &entry["content"];
        for (key, expected) in [
            ("id", &content["id"]),
            ("record", &content["record"]),
            ("kind", &content["kind"]),
            ("author", &content["author"]),
            ("noted_at", &content["noted_at"]),
            ("action", &content["action"]),
            ("installation", &entry["installation"]),
            ("seq", &entry["seq"]),
            ("digest", &entry["digest"]),
        ] {
            assert_eq!(line[key], *expected, "{key}");
        }
        assert_eq!(
            (line["author_name"].as_str(), &line["attachments"]),
            (Some("张三"), &serde_json::json!([]))
        );
    }
    assert_eq!(
        (&lines[0]["outcome"], &lines[0]["revision"], lines[0].get("reason")),
        (&"accepted".into(), &1.into(), None)
    );
    assert_eq!((&lines[1]["outcome"], &lines[1]["revision"]), (&"parked".into(), &Value::Null));
    assert_eq!(lines[1]["reason"]["reason"], "unknown_record");
    let for_people = printed(&run(&["entries"], data));
    assert_eq!(for_people.lines().count(), 3);
    assert!(for_people.contains("parked, unknown_record") && !for_people.contains("私密"));

    served.signal("-TERM");
    let token = phone.token.clone();
    let (exit, log) = served.ended();
    assert_eq!(exit, Some(0));
    for secret in [&code, &token, "张三", "私密", &code.to_lowercase()] {
        assert!(!log.contains(secret), "the log says {secret}");
    }
    assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
    assert!(!data.join("station.sqlite-wal").exists());
    assert_eq!(printed(&run(&["entries"], data)).lines().count(), 3, "listing works without a station, too");
}

#[tokio::test]
async fn whoever_guesses_is_in_the_log_and_what_they_guessed_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let (phone, _) = phone(&served, folder.path()).await;
    let (slip, code, token) = ("AAAAAAAAAAAAAAAAAAAAAA", "ACDE-FHJK", "bm90LWEtdG9rZW4tYXQtYWxs");
    let body = serde_json::json!({ "code": code, "installation": Uuid::new_v4() }).to_string();
    assert_eq!(request(served.address, "GET", &format!("/p/{slip}"), &[], "").await.status, 404);
    assert_eq!(request(served.address, "POST", "/api/v1/enrolments", &[], body).await.status, 404);
    let forged = format!("Bearer {token}");
    let forged = [("authorization", forged.as_str())];
    assert_eq!(request(served.address, "GET", "/api/v1/mailbox", &forged, "").await.status, 401);
    let blob = "ab".repeat(32);
    let reply = phone.call("GET", &format!("/api/v1/blobs/{blob}"), &[], "").await;
    assert_eq!(reply.status, 404, "an attachment is not found by guessing");
    served.signal("-TERM");
    let (_, log) = served.ended();
    for (said, status) in [("asked for a slip", 404), ("tried a code", 404), ("/api/v1/mailbox", 401)] {
        assert!(log.contains(said) && log.contains(&format!("\"status\":{status}")), "{said}: {log}");
    }
    for guessed in [slip, code, &code.replace('-', ""), token, &blob] {
        assert!(!log.contains(guessed), "the log says {guessed}: {log}");
    }
}

#[tokio::test]
async fn what_has_a_receipt_survives_a_killed_station() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let count = Arc::new(AtomicUsize::new(0));
    let mut sends = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (mut phone, _) = phone(&served, folder.path()).await;
        let count = count.clone();
        sends.spawn(async move {
            let mut receipts = Vec::new();
            loop {
                let batch = [phone.open(), phone.open(), phone.open()];
                let sender = phone.clone();
                // The connection breaks when the station dies, which the client answers with a panic.
                let Ok(reply) = tokio::spawn(async move { sender.try_send(&batch).await }).await else {
                    break;
                };
                let answers = reply.json::<Answers>().answers;
                receipts.extend(answers.iter().map(|answer| receipt(answer).entry.to_string()));
                count.fetch_add(answers.len(), Ordering::Relaxed);
            }
            receipts
        });
    }
    while count.load(Ordering::Relaxed) < 100 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    served.signal("-KILL");
    let receipts = sends.join_all().await.concat();
    let again = Served::start(folder.path());
    let stored = printed(&run(&["entries", "--json"], folder.path()));
    for id in &receipts {
        assert_eq!(stored.matches(&format!(r#"{{"id":"{id}""#)).count(), 1);
    }
    again.signal("-INT");
    assert_eq!(again.ended().0, Some(0));
}

#[test]
fn a_second_station_on_the_folder_is_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Served::start(folder.path());
    let second = run(&["serve", "--listen", "127.0.0.1:0"], folder.path());
    assert_eq!(second.status.code(), Some(4));
    assert!(
        said(&second).contains("already running on") && said(&second).contains("Stop that one"),
        "{}",
        said(&second)
    );
}

#[test]
fn many_may_be_enrolled_at_once_even_before_the_first_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    let enrolling: Vec<_> =
        (0..8).map(|_| program(&ENROL, data).stdout(Stdio::piped()).spawn().unwrap()).collect();
    let _served = Served::start(data);
    for one in enrolling {
        printed(&one.wait_with_output().unwrap());
    }
    assert_eq!(printed(&run(&["entries"], data)), "");
}

#[test]
fn a_taken_address_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let first = Served::start(folder.path());
    let other = tempfile::tempdir().unwrap();
    let second = run(&["serve", "--listen", &first.address.to_string()], other.path());
    assert_eq!(second.status.code(), Some(1));
    assert!(said(&second).contains(&first.address.to_string()) && said(&second).contains("--listen"));
}

/// Everything in a folder, to see that nothing was touched.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()))
        .filter(|(name, _)| name != "station.lock")
        .collect();
    files.sort();
    files
}

#[test]
fn a_database_that_cannot_be_used_is_named_and_not_touched() {
    let good = tempfile::tempdir().unwrap();
    printed(&run(&ENROL, good.path()));
    let sound = fs::read(good.path().join("station.sqlite")).unwrap();
    let mut newer = sound.clone();
    newer[60..64].copy_from_slice(&99u32.to_be_bytes());
    let mut foreign = sound.clone();
    foreign[68..72].copy_from_slice(&7u32.to_be_bytes());
    let mut unnamed = foreign.clone();
    unnamed[60..64].fill(0);
    unnamed[68..72].fill(0);
    let mut broken = sound.clone();
    broken[5000..40_000].fill(0xAA);
    for (database, word) in [
        (newer, "newer"),
        (foreign, "another program"),
        (unnamed, "another program"),
        (b"not a database at all".to_vec(), "not a database"),
        (broken, "damaged"),
        (sound[..9000].to_vec(), "damaged"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("station.sqlite"), &database).unwrap();
        let before = contents(folder.path());
        let mut commands = vec![vec!["serve", "--listen", "127.0.0.1:0"]];
        if word != "damaged" {
            commands.push(ENROL.to_vec());
        }
        for command in commands {
            let output = run(&command, folder.path());
            assert_eq!(output.status.code(), Some(3), "{word}: {}", said(&output));
            assert!(
                said(&output).contains(word) && said(&output).contains("station.sqlite"),
                "{}",
                said(&output)
            );
            assert!(output.stdout.is_empty());
            assert!(contents(folder.path()) == before, "{word}: the folder was touched");
        }
    }
}

#[test]
fn wrong_arguments_are_named_with_code_2_and_make_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for (change, with, word) in [
        ("grid_worker", "king", "grid_worker, legal_adviser"),
        (VILLAGE, "51332210020", "12 digits"),
        (VILLAGE, "513322000000", "12 digits"),
        ("张三", " ", "at least one character"),
    ] {
        let args = ENROL.map(|arg| if arg == change { with } else { arg });
        let output = run(&args, &data);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(word), "{}", said(&output));
    }
    assert_eq!(run(&["enrol", "--name", "张三"], &data).status.code(), Some(2));
    assert_eq!(run(&["frobnicate"], &data).status.code(), Some(2));
    assert!(!data.exists());
    let output = run(&["entries"], &data);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("xunji-station serve"), "{}", said(&output));
    assert!(!data.exists());
}

#[test]
fn enrol_speaks_to_people_and_warns_of_a_village_that_is_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["enrol", "--name", "李四", "--role", "mediator", "--village", "510101001001"];
    let output = run(&args, folder.path());
    let (printed, said) = (printed(&output), said(&output));
    assert!(printed.contains("link    http://127.0.0.1:8080/enrol?code="), "{printed}");
    assert!(said.contains("510101001001") && said.contains("泸定县"), "{said}");
    let worker = printed.lines().find_map(|line| line.strip_prefix("worker  ")).unwrap();
    let base =
        ["enrol", "--worker", worker, "--json", "--by", "王主任", "--base-url", "https://xunji.example.cn/"];
    let again: Value = serde_json::from_slice(&run(&base, folder.path()).stdout).unwrap();
    assert_eq!(
        (again["worker"]["id"].as_str(), again["worker"]["name"].as_str()),
        (Some(worker), Some("李四"))
    );
    assert!(again["url"].as_str().unwrap().starts_with("https://xunji.example.cn/enrol?code="));
    let nobody = run(&["enrol", "--worker", &Uuid::nil().to_string()], folder.path());
    assert_eq!(nobody.status.code(), Some(2));
    // Who made a code, for whom, and for whom in vain not at all.
    let trail = run(&["audit", "--json"], folder.path());
    let acts = String::from_utf8(trail.stdout).unwrap();
    let acts: Vec<Value> = acts.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let acts = acts.iter().map(|line| &line["what"]);
    let acts: Vec<_> = acts
        .map(|what| [&what["act"], &what["by"], &what["worker"]].map(|part| part.as_str().unwrap()))
        .collect();
    let expected = [["add_worker", "office", worker], ["code", "office", worker], ["code", "王主任", worker]];
    assert_eq!(acts, expected);
}

#[test]
fn a_broken_ledger_in_the_data_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("kinds")).unwrap();
    fs::write(folder.path().join("kinds/river.json"), "{").unwrap();
    let output = run(&["serve", "--listen", "127.0.0.1:0"], folder.path());
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("river.json"), "{}", said(&output));
}

#[cfg(unix)]
#[test]
fn a_new_data_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    printed(&run(&ENROL, &data));
    assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}
