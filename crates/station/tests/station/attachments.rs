//! Invariant 6: delivered includes the photos, each verified by its SHA-256.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;
use xunji_domain::wire::{Answer, BLOB_BYTES};
use xunji_station::abandoned;

use crate::support::*;

fn path(bytes: &[u8]) -> String {
    format!("/api/v1/blobs/{}", sha256(bytes))
}

fn missing(answer: &Answer) -> Vec<String> {
    match answer {
        Answer::Receipt { missing, .. } => missing.iter().map(ToString::to_string).collect(),
        Answer::Refused { .. } => panic!("refused"),
    }
}

async fn append(phone: &Phone, path: &str, offset: usize, total: usize, bytes: &[u8]) -> Reply {
    let (offset, total) = (offset.to_string(), total.to_string());
    phone.call("PATCH", path, &[("upload-offset", &offset), ("upload-length", &total)], bytes.to_vec()).await
}

/// Sends an entry that names these bytes, as phones do before they send the bytes.
async fn announce(phone: &mut Phone, bytes: &[u8]) {
    let mut content = phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
    content["attachments"] = json!([sha256(bytes).to_string()]);
    let entry = phone.seal(&content);
    revision(&phone.deliver(&[entry]).await[0]);
}

#[tokio::test]
async fn an_entry_lacks_its_photos_until_each_is_verified() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let photos = [vec![1; 100_000], vec![2; 10]];
    let mut content = phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
    let digests: Vec<_> = photos.iter().map(|photo| sha256(photo).to_string()).collect();
    content["attachments"] = json!([digests[0], digests[1], digests[0]]);
    let entry = phone.seal(&content);
    assert_eq!(missing(&phone.send(std::slice::from_ref(&entry)).await[0]), digests);
    let reply = phone.call("PUT", &path(&photos[0]), &[], photos[0].clone()).await;
    assert_eq!((reply.status, reply.header("upload-complete")), (201, "?1"));
    assert_eq!(missing(&phone.send(std::slice::from_ref(&entry)).await[0]), digests[1..]);
    assert_eq!(phone.call("PUT", &path(&photos[1]), &[], photos[1].clone()).await.status, 201);
    assert_eq!(missing(&phone.send(&[entry]).await[0]), Vec::<String>::new());
    let file = station.data().join("blobs").join(&digests[0][..2]).join(&digests[0]);
    assert_eq!(std::fs::read(file).unwrap(), photos[0]);
}

#[tokio::test]
async fn an_upload_goes_on_where_it_broke_off() {
    let mut station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let photo: Vec<u8> = (0..100_000u32).map(|at| (at % 251) as u8).collect();
    announce(&mut phone, &photo).await;
    let path = path(&photo);
    let head = phone.call("HEAD", &path, &[], "").await;
    assert_eq!(head.status, 404);
    let reply = append(&phone, &path, 0, photo.len(), &photo[..40_000]).await;
    assert_eq!(
        (reply.status, reply.header("upload-offset"), reply.header("upload-complete")),
        (204, "40000", "?0")
    );
    station.stop().await;
    station.start().await;
    phone.address = station.address;
    let head = phone.call("HEAD", &path, &[], "").await;
    assert_eq!(
        (head.status, head.header("upload-offset"), head.header("upload-complete")),
        (200, "40000", "?0")
    );
    for wrong in [0, 39_999, 40_001] {
        let reply = append(&phone, &path, wrong, photo.len(), b"x").await;
        assert_eq!((reply.status, reply.problem().as_str()), (409, "/problems/upload-offset"));
        assert_eq!(reply.header("upload-offset"), "40000");
    }
    let reply = append(&phone, &path, 40_000, photo.len(), &photo[40_000..]).await;
    assert_eq!(
        (reply.status, reply.header("upload-offset"), reply.header("upload-complete")),
        (204, "100000", "?1")
    );
    let head = phone.call("HEAD", &path, &[], "").await;
    assert_eq!((head.status, head.header("upload-complete")), (200, "?1"));
    // Asking again after a lost answer is success.
    assert_eq!(append(&phone, &path, 100_000, photo.len(), b"").await.status, 204);
    assert_eq!(phone.call("PUT", &path, &[], photo).await.status, 204);
    assert_eq!(station.count("blobs").await, 1);
}

#[tokio::test]
async fn bytes_with_another_hash_do_not_count_and_leave_nothing_behind() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    announce(&mut phone, b"photo").await;
    let path = path(b"photo");
    for _ in 0..2 {
        let reply = phone.call("PUT", &path, &[], "phota").await;
        assert_eq!((reply.status, reply.problem().as_str()), (422, "/problems/blob-hash-mismatch"));
        assert_eq!(phone.call("HEAD", &path, &[], "").await.status, 404);
    }
    assert_eq!(append(&phone, &path, 0, 5, b"pho").await.status, 204);
    assert_eq!(append(&phone, &path, 3, 5, b"ta").await.problem(), "/problems/blob-hash-mismatch");
    assert_eq!(phone.call("PUT", &path, &[], "photo").await.status, 201);
}

