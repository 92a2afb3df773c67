//! The phone's database thrown away: under the open app, as somebody does who clears the browser's data, and by a browser
//! that finds it damaged after it was killed.

use std::fs;

use serde_json::{Value, json};

use crate::{
    samples::{self, assert_opened},
    support::{Phone, World, story, until},
};

#[tokio::test]
async fn a_database_that_is_thrown_away_under_the_app_is_noticed_and_nothing_is_called_saved_that_is_not() {
    story(async |world| {
        let phone = world.enrolled().await;
        let first = samples::patrol();
        first.record(phone).await;
        phone.sync_becomes("全部已送达").await;
        // The line says so for a moment more when something has just been saved.
        let author = until("see the entry at the station", async || match &world.station.entries()[..] {
            [entry] => Ok(entry["author"].as_str().expect("an author").to_owned()),
            other => Err(format!("{other:?}")),
        })
        .await;
        let second = samples::consultation();
        second.begin(phone).await;
        second.fill(phone).await;
        phone.hears("草稿已保存").await;
        throw_away(phone, &world).await;

        // What is on the screen is all that is left. It must not be called saved into nowhere.
        phone.press("保存").await;
        phone.is_warned("这部手机上原来的记录不见了").await;
        phone.holds("咨询内容", "借给邻居 3 万元,没有借条,只有微信转账记录,能不能要回来?").await;
        assert_eq!(world.station.entries().len(), 1);

        // The phone is enrolled anew, gets back what was delivered, and works.
        phone.open("/").await;
        phone.enrol(&world.station.enrol_again(&author)).await;
        phone.is_warned("站点收到过这部手机原来的 1 条").await;
        phone.open("/records").await;
        phone.row_count_becomes(1).await;
        second.record(phone).await;
        phone.sync_becomes("全部已送达").await;
        let entries = world.station.entries();
        assert_opened(&entries[..1], &[&first]);
        assert_opened(&entries[1..], &[&second]);
        assert_ne!(entries[0]["installation"], entries[1]["installation"]);
        assert_eq!(json!(world.station.findings()), json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_gone_after_a_kill_is_noticed_although_the_browser_had_not_written_its_settings() {
    story(async |world| {
        let phone = world.enrolled().await;
        samples::patrol().record(phone).await;
        phone.sync_becomes("全部已送达").await;
        let author = world.station.entries()[0]["author"].as_str().expect("an author").to_owned();
        phone.end().await;
        // What browsers write seconds later has not been written, and the database is begun anew.
        for lost in ["Local Storage", "IndexedDB"] {
            fs::remove_dir_all(phone.profile().join("Default").join(lost))
                .expect("a folder of the browser's");
        }
        phone.reopen().await;
        phone.open("/").await;
        phone.is_warned("这部手机上原来的记录不见了").await;

        phone.enrol(&world.station.enrol_again(&author)).await;
        phone.is_warned("站点收到过这部手机原来的 1 条").await;
        phone.open("/records").await;
        phone.row_count_becomes(1).await;
    })
    .await;
}

async fn throw_away(phone: &Phone, world: &World) {
    let what = json!({ "origin": world.station.origin(), "storageTypes": "indexeddb" });
    let done = phone.devtools("Storage.clearDataForOrigin", what).await;
    assert!(matches!(done, Value::Object(_) | Value::Null), "{done}");
}
