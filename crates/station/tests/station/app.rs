//! How the app's files are served.

use axum::http::{StatusCode, header};
use xunji_station::app::table::{AppFile, Table};

use crate::support::*;

const fn file(path: &'static str, packed: bool) -> AppFile {
    AppFile {
        path,
        identity: b"plain",
        br: if packed { Some(b"br") } else { None },
        gzip: if packed { Some(b"gz") } else { None },
    }
}

fn table() -> Table {
    Table::new(&[
        file("index.html", true),
        file("sw.js", true),
        file("manifest.webmanifest", true),
        file("icons/icon.svg", true),
        file("icons/maskable-512.png", false),
        file("xunji-0123456789abcdef.js", true),
        file("xunji-0123456789abcdef_bg.wasm", true),
        file("tokens-0123456789abcdef.css", true),
        file("snippets/xunji-0123456789abcdef/inline0.js", true),
        file("boot-0123456789abcdef.js", true),
    ])
}

#[test]
fn the_best_encoding_that_the_browser_takes_is_chosen() {
    for (accepted, encoding, body) in [
        ("gzip, deflate, br", Some("br"), &b"br"[..]),
        ("gzip", Some("gzip"), b"gz"),
        ("br;q=0, gzip;q=0.5", Some("gzip"), b"gz"),
        ("br;q=0,gzip;q=0", None, b"plain"),
        ("", None, b"plain"),
        ("identity", None, b"plain"),
    ] {
        let served = table().answer("/sw.js", accepted, "");
        assert_eq!((served.header(header::CONTENT_ENCODING), served.body), (encoding, body), "{accepted}");
        assert_eq!(served.header(header::VARY), Some("accept-encoding"));
    }
    assert_eq!(table().answer("/icons/maskable-512.png", "br, gzip", "").body, b"plain");
}

#[test]
fn only_names_with_a_hash_are_kept_for_ever() {
    for hashed in [
        "/xunji-0123456789abcdef.js",
        "/xunji-0123456789abcdef_bg.wasm",
        "/tokens-0123456789abcdef.css",
        "/snippets/xunji-0123456789abcdef/inline0.js",
        "/boot-0123456789abcdef.js",
    ] {
        let served = table().answer(hashed, "", "");
        assert_eq!(
            served.header(header::CACHE_CONTROL),
            Some("public, max-age=31536000, immutable"),
            "{hashed}"
        );
    }
    for fresh in
        ["/", "/index.html", "/sw.js", "/manifest.webmanifest", "/icons/icon.svg", "/icons/maskable-512.png"]
    {
        assert_eq!(table().answer(fresh, "", "").header(header::CACHE_CONTROL), Some("no-cache"), "{fresh}");
    }
}

#[test]
fn every_file_has_its_content_type() {
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/icons/icon.svg", "image/svg+xml"),
        ("/icons/maskable-512.png", "image/png"),
        ("/xunji-0123456789abcdef_bg.wasm", "application/wasm"),
        ("/tokens-0123456789abcdef.css", "text/css; charset=utf-8"),
    ] {
        assert_eq!(table().answer(path, "", "").header(header::CONTENT_TYPE), Some(kind), "{path}");
    }
}

#[test]
fn screens_are_the_same_document_and_missing_files_are_missing() {
    for screen in ["/", "/records", "/records/0198-77", "/new/patrol", "/enrol", "/outbox/"] {
        let served = table().answer(screen, "", "");
        assert_eq!(
            (served.status, served.header(header::CACHE_CONTROL)),
            (StatusCode::OK, Some("no-cache")),
            "{screen}"
        );
    }
    for missing in ["/old-fedcba9876543210.js", "/favicon.ico", "/a/b.css", "/../../etc/passwd.txt"] {
        assert_eq!(table().answer(missing, "", "").status, StatusCode::NOT_FOUND, "{missing}");
    }
}

#[test]
fn a_file_that_the_browser_has_is_not_sent_again() {
    let tag = table().answer("/sw.js", "br", "").header(header::ETAG).unwrap().to_owned();
    let again = table().answer("/sw.js", "br", &format!("\"x\", W/{tag}"));
    assert_eq!((again.status, again.body), (StatusCode::NOT_MODIFIED, &b""[..]));
    assert_eq!(
        table().answer("/sw.js", "gzip", &tag).status,
        StatusCode::OK,
        "another encoding is another thing"
    );
}

#[tokio::test]
async fn the_apps_answers_carry_the_security_headers() {
    let station = Station::spawn().await;
    for path in ["/", "/records", "/missing.js"] {
        let reply = station.get(path, &[]).await;
        let policy = reply.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"),
            "{path}: {policy}"
        );
        for unsafe_word in ["'unsafe-inline'", "'unsafe-eval'", "http:", "*"] {
            assert!(!policy.contains(unsafe_word));
        }
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("referrer-policy"), "no-referrer");
        assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
        assert!(
            reply
                .header("permissions-policy")
                .starts_with("camera=(self), geolocation=(self), microphone=(self)")
        );
    }
    let posted = request(station.address, "POST", "/records", &[], "").await;
    assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD"));
}
