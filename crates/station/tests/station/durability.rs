//! Invariant 4: a receipt is the truth. It is sent only for what is durably stored, whatever breaks.

use xunji_domain::wire::Answers;
use xunji_station::{db, server};

use crate::support::*;

#[tokio::test]
async fn what_a_receipt_names_can_be_read_by_others_at_once_and_after_a_restart() {
    let mut station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    for _ in 0..5 {
        let entry = phone.open();
        phone.deliver(std::slice::from_ref(&entry)).await;
        let query = format!("SELECT count(*) FROM entries WHERE id = '{}'", id(&entry));
        assert_eq!(station.rows(&query).await, ["1"]);
    }
    station.stop().await;
    assert!(!station.data().join("station.sqlite-wal").exists(), "everything is in the one file");
    station.start().await;
    phone.address = station.address;
    assert_eq!(phone.received().await.len(), 5);
}

#[tokio::test]
async fn every_commit_reaches_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = db::open_writer(&folder.path().join("station.sqlite")).await.unwrap();
    let mut pragma = async |name: &str| -> String {
        let query = format!("PRAGMA {name}");
        let row = sqlx::query(&query).fetch_one(&mut connection).await.unwrap();
        sqlx::Row::try_get_unchecked(&row, 0).unwrap()
    };
    assert_eq!(pragma("synchronous").await, "2", "FULL");
    assert_eq!(pragma("journal_mode").await, "wal");
    assert_eq!(pragma("foreign_keys").await, "1");
}

#[tokio::test]
async fn a_full_disk_says_so_and_nothing_is_half_written() {
    let mut station = Station::spawn_with(|config| config.max_pages = Some(70)).await;
    let mut phone = station.any_phone().await;
    let (mut receipts, mut failed) = (Vec::new(), Vec::new());
    while failed.len() < 3 {
        let batch: Vec<_> = (0..20).map(|_| phone.open()).collect();
        let reply = phone.try_send(&batch).await;
        match reply.status {
            200 => receipts.extend(reply.json::<Answers>().answers.iter().map(receipt)),
            _ => {
                assert_eq!((reply.status, reply.problem().as_str()), (507, "/problems/storage-full"));
                assert!(!reply.header("retry-after").is_empty());
                failed.push(batch);
            }
        }
        assert!(receipts.len() < 5000, "the limit of pages has no effect");
    }
    assert!(!receipts.is_empty());
    assert_eq!(station.count("entries").await, receipts.len(), "whole requests or nothing of them");
    assert_eq!(station.get("/healthz", &[]).await.status, 200, "it still answers");
    assert_eq!(phone.mailbox(0).await["head"], receipts.len());
    station.stop().await;
    station.start().await;
    phone.address = station.address;
    for batch in failed {
        assert_eq!(phone.deliver(&batch).await.len(), 20, "with room again, the phone's next try succeeds");
    }
    assert_eq!(station.count("entries").await, receipts.len() + 60);
}

#[tokio::test]
async fn when_the_disk_fills_up_under_many_each_request_has_its_own_true_answer() {
    let station = Station::spawn_with(|config| config.max_pages = Some(150)).await;
    let mut phones = tokio::task::JoinSet::new();
    for size in [1, 1, 5, 5, 20, 20, 100, 100] {
        let mut phone = station.any_phone().await;
        phones.spawn(async move {
            let (mut stored, mut failed) = (Vec::new(), 0);
            while failed < 3 {
                let batch: Vec<_> = (0..size).map(|_| phone.open()).collect();
                let reply = phone.try_send(&batch).await;
                match reply.status {
                    200 => stored.extend(
                        reply.json::<Answers>().answers.iter().map(|it| receipt(it).entry.to_string()),
                    ),
                    _ => {
                        assert_eq!(reply.problem(), "/problems/storage-full");
                        failed += 1;
                    }
                }
            }
            stored
        });
    }
    let mut receipts = phones.join_all().await.concat();
    receipts.sort();
    assert!(!receipts.is_empty());
    assert_eq!(station.rows("SELECT id FROM entries ORDER BY id").await, receipts);
    assert_eq!(station.rows("PRAGMA quick_check").await, ["ok"]);
}

#[tokio::test]
async fn requests_that_are_under_way_finish_before_the_station_stops() {
    let mut station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let entries: Vec<_> = (0..200).map(|_| phone.open()).collect();
    let sender = phone.clone();
    let sending = tokio::spawn(async move { sender.try_send(&entries).await.status });
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    station.stop().await;
    let stored = {
        station.start().await;
        station.count("entries").await
    };
    match sending.await {
        Ok(status) => assert_eq!((status, stored), (200, 200)),
        Err(refused) => assert!(refused.is_panic() && stored == 0, "it never got in"),
    }
}

#[tokio::test]
async fn only_one_station_serves_a_folder() {
    let station = Station::spawn().await;
    let second = server::start(config(station.data())).await;
    assert!(second.unwrap_err().to_string().contains("already running"));
    assert_eq!(station.get("/healthz", &[]).await.text(), "xunji-station");
}
