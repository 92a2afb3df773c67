//! A forgotten PIN: the office releases it, and what was not sent yet arrives once.

use crate::{
    samples::{self, assert_opened},
    support::{LOCKED, PIN, story},
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
        phone.heading_becomes("我的").await;
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
