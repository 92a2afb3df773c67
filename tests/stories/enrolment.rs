//! Enrolment: one code, one phone; whatever is wrong with a code, the screen says what to do next.

use crate::{
    samples::{self, assert_opened},
    support::{LUQIAO_GUBAO, PIN, story},
};

#[tokio::test]
async fn wrong_used_and_expired_codes_say_what_to_do_and_another_code_works() {
    story(async |world| {
        let station = &world.station;
        let used = station.enrol("李四", "mediator", LUQIAO_GUBAO);
        let other = world.another_phone("other").await;
        other.enrol(&used).await;
        let expired = station.enrol_with("王五", "mediator", LUQIAO_GUBAO, &["--valid-hours", "720"]);
        station.stop().await;
        station.let_codes_expire();
        station.start().await;

        let phone = &world.phone;
        phone.open("/").await;
        // Without a person there is nobody to save for: every address leads here.
        phone.heading_becomes("登记本机").await;
        phone.open("/new/patrol").await;
        phone.heading_becomes("登记本机").await;
        phone.set_pin(PIN, PIN).await;
        phone.press("登记").await;
        let mut said = vec![phone.is_warned("登记码").await];
        for code in ["ABCD-EFGH", &used.code, &expired.code, "码"] {
            phone.enter("登记码", code).await;
            phone.press("登记").await;
            said.push(phone.warning_after(&said).await);
            phone.holds("登记码", code).await;
        }
        for sentence in &said {
            assert!(sentence.contains("登记码"), "{sentence}");
        }
        assert!(said[2].contains("用过"), "{said:?}");
        assert!(said[3].contains("过期"), "{said:?}");

        let good = station.enrol("张三", "grid_worker", LUQIAO_GUBAO);
        // As somebody types it who reads it from a slip of paper.
        phone.enter("登记码", &format!(" {} ", good.code.to_lowercase().replace('-', " "))).await;
        phone.press("登记").await;
        phone.heading_becomes("今天").await;
        let sample = samples::patrol();
        sample.record(phone).await;
        phone.sync_becomes("全部已送达").await;
        assert_opened(&station.entries(), &[&sample]);
        assert_eq!(station.entries()[0]["author_name"], "张三");
    })
    .await;
}

#[tokio::test]
async fn enrolling_without_a_station_says_so_and_works_when_it_is_back() {
    story(async |world| {
        let code = world.station.enrol("张三", "grid_worker", LUQIAO_GUBAO);
        let phone = &world.phone;
        phone.open(&code.url).await;
        phone.holds("登记码", &code.code).await;
        phone.set_pin(PIN, PIN).await;
        world.station.stop().await;
        phone.press("登记").await;
        phone.is_warned("站点没有回应").await;
        phone.holds("登记码", &code.code).await;
        world.station.start().await;
        phone.press("登记").await;
        phone.heading_becomes("今天").await;
        phone.press("我的").await;
        phone.sees("张三").await;
        phone.sees("网格员").await;
    })
    .await;
}
