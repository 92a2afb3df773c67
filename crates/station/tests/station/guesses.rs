//! Whose guesses are counted, and that nobody's keep others out.

use serde_json::json;
use uuid::Uuid;
use xunji_domain::person::Role;

use crate::support::*;

/// The web server of the station's own machine.
const PROXY: [u8; 4] = [127, 0, 0, 1];

async fn guess_a_slip(station: &Station, from: [u8; 4], forwarded: &str) -> u16 {
    let headers = [("x-forwarded-for", forwarded)];
    request_from(from, station.address, "GET", "/p/AAAAAAAAAAAAAAAAAAAAAA", &headers, "").await.status
}

async fn guess_a_code(station: &Station, forwarded: &str) -> u16 {
    let headers = [("x-forwarded-for", forwarded)];
    let body = json!({ "code": "ACDE-FHJK", "installation": Uuid::new_v4() }).to_string();
    request(station.address, "POST", "/api/v1/enrolments", &headers, body).await.status
}

#[tokio::test]
async fn behind_a_web_server_everybody_is_counted_by_their_own_address() {
    let station = Station::spawn_with(|config| config.behind_proxy = vec![PROXY.into()]).await;
    for at in 0..10 {
        // Only what the web server has seen itself counts; whatever stands before it, the sender wrote.
        let forwarded = format!("198.51.100.{at}, 203.0.113.1");
        assert_eq!(guess_a_slip(&station, PROXY, &forwarded).await, 404);
        assert_eq!(guess_a_code(&station, &forwarded).await, 404);
    }
    for barred in ["203.0.113.1", "203.0.113.2, 203.0.113.1", "203.0.113.1:4711", "::ffff:203.0.113.1"] {
        assert_eq!(guess_a_slip(&station, PROXY, barred).await, 429, "{barred}");
        assert_eq!(guess_a_code(&station, barred).await, 429, "{barred}");
    }
    for other in
        ["203.0.113.2", "203.0.113.1, 203.0.113.2", "[2001:db8::1]:80", "2001:db8:1::1", "", "unknown"]
    {
        assert_eq!(guess_a_slip(&station, PROXY, other).await, 404, "{other}");
        assert_eq!(guess_a_code(&station, other).await, 404, "{other}");
    }
    // Whoever reaches the station past the web server says nothing about others.
    assert_eq!(guess_a_slip(&station, [127, 0, 0, 2], "203.0.113.1").await, 404);
}

#[tokio::test]
async fn without_a_web_server_nobody_changes_their_address_by_a_header() {
    let station = Station::spawn().await;
    for at in 0..10 {
        assert_eq!(guess_a_slip(&station, PROXY, &format!("203.0.113.{at}")).await, 404);
    }
    assert_eq!(guess_a_slip(&station, PROXY, "203.0.113.99").await, 429);
}

#[tokio::test]
async fn guessing_at_tokens_and_names_is_limited_and_keeps_nobody_out_who_has_a_right_one() {
    let station = Station::spawn().await;
    let mut phone = station.phone(Role::Mediator, VILLAGE).await;
    let mut guesser = Keep::open(station.address).await;
    let right = format!("Bearer {}", phone.token);
    let blob = format!("/api/v1/blobs/{}", sha256(b"nothing"));
    for at in 0..300 {
        let (path, token, status) = match at % 3 {
            0 => (blob.as_str(), right.as_str(), 404),
            1 => ("/api/v1/mailbox?desk=nowhere", right.as_str(), 404),
            _ => ("/api/v1/mailbox", "Bearer guess", 401),
        };
        assert_eq!(guesser.request("GET", path, &[("authorization", token)], "").await.status, status);
    }
    for (path, token) in [(blob.as_str(), right.as_str()), ("/api/v1/mailbox", "Bearer guess")] {
        let reply = guesser.request("GET", path, &[("authorization", token)], "").await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, "60"), "{path}");
        assert_eq!(reply.problem(), "/problems/too-many-attempts");
    }
    // Behind the same address, and somewhere else.
    phone.begin("dispute").await;
    assert_eq!(phone.received().await.len(), 1);
    assert_eq!(phone.call("HEAD", &blob, &[], "").await.status, 404, "an upload that begins is no guess");
    let elsewhere = request_from([127, 0, 0, 2], station.address, "GET", "/api/v1/mailbox", &[], "").await;
    assert_eq!(elsewhere.status, 401);
}
