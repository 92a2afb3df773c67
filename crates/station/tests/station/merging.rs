//! Two reports of the same: only the desk of both merges them, both are kept, and everybody sees what they saw.

use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    person::Role,
    wire::{MergeFault, Reason, Receipt},
    workflow::Obstacle,
};

use crate::support::*;

fn into(record: Uuid) -> Value {
    json!({ "type": "merge", "into": record })
}

async fn act(phone: &mut Phone, record: Uuid, action: Value) -> Receipt {
    let entry = phone.act("dispute", record, action);
    phone.deliver(&[entry]).await.remove(0)
}

#[track_caller]
fn fault(receipt: &Receipt) -> MergeFault {
    match reason(receipt) {
        Reason::Merge { fault } => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_double_is_kept_and_seen_by_all_who_saw_it_and_can_be_taken_out_again() {
    let station = Station::spawn().await;
    let mut first = station.phone(Role::Mediator, VILLAGE).await;
    let mut second = station.phone(Role::GridWorker, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let (kept, double) = (first.begin("dispute").await, second.begin("dispute").await);
    assert_eq!(reason(&act(&mut second, double, into(kept)).await), Reason::NotEntitled, "not its keeper");
    revision(&act(&mut centre, double, into(kept)).await);
    assert_eq!(second.received().await.len(), 2 + 1, "its keeper hears of it, and of their own parked try");
    assert_eq!(first.received().await.len(), 1, "and nobody gets to see what they did not");
    let desk: Value = centre.desk(&format!("desk={CENTRE}")).await.json();
    assert_eq!(desk["items"].as_array().unwrap().len(), 3, "both are kept");
    assert_eq!(
        reason(&second.step("dispute", double, "mediate", json!({})).await),
        Reason::Step { obstacle: Obstacle::Merged }
    );
    revision(&act(&mut second, double, json!({ "type": "note", "text": "还有一件事" })).await);
    revision(&first.step("dispute", kept, "mediate", json!({})).await);

    assert_eq!(reason(&act(&mut second, double, json!({ "type": "unmerge" })).await), Reason::NotEntitled);
    revision(&act(&mut centre, double, json!({ "type": "unmerge" })).await);
    assert_eq!(fault(&act(&mut centre, double, json!({ "type": "unmerge" })).await), MergeFault::NotMerged);
    revision(&second.step("dispute", double, "mediate", json!({})).await);
}

#[tokio::test]
async fn neither_chains_nor_circles_nor_what_is_not_ones_own() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let mut far = station.phone(Role::Mediator, ELSEWHERE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let mut county = station.sitting_at("county_centre:513322", Role::Coordinator).await;
    let (a, b, c) =
        (mediator.begin("dispute").await, mediator.begin("dispute").await, mediator.begin("dispute").await);
    let elsewhere = Uuid::new_v4();
    let mut opening = far.content("dispute", elsewhere, json!({ "type": "open", "body": dispute() }));
    opening["action"]["body"]["village"] = json!(ELSEWHERE);
    let entry = far.seal(&opening);
    revision(&far.deliver(&[entry]).await[0]);
    let patrol = mediator.begin("patrol").await;

    assert_eq!(fault(&act(&mut centre, a, into(a)).await), MergeFault::Itself);
    assert_eq!(fault(&act(&mut centre, a, into(patrol)).await), MergeFault::OtherKind);
    assert_eq!(fault(&act(&mut centre, a, into(elsewhere)).await), MergeFault::NotYours);
    assert_eq!(
        fault(&act(&mut centre, a, into(Uuid::new_v4())).await),
        MergeFault::NotYours,
        "what is not there looks like what is not theirs"
    );
    assert_eq!(reason(&act(&mut county, a, into(b)).await), Reason::NotEntitled, "who oversees does not act");
    revision(&act(&mut centre, a, into(b)).await);
    assert_eq!(fault(&act(&mut centre, a, into(c)).await), MergeFault::Already);
    assert_eq!(fault(&act(&mut centre, b, into(c)).await), MergeFault::Chain, "it has a double");
    assert_eq!(fault(&act(&mut centre, b, into(a)).await), MergeFault::Chain, "that is a circle");
    assert_eq!(fault(&act(&mut centre, c, into(a)).await), MergeFault::Chain, "that is a double itself");
    revision(&act(&mut centre, c, into(b)).await);
    assert_eq!(station.rows("SELECT count(*) FROM records WHERE merged_into IS NOT NULL").await, ["2"]);
}

#[tokio::test]
async fn nothing_secret_is_merged() {
    let station = Station::spawn().await;
    let mut adviser = station.phone(Role::LegalAdviser, VILLAGE).await;
    let mut justice = station.phone(Role::JusticeOfficer, VILLAGE).await;
    let (a, b) = (adviser.begin("consultation").await, adviser.begin("consultation").await);
    let entry = justice.act("consultation", a, into(b));
    assert_eq!(fault(&justice.deliver(&[entry]).await[0]), MergeFault::Confidential);
}

#[tokio::test]
async fn the_slip_of_a_double_shows_how_far_the_other_one_is() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let (kept, double) = (mediator.begin("dispute").await, mediator.begin("dispute").await);
    let token = xunji_domain::slip::SlipToken::new(Uuid::new_v4().as_bytes());
    let slip = json!({ "type": "slip", "token_hash": sha256(token.as_str().as_bytes()) });
    revision(&act(&mut mediator, double, slip).await);
    revision(&act(&mut centre, double, into(kept)).await);
    assert!(station.get(&token.path(), &[]).await.text().contains("已登记"));
    revision(&mediator.step("dispute", kept, "resolve_on_spot", json!({ "on_spot_result": "x" })).await);
    assert!(station.get(&token.path(), &[]).await.text().contains("已有结果"));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let reply = request(station.address, "POST", &token.path(), &form, "verdict=contested").await;
    assert_eq!(reply.status, 303);
    let rows = station.rows("SELECT record FROM entries WHERE content LIKE '%\"type\":\"answer\"%'").await;
    assert_eq!(rows, [double.to_string()], "in the record that the slip is of");
}
