//! Slips: what the public page says and never says, what may be answered over it, and by whom a slip is given out.

use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    desk::DeskKind,
    person::Role,
    slip::SlipToken,
    wire::{Reason, Receipt},
};

use crate::support::*;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn token() -> SlipToken {
    SlipToken::new(Uuid::new_v4().as_bytes())
}

fn action(token: &SlipToken) -> Value {
    json!({ "type": "slip", "token_hash": sha256(token.as_str().as_bytes()) })
}

/// Gives a slip out, as a phone does.
async fn give(phone: &mut Phone, kind: &str, record: Uuid) -> SlipToken {
    let token = token();
    let entry = phone.act(kind, record, action(&token));
    revision(&phone.deliver(&[entry]).await[0]);
    token
}

async fn answer(station: &Station, token: &SlipToken, form: &str) -> Reply {
    request(station.address, "POST", &token.path(), &[FORM], form.to_owned()).await
}

/// The answers that are in a record.
async fn answers(station: &Station, record: Uuid) -> Vec<Value> {
    let query = format!(
        "SELECT content FROM entries WHERE record = '{record}' AND content LIKE '%\"type\":\"answer\"%' ORDER BY position"
    );
    let rows = station.rows(&query).await;
    rows.iter().map(|row| serde_json::from_str::<Value>(row).unwrap()["action"].clone()).collect()
}

#[tokio::test]
async fn a_slip_shows_how_far_it_is_and_nothing_of_what_it_is_about() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let record = mediator.begin("dispute").await;
    let token = token();
    let early = station.get(&token.path(), &[]).await;
    assert_eq!(early.status, 404, "the phone has not sent it yet");
    assert!(early.text().contains("还没有联网送达"));
    let entry = mediator.act("dispute", record, action(&token));
    let given = mediator.deliver(&[entry]).await.remove(0);

    let page = station.get(&token.path(), &[]).await;
    let text = page.text();
    assert_eq!(page.status, 200);
    for shown in ["矛盾纠纷", "已登记", "泸桥镇综治中心", "属实", "有异议", "12345"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(!text.contains("满意度"), "nobody is asked before there is a result");
    for hidden in ["宅基地", "王五", "一道墙", VILLAGE, "张三", &record.to_string(), token.as_str()]
    {
        assert!(!text.contains(hidden), "{hidden}");
    }
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(page.header("x-robots-tag").contains("noindex"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    assert!(
        !text.contains("<script") && !text.contains(" style="),
        "neither script nor anything the policy forbids"
    );
    // The receipt on it is the one that the phone got, so that `receipt` tells it from a forged one.
    let proof = text.split("<pre>").nth(1).unwrap().split("</pre>").next().unwrap().replace("&quot;", "\"");
    assert_eq!(serde_json::from_str::<Receipt>(&proof).unwrap(), given);

    revision(&mediator.step("dispute", record, "mediate", json!({})).await);
    assert!(station.get(&token.path(), &[]).await.text().contains("正在办理"));
    revision(&mediator.step("dispute", record, "fail", json!({ "advice_given": "可以起诉" })).await);
    let text = station.get(&token.path(), &[]).await.text();
    assert!(text.contains("已有结果") && text.contains("满意度") && !text.contains("起诉"), "{text}");
}

/// The policy lets exactly this style through: a browser would drop it otherwise.
#[tokio::test]
async fn the_pages_policy_fits_its_style() {
    let station = Station::spawn().await;
    let page = station.get(&token().path(), &[]).await;
    let text = page.text();
    let style = text.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = xunji_domain::wire::base64url(sha256(style.as_bytes()).as_bytes());
    let hash = hash.replace('-', "+").replace('_', "/");
    assert!(page.header("content-security-policy").contains(&format!("'sha256-{hash}='")));
}

#[tokio::test]
async fn of_a_secret_ledger_the_page_says_only_that_it_is_a_legal_service() {
    let station = Station::spawn().await;
    let mut adviser = station.phone(Role::LegalAdviser, VILLAGE).await;
    let record = adviser.begin("consultation").await;
    let text = station.get(&give(&mut adviser, "consultation", record).await.path(), &[]).await.text();
    assert!(text.contains("法律服务") && text.contains("司法局"), "{text}");
    assert!(!text.contains("咨询") && !text.contains("工资") && !text.contains("综治中心</dd>"), "{text}");
    let complaint = Uuid::new_v4();
    let content =
        adviser.content("complaint", complaint, json!({ "type": "open", "body": form("complaint") }));
    let entry = adviser.seal(&content);
    revision(&adviser.deliver(&[entry]).await[0]);
    let token = token();
    let content = adviser.content("complaint", complaint, action(&token));
    let entry = adviser.seal(&content);
    revision(&adviser.deliver(&[entry]).await[0]);
    let text = station.get(&token.path(), &[]).await.text();
    assert!(text.contains("服务事项") && !text.contains("投诉建议"), "{text}");
}

/// A dispute that a mediator has brought to a result, with a slip.
async fn with_result(mediator: &mut Phone) -> (Uuid, SlipToken) {
    let record = mediator.begin("dispute").await;
    let slip = give(mediator, "dispute", record).await;
    revision(&mediator.step("dispute", record, "mediate", json!({})).await);
    revision(&mediator.step("dispute", record, "fail", json!({ "advice_given": "可以起诉" })).await);
    (record, slip)
}

#[tokio::test]
async fn an_answer_is_an_entry_that_keeper_and_desk_hear_of() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let centre = station.phone(Role::Coordinator, VILLAGE).await;
    let county = station.sitting_at("county_centre:513322", Role::Coordinator).await;
    let (record, slip) = with_result(&mut mediator).await;
    let head = mediator.mailbox(0).await["head"].as_u64().unwrap();
    let waiting = {
        let mediator = mediator.clone();
        tokio::spawn(async move { mediator.desk(&format!("after={head}&wait=50")).await.json::<Value>() })
    };
    let said = "verdict=contested&text=%E7%8E%8B%E4%BA%94%E8%BF%98%E5%9C%A8%E5%A0%B5%0D%0A%3Dcmd%7Ccalc&satisfaction=1";
    let reply = answer(&station, &slip, said).await;
    assert_eq!((reply.status, reply.header("location")), (303, slip.path().as_str()));
    let page = tokio::time::timeout(std::time::Duration::from_secs(30), waiting).await.unwrap().unwrap();
    let heard = &page["items"][0]["entry"]["content"]["action"];
    assert_eq!(
        (&heard["verdict"], &heard["text"], &heard["satisfaction"], &heard["state"]),
        (&json!("contested"), &json!("王五还在堵\n=cmd|calc"), &json!(1), &json!("failed")),
        "whoever waits hears of it at once"
    );
    assert!(page["people"].to_string().contains("站点"), "the station is its author");
    let desk = centre.desk(&format!("desk={CENTRE}")).await.text();
    assert!(desk.contains("王五还在堵"));
    let overseen = county.desk("desk=county_centre:513322&oversight=true").await.text();
    assert!(overseen.contains("contested") && !overseen.contains("王五还在堵"), "{overseen}");
    let text = station.get(&slip.path(), &[]).await.text();
    assert!(text.contains("<b>有异议</b>") && !text.contains("王五"), "{text}");
    assert_eq!(answers(&station, record).await.len(), 1);
}

#[tokio::test]
async fn a_slip_answers_a_state_anew_but_not_for_ever() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let (record, slip) = with_result(&mut mediator).await;
    let other = give(&mut mediator, "dispute", record).await;
    for _ in 0..3 {
        assert_eq!(answer(&station, &slip, "verdict=contested").await.status, 303);
    }
    assert_eq!(answers(&station, record).await.len(), 1, "the same again is said once");
    for form in ["verdict=confirmed", "verdict=contested", "verdict=confirmed", "verdict=contested"] {
        assert_eq!(answer(&station, &slip, form).await.status, 303);
    }
    let often = answer(&station, &slip, "verdict=confirmed").await;
    assert_eq!((often.status, answers(&station, record).await.len()), (409, 5));
    assert!(!station.get(&slip.path(), &[]).await.text().contains("<form"));
    assert_eq!(
        answer(&station, &other, "verdict=confirmed").await.status,
        303,
        "the other party's is another one"
    );
    revision(&mediator.step("dispute", record, "reopen", json!({ "reopen_reason": "有异议" })).await);
    let text = station.get(&slip.path(), &[]).await.text();
    assert!(text.contains("<form") && !text.contains("您在"), "a new state is asked about anew");
    assert_eq!(answer(&station, &slip, "verdict=confirmed").await.status, 303);
}

