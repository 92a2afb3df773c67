//! Photos that another app shares: they wait in memory until the phone is unlocked, and go into the form that a person
//! chooses. Nothing of them is written before that.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    photos::PICTURE,
    samples,
    support::{Phone, story, until},
};

#[tokio::test]
async fn shared_photos_go_into_a_new_form_after_the_phone_is_unlocked_and_arrive_at_the_station() {
    story(async |world| {
        let phone = world.enrolled().await;
        share(phone, &[PICTURE]).await;
        phone.heading_becomes("解锁").await;
        assert_eq!(phone.path().await, "/share");
        assert_eq!(kept(phone).await, json!([]), "nothing of it is written while the phone is locked");
        phone.unlock().await;
        phone.heading_becomes("分享来的照片").await;
        phone.sees_picture("照片 1").await;
        phone.press("记巡查").await;
        phone.heading_becomes("巡查").await;
        phone.holds("有无发现", "有发现").await;
        phone.sees_picture("照片 1").await;
        phone.enter("巡查类型", "网格巡查").await;
        phone.enter("发现类别", "消防").await;
        phone.enter("情况描述", "配电箱门锁损坏。").await;
        phone.enter("现场处置", "劝导").await;
        phone.save().await;
        phone.sync_becomes("全部已送达").await;
        let entry = &world.station.entries()[0];
        assert_eq!(entry["action"]["body"]["photos"].as_array().map(Vec::len), Some(1), "{entry:#}");

        // Taken, so they are not offered a second time.
        phone.open("/share").await;
        phone.sees("没有收到照片").await;
    })
    .await;
}

#[tokio::test]
async fn shared_photos_go_on_in_a_form_that_was_begun_and_only_where_no_answer_would_change() {
    story(async |world| {
        let phone = world.enrolled().await;
        let begun = samples::finding("写到一半,照片在相册里");
        begun.begin(phone).await;
        begun.fill(phone).await;
        phone.hears("草稿已保存").await;
        let other = samples::patrol();
        other.begin(phone).await;
        other.fill(phone).await;
        phone.hears("草稿已保存").await;
        share(phone, &[PICTURE, PICTURE]).await;
        phone.unlock().await;
        phone.sees_picture("照片 2").await;
        // The other one says that nothing was found: no photo belongs into it, and its answer is not changed.
        phone.press_with("网格巡查 · 有发现").await;
        phone.holds("情况描述", "写到一半,照片在相册里").await;
        phone.sees_picture("照片 1").await;
        let page = phone.save().await;
        assert!(page.starts_with("/records/"));
        phone.press("今天").await;
        phone.press_row("草稿").await;
        phone.holds("有无发现", "无异常").await;
    })
    .await;
}

#[tokio::test]
async fn what_is_no_photo_is_told_and_what_got_lost_is_asked_for_again() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.open("/share").await;
        phone.sees("没有收到照片").await;
        phone.sees("再分享一次").await;
        let text = world.station.folder().join("no-photo.jpg");
        fs::write(&text, "not a picture").expect("a file can be written");
        share(phone, &[&text.to_string_lossy()]).await;
        phone.unlock().await;
        phone.press("记纠纷").await;
        phone.is_warned("不是能打开的照片").await;
        share(phone, &[&text.to_string_lossy(), PICTURE]).await;
        phone.unlock().await;
        phone.press("记纠纷").await;
        phone.heading_becomes("矛盾纠纷").await;
        phone.hears("有 1 张打不开").await;
        phone.sees_picture("照片 1").await;
    })
    .await;
}

#[tokio::test]
async fn a_share_that_reaches_the_station_itself_leads_to_the_same_page_and_leaves_nothing_there() {
    story(async |world| {
        let reply = world.station.post("/share", "secret photo");
        assert_eq!((reply.status, reply.header("location")), (303, "/share"));
        assert!(!world.station.said().contains("secret"));
        assert_eq!(world.station.post("/records", "x").status, 405);
    })
    .await;
}

/// Shares files as the system does: a form that is posted to where the manifest says. A page of the app could not: its
/// policy lets no form be sent.
/// Comes to `/share` as another app would bring somebody there.
pub async fn share(phone: &Phone, files: &[&str]) {
    phone.devtools("Page.setBypassCSP", json!({ "enabled": true })).await;
    phone.open_locked("/enrol").await;
    let make = "
        const form = document.createElement('form');
        form.method = 'POST';
        form.action = '/share';
        form.enctype = 'multipart/form-data';
        const input = document.createElement('input');
        input.type = 'file';
        input.name = 'photos';
        input.multiple = true;
        input.ariaLabel = '要分享的文件';
        form.append(input);
        (document.querySelector('main') ?? document.body).append(form);
    ";
    phone.run(make, vec![]).await.expect("a form can be made");
    for file in files {
        phone.add_file("要分享的文件", Path::new(file)).await;
    }
    phone.run("document.querySelector('form[action=\"/share\"]').submit()", vec![]).await.expect("sent");
    until("come to the shared photos", async || match phone.path().await {
        path if path == "/share" => Ok(()),
        other => Err(other),
    })
    .await;
    phone.devtools("Page.setBypassCSP", json!({ "enabled": false })).await;
}

/// What lies in the worker's caches beside the app's own files.
async fn kept(phone: &Phone) -> Value {
    let script = "
        const found = [];
        for (const name of await caches.keys()) {
            for (const { url, method } of await (await caches.open(name)).keys()) {
                if (method !== 'GET' || new URL(url).pathname.startsWith('/share')) found.push(url);
            }
        }
        return found;
    ";
    phone.run(script, vec![]).await.expect("a page can look")
}
