//! A newer version of the app: offered, never forced, least of all over an open form.

use serde_json::{Value, json};

use crate::{
    samples::{self, assert_opened},
    support::{LUQIAO_GUBAO, Phone, Relay, story, until},
};

#[tokio::test]
async fn a_newer_version_is_offered_and_never_reloads_an_open_form() {
    story(async |world| {
        let relay = Relay::before(&world.station.origin());
        let phone = world.phone_at("updated", relay.origin()).await;
        let code = world.station.enrol("张三", "grid_worker", LUQIAO_GUBAO);
        phone.enrol_at(&format!("/enrol?code={}", code.code)).await;
        phone.keeps_the_app().await;

        // With nothing open: offered, and taken by one press.
        mark(&phone).await;
        relay.renew();
        look_for_update(&phone).await;
        phone.sees("新版本已就绪").await;
        assert!(is_marked(&phone).await, "the page was loaded again without being asked");
        phone.press("更新").await;
        is_loaded_again(&phone).await;
        phone.unlock().await;
        phone.heading_becomes("今天").await;

        // With a form open in one tab, somebody takes the next one in another tab.
        let sample = samples::finding("写到一半来了新版本");
        sample.begin(&phone).await;
        sample.fill(&phone).await;
        mark(&phone).await;
        let form = phone.tab().await;
        phone.new_tab().await;
        phone.open("/records").await;
        mark(&phone).await;
        relay.renew();
        look_for_update(&phone).await;
        phone.sees("新版本已就绪").await;
        phone.press("更新").await;
        is_loaded_again(&phone).await;
        phone.heading_becomes("台账").await;
        phone.show(&form).await;
        phone.holds("情况描述", "写到一半来了新版本").await;
        phone.save().await;
        assert!(is_marked(&phone).await, "the page was loaded again over an open form");
        phone.sync_becomes("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

/// Browsers look for updates at navigations, and the app once an hour. A look that joins one which began before the
/// newer version was there finds nothing; so it is repeated.
pub async fn look_for_update(phone: &Phone) {
    until("find the newer version", async || match phone.run(LOOK, vec![]).await? {
        Value::Bool(true) => Ok(()),
        other => Err(format!("found: {other}")),
    })
    .await;
}

const LOOK: &str = "
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update();
    return (registration.installing ?? registration.waiting) !== null;
";

/// Leaves a mark that is gone when the page is loaded again.
async fn mark(phone: &Phone) {
    phone.run("window.storyMark = true", vec![]).await.expect("a page can be marked");
}

async fn is_loaded_again(phone: &Phone) {
    until("see the page loaded again", async || {
        if is_marked(phone).await { Err("the old page".to_owned()) } else { Ok(()) }
    })
    .await;
}

async fn is_marked(phone: &Phone) -> bool {
    phone.run("return window.storyMark === true", vec![]).await == Ok(json!(true))
}
