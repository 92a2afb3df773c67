//! A forgotten PIN: the office releases it, and what was not sent yet arrives once.

use serde_json::{Value, json};

use crate::{
    samples::{self, assert_opened},
    support::{LOCKED, PIN, story, until},
};

const NEW_PIN: &str = "730294";

#[tokio::test]
async fn a_forgotten_pin_is_recovered_through_the_office_and_unsent_work_arrives_once() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.press("我的").await;
        let number = phone.installation().await;
        world.station.stop().await;
        let sample = samples::consultation();
        sample.record(phone).await;
        samples::patrol().begin(phone).await;
        phone.enter("路线或点位", "忘记前写的半句").await;
        phone.hears("草稿已保存").await;
        phone.press("我的").await;
        phone.press("锁定").await;
        phone.heading_becomes(LOCKED).await;

        phone.press("忘记PIN").await;
        phone.heading_becomes("忘记PIN").await;
        phone.sees(&number).await;
        phone.press("找回").await;
        phone.is_warned("请填写找回码").await;
        let (code, person) = world.station.recover(&number);
        assert_eq!(person, "张三");
        phone.enter("找回码", &code).await;
        phone.set_pin("123456", "123456").await;
        phone.press("找回").await;
        phone.is_warned("太容易猜到").await;
        phone.set_pin(NEW_PIN, NEW_PIN).await;
        phone.press("找回").await;
        phone.is_warned("站点没有回应").await;
        world.station.start().await;
        phone.enter("找回码", "ACDE-FHJK").await;
        phone.press("找回").await;
        phone.is_warned("不认识这个找回码").await;
        phone.enter("找回码", &code.to_lowercase().replace('-', " ")).await;
        phone.press("找回").await;
        // The page that the key came into is gone; the next one asks for the new PIN.
        phone.heading_becomes(LOCKED).await;
        phone.sees("新的PIN已设好").await;
        phone.unlock_with(NEW_PIN).await;
        phone.heading_becomes("今天").await;
        phone.press("我的").await;
        phone.sees("张三").await;
        phone.sync_becomes("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
        phone.press("今天").await;
        phone.press_row("草稿").await;
        phone.holds("路线或点位", "忘记前写的半句").await;

        // The old PIN is one no more, and neither is the code.
        phone.open_locked("/").await;
        phone.unlock_with(PIN).await;
        phone.is_warned("PIN不对").await;
        phone.press("忘记PIN").await;
        phone.enter("找回码", &code).await;
        phone.set_pin("905172", "905172").await;
        phone.press("找回").await;
        phone.is_warned("找回码已用过").await;
        phone.press("返回").await;
        phone.unlock_with(NEW_PIN).await;
        phone.heading_becomes("今天").await;
        let news = world.station.check();
        assert!(news.iter().any(|line| line.contains(r#""finding":"recovery""#)), "{news:#?}");
        assert_eq!(world.station.entries().len(), 1);
    })
    .await;
}

/// A vault that was made when the office had no key, or another one.
#[tokio::test]
async fn a_phone_that_the_office_could_not_help_makes_its_copy_when_it_is_unlocked() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.press("我的").await;
        let number = phone.installation().await;
        let header = || async {
            let bytes = phone.row("meta", "vault").await;
            serde_json::from_slice::<Value>(&bytes).expect("a header")
        };
        let first = header().await;
        for other in [None, Some(json!("AAAA"))] {
            let mut without = first.clone();
            without["copy"] = other.clone().unwrap_or_default();
            without["copy_for"] = other.unwrap_or_default();
            phone.spoil("meta", "vault", Some(without.to_string().as_bytes())).await;
            phone.open("/me").await;
            until("see a copy for the office's key", async || {
                let header = header().await;
                let is_new = header["copy"].as_str().is_some_and(|copy| copy.len() > 8);
                if is_new && header["copy_for"] == first["copy_for"] {
                    Ok(())
                } else {
                    Err(header.to_string())
                }
            })
            .await;
        }
        assert_ne!(header().await["copy"], first["copy"]);
        phone.press("锁定").await;
        phone.heading_becomes(LOCKED).await;
        phone.press("忘记PIN").await;
        let (code, _) = world.station.recover(&number);
        phone.enter("找回码", &code).await;
        phone.set_pin(NEW_PIN, NEW_PIN).await;
        phone.press("找回").await;
        phone.heading_becomes(LOCKED).await;
        phone.unlock_with(NEW_PIN).await;
        phone.heading_becomes("今天").await;
        // A copy for the right key is left alone.
        let copy = header().await["copy"].clone();
        phone.open_locked("/").await;
        phone.unlock_with(NEW_PIN).await;
        phone.heading_becomes("今天").await;
        assert_eq!(header().await["copy"], copy);
    })
    .await;
}
