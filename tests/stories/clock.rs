//! A phone whose clock is wrong. What is noted keeps that clock's time, and nothing is ordered or refused by it.

use serde_json::json;

use crate::{
    samples::{self, assert_opened},
    support::story,
};

/// A phone that was just switched on with an empty battery: its time begins in 1970.
const EMPTY_BATTERY: &str = "{
    const Real = Date;
    const start = Real.now();
    globalThis.Date = class Date extends Real {
        constructor(...given) { given.length ? super(...given) : super(Date.now()); }
        static now() { return Real.now() - start; }
    };
}";

#[tokio::test]
async fn a_phone_in_the_year_1970_saves_and_delivers() {
    story(async |world| {
        let phone = &world.phone;
        let script = json!({ "source": EMPTY_BATTERY });
        phone.devtools("Page.addScriptToEvaluateOnNewDocument", script).await;
        world.enrolled().await;
        let sample = samples::patrol();
        sample.begin(phone).await;
        assert!(phone.value("开始时间").await.starts_with("1970-01-01T08:0"), "the clock is not turned back");
        sample.fill(phone).await;
        world.station.stop().await;
        phone.save().await;
        phone.reload().await;
        phone.sync_becomes("离线,1 条已存在本机").await;
        sample.record(phone).await;
        world.station.start().await;
        phone.send_now("全部已送达").await;
        let entries = world.station.entries();
        assert_opened(&entries, &[&sample, &sample]);
        for entry in &entries {
            assert!(
                entry["noted_at"].as_str().unwrap_or_default().starts_with("1970-01-01T08:0"),
                "{entry:#}"
            );
        }
    })
    .await;
}
