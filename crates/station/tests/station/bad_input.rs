//! Everything wrong that can come in gets a clear answer, and nothing that is stored is lost.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    validate::Fault,
    wire::{Answers, Reason, Refusal},
};

use crate::support::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn post(phone: &Phone, headers: &[(&str, &str)], body: impl Into<axum::body::Bytes>) -> Reply {
    phone.call("POST", "/api/v1/entries", headers, body).await
}

#[tokio::test]
async fn a_compressed_batch_is_read() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let body = json!({ "entries": [phone.open(), phone.open()] }).to_string();
    let reply = post(&phone, &[("content-encoding", "gzip")], gzip(body.as_bytes())).await;
    assert_eq!(reply.json::<Answers>().answers.len(), 2);
    assert_eq!(station.count("entries").await, 2);
}

#[tokio::test]
async fn broken_gzip_or_json_is_named_and_harms_nothing() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let entry = phone.open();
    phone.deliver(std::slice::from_ref(&entry)).await;
    let whole = gzip(json!({ "entries": [entry] }).to_string().as_bytes());
    let mut flipped = whole.clone();
    let middle = whole.len() / 2;
    flipped[middle] ^= 0xFF;
    for broken in [&b"not gzip"[..], &whole[..middle], &flipped, b""] {
        let reply = post(&phone, &[("content-encoding", "gzip")], broken.to_vec()).await;
        assert_eq!((reply.status, reply.problem().as_str()), (400, "/problems/body-unreadable"));
    }
    for broken in [
        "",
        "{",
        "[]",
        "null",
        r#"{"entries":{}}"#,
        r#"{"entries":[{]}"#,
        "{\"entries\":[\"\u{1}\"]}",
        "\u{feff}{}",
    ] {
        let reply = post(&phone, &[], broken).await;
        assert_eq!((reply.status, reply.problem().as_str()), (400, "/problems/body-unreadable"), "{broken}");
    }
    let reply = post(&phone, &[("content-encoding", "br")], "x").await;
    assert_eq!((reply.status, reply.problem().as_str()), (415, "/problems/encoding-unsupported"));
    assert_eq!(station.count("entries").await, 1);
    assert_eq!(post(&phone, &[], r#"{"entries":[]}"#).await.json::<Answers>().answers, []);
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused_before_and_after_decompression() {
    let station = Station::spawn().await;
    let phone = station.any_phone().await;
    let large = format!(r#"{{"entries":["{}"]}}"#, "a".repeat(600_000));
    let reply = post(&phone, &[], large).await;
    assert_eq!((reply.status, reply.problem().as_str()), (413, "/problems/body-too-large"));
    let bomb = gzip(&vec![b' '; 50_000_000]);
    assert!(bomb.len() < 100_000);
    let reply = post(&phone, &[("content-encoding", "gzip")], bomb).await;
    assert_eq!((reply.status, reply.problem().as_str()), (413, "/problems/body-too-large"));
}

#[tokio::test]
async fn too_many_entries_or_one_too_large_are_refused() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let body = format!(r#"{{"entries":[{}]}}"#, vec!["1"; 201].join(","));
    let reply = post(&phone, &[], body).await;
    assert_eq!((reply.status, reply.problem().as_str()), (413, "/problems/batch-too-large"));
    let open = phone.open();
    let large = phone.note("patrol", record(&open), &"a".repeat(205_000));
    let answers = phone.send(&[large.clone(), open]).await;
    assert_eq!(refusal(&answers[0]), Refusal::Unreadable);
    assert!(serde_json::to_string(&answers[0]).unwrap().contains(&id(&large)), "it is named");
    revision(&receipt(&answers[1]));
}

#[tokio::test]
async fn an_entry_with_a_changed_digest_or_content_is_damaged() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let mut changed = phone.open();
    changed["content"]["action"]["body"]["finding"] = json!("found");
    let mut digest = phone.open();
    digest["digest"] = json!("0".repeat(64));
    let mut upper = phone.open();
    upper["digest"] = json!(upper["digest"].as_str().unwrap().to_uppercase());
    let answers = phone.send(&[changed, digest, upper]).await;
    assert_eq!(
        answers.iter().map(refusal).collect::<Vec<_>>(),
        [Refusal::Damaged, Refusal::Damaged, Refusal::Unreadable]
    );
    assert_eq!(station.count("entries").await, 0);
}

#[tokio::test]
async fn an_entry_of_another_installation_is_refused() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let mut other = station.any_phone().await;
    let entries = [other.open(), phone.open()];
    let answers = phone.send(&entries).await;
    assert_eq!(refusal(&answers[0]), Refusal::WrongInstallation);
    revision(&receipt(&answers[1]));
}

#[tokio::test]
async fn sequence_numbers_outside_the_countable_are_unreadable() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let content = phone.open()["content"].clone();
    for seq in [0, u64::MAX, i64::MAX as u64 + 1] {
        assert_eq!(refusal(&phone.send(&[phone.seal_as(seq, &content)]).await[0]), Refusal::Unreadable);
    }
    revision(&phone.deliver(&[phone.seal_as(i64::MAX as u64, &content)]).await[0]);
}

