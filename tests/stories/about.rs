//! 关于: the version, what is kept where, and whose work this is made of.

use crate::support::story;

#[tokio::test]
async fn about_names_the_version_where_data_is_kept_and_every_dependency_with_its_licence() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.press("我的").await;
        let number = phone.installation().await;
        phone.press("许可证和数据存放").await;
        phone.heading_becomes("关于").await;
        phone.sees(env!("CARGO_PKG_VERSION")).await;
        phone.sees(&number).await;
        let script = "return document.querySelector('script[data-wasm]').dataset.wasm";
        let code = phone.run(script, vec![]).await.expect("the page names its code");
        let build = code.as_str().and_then(|name| name.strip_prefix("/xunji-")?.strip_suffix(".wasm"));
        phone.sees(build.expect("named by its content")).await;
        for place in ["这部手机", "本机设置", "县里的站点", "备份文件"] {
            phone.fact(place).await;
        }
        phone.sees("leptos 0.8.").await;
        let all = phone.everything().await.expect("a screen");
        for (name, licence) in
            [("leptos", "MIT"), ("serde", "MIT OR Apache-2.0"), ("axum", "MIT"), ("sqlx", "MIT")]
        {
            let line = all.lines().find(|line| line.starts_with(&format!("{name} ")));
            let line = line.unwrap_or_else(|| panic!("{name} is missing in {all}"));
            assert!(line.contains(licence), "{line}");
        }
        assert!(!all.contains("fantoccini"), "what only tests need is no part of it");
        phone.press("许可证全文").await;
        phone.sees("Permission is hereby granted, free of charge").await;

        // Everything but the list is there without a network.
        world.station.stop().await;
        phone.open("/about").await;
        phone.is_warned("许可证列表没有取到").await;
        phone.fact("这部手机").await;
    })
    .await;
}
