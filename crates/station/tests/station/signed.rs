//! Receipts are signed, and a phone can tell a true one from any other with the key from its enrolment.

use std::fs;

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use uuid::Uuid;
use xunji_domain::{
    canonical,
    id::Revision,
    wire::{Outcome, Receipt, base64url, from_base64url},
};
use xunji_station::{db, server};

use crate::{program::*, support::*};

/// Verifies as a phone does, with nothing of the station's own code: the receipt as it came over the wire, without its
/// signature, in canonical JSON.
fn verifies(receipt: &Value, key: &str) -> bool {
    let point = from_base64url(key).unwrap();
    assert_eq!((point.len(), point[0]), (65, 4), "an uncompressed point");
    let mut signed = receipt.clone();
    let signature = signed.as_object_mut().unwrap().remove("signature").unwrap();
    let bytes = from_base64url(signature.as_str().unwrap()).unwrap();
    assert_eq!(bytes.len(), 64);
    let key = VerifyingKey::from_sec1_bytes(&point).unwrap();
    key.verify(&canonical::bytes(&signed), &Signature::from_slice(&bytes).unwrap()).is_ok()
}

async fn receipts(phone: &Phone, entries: &[Value]) -> Vec<Value> {
    let answers: Value = phone.try_send(entries).await.json();
    answers["answers"].as_array().unwrap().iter().map(|answer| answer["receipt"].clone()).collect()
}

#[tokio::test]
async fn every_receipt_verifies_with_the_key_from_the_enrolment() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let key = phone.receipt_key.clone().unwrap();
    let mut invalid = patrol();
    invalid["village"] = json!("1");
    let content = phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": invalid }));
    let entries = [phone.open(), phone.seal(&content), phone.note("patrol", Uuid::new_v4(), "谁的？")];
    let sent = receipts(&phone, &entries).await;
    assert_eq!(sent[1]["outcome"]["reason"]["reason"], "invalid");
    assert_eq!(sent[2]["outcome"]["reason"]["reason"], "unknown_record");
    assert!(sent.iter().all(|receipt| verifies(receipt, &key)));
    for receipt in &sent {
        let read: Receipt = serde_json::from_value(receipt.clone()).unwrap();
        let mut unsigned = receipt.clone();
        unsigned.as_object_mut().unwrap().remove("signature");
        assert_eq!(read.signed_bytes().unwrap(), canonical::bytes(&unsigned), "both ways to the same bytes");
    }
    let other = Station::spawn().await.any_phone().await;
    assert!(!verifies(&sent[0], &other.receipt_key.unwrap()), "another station's key says no");
}

#[tokio::test]
async fn a_receipt_that_was_changed_does_not_verify() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let key = phone.receipt_key.clone().unwrap();
    let entry = phone.open();
    let receipt = receipts(&phone, &[entry]).await.remove(0);
    let mut bytes = from_base64url(receipt["signature"].as_str().unwrap()).unwrap();
    bytes[20] ^= 1;
    for (member, forged) in [
        ("entry", json!(Uuid::now_v7())),
        ("digest", json!("0".repeat(64))),
        ("received_at", json!("2026-11-22T01:31:00.500Z")),
        ("outcome", serde_json::to_value(Outcome::Accepted { revision: Revision(2) }).unwrap()),
        ("signature", json!(base64url(&bytes))),
    ] {
        let mut changed = receipt.clone();
        changed[member] = forged;
        assert!(!verifies(&changed, &key), "{member}");
    }
    assert!(verifies(&receipt, &key));
}

#[tokio::test]
async fn the_same_entry_has_the_same_signature_in_every_answer_and_in_the_mailbox() {
    let mut station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let entries = [phone.open(), phone.note("patrol", Uuid::new_v4(), "？")];
    let first = receipts(&phone, &entries).await;
    assert_eq!(receipts(&phone, &entries).await, first);
    let key = phone.receipt_key.clone();
    station.stop().await;
    station.start().await;
    phone.address = station.address;
    assert_eq!(receipts(&phone, &entries).await, first, "after a restart, too");
    let page = phone.mailbox(0).await;
    let items: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|item| item["receipt"].clone()).collect();
    assert_eq!(items, first);
    assert_eq!(station.any_phone().await.receipt_key, key, "the next phone gets the same key");
}

