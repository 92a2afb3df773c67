//! A record's history: corrections keep both values, remarks and steps are added, all of it offline too.

use serde_json::{Value, json};

use crate::{samples, support::story};

#[tokio::test]
async fn corrections_remarks_and_steps_made_offline_arrive_in_order_and_keep_both_values() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let sample = samples::dispute();
        let page = sample.record(phone).await;

        phone.press("更正").await;
        phone.enter("更正哪一项", "涉及人数").await;
        phone.enter("涉及人数", "4").await;
        phone.press("保存").await;
        phone.is_warned("原因").await;
        phone.enter("更正原因", "两家老人当时也在场 👴👵").await;
        phone.press("保存").await;
        phone.timeline_becomes(&["登记", "更正"]).await;
        phone.fact_becomes("涉及人数", "4").await;

        phone.press("补充").await;
        phone.press("保存").await;
        phone.is_warned("没有保存").await;
        let note = "下午两点在村委会再谈一次。\n<b>带上</b>水票。";
        phone.enter("补充内容", note).await;
        phone.press("保存").await;
        phone.timeline_becomes(&["登记", "更正", "补充"]).await;

        phone.press("开始调解").await;
        phone.press("保存").await;
        let history = phone.timeline_becomes(&["登记", "更正", "补充", "开始调解"]).await;
        for (line, words) in [(1, "2"), (1, "4"), (1, "两家老人当时也在场 👴👵"), (2, "<b>带上</b>水票。")]
        {
            assert!(history[line].contains(words), "{words} is missing in {}", history[line]);
        }
        phone.sync_becomes("离线,4 条已存在本机").await;

        phone.kill().await;
        phone.reopen().await;
        phone.open(&page).await;
        phone.timeline_becomes(&["登记", "更正", "补充", "开始调解"]).await;
        world.station.start().await;
        phone.send_now("全部已送达").await;
        let entries = world.station.entries();
        let actions: Vec<_> = entries.iter().map(|entry| entry["action"].clone()).collect();
        let wanted = [
            json!({ "type": "open", "body": sample.body }),
            json!({
                "type": "amend",
                "field": "people_count",
                "from": 2,
                "to": 4,
                "reason": "两家老人当时也在场 👴👵",
            }),
            json!({ "type": "note", "text": note }),
            json!({ "type": "step", "step": "mediate", "body": {} }),
        ];
        assert_eq!(actions, wanted);
        for (index, entry) in entries.iter().enumerate() {
            assert_eq!(entry["outcome"], "accepted", "{entry:#}");
            assert_eq!((&entry["seq"], &entry["revision"]), (&json!(index + 1), &json!(index + 1)));
            assert_eq!(entry["record"], entries[0]["record"]);
        }
        phone.open(&page).await;
        for line in phone.timeline_becomes(&["登记", "更正", "补充", "开始调解"]).await {
            assert!(line.contains("已送达"), "{line}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_second_phone_of_the_same_person_gets_the_records_and_adds_to_them() {
    story(async |world| {
        let first = world.enrolled().await;
        let sample = samples::dispute();
        let page = sample.record(first).await;
        first.sync_becomes("全部已送达").await;

        let author = world.station.entries()[0]["author"].as_str().unwrap_or_default().to_owned();
        let second = world.another_phone("second").await;
        second.enrol(&world.station.enrol_again(&author)).await;
        second.row_count_becomes(1).await;
        second.open(&page).await;
        second.unmask().await;
        second.fact_becomes("简要情况", samples::SUMMARY).await;
        second.press("补充").await;
        second.enter("补充内容", "第二部手机").await;
        second.press("保存").await;
        second.sync_becomes("全部已送达").await;

        // The first phone hears of it when it is opened again.
        first.kill().await;
        first.reopen().await;
        first.open(&page).await;
        first.timeline_becomes(&["登记", "补充"]).await;
        first.sees("第二部手机").await;
        let entries = world.station.entries();
        let seqs: Vec<_> = entries.iter().map(|entry| &entry["seq"]).collect();
        assert_eq!(seqs, [&json!(1), &json!(1)], "each phone has a sequence of its own");
        assert_ne!(entries[0]["installation"], entries[1]["installation"]);
        assert_eq!(entries[1]["revision"], Value::from(2));
    })
    .await;
}