#[tokio::test]
async fn an_upload_larger_than_it_says_or_than_allowed_is_refused() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    announce(&mut phone, b"photo").await;
    let path = path(b"photo");
    assert_eq!(append(&phone, &path, 0, 5, b"pho").await.status, 204);
    assert_eq!(append(&phone, &path, 3, 5, b"too much").await.problem(), "/problems/body-too-large");
    assert_eq!(phone.call("HEAD", &path, &[], "").await.header("upload-offset"), "3", "what was there stays");
    let most = BLOB_BYTES as usize;
    assert_eq!(append(&phone, &path, 3, most + 1, b"to").await.problem(), "/problems/body-too-large");
    let reply = phone.call("PATCH", &path, &[("upload-offset", "3")], "to").await;
    assert_eq!((reply.status, reply.problem().as_str()), (400, "/problems/request-invalid"));
    assert_eq!(append(&phone, &path, 3, 5, b"to").await.header("upload-complete"), "?1");
    let reply = phone.call("PUT", "/api/v1/blobs/..%2f..%2fstation.sqlite", &[], "x").await;
    assert_eq!(reply.problem(), "/problems/request-invalid");
}

#[tokio::test]
async fn the_same_photo_from_many_phones_at_once_is_stored_once() {
    let station = Station::spawn().await;
    let phone = station.any_phone().await;
    let photo = vec![7; 300_000];
    let uploads: Vec<_> = (0..6)
        .map(|_| {
            let (phone, photo) = (phone.clone(), photo.clone());
            tokio::spawn(async move { phone.call("PUT", &path(&photo), &[], photo).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for upload in uploads {
        statuses.push(upload.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 204, 204, 204, 204, 204]);
}

#[tokio::test]
async fn a_file_whose_row_was_lost_with_the_power_counts_again_once_it_is_hashed() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    announce(&mut phone, b"photo").await;
    let digest = sha256(b"photo").to_string();
    let folder = station.data().join("blobs").join(&digest[..2]);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(&digest), "photo").unwrap();
    assert_eq!(phone.call("HEAD", &path(b"photo"), &[], "").await.header("upload-complete"), "?1");
    assert_eq!(station.count("blobs").await, 1);
}

#[tokio::test]
async fn an_upload_that_rested_for_a_week_is_removed_at_the_start_and_begins_again() {
    let mut station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let (old, young) = (path(b"photo"), path(b"other"));
    announce(&mut phone, b"photo").await;
    announce(&mut phone, b"other").await;
    for path in [&old, &young] {
        assert_eq!(append(&phone, path, 0, 5, b"pho").await.status, 204);
    }
    station.stop().await;
    let digest = sha256(b"photo").to_string();
    let part = station.data().join("blobs").join(&digest[..2]).join(&digest).with_extension("part");
    let file = std::fs::File::options().write(true).open(&part).unwrap();
    file.set_modified(std::time::SystemTime::now() - abandoned::REST - Duration::from_secs(60)).unwrap();
    station.start().await;
    phone.address = station.address;
    let gone = async {
        while part.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), gone).await.unwrap();
    assert_eq!(phone.call("HEAD", &young, &[], "").await.header("upload-offset"), "3");
    assert_eq!(phone.call("HEAD", &old, &[], "").await.status, 404);
    let reply = append(&phone, &old, 3, 5, b"to").await;
    assert_eq!((reply.problem().as_str(), reply.header("upload-offset")), ("/problems/upload-offset", "0"));
    assert_eq!(append(&phone, &old, 0, 5, b"photo").await.header("upload-complete"), "?1");
}

/// Invariant 10, for photos: only who may see an entry may read what it names.
#[tokio::test]
async fn an_attachment_is_read_by_those_who_may_see_its_entry() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let photo = vec![7; 50_000];
    let path = path(&photo);
    assert_eq!(phone.call("PUT", &path, &[], photo.clone()).await.status, 201);
    assert_eq!(phone.call("GET", &path, &[], "").await.status, 404, "no entry of this person names it yet");
    let mut content = phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
    content["attachments"] = json!([sha256(&photo).to_string()]);
    let entry = phone.seal(&content);
    phone.deliver(&[entry]).await;
    let reply = phone.call("GET", &path, &[], "").await;
    assert_eq!((reply.status, reply.body.as_ref()), (200, &photo[..]));
    assert_eq!(
        (reply.header("content-type"), reply.header("content-disposition"), reply.header("cache-control")),
        ("application/octet-stream", "attachment", "no-store")
    );
    let second = station.phone_of(&phone.worker).await;
    assert_eq!(second.call("GET", &path, &[], "").await.status, 200, "the same person's other phone");
    let stranger = station.any_phone().await;
    let refused = stranger.call("GET", &path, &[], "").await;
    let nothing = stranger.call("GET", &self::path(b"never sent"), &[], "").await;
    assert_eq!((refused.status, &refused.body), (404, &nothing.body), "a stranger can't tell the two apart");
    assert_eq!(stranger.call("HEAD", &path, &[], "").await.status, 404, "nor by asking how far it is");
    assert_eq!(second.call("HEAD", &path, &[], "").await.header("upload-complete"), "?1");
    assert_eq!(station.get(&path, &[]).await.status, 401);
}

#[tokio::test]
async fn half_an_attachment_is_not_read() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let photo = vec![9; 1_000];
    let mut content = phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
    content["attachments"] = json!([sha256(&photo).to_string()]);
    let entry = phone.seal(&content);
    phone.deliver(&[entry]).await;
    let path = path(&photo);
    assert_eq!(append(&phone, &path, 0, photo.len(), &photo[..500]).await.status, 204);
    assert_eq!(phone.call("GET", &path, &[], "").await.status, 404);
}
