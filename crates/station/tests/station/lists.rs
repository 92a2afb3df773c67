//! Lists of people that come over HTTP: what is taken, what is refused and why, and that nothing is taken by halves.

use serde_json::{Value, json};
use xunji_domain::person::Role;

use crate::{
    staff::{COUNTY, acts, coordinator, officer, refused},
    support::*,
};

const HEADINGS: &str = "工号,姓名,角色,村,区域,席位\r\n";

async fn look(phone: &Phone, list: impl Into<Vec<u8>>) -> Reply {
    phone.call("POST", "/api/v1/people/import", &[], list.into()).await
}

async fn import(phone: &Phone, list: impl Into<Vec<u8>>) -> Reply {
    phone.call("POST", "/api/v1/people/import?dry_run=false", &[], list.into()).await
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GBK.encode(text).0.into_owned()
}

/// What is wrong with a list: line and word.
fn faults(reply: &Reply) -> Vec<(u64, String)> {
    let said: Value = reply.json();
    assert_eq!(said["done"], json!(false));
    let fault =
        |fault: &Value| (fault["line"].as_u64().unwrap(), fault["fault"].as_str().unwrap().to_owned());
    said["faults"].as_array().unwrap().iter().map(fault).collect()
}

async fn people(station: &Station) -> Vec<String> {
    station.rows("SELECT code || ' ' || name FROM workers WHERE code IS NOT NULL ORDER BY code").await
}

#[tokio::test]
async fn a_list_is_looked_over_and_then_taken_once_whichever_program_wrote_it() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let text = format!(
        "{HEADINGS}A1,扎西,网格员,固包村,513322100201003,\r\nA2,\"次仁·央宗\",调解员；网格员,泸桥镇大坝村（示例）,泸桥镇,泸桥镇综治中心\r\n"
    );
    // Only coordinators sit at a centre.
    let reply = look(&centre, gbk(&text)).await;
    assert_eq!((reply.status, faults(&reply)), (200, vec![(3, "not_yours".to_owned())]));
    let text = text.replace(",泸桥镇综治中心", ",");
    let reply = look(&centre, gbk(&text)).await;
    let expected = json!({
        "done": false, "encoding": "gbk", "known": [], "faults": [],
        "added": [{ "line": 2, "name": "扎西" }, { "line": 3, "name": "次仁·央宗" }],
    });
    assert_eq!((reply.status, reply.json::<Value>()), (200, expected));
    assert_eq!(people(&station).await, [""; 0], "a look changes nothing");
    assert_eq!(acts(&station).await, Vec::<Value>::new());

    let reply = import(&centre, gbk(&text)).await;
    assert_eq!((reply.status, &reply.json::<Value>()["done"]), (201, &json!(true)));
    for list in [text.clone().into_bytes(), [b"\xEF\xBB\xBF", text.as_bytes()].concat()] {
        let said: Value = import(&centre, list).await.json();
        assert_eq!((&said["added"], &said["encoding"]), (&json!([]), &json!("utf-8")));
        assert_eq!(said["known"].as_array().unwrap().len(), 2, "they stay as they are");
    }
    assert_eq!(people(&station).await, ["A1 扎西", "A2 次仁·央宗"]);
    let areas = "SELECT area FROM worker_areas a JOIN workers w ON w.id = a.worker WHERE w.code = 'A2'";
    assert_eq!(station.rows(areas).await, ["513322100"]);
    let said = acts(&station).await;
    assert_eq!(said.len(), 1, "{said:#?}");
    assert_eq!(said[0], json!({ "act": "import", "by": centre.worker.id, "added": 2, "known": 0 }));
    let listed = centre.call("GET", "/api/v1/people", &[], "").await.text();
    assert!(listed.contains("次仁·央宗"));
}

