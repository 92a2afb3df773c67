//! The wire and storage formats, frozen. A failing test here means that phones which are out there would not be
//! understood any more: add a case for the new form, never change an old one.

#![allow(clippy::unwrap_used, reason = "Clippy does not take the helpers of tests for tests.")]

use chrono::DateTime;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    desk::{Desk, DeskKind},
    entry::{Action, Content, Entry},
    id::{EntryId, InstallationId, Position, RecordId, Revision, Seq, WorkerId},
    person::{Role, Worker},
    slip::Verdict,
    validate::{Fault, Problem},
    village::VillageCode,
    wire::{
        Answer, Answers, Arrived, Batch, Count, Counts, Directory, Enrolment, EnrolmentRequest, Listening,
        MailboxItem, MailboxPage, MailboxPlace, Me, MergeFault, Outcome, ProblemDetails, Reason, Receipt,
        Received, RecipientFault, Refusal, Signature, base64url, from_base64url,
    },
    workflow::Obstacle,
};

fn content(action: Action) -> Content {
    Content {
        id: EntryId::new(Uuid::from_u128(1)),
        record: RecordId::new(Uuid::from_u128(2)),
        kind: "patrol".into(),
        kind_version: 1,
        author: WorkerId::new(Uuid::from_u128(3)),
        noted_at: DateTime::parse_from_rfc3339("2026-11-22T09:30:00+08:00").unwrap(),
        basis: Revision(0),
        replaces: None,
        action,
        attachments: Vec::new(),
    }
}

fn opening() -> Action {
    let body = [("route".into(), json!("老街 \u{202e}😀 <script>")), ("people_count".into(), json!(3))];
    Action::Open { body: body.into() }
}

fn digest_of(content: &Content) -> Digest {
    Digest::new(Sha256::digest(content.canonical_bytes().unwrap()).into())
}

fn entry(content: Content) -> Entry {
    Entry {
        installation: InstallationId::new(Uuid::from_u128(4)),
        seq: Seq(7),
        digest: digest_of(&content),
        content,
    }
}

fn receipt(outcome: Outcome) -> Receipt {
    let entry = entry(content(opening()));
    let received_at = DateTime::parse_from_rfc3339("2026-11-22T01:31:00.5Z").unwrap().to_utc();
    Receipt { entry: entry.content.id, digest: entry.digest, received_at, outcome, signature: None }
}

#[track_caller]
fn frozen<T: Serialize + DeserializeOwned>(value: &T, text: &str) {
    let written = serde_json::to_string(value).unwrap();
    assert_eq!(written, text);
    let read: T = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text, "reading it and writing it again changes it");
}

/// The first digits of the SHA-256, computed by another program.
const DIGEST: &str = "1b9a39559f2f";

#[test]
fn an_opening_entry() {
    let entry = entry(content(opening()));
    let expected = format!(
        "{}{}{}",
        r#"{"installation":"00000000-0000-0000-0000-000000000004","seq":7,"digest":""#,
        entry.digest,
        concat!(
            r#"","content":{"id":"00000000-0000-0000-0000-000000000001","record":"00000000-0000-0000-0000-000000000002","#,
            r#""kind":"patrol","kind_version":1,"author":"00000000-0000-0000-0000-000000000003","#,
            r#""noted_at":"2026-11-22T09:30:00+08:00","basis":0,"#,
            r#""action":{"type":"open","body":{"people_count":3,"route":"老街 "#,
            "\u{202e}😀",
            r#" <script>"}}}}"#
        )
    );
    frozen(&entry, &expected);
}

/// The canonical bytes decide whether two machines mean the same entry: they must never change.
#[test]
fn canonical_bytes_and_their_digest() {
    let content = content(opening());
    let text = String::from_utf8(content.canonical_bytes().unwrap()).unwrap();
    assert_eq!(
        text,
        concat!(
            r#"{"action":{"body":{"people_count":3,"route":"老街 "#,
            "\u{202e}😀",
            r#" <script>"},"type":"open"},"author":"00000000-0000-0000-0000-000000000003","basis":0,"#,
            r#""id":"00000000-0000-0000-0000-000000000001","kind":"patrol","kind_version":1,"#,
            r#""noted_at":"2026-11-22T09:30:00+08:00","record":"00000000-0000-0000-0000-000000000002"}"#
        )
    );
    assert_eq!(&digest_of(&content).to_string()[..12], DIGEST);
}

