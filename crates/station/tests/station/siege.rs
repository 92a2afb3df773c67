//! Whoever is slow, wrong or too large doesn't stop others: their answers keep coming while it goes on.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};
use xunji_domain::wire::BLOB_BYTES;
use xunji_station::connections::Limits;

use crate::support::*;

/// Against a test that hangs; nothing depends on how long something takes.
const AT_MOST: Duration = Duration::from_secs(120);

/// An honest phone that goes on sending, each time over a new connection, until it is told to stop. A connection that
/// breaks is tried again, as phones do.
async fn honest(mut phone: Phone, stop: Arc<AtomicBool>, delivered: Arc<AtomicUsize>) -> usize {
    while !stop.load(Ordering::Relaxed) {
        let entry = phone.open();
        let receipts = loop {
            match phone.attempt(std::slice::from_ref(&entry)).await {
                Some(reply) => break reply.json::<xunji_domain::wire::Answers>().answers,
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        };
        revision(&receipt(&receipts[0]));
        delivered.fetch_add(1, Ordering::Relaxed);
    }
    phone.seq as usize
}

/// Runs an attack, over and over if need be, until an honest phone has got so many receipts while it went on.
async fn beside_an_honest_phone(station: &Station, phone: Phone, attack: impl AsyncFn()) {
    const RECEIPTS: usize = 5;
    let (stop, delivered) = (Arc::default(), Arc::default());
    let sending = tokio::spawn(honest(phone, Arc::clone(&stop), Arc::clone(&delivered)));
    let attacks = async {
        while delivered.load(Ordering::Relaxed) < RECEIPTS {
            attack().await;
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(AT_MOST, attacks)
        .await
        .expect("others are answered, and the attack comes to its end");
    stop.store(true, Ordering::Relaxed);
    let sent = sending.await.unwrap();
    assert_eq!(station.count("entries").await, sent, "and everything is there once");
}

/// What is said at once, and what as slowly as possible: a head, a body, a body with a token that isn't one, nothing.
fn words(kind: usize) -> (&'static [u8], Vec<u8>) {
    match kind {
        0 => (b"", format!("GET /healthz HTTP/1.1\r\nx-slow: {}", "a".repeat(100)).into_bytes()),
        1 => (b"POST /api/v1/enrolments HTTP/1.1\r\nhost: x\r\ncontent-length: 4000\r\n\r\n", vec![b' '; 200]),
        2 => (
            b"POST /api/v1/enrolments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\ncontent-length: 4000\r\n\r\n",
            vec![b' '; 200],
        ),
        _ => (b"", Vec::new()),
    }
}

async fn slow_client(address: SocketAddr, kind: usize, rounds: Arc<AtomicUsize>) {
    let (at_once, slowly) = words(kind);
    loop {
        if let Ok(mut stream) = TcpStream::connect(address).await {
            stream.write_all(at_once).await.ok();
            for byte in &slowly {
                // Being slow is what it does.
                tokio::time::sleep(Duration::from_millis(20)).await;
                if stream.write_all(&[*byte]).await.is_err() {
                    break;
                }
            }
            stream.read_to_end(&mut Vec::new()).await.ok();
        }
        rounds.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_slow_clients_than_there_are_places_keep_nobody_out() {
    let limits = Limits { connections: 20, ..Limits::default() };
    for kind in 0..4 {
        let station = Station::spawn_with(|config| config.limits = limits).await;
        let phone = station.any_phone().await;
        let mut attackers = JoinSet::new();
        let rounds = Arc::new(AtomicUsize::new(0));
        for _ in 0..60 {
            attackers.spawn(slow_client(station.address, kind, rounds.clone()));
        }
        // All places were taken many times over, without anybody waiting for the limits to pass.
        let full = async || {
            while rounds.load(Ordering::Relaxed) < 300 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        beside_an_honest_phone(&station, phone, full).await;
        attackers.shutdown().await;
    }
}

const BOGUS: usize = 10_000;

/// Requests that get an answer and leave the connection open.
async fn bogus_requests(address: SocketAddr, token: String, count: usize) {
    let zeros = "0".repeat(64);
    let blob = format!("/api/v1/blobs/{zeros}");
    let wrong = ("authorization", "Bearer 0".to_owned());
    let right = ("authorization", format!("Bearer {token}"));
    let deep = format!("{{\"entries\":[{}", "[".repeat(5000));
    let cases = [
        ("POST", "/api/v1/entries", &wrong, "{}", 401),
        ("POST", "/api/v1/entries", &right, "{\"entries\":", 400),
        ("POST", "/api/v1/entries", &right, deep.as_str(), 400),
        ("GET", "/api/v1/mailbox?after=-1", &right, "", 400),
        ("GET", "/api/v1/mailbox?after=99999999999999999999", &right, "", 400),
        ("DELETE", "/api/v1/entries", &right, "", 405),
        ("GET", "/api/../../etc/passwd", &right, "", 404),
        ("PUT", blob.as_str(), &right, "not zeros", 422),
        ("PATCH", blob.as_str(), &right, "x", 400),
        ("HEAD", "/api/v1/blobs/..%2f..%2fstation.sqlite", &right, "", 400),
    ];
    let mut connection = Keep::open(address).await;
    for at in 0..count {
        let (method, path, token, body, status) = &cases[at % cases.len()];
        let headers = [(token.0, token.1.as_str())];
        let reply = connection.request(method, path, &headers, (*body).to_owned()).await;
        let is_guess = matches!(status, 401 | 404) && reply.status == 429;
        let fine = reply.status == *status || is_guess || (reply.status == 503 && *method == "PUT");
        assert!(fine, "{method} {path}: {} {}", reply.status, reply.text());
    }
}

/// Noise that is no HTTP at all.
async fn noise(address: SocketAddr, count: usize) {
    let words: [&[u8]; 5] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /api/v1/entries HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\nzz\r\n",
        &[0; 1000],
    ];
    for at in 0..count {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(words[at % words.len()]).await.ok();
        stream.shutdown().await.ok();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok();
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_bogus_requests_stop_nobody() {
    let station = Station::spawn().await;
    let phone = station.any_phone().await;
    let token = station.any_phone().await.token;
    let address = station.address;
    beside_an_honest_phone(&station, phone, async || {
        let mut attackers = JoinSet::new();
        for _ in 0..4 {
            attackers.spawn(bogus_requests(address, token.clone(), BOGUS / 5));
        }
        attackers.spawn(noise(address, BOGUS / 5));
        attackers.join_all().await;
    })
    .await;
    let healthy = station.get("/healthz", &[]).await;
    assert_eq!(healthy.text(), "xunji-station");
}

/// Sends 100 MB to a path, chunked, and gives the status if the answer got through. The station may hang up while the
/// sender still sends.
async fn send_100_mb(address: SocketAddr, method: &str, path: &str, token: &str) -> Option<u16> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: station\r\nauthorization: Bearer {token}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let sending = tokio::spawn(async move {
        writer.write_all(head.as_bytes()).await.ok()?;
        let chunk = [&b"10000\r\n"[..], &[b' '; 0x10000], b"\r\n"].concat();
        for _ in 0..1600 {
            writer.write_all(&chunk).await.ok()?;
        }
        writer.write_all(b"0\r\n\r\n").await.ok()
    });
    let mut answer = Vec::new();
    reader.read_to_end(&mut answer).await.ok();
    assert_eq!(sending.await.unwrap(), None, "it was cut off");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer.strip_prefix("HTTP/1.1 ").map(|rest| rest[..3].parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_of_100_mb_stops_nobody_and_stays_nowhere() {
    let station = Station::spawn().await;
    let phone = station.any_phone().await;
    let token = station.any_phone().await.token;
    let blob = format!("/api/v1/blobs/{}", "a".repeat(64));
    let address = station.address;
    let paths = [("POST", "/api/v1/entries"), ("POST", "/api/v1/enrolments"), ("PUT", blob.as_str())];
    beside_an_honest_phone(&station, phone, async || {
        for (method, path) in paths {
            let status = send_100_mb(address, method, path, &token).await;
            assert!(matches!(status, None | Some(413)), "{method} {path}: {status:?}");
        }
    })
    .await;
    // One that says beforehand how much it will be is told at once.
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PUT {blob} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: 100000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    let part = station.data().join("blobs/aa").join("a".repeat(64)).with_extension("part");
    assert!(part.metadata().map_or(0, |file| file.len()) <= BLOB_BYTES);
    assert_eq!(station.count("blobs").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_the_answers_is_dropped() {
    let limits = Limits { reading: Duration::from_millis(300), ..Limits::default() };
    let station = Station::spawn_with(|config| config.limits = limits).await;
    let (phone, address) = (station.any_phone().await, station.address);
    beside_an_honest_phone(&station, phone, async || {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // Asks and asks until the station, which can't get rid of its answers, hangs up.
        let ask = b"GET /api/v1/openapi.json HTTP/1.1\r\nhost: station\r\n\r\n".repeat(50);
        while stream.write_all(&ask).await.is_ok() {}
    })
    .await;
}
