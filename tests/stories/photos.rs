//! Photos: chosen offline, kept with the entry, and an entry is delivered only when they are.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    samples,
    support::{World, story},
};

/// Any picture will do.
pub const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/public/icons/icon-512.png");

#[tokio::test]
async fn photos_chosen_offline_survive_a_killed_browser_and_arrive_whole() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let sample = samples::finding("配电箱门锁损坏,已用铁丝临时固定。");
        sample.begin(phone).await;
        sample.fill(phone).await;
        phone.add_file("照片", Path::new(PICTURE)).await;
        phone.press("删除照片 1").await;
        phone.add_file("照片", Path::new(PICTURE)).await;
        phone.sees_picture("照片 1").await;
        phone.hears("草稿已保存").await;
        phone.end().await;
        phone.reopen().await;
        phone.open("/").await;
        phone.press_row("草稿").await;
        phone.sees_picture("照片 1").await;
        let page = phone.save().await;
        phone.kill().await;
        phone.reopen().await;
        phone.open(&page).await;
        phone.sees_picture("照片 1").await;

        world.station.start().await;
        phone.send_now("全部已送达").await;
        let entries = world.station.entries();
        assert_eq!(entries.len(), 1, "{entries:#?}");
        let attachments = entries[0]["attachments"].as_array().expect("a list of attachments");
        assert_eq!(entries[0]["action"]["body"]["photos"], entries[0]["attachments"]);
        assert_eq!(attachments.len(), 1);
        let bytes = stored(&world, &attachments[0]);
        let seen = phone.run(SHA256, vec![bytes.into()]).await;
        assert_eq!(seen.as_ref(), Ok(&attachments[0]), "what the station keeps is not what was sent");
    })
    .await;
}

/// The bytes of an attachment in the station's folder.
pub fn stored(world: &World, digest: &Value) -> Vec<u8> {
    let digest = digest.as_str().expect("a digest is a text");
    let file = world.station.folder().join("blobs").join(&digest[..2]).join(digest);
    fs::read(&file).unwrap_or_else(|error| panic!("{} is not there: {error}", file.display()))
}

/// The browser has a hash function, and the stories have no other need for one.
const SHA256: &str = "
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(arguments[0])));
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
";