#[tokio::test]
async fn a_list_with_a_single_fault_is_refused_whole_with_the_line_and_the_reason() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let right = "A1,扎西,网格员,513322100201,,\n";
    for (rest, fault) in [
        ("A1,王五,网格员,513322100201,,\n", "code_twice"),
        ("A2,=cmd|'/C calc'!A0,网格员,513322100201,,\n", "formula"),
        ("A2,＝1+1,网格员,513322100201,,\n", "formula"),
        ("A2,王五,市长,513322100201,,\n", "role"),
        ("A2,王五,网格员,5.13322E+11,,\n", "rounded"),
        ("A2,王五,网格员,某某村,,\n", "village"),
        (",王五,网格员,513322100201,,\n", "code"),
        ("A2,,网格员,513322100201,,\n", "name"),
        ("A2,王五,网格员,513322100201,51332,\n", "area"),
        ("A2,王五,协办单位人员,513322100201,,nowhere\n", "desk"),
        ("A2,\"王五,网格员,513322100201,,\n", "quotation"),
        ("A2,王五,网格员,513322103201,,\n", "outside_area"),
        ("A2,王五,网格员,513322100201,513322,\n", "outside_area"),
        ("A2,王五,司法所工作人员,513322100201,513322100,\n", "not_yours"),
        ("A2,王五,法律顾问,513322100201,,\n", "not_yours"),
        ("A2,王五,协办单位人员,513322100201,,泸定县司法局\n", "not_yours"),
    ] {
        let list = format!("{HEADINGS}{right}{rest}");
        assert_eq!(faults(&look(&centre, list.as_bytes()).await), [(3, fault.to_owned())], "{rest}");
        let reply = import(&centre, gbk(&list)).await;
        assert_eq!((reply.status, faults(&reply)), (422, vec![(3, fault.to_owned())]), "{rest}");
    }
    for (bytes, fault) in [
        (&b""[..], "empty"),
        (b"\xFF\xFE\x41\x00", "utf16"),
        (b"PK\x03\x04", "spreadsheet"),
        (b"\xEF\xBB\xBF\xD0\xD5\xC3\xFB", "encoding"),
        ("工号,姓名,角色\n".as_bytes(), "column_missing"),
        ("工号,姓名,姓名,角色,村\n".as_bytes(), "column_twice"),
        (&"工号,姓名,角色,村\nA1,扎西".as_bytes()[..33], "encoding"),
    ] {
        assert_eq!(faults(&look(&centre, bytes).await), [(1, fault.to_owned())]);
        assert_eq!(faults(&import(&centre, bytes).await), [(1, fault.to_owned())]);
    }
    assert_eq!(people(&station).await, [""; 0]);
    assert_eq!(acts(&station).await, Vec::<Value>::new());
    let logged = format!("{:?}", faults(&look(&centre, format!("{HEADINGS}A2,王五,市长,x,,\n")).await));
    assert!(!logged.contains("王五"), "what is wrong names nobody");
}

#[tokio::test]
async fn lists_have_an_end() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let many: String = (0..2001).map(|number| format!("A{number},扎西,网格员,固包村,,\n")).collect();
    assert_eq!(faults(&import(&centre, format!("{HEADINGS}{many}")).await), [(1, "too_many".to_owned())]);
    let most: String = many.lines().take(2000).map(|line| format!("{line}\n")).collect();
    assert_eq!(look(&centre, format!("{HEADINGS}{most}")).await.json::<Value>()["faults"], json!([]));
    let huge = vec![b'a'; 1024 * 1024 + 1];
    refused(&look(&centre, huge).await, 413, "body-too-large");
    let reply = centre.call("POST", "/api/v1/people/import?dry_run=perhaps", &[], "").await;
    refused(&reply, 400, "request-invalid");
}

#[tokio::test]
async fn only_those_who_manage_people_import_and_a_number_is_given_once() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let far = coordinator(&station, ELSEWHERE).await;
    let justice = officer(&station).await;
    let list = |role: &str| format!("{HEADINGS}A1,扎西,{role},固包村,,\n");
    for role in [Role::GridWorker, Role::Mediator, Role::LegalAdviser, Role::Partner] {
        let phone = station.phone(role, VILLAGE).await;
        refused(&look(&phone, list("网格员")).await, 404, "not-found");
        refused(&import(&phone, list("网格员")).await, 404, "not-found");
    }
    let stranger = request(station.address, "POST", "/api/v1/people/import", &[], list("网格员")).await;
    refused(&stranger, 401, "unauthorized");
    assert_eq!(faults(&import(&far, list("网格员")).await), [(2, "outside_area".to_owned())]);
    assert_eq!(faults(&import(&justice, list("网格员")).await), [(2, "not_yours".to_owned())]);
    assert_eq!(import(&justice, list("法律顾问")).await.status, 201);
    // Their own, but bound to secrecy: the centre may know of them and only shuts them out.
    assert_eq!(import(&centre, list("网格员")).await.json::<Value>()["known"].as_array().unwrap().len(), 1);
    let taken = format!("{HEADINGS}A1,次仁,网格员,{ELSEWHERE},,\n");
    assert_eq!(faults(&import(&far, taken).await), [(2, "code_taken".to_owned())]);
    let county = station.add_worker_of(Role::Coordinator, VILLAGE, COUNTY).await;
    let county = station.phone_of(&county).await;
    assert_eq!(import(&county, format!("{HEADINGS}A2,次仁,网格员,{ELSEWHERE},,\n")).await.status, 201);
    assert_eq!(people(&station).await, ["A1 扎西", "A2 次仁"]);
}