#[tokio::test]
async fn any_text_is_simply_data() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let open = phone.open();
    phone.deliver(std::slice::from_ref(&open)).await;
    let texts = [
        "👩‍👩‍👧‍👦 🇨🇳 Ａ１",
        "\u{202e}abc\u{200f} \u{2066}x\u{2069}",
        "<script>alert('x')</script>",
        "'; DROP TABLE entries; --",
        "\u{0}\u{7}\r\n\t\"\\",
        "𠮷野家 e\u{301}",
    ];
    for text in texts {
        let note = phone.note("patrol", record(&open), text);
        revision(&phone.deliver(&[note]).await[0]);
    }
    let said: Vec<_> = phone.mailbox(1).await["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["entry"]["content"]["action"]["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(said, texts);
}

#[tokio::test]
async fn long_texts_wrong_villages_and_impossible_dates_are_parked_with_their_fault() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let mut with = async |field: &str, value: Value| {
        let mut body = patrol();
        body["finding"] = json!("found");
        body["finding_category"] = json!("fire");
        body["on_site_result"] = json!("settled");
        body["description"] = json!("电线老化");
        body[field] = value;
        let content = phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": body }));
        let entry = phone.seal(&content);
        phone.deliver(&[entry]).await.remove(0)
    };
    revision(&with("description", json!("村".repeat(10_000))).await);
    let faults = [
        ("description", json!("村".repeat(10_001)), Fault::TooLong { max: 10_000 }),
        ("village", json!("51332210020"), Fault::NotAVillage),
        ("village", json!("5133221002011"), Fault::NotAVillage),
        ("started_at", json!("0001-01-01T00:00"), Fault::YearOutOfRange),
        ("started_at", json!("9999-12-31T23:59"), Fault::YearOutOfRange),
        ("started_at", json!("2026-02-30T09:00"), Fault::NotADate),
        ("finding", json!(null), Fault::Missing),
        ("route", json!(7), Fault::WrongShape),
    ];
    for (field, value, fault) in faults {
        let Reason::Invalid { problems } = reason(&with(field, value).await) else { panic!("{field}") };
        assert_eq!((problems[0].field.as_str(), &problems[0].fault), (field, &fault));
    }
    revision(&with("village", json!("510101001001")).await);
}

#[tokio::test]
async fn a_phones_wrong_clock_refuses_nothing() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    for clock in ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59.999999999-12:00"]
    {
        let mut content =
            phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
        content["noted_at"] = json!(clock);
        let entry = phone.seal(&content);
        revision(&phone.deliver(&[entry]).await[0]);
    }
    assert_eq!(
        station.rows("SELECT noted_at FROM entries ORDER BY position LIMIT 1").await,
        ["1970-01-01T00:00:00Z"]
    );
}

#[tokio::test]
async fn a_missing_or_wrong_token_is_unauthorized_everywhere() {
    let station = Station::spawn().await;
    let digest = "0".repeat(64);
    let calls = [
        ("POST", "/api/v1/entries".to_owned()),
        ("GET", "/api/v1/mailbox".to_owned()),
        ("PUT", format!("/api/v1/blobs/{digest}")),
        ("PATCH", format!("/api/v1/blobs/{digest}")),
    ];
    let tokens = ["", "Bearer ", "Bearer 0", "Basic eA==", "bearer"];
    for (method, path) in &calls {
        for token in tokens {
            let reply = request(station.address, method, path, &[("authorization", token)], "{}").await;
            assert_eq!(
                (reply.status, reply.problem().as_str()),
                (401, "/problems/unauthorized"),
                "{method} {path}"
            );
            assert_eq!(reply.header("www-authenticate"), "Bearer");
        }
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_under_the_interface_are_problems() {
    let station = Station::spawn().await;
    for path in ["/api", "/api/", "/api/v1", "/api/v2/entries", "/api/v1/entries/1"] {
        let reply = station.get(path, &[]).await;
        assert_eq!((reply.status, reply.problem().as_str()), (404, "/problems/not-found"), "{path}");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    let reply = request(station.address, "DELETE", "/api/v1/entries", &[], "").await;
    assert_eq!((reply.status, reply.problem().as_str()), (405, "/problems/method-not-allowed"));
    assert_eq!(reply.header("allow"), "POST");
}
