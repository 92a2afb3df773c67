//! Forgotten PINs: a code of the office opens the copy of one phone, once, and it stays written down.

use aes_gcm::{Aes256Gcm, KeyInit, aead::Aead};
use chrono::TimeDelta;
use p256::{PublicKey, SecretKey, ecdh, elliptic_curve::sec1::ToSec1Point};
use serde_json::json;
use sqlx::Connection;
use uuid::Uuid;
use xunji_domain::{
    id::{InstallationId, WorkerId},
    wire::{Recovery, base64url, from_base64url},
};
use xunji_station::{check, data::DataFolder, db, enrolment::code::Code, recovery};

use crate::support::*;

const DATA_KEY: [u8; 32] = [5; 32];

/// What a phone seals for its station when it is enrolled.
pub(crate) fn copy_for(station: &str, installation: InstallationId) -> String {
    let own = SecretKey::from_slice(&[7; 32]).unwrap();
    let station = PublicKey::from_sec1_bytes(&from_base64url(station).unwrap()).unwrap();
    let shared = ecdh::diffie_hellman(own.to_nonzero_scalar(), station.as_affine());
    let point = own.public_key().to_sec1_point(false);
    let mut key = [0; 32];
    let info = format!("xunji-recovery-1/{installation}");
    shared.extract::<sha2::Sha256>(Some(point.as_bytes())).expand(info.as_bytes(), &mut key).unwrap();
    let sealed = Aes256Gcm::new(&key.into()).encrypt(&[9; 12].into(), &DATA_KEY[..]).unwrap();
    base64url(&[point.as_bytes(), &[9; 12], &sealed].concat())
}

impl Station {
    async fn recovery_code(&self, installation: InstallationId, valid: TimeDelta) -> String {
        let mut connection = db::open_writer(&self.database()).await.unwrap();
        let code = Code::draw().unwrap();
        let worker = WorkerId::new(Uuid::nil());
        recovery::issue(&mut connection, installation, worker, &code, "司法所 李四", valid).await.unwrap();
        connection.close().await.unwrap();
        code.to_string()
    }

    pub(crate) async fn recover(&self, code: &str, installation: InstallationId, copy: &str) -> Reply {
        let body = json!({ "code": code, "installation": installation, "copy": copy }).to_string();
        request(self.address, "POST", "/api/v1/recoveries", &[], body).await
    }
}

#[tokio::test]
async fn a_code_opens_the_copy_once_and_only_its_hash_is_kept() {
    let station = Station::spawn().await;
    let phone = station.any_phone().await;
    let copy = copy_for(phone.recovery_key.as_deref().unwrap(), phone.installation);
    let code = station.recovery_code(phone.installation, TimeDelta::hours(1)).await;
    let typed = code.to_lowercase().replace('-', " ");
    let reply = station.recover(&typed, phone.installation, &copy).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json::<Recovery>().key, base64url(&DATA_KEY));
    let reply = station.recover(&code, phone.installation, &copy).await;
    assert_eq!((reply.status, reply.problem().as_str()), (409, "/problems/recovery-code-used"));
    let kept =
        station.rows("SELECT lower(hex(hash)), released_by, used_at IS NOT NULL FROM recoveries").await;
    assert_eq!(kept.len(), 1);
    assert!(kept[0].ends_with("|司法所 李四|1") && !kept[0].contains(&code.to_lowercase()), "{kept:?}");
}

#[tokio::test]
async fn a_code_is_good_for_its_own_phone_only_and_not_for_long() {
    let station = Station::spawn().await;
    let (mine, theirs) = (station.any_phone().await, station.any_phone().await);
    let key = mine.recovery_key.clone().unwrap();
    assert_eq!(theirs.recovery_key.as_deref(), Some(key.as_str()));
    let (copy, other) = (copy_for(&key, mine.installation), copy_for(&key, theirs.installation));
    let code = station.recovery_code(mine.installation, TimeDelta::hours(1)).await;
    let late = station.recovery_code(mine.installation, TimeDelta::seconds(-1)).await;
    for (what, code, installation, copy, status, problem) in [
        ("another phone", &code, theirs.installation, &other, 404, "recovery-code-unknown"),
        ("another phone's copy", &code, mine.installation, &other, 422, "recovery-copy-unreadable"),
        ("no copy", &code, mine.installation, &"AAAA".to_owned(), 422, "recovery-copy-unreadable"),
        ("too late", &late, mine.installation, &copy, 410, "recovery-code-expired"),
        ("no such code", &"ACDE-FHJK".to_owned(), mine.installation, &copy, 404, "recovery-code-unknown"),
    ] {
        let reply = station.recover(code, installation, copy).await;
        assert_eq!((reply.status, reply.problem()), (status, format!("/problems/{problem}")), "{what}");
    }
    // None of that has used it up.
    assert_eq!(station.recover(&code, mine.installation, &copy).await.status, 200);
}

#[tokio::test]
async fn guessing_is_limited_together_with_enrolment_codes() {
    let station = Station::spawn().await;
    let phone = station.any_phone().await;
    let copy = copy_for(phone.recovery_key.as_deref().unwrap(), phone.installation);
    let code = station.recovery_code(phone.installation, TimeDelta::hours(1)).await;
    for _ in 0..10 {
        assert_eq!(station.recover("ACDE-FHJK", phone.installation, &copy).await.status, 404);
    }
    let reply = station.recover(&code, phone.installation, &copy).await;
    assert_eq!((reply.status, reply.problem().as_str()), (429, "/problems/too-many-attempts"));
    let reply = station.redeem("ACDE-FHJK", InstallationId::new(Uuid::new_v4())).await;
    assert_eq!(reply.status, 429);
}

#[tokio::test]
async fn the_key_is_kept_over_restarts_and_its_loss_stops_nothing_else() {
    let mut station = Station::spawn().await;
    let key = station.any_phone().await.recovery_key;
    let file = station.data().join("recovery-key.pem");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    station.stop().await;
    station.start().await;
    let phone = station.any_phone().await;
    assert_eq!(phone.recovery_key, key);
    station.stop().await;
    let saved = std::fs::read(&file).unwrap();
    for lost in [None, Some(&b"nothing"[..])] {
        match lost {
            None => std::fs::remove_file(&file).unwrap(),
            Some(bytes) => std::fs::write(&file, bytes).unwrap(),
        }
        station.start().await;
        let phone = station.any_phone().await;
        assert_eq!(phone.recovery_key, None, "phones are enrolled all the same");
        station.stop().await;
        assert_eq!(std::fs::read(&file).ok().as_deref(), lost, "nothing is replaced");
    }
    std::fs::write(&file, saved).unwrap();
    station.start().await;
    let code = station.recovery_code(phone.installation, TimeDelta::hours(1)).await;
    let copy = copy_for(key.as_deref().unwrap(), phone.installation);
    assert_eq!(station.recover(&code, phone.installation, &copy).await.status, 200);
}

#[tokio::test]
async fn a_check_shows_what_was_released_and_names_nobody() {
    let mut station = Station::spawn().await;
    let phone = station.any_phone().await;
    station.recovery_code(phone.installation, TimeDelta::hours(1)).await;
    station.stop().await;
    let report = check::check(&DataFolder::existing(station.data()).unwrap()).await.unwrap();
    assert_eq!((report.damage(), report.news()), (0, 1));
    let line = serde_json::to_string(&report.findings[0]).unwrap();
    assert!(
        line.contains(r#""finding":"recovery""#) && line.contains(&phone.installation.to_string()),
        "{line}"
    );
    assert!(!line.contains("李四"), "{line}");
}
