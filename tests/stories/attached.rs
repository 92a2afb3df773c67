//! What else an entry can carry, what a full phone lets go of, and the receipt that one can show.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    full::{limit, photos},
    samples,
    support::{Phone, World, story, until},
};

#[tokio::test]
async fn a_note_made_offline_carries_a_recording_and_a_signature() {
    story(async |world| {
        let phone = world.enrolled().await;
        samples::patrol().record(phone).await;
        phone.sync_becomes("全部已送达").await;
        world.station.stop().await;

        phone.press("补充").await;
        phone.enter("补充内容", "物业答应明天清走,本人签了名。").await;
        phone.press("录音").await;
        becomes(phone, "document.querySelector('.recording')?.innerText.endsWith('0:02')").await;
        phone.press("保存").await;
        phone.is_warned("还没有处理完").await;
        phone.run("document.querySelector('.recording').click()", vec![]).await.expect("it can be pressed");
        becomes(phone, "document.querySelector('dialog audio')?.duration > 1").await;
        phone.press("手写签名").await;
        becomes(phone, "document.querySelector('canvas.signature')?.width > 300").await;
        sign(phone).await;
        phone.press("签好了").await;
        phone.sees_picture("照片 2").await;
        phone.press("保存").await;
        phone.hears("已存在本机").await;
        phone.kill().await;
        phone.reopen().await;

        world.station.start().await;
        phone.open("/outbox").await;
        phone.send_now("全部已送达").await;
        let entries = world.station.entries();
        assert_eq!(entries.len(), 2, "{entries:#?}");
        assert_eq!(entries[1]["action"]["text"], "物业答应明天清走,本人签了名。");
        let kept: Vec<Vec<u8>> = stored(&world, &entries[1]);
        assert_eq!(kept.len(), 2);
        assert!(kept[0].starts_with(&[0x1a, 0x45, 0xdf, 0xa3]), "a recording in WebM");
        assert!(kept[1].starts_with(b"\x89PNG"), "a drawing");
    })
    .await;
}

#[tokio::test]
async fn a_full_phone_thins_what_is_delivered_and_gets_it_back_from_the_station() {
    story(async |world| {
        let phone = world.enrolled().await;
        let pictures = photos(phone, &world, 5).await;
        let sample = samples::finding("桥头护栏松动。");
        sample.begin(phone).await;
        sample.fill(phone).await;
        for (picture, number) in pictures[..3].iter().zip(1..) {
            phone.add_file("照片", picture).await;
            phone.sees_picture(&format!("照片 {number}")).await;
        }
        let page = phone.save().await;
        phone.sync_becomes("全部已送达").await;
        let used = phone.run("return (await navigator.storage.estimate()).usage", vec![]).await;
        let used = used.ok().and_then(|used| used.as_u64()).expect("a number of bytes");
        phone.kill().await;
        phone.reopen().await;
        limit(phone, &world, Some(used + 400_000)).await;

        // There is no space for it until older photos are thinned.
        phone.open("/").await;
        let sample = samples::finding("桥面有坑。");
        sample.begin(phone).await;
        sample.fill(phone).await;
        for (picture, number) in pictures[3..].iter().zip(1..) {
            phone.add_file("照片", picture).await;
            phone.sees_picture(&format!("照片 {number}")).await;
        }
        assert_eq!(phone.alerts().await, Vec::<String>::new());
        phone.save().await;
        phone.sync_becomes("全部已送达").await;

        limit(phone, &world, None).await;
        let whole = async || {
            let keys = phone.database().await;
            keys.iter().filter(|key| key.starts_with("blobs ") && !key.contains(".small ")).count()
        };
        let before = whole().await;
        assert!(before < 5, "nothing was thinned");
        phone.open(&page).await;
        phone.sees_picture("照片 1").await;
        phone.press("放大照片 1").await;
        phone.sees("原件在站点").await;
        phone.press("从站点取回原件").await;
        until("see the original back", async || match whole().await {
            count if count == before + 1 => Ok(()),
            count => Err(format!("{count} of {before} + 1")),
        })
        .await;
        let entries = world.station.entries();
        assert_eq!(entries.iter().map(|entry| stored(&world, entry).len()).collect::<Vec<_>>(), [3, 2]);
    })
    .await;
}

#[tokio::test]
async fn a_receipt_is_checked_on_the_screen_and_its_file_stands_up_at_the_station() {
    story(async |world| {
        let phone = world.enrolled().await;
        samples::consultation().record(phone).await;
        phone.sync_becomes("全部已送达").await;
        phone.press("查看回执").await;
        phone.sees("签名已核对").await;
        let file = phone.downloads(async || phone.press("导出回执").await).await;
        let text = fs::read_to_string(&file).expect("the download can be read");
        let entry = &world.station.entries()[0];
        assert!(text.contains(entry["digest"].as_str().expect("a digest")), "{text}");
        let said = entry["action"]["body"]["content"].as_str().expect("what was asked");
        assert!(!text.contains(said), "a receipt tells nothing of what people said");
        assert_eq!(world.station.receipt(&file), [true, true]);
        fs::write(&file, text.replace("\"revision\":1", "\"revision\":2")).expect("it can be forged");
        assert_eq!(world.station.receipt(&file), [false, false]);
    })
    .await;
}

async fn becomes(phone: &Phone, condition: &str) {
    until(condition, async || match phone.run(&format!("return Boolean({condition})"), vec![]).await {
        Ok(Value::Bool(true)) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

/// Draws with the mouse, which the page can't tell from a finger here.
async fn sign(phone: &Phone) {
    let place =
        "const { x, y } = document.querySelector('canvas.signature').getBoundingClientRect(); return [x, y]";
    let place = phone.run(place, vec![]).await.expect("the canvas has a place");
    let at = |index: usize| place[index].as_f64().expect("a number");
    for (kind, x, y) in [
        ("mousePressed", 40.0, 40.0),
        ("mouseMoved", 90.0, 80.0),
        ("mouseMoved", 140.0, 50.0),
        ("mouseReleased", 140.0, 50.0),
    ] {
        let details = json!({
            "type": kind, "x": at(0) + x, "y": at(1) + y, "button": "left", "buttons": 1, "clickCount": 1,
        });
        phone.devtools("Input.dispatchMouseEvent", details).await;
    }
}

/// The bytes that the station keeps of an entry's attachments.
fn stored(world: &World, entry: &Value) -> Vec<Vec<u8>> {
    let digests = entry["attachments"].as_array().expect("a list of attachments").iter();
    let file = |digest: &Value| -> PathBuf {
        let digest = digest.as_str().expect("a digest is a text");
        world.station.folder().join("blobs").join(&digest[..2]).join(digest)
    };
    digests.map(|digest| fs::read(file(digest)).expect("the station has it")).collect()
}