#[tokio::test]
async fn what_is_no_answer_is_not_taken() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let (record, slip) = with_result(&mut mediator).await;
    let form = |text: String| format!("verdict=contested&text={text}");
    for (body, status) in [
        (String::new(), 400),
        ("verdict=perhaps".to_owned(), 400),
        ("verdict=confirmed&satisfaction=99".to_owned(), 400),
        (form("%E6%9D%91".repeat(501)), 413),
        (form("x".repeat(10_000)), 413),
        (form("%F0%9F%98%80".repeat(10_000)), 413),
    ] {
        let reply = answer(&station, &slip, &body).await;
        assert_eq!(reply.status, status, "{}", &body[..body.len().min(40)]);
        assert!(reply.header("content-type").starts_with("text/html") && reply.text().contains("没有保存"));
    }
    for kind in ["application/json", "multipart/form-data; boundary=x", "text/plain", ""] {
        let headers = [("content-type", kind)];
        let reply = request(station.address, "POST", &slip.path(), &headers, "verdict=confirmed").await;
        assert_eq!(reply.status, 415, "{kind}");
    }
    assert_eq!(answers(&station, record).await, Vec::<Value>::new());
    let long = answer(&station, &slip, &form("%E6%9D%91".repeat(500))).await;
    assert_eq!(long.status, 303, "five hundred characters fit");
    let with_body = request(station.address, "GET", &slip.path(), &[FORM], "verdict=confirmed").await;
    assert_eq!(
        (with_body.status, answers(&station, record).await.len()),
        (200, 1),
        "reading answers nothing"
    );
    assert_eq!(request(station.address, "DELETE", &slip.path(), &[], "").await.status, 405);
}

