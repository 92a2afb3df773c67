//! What others rely on: the description of the interface, the tables, the headers.

use std::collections::BTreeSet;

use serde_json::Value;
use xunji_domain::{
    kind::Kind,
    wire::{Definitions, HEALTHY},
};
use xunji_station::{
    db::schema,
    routes::{OPENAPI, routes},
};

use crate::support::*;

#[test]
fn every_route_is_described_and_nothing_else_is() {
    let described: Value = serde_json::from_str(OPENAPI).unwrap();
    let paths = described["paths"].as_object().unwrap();
    let methods = ["get", "head", "post", "put", "patch", "delete"];
    let described: BTreeSet<_> = paths
        .iter()
        .flat_map(|(path, item)| {
            let named = methods.iter().filter(|method| item.get(**method).is_some());
            named.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let real: BTreeSet<_> = routes().iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    assert_eq!(described, real);
}

#[test]
fn every_reference_in_the_description_leads_somewhere() {
    fn walk(value: &Value, whole: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref") {
                    assert!(whole.pointer(target.trim_start_matches('#')).is_some(), "{target}");
                }
                members.values().for_each(|member| walk(member, whole));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, whole)),
            _ => {}
        }
    }
    let whole: Value = serde_json::from_str(OPENAPI).unwrap();
    assert_eq!(whole["openapi"], "3.1.0");
    walk(&whole, &whole);
}

#[test]
fn every_problem_that_the_station_can_answer_is_described() {
    let source = include_str!("../../src/problem.rs");
    for kind in source.split('"').filter(|text| text.starts_with("/problems/")) {
        let general = ["/problems/not-found", "/problems/method-not-allowed"];
        assert!(OPENAPI.contains(kind) || general.contains(&kind), "{kind}");
    }
}

/// Released schema files never change: a database out there was made by exactly these. A change is a new file.
#[test]
fn schema_files_are_frozen() {
    let digests: Vec<_> = schema::FILES.iter().map(|file| sha256(file.as_bytes()).to_string()).collect();
    insta::assert_debug_snapshot!(digests, @r#"
    [
        "df95a9548759f928508c1d87fa1ce39aabab80ff25df1cc1f30fdd57966e2062",
        "65d1570da745a87304c4c4e47f2aa2ddd7a8e6ab4312ba6f17ea73fcda07c23f",
        "de224ce9c0b7a2edece120c07b0f683c011d12acf5ae1e766fd8f659de355a6b",
        "c187b1108fbe425b55a131e3f92a8586ac080c202d1d4b1c49b7d599939ba8f0",
        "d352748a653b5a1dae1a5ab8d3cda3853b6c6c8417001bc16d580e76c8037e70",
        "dc5dc440d9e07597aaa1a6799cd3fe2c8af83a4bc110b2e93269149f51f871fc",
        "a38cd464948730d8fbcb7c7c37432380814f24a99376ef866664dc0a3932e89a",
        "2455ff9ba4d091d9ed0fbd993619dd3a9ddc588248e725fe6d61efe41e0f5757",
    ]
    "#);
}

#[tokio::test]
async fn the_tables_are_these() {
    let station = Station::spawn().await;
    let tables = station
        .rows(
            "SELECT m.name || ': ' || group_concat(c.name, ' ') FROM sqlite_master m, pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' GROUP BY m.name ORDER BY m.name",
        )
        .await;
    insta::assert_snapshot!(tables.join("\n"), @"
    alarms: id raised_at installation seq entry digest held
    attachments: entry place digest
    audit: place at what hash
    blobs: digest bytes verified_at
    codes: hash worker created_at expires_at used_at installation releases
    desks: id kind name area created_at
    entries: position id installation seq worker author record revision kind noted_at received_at outcome reason digest content signature
    installations: id worker token_hash enrolled_at revoked_at sends_until
    mailbox_items: mailbox position entry
    mailboxes: id head
    records: id kind kind_version confidential village opener revision keeper home holder handed_on partners merged_into
    recoveries: hash installation released_by created_at expires_at used_at
    repeats: installation seq entry
    seats: desk worker since
    settings: name value
    slips: token_hash record entry
    worker_areas: worker area
    worker_roles: worker place role
    workers: id name role village created_at code suspended_at
    ");
}

#[tokio::test]
async fn health_is_a_fixed_body_that_is_never_cached() {
    let station = Station::spawn().await;
    for path in ["/healthz", "/api/v1/healthz"] {
        let reply = station.get(path, &[]).await;
        assert_eq!((reply.status, reply.text().as_str()), (200, HEALTHY));
        assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn definitions_have_a_tag_and_are_compressed_on_request() {
    let station = Station::spawn().await;
    let reply = station.get("/api/v1/kinds", &[]).await;
    let definitions: Definitions = reply.json();
    assert_eq!(definitions.kinds, Kind::built_in());
    assert_eq!(definitions.county.code.as_str(), "513322");
    let tag = reply.header("etag").to_owned();
    let again = station.get("/api/v1/kinds", &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let packed = station.get("/api/v1/kinds", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert!(packed.body.len() * 2 < reply.body.len());
    let described = station.get("/api/v1/openapi.json", &[]).await;
    assert_eq!(described.json::<Value>()["openapi"], "3.1.0");
}
