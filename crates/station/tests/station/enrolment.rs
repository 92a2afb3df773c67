//! Enrolment codes: once, for a while, not to be guessed.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;
use xunji_domain::{id::InstallationId, person::Role, wire::Enrolment};

use crate::support::*;

fn phone() -> InstallationId {
    InstallationId::new(Uuid::new_v4())
}

#[tokio::test]
async fn a_code_becomes_a_token_of_which_only_the_hash_is_kept() {
    let station = Station::spawn().await;
    let worker = station.add_worker(Role::Mediator, VILLAGE).await;
    let code = station.code_for(worker.id, TimeDelta::hours(1)).await;
    let typed = code.to_lowercase().replace('-', " ");
    let enrolment: Enrolment = station.redeem(&typed, phone()).await.json();
    assert_eq!((enrolment.worker, enrolment.station.as_str()), (worker, "泸定县站点"));
    assert_eq!(enrolment.token.len(), 64);
    let kept = station
        .rows("SELECT lower(hex(hash)) FROM codes UNION ALL SELECT lower(hex(token_hash)) FROM installations")
        .await;
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|hash| *hash != enrolment.token && hash.len() == 64));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_the_earlier_token_ends() {
    let station = Station::spawn().await;
    let worker = station.add_worker(Role::GridWorker, VILLAGE).await;
    let code = station.code_for(worker.id, TimeDelta::hours(1)).await;
    let installation = phone();
    let first: Enrolment = station.redeem(&code, installation).await.json();
    let second: Enrolment = station.redeem(&code, installation).await.json();
    assert_ne!(first.token, second.token);
    let mailbox = async |token: &str| {
        let bearer = format!("Bearer {token}");
        station.get("/api/v1/mailbox", &[("authorization", &bearer)]).await.status
    };
    assert_eq!((mailbox(&first.token).await, mailbox(&second.token).await), (401, 200));
}

#[tokio::test]
async fn unknown_used_and_expired_codes_are_told_apart() {
    let station = Station::spawn().await;
    let worker = station.add_worker(Role::GridWorker, VILLAGE).await;
    for wrong in ["", "ACDE-FHJK", "not a code", "巡记", &"A".repeat(1000)] {
        let reply = station.redeem(wrong, phone()).await;
        assert_eq!(
            (reply.status, reply.problem().as_str()),
            (404, "/problems/enrolment-code-unknown"),
            "{wrong}"
        );
    }
    let code = station.code_for(worker.id, TimeDelta::hours(1)).await;
    assert_eq!(station.redeem(&code, phone()).await.status, 201);
    let reply = station.redeem(&code, phone()).await;
    assert_eq!((reply.status, reply.problem().as_str()), (409, "/problems/enrolment-code-used"));
    let code = station.code_for(worker.id, TimeDelta::seconds(-1)).await;
    let reply = station.redeem(&code, phone()).await;
    assert_eq!((reply.status, reply.problem().as_str()), (410, "/problems/enrolment-code-expired"));
    assert_eq!(station.count("installations").await, 1);
}

#[tokio::test]
async fn an_installation_never_changes_its_person() {
    let station = Station::spawn().await;
    let first = station.any_phone().await;
    let other = station.add_worker(Role::GridWorker, VILLAGE).await;
    let code = station.code_for(other.id, TimeDelta::hours(1)).await;
    let reply = station.redeem(&code, first.installation).await;
    assert_eq!((reply.status, reply.problem().as_str()), (409, "/problems/installation-taken"));
    assert_eq!(station.redeem(&code, phone()).await.status, 201, "the code is still good");
    let again = station.code_for(first.worker.id, TimeDelta::hours(1)).await;
    assert_eq!(
        station.redeem(&again, first.installation).await.status,
        201,
        "its own person may enrol it again"
    );
}

#[tokio::test]
async fn guessing_is_limited_and_says_when_to_come_back() {
    let station = Station::spawn().await;
    let worker = station.add_worker(Role::GridWorker, VILLAGE).await;
    let code = station.code_for(worker.id, TimeDelta::hours(1)).await;
    for _ in 0..10 {
        assert_eq!(station.redeem("ACDE-FHJK", phone()).await.status, 404);
    }
    let reply = station.redeem(&code, phone()).await;
    assert_eq!((reply.status, reply.problem().as_str()), (429, "/problems/too-many-attempts"));
    assert_eq!(reply.header("retry-after"), "60");
    let body = json!({ "code": code, "installation": phone() }).to_string();
    let elsewhere =
        request_from([127, 0, 0, 2], station.address, "POST", "/api/v1/enrolments", &[], body).await;
    assert_eq!(elsewhere.status, 201, "the code is as good as before");
}

#[tokio::test]
async fn a_request_that_is_no_enrolment_is_unreadable() {
    let station = Station::spawn().await;
    for body in ["", "{}", r#"{"code":"ACDE-FHJK","installation":"me"}"#, "[]"] {
        let reply = request(station.address, "POST", "/api/v1/enrolments", &[], body).await;
        assert_eq!((reply.status, reply.problem().as_str()), (400, "/problems/body-unreadable"), "{body}");
    }
    let reply = request(station.address, "POST", "/api/v1/enrolments", &[], " ".repeat(5000)).await;
    assert_eq!(reply.problem(), "/problems/body-too-large");
}
