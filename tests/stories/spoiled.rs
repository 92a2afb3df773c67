//! An attachment whose bytes have changed or gone on the phone: its entry says so, its words are at the station, and
//! everything else arrives, the entry's other photos too.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    backup::{self, PASSPHRASE},
    full,
    photos::{PICTURE, stored},
    samples,
    support::{Phone, World, story, until},
};

#[tokio::test]
async fn a_photo_whose_bytes_have_changed_holds_up_nothing_else() {
    story(async |world| {
        let changed = |mut bytes: Vec<u8>| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            Some(bytes)
        };
        spoiled(&world, changed).await;
    })
    .await;
}

#[tokio::test]
async fn a_photo_whose_bytes_are_gone_holds_up_nothing_else_and_the_station_knows_that_it_is_missing() {
    story(async |world| spoiled(&world, |_| None).await).await;
}

/// A record of two photos, of which the first one's bytes become these.
async fn spoiled(world: &World, spoil: impl Fn(Vec<u8>) -> Option<Vec<u8>>) {
    let phone = world.enrolled().await;
    world.station.stop().await;
    let others = full::photos(phone, world, 2).await;
    let sample = samples::finding("一张照片坏了");
    sample.begin(phone).await;
    sample.fill(phone).await;
    phone.enter("路线或点位", "水厂").await;
    phone.add_file("照片", Path::new(PICTURE)).await;
    phone.sees_picture("照片 1").await;
    let victim = the_only_photo(phone).await;
    phone.add_file("照片", &others[0]).await;
    phone.sees_picture("照片 2").await;
    phone.save().await;
    let second = samples::finding("照片是好的");
    second.begin(phone).await;
    second.fill(phone).await;
    phone.enter("路线或点位", "桥头").await;
    phone.add_file("照片", &others[1]).await;
    phone.sees_picture("照片 1").await;
    phone.save().await;
    let third = samples::patrol();
    third.record(phone).await;

    let file = backup::export(phone, PASSPHRASE).await;
    let right = phone.row("blobs", &victim).await;
    phone.spoil("blobs", &victim, spoil(right.clone()).as_deref()).await;
    world.station.start().await;
    phone.send_now("1 条被退回").await;
    phone.sees("内容在手机上或路上损坏").await;
    phone.sees("有发现 · 水厂").await;
    let all = phone.everything().await.expect("a screen has text");
    assert!(!all.contains("桥头") && !all.contains("村委会"), "{all}");
    let entries = world.station.entries();
    let texts: Vec<_> = entries.iter().map(|entry| entry["action"]["body"]["description"].as_str()).collect();
    assert_eq!(texts, [Some("一张照片坏了"), Some("照片是好的"), None]);
    assert!(entries.iter().all(|entry| entry["outcome"] == "accepted"), "{entries:#?}");
    let attachments: Vec<_> = entries
        .iter()
        .flat_map(|entry| entry["attachments"].as_array().cloned().unwrap_or_default())
        .collect();
    assert_eq!((attachments.len(), &attachments[0]), (3, &json!(victim)));
    until("see the other photos arrive", async || {
        let there = |digest: &&Value| world.station.folder().join(path(digest)).is_file();
        match attachments.iter().filter(there).count() {
            2 => Ok(()),
            count => Err(format!("{count} photos at the station")),
        }
    })
    .await;
    // The office sees that one is missing, and whose.
    let missing = json!([{
        "level": "news", "finding": "awaited", "installation": entries[0]["installation"], "attachments": 1,
    }]);
    assert_eq!(json!(world.station.findings()), missing);

    // Tried again, it is refused again, for everybody to see.
    phone.press("立即上传").await;
    phone.sync_becomes("1 条被退回").await;
    assert_eq!(json!(world.station.findings()), missing);

    // A backup of a phone with a spoiled photo is good for everything else.
    let late = backup::export(phone, PASSPHRASE).await;
    backup::import(phone, &late, PASSPHRASE).await;
    phone.hears("已放回 0 条").await;
    // One from before brings the right bytes back.
    backup::import(phone, &file, PASSPHRASE).await;
    // Sealed anew they are other ones; that they are right is what the station says below.
    let wrong = spoil(right.clone());
    until("see the right bytes back", async || match phone.row("blobs", &victim).await {
        bytes if bytes.len() == right.len() && Some(&bytes) != wrong.as_ref() => Ok(()),
        bytes => Err(format!("{} other bytes", bytes.len())),
    })
    .await;
    phone.send_now("全部已送达").await;
    assert_eq!(world.station.findings(), Vec::<Value>::new());
    assert!(!stored(world, &attachments[0]).is_empty());
    assert_eq!(world.station.entries(), entries);
}

fn path(digest: &Value) -> String {
    let digest = digest.as_str().expect("a digest is a text");
    format!("blobs/{}/{digest}", &digest[..2])
}

async fn the_only_photo(phone: &Phone) -> String {
    let all = phone.database().await;
    // A picture may have a small copy beside it, whose key is longer.
    let key = |line: &String| {
        line.strip_prefix("blobs ").and_then(|rest| rest.split(' ').next()).map(str::to_owned)
    };
    let digests: Vec<_> = all.iter().filter_map(key).filter(|key| key.len() == 64).collect();
    let [digest] = &digests[..] else { panic!("not one photo but {digests:?}") };
    digest.clone()
}
