//! Language, theme and text size: chosen on the phone, kept on the phone.

use crate::support::{PIN, story};

#[tokio::test]
async fn language_theme_and_text_size_are_taken_at_once_and_kept() {
    story(async |world| {
        let phone = world.enrolled().await;
        assert_eq!(phone.nav().await, ["今天", "台账", "待上传", "我的"]);
        assert_eq!(phone.root("lang").await.as_deref(), Some("zh-CN"));
        phone.press("我的").await;
        phone.enter("字号", "特大").await;
        phone.enter("深色模式", "深色").await;
        phone.root_becomes("data-size", "xl").await;
        phone.root_becomes("data-theme", "dark").await;
        let (large, dark) = (phone.style("fontSize").await, phone.style("backgroundColor").await);
        phone.enter("字号", "标准").await;
        phone.enter("深色模式", "浅色").await;
        let (standard, light) = (phone.style("fontSize").await, phone.style("backgroundColor").await);
        assert_ne!((large, &dark), (standard, &light), "the styles do not follow the settings");
        assert_ne!(dark, light);
        phone.enter("字号", "特大").await;
        phone.enter("深色模式", "深色").await;

        phone.press_choice("语言", "English").await;
        phone.nav_becomes(&["Today", "Ledger", "Outbox", "Me"]).await;
        phone.heading_becomes("Me").await;
        phone.root_becomes("lang", "en").await;
        phone.press("Today").await;
        phone.press("Log a patrol").await;
        phone.heading_becomes("Patrol").await;
        phone.enter("Anything found", "Nothing unusual").await;

        // Properly: what the browser keeps for settings is written some seconds later, other than what is saved.
        phone.close().await;
        phone.reopen().await;
        phone.open_locked("/me").await;
        phone.heading_becomes("Unlock").await;
        phone.enter("PIN", PIN).await;
        phone.press("Unlock").await;
        phone.heading_becomes("Me").await;
        phone.root_becomes("data-size", "xl").await;
        phone.root_becomes("data-theme", "dark").await;
        phone.press_choice("Language", "中文").await;
        phone.nav_becomes(&["今天", "台账", "待上传", "我的"]).await;
    })
    .await;
}
