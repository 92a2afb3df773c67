//! The installed app: opens without a network at any address, is served under a strict policy, and its service worker
//! keeps its hands off everything but its own files.

use serde_json::Value;

use crate::{
    samples,
    support::{Phone, Reply, story},
};

#[tokio::test]
async fn every_screen_opens_by_its_address_while_the_station_is_stopped() {
    story(async |world| {
        let phone = world.enrolled().await;
        let page = samples::patrol().record(phone).await;
        phone.sync_becomes("全部已送达").await;
        phone.open(&page).await;
        let title = phone.heading().await;
        world.station.stop().await;
        phone.kill().await;
        phone.reopen().await;
        let screens = [
            ("/", "今天"),
            ("/records", "台账"),
            (&page, &title),
            ("/new/dispute", "矛盾纠纷"),
            ("/outbox", "待上传"),
            ("/me", "我的"),
        ];
        for (path, heading) in screens {
            phone.open(path).await;
            phone.heading_becomes(heading).await;
        }
        phone.open("/nowhere").await;
        assert!(phone.nav().await.contains(&"今天".to_owned()), "a lost person finds the way home");
    })
    .await;
}

#[tokio::test]
async fn the_service_worker_serves_the_app_and_never_touches_what_is_sent() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.reload().await;
        phone.requests().await;
        phone.open("/").await;
        samples::patrol().record(phone).await;
        phone.sync_becomes("全部已送达").await;
        let answers = answers(phone).await;
        let by_worker = |part: &str| -> Vec<bool> {
            let fitting = answers.iter().filter(|(url, _)| url.contains(part));
            fitting.map(|(_, from_worker)| *from_worker).collect()
        };
        assert_eq!(by_worker("/api/v1/entries"), [false], "{answers:#?}");
        assert!(by_worker("/api/").iter().all(|from_worker| !from_worker), "{answers:#?}");
        for file in [".wasm", ".js", ".css"] {
            let served = by_worker(file);
            assert!(
                !served.is_empty() && served.iter().all(|from_worker| *from_worker),
                "{file}: {answers:#?}"
            );
        }
    })
    .await;
}

/// Address of each answer since the last look, and whether the service worker gave it.
async fn answers(phone: &Phone) -> Vec<(String, bool)> {
    let all = phone.requests().await;
    let answers = all.iter().filter(|line| line["method"] == "Network.responseReceived");
    let read = |line: &Value| {
        let response = &line["params"]["response"];
        let url = response["url"].as_str()?.to_owned();
        Some((url, response["fromServiceWorker"].as_bool().unwrap_or(false)))
    };
    answers.filter_map(read).collect()
}

#[tokio::test]
async fn files_are_served_under_a_strict_policy_and_named_ones_for_ever() {
    story(async |world| {
        let station = &world.station;
        for path in ["/", "/records/any", "/sw.js"] {
            let reply = station.get(path);
            assert_eq!(reply.status, 200, "{path}");
            assert!(!is_kept(&reply), "{path} must be asked for anew: {}", reply.header("cache-control"));
        }
        let policy = station.get("/").header("content-security-policy").to_owned();
        let directives: Vec<_> = policy.split(';').map(str::trim).collect();
        assert!(
            directives.contains(&"default-src 'none'") || directives.contains(&"default-src 'self'"),
            "{policy}"
        );
        let scripts =
            directives.iter().find(|one| one.starts_with("script-src")).expect("a rule for scripts");
        assert!(scripts.contains("'wasm-unsafe-eval'") && scripts.contains("'self'"), "{policy}");
        for lax in ["'unsafe-inline'", "'unsafe-eval'", "http:", "https:", " *"] {
            assert!(!scripts.contains(lax), "{lax} in {policy}");
        }
        let index = station.get("/").body;
        let named: Vec<_> = index.split('"').filter(|part| is_named_by_content(part)).collect();
        assert!(named.len() >= 3, "boot script, code and style in {index}");
        for path in named {
            let reply = station.get(path);
            assert!(reply.status == 200 && is_kept(&reply), "{path}: {}", reply.header("cache-control"));
            let kind = reply.header("content-type");
            assert!(!path.ends_with(".wasm") || kind == "application/wasm", "{path} is {kind}");
        }
    })
    .await;
}

fn is_kept(reply: &Reply) -> bool {
    reply.header("cache-control").contains("immutable")
}

/// `/xunji-0123456789abcdef.js` and the like.
fn is_named_by_content(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    let hash = stem.rsplit('-').next().unwrap_or_default();
    path.starts_with('/') && hash.len() >= 12 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Every story ends with a look at the console; this one has been on every screen and in every sheet.
#[tokio::test]
async fn a_walk_through_all_screens_leaves_the_console_silent() {
    story(async |world| {
        let phone = world.enrolled().await;
        let page = samples::dispute().record(phone).await;
        for path in [
            "/",
            "/records",
            "/outbox",
            "/me",
            "/new/patrol",
            "/new/consultation",
            "/new/dispute",
            "/nowhere",
        ] {
            phone.open(path).await;
        }
        phone.open("/new/dispute").await;
        phone.enter("来源", "当事人申请").await;
        phone.enter("村(社区)", "咱里村").await;
        phone.open(&page).await;
        for sheet in ["补充", "更正", "开始调解"] {
            phone.press(sheet).await;
            phone.press("取消").await;
        }
        phone.open("/records").await;
        phone.type_in("搜索", "王德贵").await;
        phone.row_count_becomes(1).await;
        phone.type_in("搜索", "查无此人").await;
        phone.row_count_becomes(0).await;
        phone.type_in("搜索", "").await;
        phone.press("巡查").await;
        phone.row_count_becomes(0).await;
        phone.press("矛盾纠纷").await;
        phone.row_count_becomes(1).await;
        phone.press("全部").await;
        phone.row_count_becomes(1).await;
    })
    .await;
}
