//! A full phone: it says so, keeps what it has, and goes on when there is space again.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    samples,
    support::{Phone, World, story, until},
};

#[tokio::test]
async fn a_full_phone_says_so_keeps_the_draft_and_goes_on_when_there_is_space() {
    story(async |world| {
        let phone = world.enrolled().await;
        let delivered = samples::patrol();
        delivered.record(phone).await;
        phone.sync_becomes("全部已送达").await;
        world.station.stop().await;
        let photos = photos(phone, &world, 8).await;
        let used = phone.run("return (await navigator.storage.estimate()).usage", vec![]).await;
        let used = used.ok().and_then(|used| used.as_u64()).expect("a number of bytes");
        // The browser learns how much there is with the first write after its start.
        phone.kill().await;
        phone.reopen().await;
        limit(phone, &world, Some(used + 3_000_000)).await;
        phone.open("/").await;

        let sample = samples::finding("照片太多,手机满了。");
        sample.begin(phone).await;
        sample.fill(phone).await;
        phone.hears("草稿已保存").await;
        let mut kept = 0;
        let mut warning = None;
        for photo in &photos {
            phone.add_file("照片", photo).await;
            warning = until("see the photo or hear why not", async || {
                if phone.has_picture(&format!("照片 {}", kept + 1)).await {
                    return Ok(None);
                }
                phone.alerts().await.into_iter().next().map(Some).ok_or_else(|| "neither".to_owned())
            })
            .await;
            if warning.is_some() {
                break;
            }
            kept += 1;
        }
        let warning = warning.expect("so many photos do not fit");
        println!("{used} bytes used; {kept} photos fitted: {warning}");
        assert!(warning.contains("手机空间不够") && warning.contains("草稿还在"), "{warning}");
        assert!(kept > 0, "not even one photo fitted");
        phone.holds("情况描述", "照片太多,手机满了。").await;
        phone.hears("草稿已保存").await;

        // Nothing is corrupted: the draft with its photos and the earlier record are there after a kill.
        phone.kill().await;
        phone.reopen().await;
        phone.open("/").await;
        phone.row_count_becomes(1).await;
        phone.press_row("草稿").await;
        phone.holds("情况描述", "照片太多,手机满了。").await;
        for number in 1..=kept {
            phone.sees_picture(&format!("照片 {number}")).await;
        }

        limit(phone, &world, None).await;
        phone.add_file("照片", &photos[kept]).await;
        phone.sees_picture(&format!("照片 {}", kept + 1)).await;
        phone.save().await;
        world.station.start().await;
        phone.send_now("全部已送达").await;
        let entries = world.station.entries();
        assert_eq!(entries.len(), 2, "{entries:#?}");
        assert_eq!(entries[1]["action"]["body"]["description"], "照片太多,手机满了。");
        let attachments = entries[1]["attachments"].as_array().expect("a list of attachments");
        assert_eq!(attachments.len(), kept + 1);
        for digest in attachments.iter().filter_map(Value::as_str) {
            let file = world.station.folder().join("blobs").join(&digest[..2]).join(digest);
            assert!(file.is_file(), "{} is not there", file.display());
        }
    })
    .await;
}

/// Gives the app so much space, or as much as there is.
pub async fn limit(phone: &Phone, world: &World, bytes: Option<u64>) {
    let mut details = json!({ "origin": world.station.origin() });
    if let Some(bytes) = bytes {
        details["quotaSize"] = json!(bytes);
    }
    phone.devtools("Storage.overrideQuotaForOrigin", details).await;
}

/// Pictures of noise, which nothing can make smaller.
pub async fn photos(phone: &Phone, world: &World, count: usize) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for number in 0..count {
        let text = phone.run(NOISE, vec![]).await.expect("the page can draw");
        let bytes: Vec<u8> = serde_json::from_value(text).expect("bytes");
        let file = world.station.folder().with_file_name(format!("photo-{number}.jpg"));
        fs::write(&file, bytes).expect("the story's folder can be written to");
        files.push(file);
    }
    files
}

const NOISE: &str = "
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1200, 900];
    const context = canvas.getContext('2d');
    const picture = context.createImageData(canvas.width, canvas.height);
    for (let at = 0; at < picture.data.length; at += 65536) {
        crypto.getRandomValues(picture.data.subarray(at, Math.min(at + 65536, picture.data.length)));
    }
    for (let at = 3; at < picture.data.length; at += 4) picture.data[at] = 255;
    context.putImageData(picture, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.9));
    return Array.from(new Uint8Array(await blob.arrayBuffer()));
";
