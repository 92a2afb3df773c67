//! Fingerprint or face: the phone's own authenticator opens the vault where the person wants it, and the PIN all the same.

use serde_json::{Value, json};

use crate::{
    samples::{self, assert_opened},
    support::{LOCKED, LUQIAO_GUBAO, Phone, story, until},
};

const BY_PASSKEY: &str = "用指纹或面容解锁";

#[tokio::test]
async fn a_fingerprint_opens_the_vault_when_it_was_added_and_the_pin_opens_it_always() {
    story(async |world| {
        // Authenticators know sites by name, and an address in numbers is none.
        let origin = world.station.origin().replace("127.0.0.1", "localhost");
        let phone = &world.phone_at("named", origin.clone()).await;
        let authenticator = authenticator(phone).await;
        let code = world.station.enrol("张三", "grid_worker", LUQIAO_GUBAO);
        phone.enrol_at(&code.url.replace(&world.station.origin(), &origin)).await;
        phone.keeps_the_app().await;
        world.station.stop().await;
        let sample = samples::patrol();
        sample.record(phone).await;

        phone.press("我的").await;
        phone.press("加上指纹解锁").await;
        phone.enter("PIN", "111222").await;
        phone.press("加上指纹解锁").await;
        phone.is_warned("PIN不对").await;
        phone.enter("PIN", crate::support::PIN).await;
        phone.press("加上指纹解锁").await;
        phone.hears("以后可以用指纹或面容解锁").await;
        phone.press("锁定").await;
        phone.heading_becomes(LOCKED).await;
        phone.press(BY_PASSKEY).await;
        phone.heading_becomes("我的").await;
        phone.sees("张三").await;

        // Somebody else's finger.
        phone.press("锁定").await;
        phone.heading_becomes(LOCKED).await;
        let other = json!({ "authenticatorId": authenticator, "isUserVerified": false });
        phone.devtools("WebAuthn.setUserVerified", other).await;
        phone.press(BY_PASSKEY).await;
        phone.is_warned("没有用成指纹或面容").await;
        // A phone whose sensor has gone: the browser waits for one, and the PIN does not wait for the browser.
        let gone = json!({ "authenticatorId": authenticator });
        phone.devtools("WebAuthn.removeVirtualAuthenticator", gone).await;
        phone.reload_locked().await;
        phone.heading_becomes(LOCKED).await;
        phone.press(BY_PASSKEY).await;
        phone.unlock().await;
        phone.heading_becomes("我的").await;
        phone.press("不用指纹解锁").await;
        until("see the fingerprint go", async || match phone.everything().await? {
            all if all.contains("加上指纹解锁") => Ok(()),
            all => Err(all),
        })
        .await;
        phone.press("锁定").await;
        phone.heading_becomes(LOCKED).await;
        let all = phone.everything().await.expect("a screen has text");
        assert!(!all.contains(BY_PASSKEY), "{all}");
        phone.unlock().await;
        world.station.start().await;
        phone.send_now("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

/// Gives the phone an authenticator of its own that knows the person's finger. Its id.
async fn authenticator(phone: &Phone) -> Value {
    phone.devtools("WebAuthn.enable", json!({})).await;
    let options = json!({
        "protocol": "ctap2",
        "ctap2Version": "ctap2_1",
        "transport": "internal",
        "hasResidentKey": true,
        "hasUserVerification": true,
        "isUserVerified": true,
        "automaticPresenceSimulation": true,
        "hasPrf": true,
    });
    let added = phone.devtools("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await;
    added["authenticatorId"].clone()
}
