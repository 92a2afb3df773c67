//! What the station can't take comes back alone, with a reason and a way to mend it, and blocks nothing else.

use std::fs;

use serde_json::json;

use crate::{
    samples,
    support::{Phone, World, story},
};

/// A ledger of the county's own, which the program has never heard of.
fn visit() -> serde_json::Value {
    json!({
        "id": "visit",
        "version": 1,
        "name": { "zh": "入户走访", "en": "Visit" },
        "begin": { "zh": "记走访", "en": "Log a visit" },
        "icon": "patrol",
        "title": ["whom"],
        "village": "village",
        "time": "at",
        "fields": [
            { "id": "village", "type": "village", "label": { "zh": "村(社区)", "en": "Village" }, "required": true },
            { "id": "at", "type": "time", "label": { "zh": "走访时间", "en": "At" }, "required": true, "prefill": "now" },
            { "id": "whom", "type": "text", "label": { "zh": "走访对象", "en": "Whom" }, "required": true },
        ],
        "workflow": {
            "initial": "done",
            "states": [{ "id": "done", "label": { "zh": "已走访", "en": "Done" }, "closed": true }],
        },
    })
}

#[tokio::test]
async fn an_entry_that_the_station_cant_take_comes_back_alone_and_is_mended() {
    story(async |world| {
        let phone = world.enrolled().await;
        comes_back(&world, phone).await;
        let outcomes = |entries: &[serde_json::Value]| -> Vec<(String, String)> {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            entries.iter().map(|entry| (text(&entry["kind"]), text(&entry["outcome"]))).collect()
        };
        let pair = |kind: &str, outcome: &str| (kind.to_owned(), outcome.to_owned());
        let wanted = [pair("visit", "parked"), pair("patrol", "accepted")];
        assert_eq!(outcomes(&world.station.entries()), wanted);

        // The screen says what it is, why it came back, and what to do.
        phone.press("待上传").await;
        phone.sees("五保户·罗珠").await;
        phone.sees("站点退回").await;
        phone.press("今天").await;
        phone.row_count_becomes(2).await;
        phone.sees("被退回").await;

        // The office brings it back; the phone sends a mended copy.
        publish(&world, true).await;
        phone.press("待上传").await;
        phone.press("修改后重报").await;
        phone.heading_becomes("入户走访").await;
        phone.holds("走访对象", "五保户·罗珠").await;
        phone.enter("走访对象", "五保户·罗珠(二组)").await;
        phone.save().await;
        phone.send_now("全部已送达").await;
        let entries = world.station.entries();
        assert_eq!(outcomes(&entries)[2..], [pair("visit", "accepted")]);
        assert_eq!(entries[2]["action"]["body"]["whom"], "五保户·罗珠(二组)");
        assert_eq!((&entries[2]["seq"], &entries[2]["record"]), (&json!(3), &entries[0]["record"]));
    })
    .await;
}

/// Leaves an entry that the station has sent back, and a delivered patrol beside it: the office has taken a ledger away
/// while the phone was offline.
pub async fn comes_back(world: &World, phone: &Phone) {
    publish(world, true).await;
    phone.open("/").await;
    phone.sees("记走访").await;
    world.station.stop().await;
    phone.press("记走访").await;
    phone.heading_becomes("入户走访").await;
    phone.enter("走访对象", "五保户·罗珠").await;
    phone.save().await;
    samples::patrol().record(phone).await;
    publish_stopped(world, false);
    world.station.start().await;
    phone.send_now("1 条被退回").await;
}

async fn publish(world: &World, there: bool) {
    world.station.stop().await;
    publish_stopped(world, there);
    world.station.start().await;
}

/// The station reads its ledgers when it starts.
fn publish_stopped(world: &World, there: bool) {
    let folder = world.station.folder().join("kinds");
    fs::create_dir_all(&folder).expect("a folder for ledgers can be made");
    let file = folder.join("visit.json");
    let done = if there { fs::write(file, visit().to_string()) } else { fs::remove_file(file) };
    done.expect("a ledger can be published and taken back");
}
