//! Browsers, told apart by what they say they are: how each lets a person put the app on the home screen.
//!
//! Only words on the screen depend on it, and a wrong guess costs a look into another menu. Whether the app *can* do
//! something is always asked of the browser itself.

/// Where this browser hides 添加到主屏幕, for people whose browser doesn't offer it by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It can't: this is a page inside of WeChat, QQ, DingTalk, Alipay and the like, which keep nothing for long.
    OpenInBrowser,
    /// The share button of an iPhone or iPad, in Safari and in every other browser there.
    ShareSheet,
    /// The menu of Chrome, and of those that took it over with its menu.
    Chrome,
    /// The menu of Huawei's browser.
    Huawei,
    /// The menu of Xiaomi's browser.
    Xiaomi,
    /// The menu of Firefox on a phone.
    Firefox,
    /// The address bar of Chrome or Edge on a computer.
    AddressBar,
    /// Some browser with some menu.
    Menu,
}

/// Marks of pages inside of other apps.
const INSIDE: [&str; 9] = [
    "MicroMessenger", // WeChat, and WeCom, which says both
    "QQ/",
    "DingTalk",
    "AlipayClient",
    "Weibo",
    "Feishu",
    "Lark/",
    "aweme", // Douyin
    "baiduboxapp",
];

/// The way of the browser that says this of itself; `touch` is whether the screen can be touched, by which an iPad is
/// told from a Mac.
pub fn way(user_agent: &str, touch: bool) -> Way {
    let says = |mark: &str| user_agent.contains(mark);
    // QQ's own browser says `MQQBrowser/`, which is a browser, and `QQ/` inside of the chat.
    if INSIDE.iter().any(|mark| says(mark)) {
        return Way::OpenInBrowser;
    }
    if says("iPhone") || says("iPad") || (says("Macintosh") && touch) {
        return Way::ShareSheet;
    }
    if says("HuaweiBrowser") {
        return Way::Huawei;
    }
    if says("MiuiBrowser") {
        return Way::Xiaomi;
    }
    let phone = says("Android") || says("OpenHarmony") || says("Mobile");
    let another =
        ["HeyTapBrowser", "VivoBrowser", "MQQBrowser", "UCBrowser", "Quark", "SamsungBrowser", "OPR/"];
    match phone {
        true if says("Firefox/") => Way::Firefox,
        true if says("Chrome/") && !another.iter().any(|mark| says(mark)) => Way::Chrome,
        false if says("Chrome/") => Way::AddressBar,
        _ => Way::Menu,
    }
}

/// Whether this browser shows a person a question when a site asks for its data to be protected. Others decide quietly,
/// and may be asked again at every start.
pub fn asks_about_protection(user_agent: &str) -> bool {
    user_agent.contains("Firefox/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANDROID: &str = "Mozilla/5.0 (Linux; Android 12; SEA-AL10) AppleWebKit/537.36 (KHTML, like Gecko)";
    const IPHONE: &str =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";

    #[test]
    fn each_browser_is_told_its_own_way() {
        let ways = [
            (format!("{ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36"), Way::Chrome),
            (format!("{ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36 EdgA/126.0.0.0"), Way::Chrome),
            (format!("{ANDROID} Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36"), Way::Huawei),
            (
                "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 \
                 Safari/537.36 ArkWeb/4.1.6.1 Mobile HuaweiBrowser/5.0.4.300"
                    .to_owned(),
                Way::Huawei,
            ),
            (
                format!("{ANDROID} Version/4.0 Chrome/109.0.5414.118 Mobile Safari/537.36 XiaoMi/MiuiBrowser/18.3.70"),
                Way::Xiaomi,
            ),
            (format!("{ANDROID} Chrome/115.0 Mobile Safari/537.36 HeyTapBrowser/45.11"), Way::Menu),
            (format!("{ANDROID} Chrome/115.0 MQQBrowser/15.1 Mobile Safari/537.36"), Way::Menu),
            ("Mozilla/5.0 (Android 13; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0".to_owned(), Way::Firefox),
            (format!("{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1"), Way::ShareSheet),
            (format!("{IPHONE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1"), Way::ShareSheet),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 \
                 Safari/537.36 Edg/126.0.0.0"
                    .to_owned(),
                Way::AddressBar,
            ),
            (String::new(), Way::Menu),
        ];
        for (user_agent, wanted) in ways {
            assert_eq!(way(&user_agent, true), wanted, "{user_agent}");
        }
    }

    #[test]
    fn a_page_inside_of_another_app_is_to_be_opened_in_a_browser() {
        for inside in [
            "MicroMessenger/8.0.49.2600 NetType/4G Language/zh_CN",
            "MQQBrowser/6.2 QQ/9.0.65 V1_AND_SQ_9.0.65",
            "AliApp(DingTalk/7.5.20)",
            "AliApp(AP/10.5.96) AlipayClient/10.5.96",
        ] {
            for system in [ANDROID, IPHONE] {
                assert_eq!(way(&format!("{system} Chrome/116.0 Mobile {inside}"), true), Way::OpenInBrowser);
            }
        }
    }

    #[test]
    fn an_ipad_that_calls_itself_a_mac_is_told_by_its_touch() {
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15";
        assert_eq!(way(mac, true), Way::ShareSheet);
        assert_eq!(way(mac, false), Way::Menu);
    }

    #[test]
    fn only_firefox_shows_a_question() {
        assert!(asks_about_protection("Mozilla/5.0 (X11; rv:127.0) Gecko/20100101 Firefox/127.0"));
        assert!(!asks_about_protection(&format!("{ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36")));
    }
}
