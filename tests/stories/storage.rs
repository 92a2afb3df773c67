//! The phone's database closed under the app: nothing that was kept is lost, and work goes on.

use serde_json::json;

use crate::{
    samples::{self, assert_opened},
    support::{Phone, story},
};

#[tokio::test]
async fn a_database_connection_that_is_closed_under_the_app_is_opened_again() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        phone.open("/").await;
        phone.run(CATCH, vec![]).await.expect("the page takes a script");
        let first = samples::patrol();
        first.record(phone).await;
        assert!(close(phone).await > 0, "no connection was caught");
        let second = samples::consultation();
        second.begin(phone).await;
        second.fill(phone).await;
        close(phone).await;
        phone.save().await;
        phone.sync_becomes("离线,2 条已存在本机").await;
        // In the middle of a draft, and while nothing is done.
        let third = samples::dispute();
        third.begin(phone).await;
        close(phone).await;
        third.fill(phone).await;
        close(phone).await;
        phone.press("今天").await;
        phone.row_count_becomes(2).await;
        phone.press_row("草稿").await;
        phone.heading_becomes("矛盾纠纷").await;
        phone.save().await;
        close(phone).await;
        phone.press("台账").await;
        phone.row_count_becomes(3).await;
        close(phone).await;
        world.station.start().await;
        phone.send_now("全部已送达").await;
        assert_opened(&world.station.entries(), &[&first, &second, &third]);
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_was_opened_again_stands_in_no_upgrades_way() {
    story(async |world| {
        let phone = world.enrolled().await;
        samples::patrol().record(phone).await;
        phone.sync_becomes("全部已送达").await;
        phone.run(CATCH, vec![]).await.expect("the page takes a script");
        for name in ["台账", "今天", "待上传", "台账"] {
            phone.press(name).await;
            phone.heading_becomes(name).await;
            close(phone).await;
        }
        phone.press("今天").await;
        phone.row_count_becomes(1).await;
        phone.new_tab().await;
        phone.open("/me").await;
        let upgraded = phone.run(UPGRADE, vec![]).await;
        assert_eq!(upgraded, Ok(json!("upgraded")));
    })
    .await;
}

/// Opens the database as a newer version would, and says what came of it.
const UPGRADE: &str = "
    const [{ version }] = (await indexedDB.databases()).filter((one) => one.name === 'xunji');
    const request = indexedDB.open('xunji', version + 1);
    const said = await new Promise((done) => {
        request.onsuccess = () => done('upgraded');
        request.onblocked = () => done('blocked');
        request.onerror = () => done(String(request.error));
    });
    if (said === 'upgraded') request.result.close();
    return said;
";

/// From now on the page knows every connection that it uses.
const CATCH: &str = "
    const begin = IDBDatabase.prototype.transaction;
    window.caught = new Set();
    IDBDatabase.prototype.transaction = function (...details) {
        window.caught.add(this);
        return begin.apply(this, details);
    };
";

/// Closes every connection that the page has used, and says how many there were.
async fn close(phone: &Phone) -> u64 {
    let script = "const all = [...window.caught]; all.forEach((one) => one.close()); window.caught.clear(); return all.length";
    let closed = phone.run(script, vec![]).await.expect("the page takes a script");
    closed.as_u64().expect("a number")
}