#[tokio::test]
async fn guessing_is_limited_and_does_not_keep_bearers_out() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let (_, slip) = with_result(&mut mediator).await;
    let guesses = ["x", "..%2f..%2fetc", "AAAAAAAAAAAAAAAAAAAAAB", "%00", "%E6%9D%91"];
    for guess in guesses {
        assert_eq!(station.get(&format!("/p/{guess}"), &[]).await.status, 404, "{guess}");
    }
    for _ in guesses.len()..10 {
        assert_eq!(answer(&station, &token(), "verdict=confirmed").await.status, 404);
    }
    let barred = station.get(&token().path(), &[]).await;
    assert_eq!((barred.status, barred.header("retry-after")), (429, "60"));
    let there = station.get(&slip.path(), &[]).await.status;
    assert_eq!(there, 429, "from that address nothing more is looked up");
    let bearer = request_from([127, 0, 0, 2], station.address, "GET", &slip.path(), &[], "").await;
    assert_eq!(bearer.status, 200, "whoever has a slip is somewhere else");
    // Codes have a count of their own: whoever guesses at slips doesn't keep phones from being enrolled.
    station.any_phone().await;
}

#[tokio::test]
async fn only_whoever_carries_it_on_gives_slips_out_and_only_the_station_answers() {
    let station = Station::spawn().await;
    station.add_desk("police:luqiao", DeskKind::Police, "513322100").await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let mut police = station.sitting_at("police:luqiao", Role::Partner).await;
    let record = mediator.begin("dispute").await;
    let try_giving = async |phone: &mut Phone| {
        let entry = phone.act("dispute", record, action(&token()));
        phone.deliver(&[entry]).await.remove(0)
    };
    assert_eq!(reason(&try_giving(&mut centre).await), Reason::NotEntitled, "the desk has not got it");
    revision(&mediator.step("dispute", record, "escalate", json!({ "escalation_reason": "x" })).await);
    revision(&try_giving(&mut centre).await);
    revision(&centre.step("dispute", record, "join", json!({ "partners": ["desk:police:luqiao"] })).await);
    assert_eq!(reason(&try_giving(&mut police).await), Reason::NotEntitled, "a partner only takes part");
    revision(&try_giving(&mut mediator).await);

    let taken = token();
    let other = mediator.begin("dispute").await;
    for (record, expected) in [(record, None), (other, Some(Reason::SlipTaken))] {
        let entry = mediator.act("dispute", record, action(&taken));
        let receipt = mediator.deliver(&[entry]).await.remove(0);
        match expected {
            None => drop(revision(&receipt)),
            Some(expected) => assert_eq!(reason(&receipt), expected),
        }
    }
    let slip = station
        .rows("SELECT e.id FROM slips s JOIN entries e ON e.position = s.entry LIMIT 1")
        .await
        .remove(0);
    let forged = json!({ "type": "answer", "slip": slip, "state": "joint", "verdict": "confirmed" });
    for phone in [&mut mediator, &mut centre] {
        let entry = phone.act("dispute", record, forged.clone());
        assert_eq!(reason(&phone.deliver(&[entry]).await[0]), Reason::NotEntitled);
    }
}

#[tokio::test]
async fn the_token_is_nowhere_at_the_station() {
    let mut station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let (_, slip) = with_result(&mut mediator).await;
    station.get(&slip.path(), &[]).await;
    answer(&station, &slip, "verdict=confirmed").await;
    station.stop().await;
    let mut files = 0;
    for file in std::fs::read_dir(station.data()).unwrap().map(|file| file.unwrap().path()) {
        if file.is_file() {
            files += 1;
            let bytes = std::fs::read(&file).unwrap();
            let found = bytes.windows(22).any(|part| part == slip.as_str().as_bytes());
            assert!(!found, "{}", file.display());
        }
    }
    assert!(files > 0);
}

#[tokio::test]
async fn whoever_applied_for_legal_aid_sees_that_their_papers_are_waited_for() {
    let station = Station::spawn().await;
    let mut worker = station.any_phone().await;
    let mut justice = station.phone(Role::JusticeOfficer, VILLAGE).await;
    let record = Uuid::new_v4();
    let act = async |phone: &mut Phone, action: Value| {
        let content = phone.content("legal_aid", record, action);
        let entry = phone.seal(&content);
        revision(&phone.deliver(&[entry]).await[0]);
    };
    let step = |step: &str, body: Value| json!({ "type": "step", "step": step, "body": body });
    act(&mut worker, json!({ "type": "open", "body": form("legal_aid") })).await;
    let token = token();
    act(&mut worker, action(&token)).await;
    act(&mut worker, step("forward", json!({}))).await;
    act(&mut justice, step("receive", json!({}))).await;
    act(&mut justice, step("supplement", json!({ "missing_papers": "工资欠条" }))).await;
    let text = station.get(&token.path(), &[]).await.text();
    assert!(text.contains("等待您补充") && text.contains("法律服务") && !text.contains("欠条"), "{text}");
}