#[test]
fn every_other_action() {
    let amend =
        Action::Amend {
            field: "route".into(), from: Value::Null, to: json!("新街"), reason: "写错".into()
        };
    frozen(&amend, r#"{"type":"amend","field":"route","from":null,"to":"新街","reason":"写错"}"#);
    let step = Action::Step { step: "close".into(), body: [("closing".into(), json!("已办"))].into() };
    frozen(&step, r#"{"type":"step","step":"close","body":{"closing":"已办"}}"#);
    frozen(&Action::Note { text: "补".into() }, r#"{"type":"note","text":"补"}"#);
    frozen(&Action::Attach {}, r#"{"type":"attach"}"#);
}

#[test]
fn questions_about_a_field_and_explanations() {
    let ask = Action::Ask { field: "route".into(), text: "写明街名".into() };
    frozen(&ask, r#"{"type":"ask","field":"route","text":"写明街名"}"#);
    let explain = Action::Explain { ask: EntryId::new(Uuid::from_u128(5)), text: "没有街名".into() };
    frozen(&explain, r#"{"type":"explain","ask":"00000000-0000-0000-0000-000000000005","text":"没有街名"}"#);
}

#[test]
fn slips_answers_and_merged_records() {
    let slip = Action::Slip { token_hash: Digest::new([0xab; 32]) };
    frozen(&slip, &format!(r#"{{"type":"slip","token_hash":"{}"}}"#, "ab".repeat(32)));
    let answer = |text: &str, satisfaction| Action::Answer {
        slip: EntryId::new(Uuid::from_u128(9)),
        state: "closed".into(),
        verdict: if text.is_empty() { Verdict::Confirmed } else { Verdict::Contested },
        text: text.into(),
        satisfaction,
    };
    let head =
        r#"{"type":"answer","slip":"00000000-0000-0000-0000-000000000009","state":"closed","verdict":"#;
    frozen(&answer("", None), &format!(r#"{head}"confirmed"}}"#));
    frozen(&answer("没修", Some(1)), &format!(r#"{head}"contested","text":"没修","satisfaction":1}}"#));
    let later = format!(r#"{head}"moonlit"}}"#);
    let read: Action = serde_json::from_str(&later).unwrap();
    assert!(matches!(read, Action::Unknown(_)), "a verdict of a later version is kept whole");
    let merge = Action::Merge { into: RecordId::new(Uuid::from_u128(5)) };
    frozen(&merge, r#"{"type":"merge","into":"00000000-0000-0000-0000-000000000005"}"#);
    frozen(&Action::Unmerge {}, r#"{"type":"unmerge"}"#);
    frozen(&Obstacle::Merged, r#"{"why":"merged"}"#);
    frozen(&Obstacle::TooOften { most: 2 }, r#"{"why":"too_often","most":2}"#);
    frozen(&Reason::AfterRevocation, r#"{"reason":"after_revocation"}"#);
    frozen(&Reason::SlipTaken, r#"{"reason":"slip_taken"}"#);
    for (fault, word) in [
        (MergeFault::Itself, "itself"),
        (MergeFault::OtherKind, "other_kind"),
        (MergeFault::Confidential, "confidential"),
        (MergeFault::NotYours, "not_yours"),
        (MergeFault::Already, "already"),
        (MergeFault::Chain, "chain"),
        (MergeFault::NotMerged, "not_merged"),
    ] {
        frozen(&Reason::Merge { fault }, &format!(r#"{{"reason":"merge","fault":"{word}"}}"#));
    }
}

#[test]
fn an_action_that_a_newer_version_knows_is_kept_whole() {
    let text = r#"{"type":"teleport","where":{"x":1}}"#;
    let action: Action = serde_json::from_str(text).unwrap();
    assert!(matches!(action, Action::Unknown(_)));
    frozen(&action, text);
}

#[test]
fn attachments_and_what_is_replaced() {
    let mut content = content(Action::Attach {});
    content.attachments = vec![Digest::new([0xab; 32])];
    content.replaces = Some(EntryId::new(Uuid::from_u128(9)));
    let value = serde_json::to_value(&content).unwrap();
    assert_eq!(value["attachments"], json!(["ab".repeat(32)]));
    assert_eq!(value["replaces"], json!("00000000-0000-0000-0000-000000000009"));
}

#[test]
fn receipts_and_refusals() {
    let accepted = receipt(Outcome::Accepted { revision: Revision(1) });
    let digest = accepted.digest;
    let head = format!(
        r#"{{"answer":"receipt","receipt":{{"entry":"00000000-0000-0000-0000-000000000001","digest":"{digest}","received_at":"2026-11-22T01:31:00.500Z","outcome":"#
    );
    let answer = |receipt| Answer::Receipt { receipt, missing: Vec::new() };
    frozen(&answer(accepted.clone()), &format!(r#"{head}{{"outcome":"accepted","revision":1}}}}}}"#));
    frozen(
        &Answer::Receipt { receipt: accepted, missing: vec![Digest::new([1; 32])] },
        &format!(r#"{head}{{"outcome":"accepted","revision":1}}}},"missing":["{}"]}}"#, "01".repeat(32)),
    );
    let problem =
        |fault| Problem { field: "parties".into(), item: Some(0), part: Some("name".into()), fault };
    let reasons = [
        (Reason::UnknownKind, r#"{"reason":"unknown_kind"}"#),
        (Reason::UnknownAction, r#"{"reason":"unknown_action"}"#),
        (
            Reason::Invalid { problems: vec![problem(Fault::TooLong { max: 80 })] },
            r#"{"reason":"invalid","problems":[{"field":"parties","item":0,"part":"name","fault":"too_long","max":80}]}"#,
        ),
        (
            Reason::Step { obstacle: Obstacle::WrongState { state: "closed".into() } },
            r#"{"reason":"step","obstacle":{"why":"wrong_state","state":"closed"}}"#,
        ),
        (Reason::UnknownRecord, r#"{"reason":"unknown_record"}"#),
        (Reason::AlreadyOpen, r#"{"reason":"already_open"}"#),
        (Reason::NotEntitled, r#"{"reason":"not_entitled"}"#),
        (Reason::WrongAuthor, r#"{"reason":"wrong_author"}"#),
        (Reason::Other(json!({"reason":"moon","phase":2})), r#"{"phase":2,"reason":"moon"}"#),
    ];
    for (reason, text) in reasons {
        let parked = receipt(Outcome::Parked { reason });
        frozen(&answer(parked), &format!(r#"{head}{{"outcome":"parked","reason":{text}}}}}}}"#));
    }
    for (refusal, word) in [
        (Refusal::Unreadable, "unreadable"),
        (Refusal::Damaged, "damaged"),
        (Refusal::Conflict, "conflict"),
        (Refusal::WrongInstallation, "wrong_installation"),
    ] {
        let answer = Answer::Refused { entry: None, refusal };
        frozen(&answer, &format!(r#"{{"answer":"refused","entry":null,"refusal":"{word}"}}"#));
    }
    let unknown: Refusal = serde_json::from_str(r#""of_a_later_station""#).unwrap();
    assert_eq!(unknown, Refusal::Other);
}

/// What the station signs and the phone verifies: both must come to the same bytes for ever.
#[test]
fn a_signed_receipt_and_the_bytes_that_are_signed() {
    let unsigned = receipt(Outcome::Accepted { revision: Revision(1) });
    let bytes: [u8; 64] = std::array::from_fn(|at| at as u8 * 4 + 3);
    let signed = Receipt { signature: Some(Signature::new(&bytes)), ..unsigned.clone() };
    let digest = signed.digest;
    let text = "AwcLDxMXGx8jJysvMzc7P0NHS09TV1tfY2drb3N3e3-Dh4uPk5ebn6Onq6-zt7u_w8fLz9PX29_j5-vv8_f7_w";
    frozen(
        &signed,
        &format!(
            r#"{{"entry":"00000000-0000-0000-0000-000000000001","digest":"{digest}","received_at":"2026-11-22T01:31:00.500Z","outcome":{{"outcome":"accepted","revision":1}},"signature":"{text}"}}"#
        ),
    );
    let canonical = format!(
        r#"{{"digest":"{digest}","entry":"00000000-0000-0000-0000-000000000001","outcome":{{"outcome":"accepted","revision":1}},"received_at":"2026-11-22T01:31:00.500Z"}}"#
    );
    assert_eq!(String::from_utf8(signed.signed_bytes().unwrap()).unwrap(), canonical);
    assert_eq!(unsigned.signed_bytes().unwrap(), signed.signed_bytes().unwrap());
    assert_eq!(signed.signature.unwrap().bytes(), Some(bytes));
}

#[test]
fn a_reason_of_a_newer_station_is_signed_as_it_came() {
    let text = r#"{"digest":"1b9a39559f2f1b9a39559f2f1b9a39559f2f1b9a39559f2f1b9a39559f2f1b9a","entry":"00000000-0000-0000-0000-000000000001","outcome":{"outcome":"parked","reason":{"phase":2,"reason":"moon"}},"received_at":"2026-11-22T01:31:00Z"}"#;
    let receipt: Receipt = serde_json::from_str(text).unwrap();
    assert_eq!(String::from_utf8(receipt.signed_bytes().unwrap()).unwrap(), text);
}

#[test]
fn bytes_and_their_base64url() {
    // RFC 4648, section 10, without the padding; and the two letters that differ from plain base64.
    let cases: [(&[u8], &str); 8] = [
        (b"", ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg"),
        (b"fooba", "Zm9vYmE"),
        (b"foobar", "Zm9vYmFy"),
        (&[0xfb, 0xff], "-_8"),
    ];
    for (bytes, text) in cases {
        assert_eq!(base64url(bytes), text);
        assert_eq!(from_base64url(text).as_deref(), Some(bytes), "{text}");
    }
    for wrong in ["Z", "Zg==", "Zh", "Zm9", "Zm9vYg=", "Zm+v", "Zm/v", "Zm 9", "村村村村"] {
        assert_eq!(from_base64url(wrong), None, "{wrong}");
    }
    let forged: Signature = serde_json::from_str(r#""what is this?""#).unwrap();
    assert_eq!(forged.bytes(), None);
}

#[test]
fn people_with_several_roles_desks_and_hand_overs() {
    let village: VillageCode = "513322100201".parse().unwrap();
    let id = WorkerId::new(Uuid::from_u128(3));
    let areas = vec!["513322100".parse().unwrap()];
    let worker = Worker::new(id, "张三".into(), &[Role::Partner, Role::Mediator], village, areas.clone());
    let worker_text = concat!(
        r#"{"id":"00000000-0000-0000-0000-000000000003","name":"张三","role":"mediator","village":"513322100201","#,
        r#""roles":["partner","mediator"],"areas":["513322100"]}"#
    );
    frozen(&worker, worker_text);
    let desk = Desk {
        id: "police:luqiao".into(),
        kind: DeskKind::Police,
        name: "泸桥派出所".into(),
        area: areas[0].clone(),
    };
    let desk_text = r#"{"id":"police:luqiao","kind":"police","name":"泸桥派出所","area":"513322100"}"#;
    frozen(&desk, desk_text);
    frozen(
        &Me { worker: worker.clone(), desks: vec![desk.clone()] },
        &format!(r#"{{"worker":{worker_text},"desks":[{desk_text}]}}"#),
    );
    frozen(
        &Directory { tag: "0a".into(), desks: vec![desk], people: vec![worker] },
        &format!(r#"{{"tag":"0a","desks":[{desk_text}],"people":[{worker_text}]}}"#),
    );
    let newer = desk_text.replace("police\"", "drone_port\"");
    assert_eq!(serde_json::from_str::<Desk>(&newer).unwrap().kind, DeskKind::Unknown);
    frozen(
        &Action::HandOver { from: WorkerId::new(Uuid::from_u128(4)), to: id, reason: "退休".into() },
        concat!(
            r#"{"type":"hand_over","from":"00000000-0000-0000-0000-000000000004","#,
            r#""to":"00000000-0000-0000-0000-000000000003","reason":"退休"}"#
        ),
    );
    for (obstacle, text) in [
        (Obstacle::NotYours, r#"{"why":"not_yours"}"#),
        (
            Obstacle::TooEarly { step: "mediate".into(), times: 2 },
            r#"{"why":"too_early","step":"mediate","times":2}"#,
        ),
    ] {
        frozen(&obstacle, text);
    }
    let counts = Counts {
        counts: vec![Count {
            kind: "consultation".into(),
            area: areas[0].clone(),
            month: "2026-11".into(),
            records: 2,
        }],
    };
    frozen(
        &counts,
        r#"{"counts":[{"kind":"consultation","area":"513322100","month":"2026-11","records":2}]}"#,
    );
    let masked = MailboxItem {
        position: Position(1),
        entry: entry(content(Action::Attach {})),
        receipt: receipt(Outcome::Accepted { revision: Revision(1) }),
        masked: true,
    };
    assert!(serde_json::to_string(&masked).unwrap().ends_with(r#","masked":true}"#));
    frozen(
        &Reason::Recipient { fault: RecipientFault::OutsideArea },
        r#"{"reason":"recipient","fault":"outside_area"}"#,
    );
}

#[test]
fn batches_pages_and_enrolments() {
    frozen(&Batch::<Entry> { entries: Vec::new() }, r#"{"entries":[]}"#);
    frozen(&Answers { answers: Vec::new() }, r#"{"answers":[]}"#);
    let village: VillageCode = "513322100201".parse().unwrap();
    let id = WorkerId::new(Uuid::from_u128(3));
    let worker = Worker::new(id, "张三".into(), &[Role::GridWorker], village, Vec::new());
    let worker_text = r#"{"id":"00000000-0000-0000-0000-000000000003","name":"张三","role":"grid_worker","village":"513322100201"}"#;
    let item = MailboxItem {
        position: Position(5),
        entry: entry(content(Action::Attach {})),
        receipt: receipt(Outcome::Accepted { revision: Revision(1) }),
        masked: false,
    };
    let item_text = format!(
        r#"{{"position":5,"entry":{},"receipt":{}}}"#,
        serde_json::to_string(&item.entry).unwrap(),
        serde_json::to_string(&item.receipt).unwrap()
    );
    let page =
        MailboxPage { items: vec![item], people: vec![worker.clone()], head: Position(9), reset: false };
    frozen(&page, &format!(r#"{{"items":[{item_text}],"people":[{worker_text}],"head":9,"reset":false}}"#));
    let request =
        EnrolmentRequest { code: "ABCD-EFGH".into(), installation: InstallationId::new(Uuid::from_u128(4)) };
    frozen(&request, r#"{"code":"ABCD-EFGH","installation":"00000000-0000-0000-0000-000000000004"}"#);
    let enrolment = Enrolment {
        token: "t".into(),
        worker,
        station: "泸定县".into(),
        receipt_key: None,
        recovery_key: None,
    };
    frozen(&enrolment, &format!(r#"{{"token":"t","worker":{worker_text},"station":"泸定县"}}"#));
    let with_key = Enrolment { receipt_key: Some(base64url(&[4; 65])), ..enrolment };
    let key_text = format!("{}BAQ", "BAQE".repeat(21));
    frozen(
        &with_key,
        &format!(r#"{{"token":"t","worker":{worker_text},"station":"泸定县","receipt_key":"{key_text}"}}"#),
    );
    let received = Received { entries: 3, missing: 1, last_noted_at: None };
    frozen(&received, r#"{"entries":3,"missing":1,"last_noted_at":null}"#);
    let problem = ProblemDetails { kind: "/problems/x".into(), title: "X".into(), status: 400 };
    frozen(&problem, r#"{"type":"/problems/x","title":"X","status":400}"#);
}

#[test]
fn listening_and_what_is_heard() {
    let own = MailboxPlace { desk: None, oversight: false, position: Position(12) };
    let overseen =
        MailboxPlace { desk: Some("county_centre:513322".into()), oversight: true, position: Position(0) };
    let (own_text, overseen_text) =
        (r#"{"position":12}"#, r#"{"desk":"county_centre:513322","oversight":true,"position":0}"#);
    let listening = Listening { mailboxes: vec![own, overseen.clone()], wait: 50 };
    frozen(&listening, &format!(r#"{{"mailboxes":[{own_text},{overseen_text}],"wait":50}}"#));
    let arrived = Arrived { mailboxes: vec![overseen], seated: true };
    frozen(&arrived, &format!(r#"{{"mailboxes":[{overseen_text}],"seated":true}}"#));
}

#[test]
fn debug_prints_nothing_that_people_wrote() {
    let entry = entry(content(opening()));
    let text = format!("{entry:?}");
    assert!(!text.contains("老街") && text.contains("Open"), "{text}");
}
