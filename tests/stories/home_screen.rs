//! On the home screen: the browser finds the app fit for it, people learn how it gets there in their own browser, the
//! icon shows how much waits, and what is stored is protected.

use serde_json::{Value, json};

use crate::{
    samples,
    support::{LUQIAO_GUBAO, PIN, Phone, story, until},
};

#[tokio::test]
async fn the_browser_itself_finds_nothing_that_keeps_the_app_from_being_installed() {
    story(async |world| {
        let phone = world.enrolled().await;
        until("see the browser find the app installable", async || {
            let found = phone.devtools("Page.getInstallabilityErrors", json!({})).await;
            let errors = found["installabilityErrors"].as_array().cloned().unwrap_or_default();
            if errors.is_empty() { Ok(()) } else { Err(format!("{errors:#?}")) }
        })
        .await;
        let read = phone.devtools("Page.getAppManifest", json!({})).await;
        assert_eq!(read["errors"], json!([]), "{read:#}");
        let manifest: Value = serde_json::from_str(read["data"].as_str().expect("a text")).expect("JSON");
        let shortcuts: Vec<_> =
            manifest["shortcuts"].as_array().into_iter().flatten().map(|one| &one["url"]).collect();
        assert_eq!(shortcuts, ["/new/patrol", "/new/consultation", "/new/dispute"]);
        for (path, heading) in
            [("/new/patrol", "巡查"), ("/new/consultation", "法律咨询"), ("/new/dispute", "矛盾纠纷")]
        {
            phone.open(path).await;
            phone.heading_becomes(heading).await;
        }
    })
    .await;
}

#[tokio::test]
async fn each_browser_is_told_its_own_way_to_the_home_screen() {
    story(async |world| {
        let phone = &world.phone;
        let android = "Mozilla/5.0 (Linux; Android 12; SEA-AL10) AppleWebKit/537.36 (KHTML, like Gecko)";
        let told = [
            (format!("{android} Chrome/126.0.0.0 Mobile Safari/537.36"), "“⋮”"),
            (format!("{android} Chrome/114.0 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36"), "四个点"),
            (format!("{android} Chrome/109.0 Mobile Safari/537.36 XiaoMi/MiuiBrowser/18.3.70"), "桌面快捷方式"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/17.5 Mobile/15E148 Safari/604.1"
                    .to_owned(),
                "分享按钮",
            ),
            (format!("{android} Chrome/116.0 Mobile MicroMessenger/8.0.49.2600"), "在浏览器打开"),
        ];
        phone.before_every_page(NO_OFFER).await;
        for (user_agent, words) in told {
            phone.devtools("Emulation.setUserAgentOverride", json!({ "userAgent": user_agent })).await;
            phone.open("/enrol").await;
            phone.sees(words).await;
        }
        let inside = phone.everything().await.expect("a screen");
        assert!(inside.contains("请用浏览器打开") && !inside.contains("先添加到主屏幕"), "{inside}");

        // The browser's own offer is one press, and better than any words.
        phone.devtools("Emulation.setUserAgentOverride", json!({ "userAgent": format!("{android} Chrome/126.0") })).await;
        phone.open("/enrol").await;
        phone.run(OFFER, vec![]).await.expect("an event can be made");
        phone.press("添加到主屏幕").await;
        until("see the browser asked", async || match phone.run("return window.storyPrompted", vec![]).await? {
            Value::Bool(true) => Ok(()),
            other => Err(format!("{other}")),
        })
        .await;
        until("see the offer go", async || match phone.everything().await? {
            all if all.contains("先添加到主屏幕") => Err(all),
            _ => Ok(()),
        })
        .await;
    })
    .await;
}

/// Browsers that offer nothing by themselves.
const NO_OFFER: &str = "addEventListener('beforeinstallprompt', (offer) => offer.isTrusted && offer.stopImmediatePropagation());";

/// An offer that can be accepted without a person.
const OFFER: &str = "
    const offer = new Event('beforeinstallprompt');
    offer.prompt = () => { window.storyPrompted = true; };
    offer.userChoice = Promise.resolve({ outcome: 'accepted' });
    window.dispatchEvent(offer);
";

#[tokio::test]
async fn the_icon_shows_how_much_waits_and_nothing_when_all_has_arrived() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.before_every_page(BADGE).await;
        phone.reload().await;
        badge_becomes(phone, 0).await;
        world.station.stop().await;
        samples::patrol().record(phone).await;
        badge_becomes(phone, 1).await;
        samples::consultation().record(phone).await;
        badge_becomes(phone, 2).await;
        // A lock changes nothing about it, and the lock screen asks for nothing.
        phone.reload_locked().await;
        badge_becomes(phone, 2).await;
        world.station.start().await;
        phone.unlock().await;
        phone.send_now("全部已送达").await;
        badge_becomes(phone, 0).await;
    })
    .await;
}

/// What the icon shows, kept over reloads as a real one is.
const BADGE: &str = "
    navigator.setAppBadge = async (number) => localStorage.setItem('story-badge', number);
    navigator.clearAppBadge = async () => localStorage.setItem('story-badge', 0);
";

async fn badge_becomes(phone: &Phone, wanted: u32) {
    until(&format!("see {wanted} on the icon"), async || {
        let script = "return localStorage.getItem('story-badge')";
        match phone.run(script, vec![]).await? {
            shown if shown == json!(wanted.to_string()) => Ok(()),
            other => Err(format!("{other}")),
        }
    })
    .await;
}

#[tokio::test]
async fn protection_is_asked_for_when_a_browser_is_most_willing_and_is_shown() {
    story(async |world| {
        let phone = &world.phone;
        phone.before_every_page(PROTECTION).await;
        let code = world.station.enrol("张三", "grid_worker", LUQIAO_GUBAO);
        phone.open(&code.url).await;
        phone.set_pin(PIN, PIN).await;
        assert_eq!(asked(phone).await, 0, "before there is anything to protect");
        phone.press("登记").await;
        phone.heading_becomes("今天").await;
        asked_becomes(phone, 1).await;
        phone.press("我的").await;
        phone.sees("未保护").await;

        // A later start that finds nothing protected, and the installation, ask again.
        phone.open("/me").await;
        asked_becomes(phone, 2).await;
        phone.sees("未保护").await;
        phone.run("window.dispatchEvent(new Event('appinstalled'))", vec![]).await.expect("an event");
        asked_becomes(phone, 3).await;
        phone.sees("未保护").await;

        phone.run("localStorage.setItem('story-willing', 'yes')", vec![]).await.expect("a mark");
        phone.press("打开存储保护").await;
        phone.sees("已保护").await;
        asked_becomes(phone, 4).await;
        phone.open("/me").await;
        phone.sees("已保护").await;
        assert_eq!(asked(phone).await, 4, "what is protected needs no asking");
    })
    .await;
}

const PROTECTION: &str = "
    const willing = () => localStorage.getItem('story-willing') === 'yes';
    navigator.storage.persisted = async () => willing();
    navigator.storage.persist = async () => {
        localStorage.setItem('story-asked', Number(localStorage.getItem('story-asked')) + 1);
        return willing();
    };
";

async fn asked(phone: &Phone) -> u64 {
    let script = "return Number(localStorage.getItem('story-asked'))";
    phone.run(script, vec![]).await.expect("a number").as_u64().expect("a number")
}

async fn asked_becomes(phone: &Phone, wanted: u64) {
    until(&format!("see the browser asked {wanted} times"), async || match asked(phone).await {
        times if times == wanted => Ok(()),
        other => Err(format!("{other} times")),
    })
    .await;
}
