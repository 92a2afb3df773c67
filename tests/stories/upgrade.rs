//! The app and its database are upgraded while the outbox is full and a tab of the old version is still open.

use serde_json::{Value, json};

use crate::{
    samples::{self, SUMMARY},
    support::{NextVersion, Phone, story, until},
    update::look_for_update,
};

#[tokio::test]
async fn an_upgrade_with_a_full_outbox_and_an_old_tab_open_loses_nothing_and_sends_all_once() {
    story(async |world| {
        let (relay, phone) = world.by_relay().await;
        // What the station says about entries never arrives: the outbox fills up, with what it has already.
        relay.meddle(|asked, answer| busy(asked).unwrap_or(answer));
        samples::patrol().record(&phone).await;
        samples::consultation().record(&phone).await;
        samples::finding("升级以前记的").record(&phone).await;

        // The old tab, in the middle of a form.
        let dispute = samples::dispute();
        dispute.begin(&phone).await;
        dispute.fill(&phone).await;
        phone.hears("草稿已保存").await;
        let old = phone.tab().await;
        let new = phone.new_tab().await;
        phone.open("/records").await;
        phone.row_count_becomes(3).await;

        let next = std::sync::Arc::new(NextVersion::after(&world.station, &phone).await);
        let installed = next.clone();
        relay.meddle(move |asked, answer| busy(asked).unwrap_or_else(|| installed.answer(asked, answer)));
        look_for_update(&phone).await;
        phone.press("更新").await;
        phone.root_becomes("data-app-version", "next").await;
        phone.row_count_becomes(3).await;
        assert_eq!(version(&phone).await, json!([4, true]), "the database has been upgraded");
        samples::consultation().record(&phone).await;

        // The old tab still leads. It can't send any more, and stands in nobody's way.
        relay.meddle(move |asked, answer| next.answer(asked, answer));
        phone.send_now("全部已送达").await;
        assert_eq!(world.station.entries().len(), 4);
        phone.show(&old).await;
        assert_eq!(phone.root("data-app-version").await, None, "a form that is open is never loaded again");
        phone.is_warned("本机数据已由新版本接管。请关掉所有巡记页面,重新打开。").await;
        phone.press("保存").await;
        phone.holds("简要情况", SUMMARY).await;
        assert_eq!(world.station.entries().len(), 4);

        // As it says.
        phone.close_tab(old, &new).await;
        phone.press("今天").await;
        phone.press_row("草稿").await;
        phone.holds("简要情况", SUMMARY).await;
        phone.save().await;
        phone.send_now("全部已送达").await;
        let entries = world.station.entries();
        let kinds: Vec<_> = entries.iter().map(|entry| entry["kind"].as_str().unwrap_or_default()).collect();
        assert_eq!(kinds, ["patrol", "consultation", "patrol", "consultation", "dispute"]);
        for (index, entry) in entries.iter().enumerate() {
            assert_eq!(
                (&entry["outcome"], &entry["seq"], &entry["installation"]),
                (&json!("accepted"), &json!(index + 1), &entries[0]["installation"]),
                "{entry:#}"
            );
        }
        assert_eq!(entries[4]["action"]["body"], dispute.body);
        assert_eq!(world.station.findings(), Vec::<Value>::new());
    })
    .await;
}

/// In the place of receipts: try again later.
fn busy(asked: &str) -> Option<Vec<u8>> {
    let answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    (asked == "POST /api/v1/entries").then(|| answer.to_vec())
}

/// How many versions the database has had, and whether the table of the next one is there.
async fn version(phone: &Phone) -> Value {
    let script = "
        const [found] = (await indexedDB.databases()).filter((one) => one.name === 'xunji');
        const request = indexedDB.open('xunji');
        await new Promise((done) => (request.onsuccess = done));
        const tables = [...request.result.objectStoreNames];
        request.result.close();
        return [found.version, tables.includes('of_the_next_version')];
    ";
    until("look at the database", async || phone.run(script, vec![]).await).await
}