/// A station of schema 1 gave receipts without signatures. Its first start with a key signs them.
#[tokio::test]
async fn what_was_stored_before_there_was_a_key_is_signed_by_the_first_start_that_has_one() {
    let mut station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let entries: Vec<_> = (0..210).map(|_| phone.open()).collect();
    for some in entries.chunks(70) {
        phone.deliver(some).await;
    }
    station.stop().await;
    let mut connection = db::open_writer(&station.database()).await.unwrap();
    connection.execute(UNDO_0005).await.unwrap();
    connection
        .execute("DROP TABLE recoveries; DROP INDEX attachments_by_digest; ALTER TABLE entries DROP COLUMN signature; DELETE FROM settings WHERE name = 'receipt_key'; PRAGMA user_version = 1")
        .await
        .unwrap();
    connection.close().await.unwrap();
    let old = station.data().join("receipt-key.pem");
    fs::remove_file(&old).unwrap();

    station.start().await;
    phone.address = station.address;
    let key = station.any_phone().await.receipt_key.unwrap();
    assert_ne!(phone.receipt_key.as_ref(), Some(&key), "a new key");
    let page = phone.mailbox(150).await;
    let items = page["items"].as_array().unwrap();
    assert!(items.len() == 60 && items.iter().all(|item| verifies(&item["receipt"], &key)));
    assert!(verifies(&receipts(&phone, &entries[..1]).await[0], &key));
    assert_eq!(station.rows("SELECT count(*) FROM entries WHERE signature IS NULL").await, ["0"]);
    station.stop().await;
    let kept = fs::read(&old).unwrap();
    station.start().await;
    assert_eq!(fs::read(&old).unwrap(), kept);
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_is_its_owners_alone_and_in_a_form_that_other_programs_read() {
    use std::os::unix::fs::PermissionsExt;
    let station = Station::spawn().await;
    let path = station.data().join("receipt-key.pem");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(path).unwrap();
    assert!(
        text.starts_with("-----BEGIN PRIVATE KEY-----\n") && text.ends_with("-----END PRIVATE KEY-----\n")
    );
}

#[test]
fn a_key_that_cannot_be_used_is_named_and_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("receipt-key.pem");
    let start = || run(&["serve", "--listen", "127.0.0.1:0"], folder.path());
    for broken in [&b""[..], b"\xff\xfe", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        fs::write(&path, broken).unwrap();
        let output = start();
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(said(&output).contains("receipt-key.pem") && said(&output).contains("replaced nothing"));
        assert!(output.stdout.is_empty() && fs::read(&path).unwrap() == broken);
    }
    fs::remove_file(&path).unwrap();
    let first = Served::start(folder.path());
    first.signal("-TERM");
    assert_eq!(first.ended().0, Some(0));
    let good = fs::read_to_string(&path).unwrap();

    fs::remove_file(&path).unwrap();
    let output = start();
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("is missing") && !path.exists(), "{}", said(&output));

    let other = tempfile::tempdir().unwrap();
    Served::start(other.path()).signal("-KILL");
    fs::copy(other.path().join("receipt-key.pem"), &path).unwrap();
    let output = start();
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("another key"), "{}", said(&output));

    fs::write(&path, good).unwrap();
    Served::start(folder.path()).signal("-INT");
}

/// Killed between the file and the row in the database, the next start goes on with the file.
#[tokio::test]
async fn a_first_start_that_was_cut_off_keeps_the_key_it_had_made() {
    let made = Station::spawn().await;
    let key = fs::read(made.data().join("receipt-key.pem")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("receipt-key.pem"), &key).unwrap();
    fs::write(folder.path().join("receipt-key.pem.new"), "half").unwrap();
    let running = server::start(config(folder.path())).await.unwrap();
    assert_eq!(fs::read(folder.path().join("receipt-key.pem")).unwrap(), key);
    running.stop().await.unwrap();
}

/// What a phone exports can be held against the station, by anybody who has its data folder.
#[tokio::test]
async fn a_receipt_that_somebody_shows_is_told_from_a_forged_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    let served = Served::start(data);
    let (mut phone, _) = phone(&served, data).await;
    let entry = phone.open();
    let receipt = receipts(&phone, &[entry]).await.remove(0);
    let shown = |value: &Value| {
        let file = folder.path().join("shown.json");
        fs::write(&file, value.to_string()).unwrap();
        run(&["receipt", file.to_str().unwrap(), "--json"], data)
    };
    for genuine in [receipt.clone(), json!({ "receipt": receipt, "kind": "patrol" })] {
        let output = shown(&genuine);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (output.status.code(), &found["genuine"], &found["stored"]),
            (Some(0), &json!(true), &json!(true))
        );
    }
    let mut forged = receipt.clone();
    forged["received_at"] = json!("2020-01-01T00:00:00Z");
    let output = shown(&forged);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &found["genuine"]), (Some(5), &json!(false)));
    for (other, code) in [(json!({ "hello": 1 }), 2), (json!([1]), 2)] {
        assert_eq!(shown(&other).status.code(), Some(code), "{other}");
    }
    assert_eq!(run(&["receipt", "/nowhere/at/all"], data).status.code(), Some(2));
}
