//! 导出备份 and 导入备份: what a person puts away in one file comes back whole, once, and only to that person.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    photos::PICTURE,
    samples::{self, Sample},
    support::{LUQIAO_GUBAO, Phone, Relay, story},
};

pub const PASSPHRASE: &str = "牦牛 下山喝水 🌾";

#[tokio::test]
async fn a_backup_brings_everything_back_to_a_wiped_phone_and_doubles_nothing() {
    story(async |world| {
        let phone = world.enrolled().await;
        let first = samples::consultation();
        first.record(phone).await;
        phone.sync_becomes("全部已送达").await;
        let worker = world.station.entries()[0]["author"].as_str().expect("an author").to_owned();
        world.station.stop().await;
        let second = with_photo(phone).await;
        phone.sync_becomes("离线,1 条已存在本机").await;
        let file = export(phone, PASSPHRASE).await;
        phone.hears("备份文件已交给浏览器下载").await;
        // Nothing in it can be read without the passphrase.
        let bytes = fs::read(&file).expect("the download can be read");
        assert!(
            !holds(&bytes, "配电箱".as_bytes()) && !holds(&bytes, b"patrol"),
            "the file is open to everyone"
        );
        phone.end().await;

        // The wiped phone: a new profile, a new installation. What the station has does not come back by itself yet.
        world.station.start().await;
        let relay = Relay::before(&world.station.origin());
        relay.meddle(
            |asked, answer| {
                if asked.starts_with("GET /api/v1/mailbox") { unavailable() } else { answer }
            },
        );
        let phone = &world.phone_at("wiped", relay.origin()).await;
        let code = world.station.enrol_again(&worker);
        phone.enrol_at(&code.url.replace(&world.station.origin(), &relay.origin())).await;
        phone.open("/records").await;
        phone.row_count_becomes(0).await;
        import(phone, &file, PASSPHRASE).await;
        phone.hears("已放回 2 条,其中 1 条待上传").await;
        relay.behave();
        phone.press("台账").await;
        let rows = phone.row_count_becomes(2).await;
        for words in ["民间借贷", "网格巡查"] {
            assert!(rows.iter().any(|row| row.contains(words)), "{words} is missing in {rows:#?}");
        }
        phone.send_now("全部已送达").await;
        phone.press("台账").await;
        phone.press_row("网格巡查").await;
        phone.sees_picture("照片 1").await;
        phone.fact_becomes("情况描述", "配电箱门锁损坏。").await;
        let entries = world.station.entries();
        arrived_once(&entries, &[&first, &second]);
        assert_eq!(entries[1]["attachments"].as_array().map(Vec::len), Some(1));

        // Once more.
        import(phone, &file, PASSPHRASE).await;
        phone.hears("已放回 0 条,其中 0 条待上传").await;
        phone.press("台账").await;
        phone.row_count_becomes(2).await;
        phone.sync_becomes("全部已送达").await;
        assert_eq!(world.station.entries(), entries);
    })
    .await;
}

#[tokio::test]
async fn a_backup_that_is_damaged_foreign_or_none_changes_nothing_and_says_why() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        with_photo(phone).await;
        phone.sync_becomes("离线,1 条已存在本机").await;

        phone.press("我的").await;
        phone.press("导出备份").await;
        for (first, second, wanted) in
            [("1234567", "1234567", "口令至少 8 个字"), ("12345678", "12345679", "不一样")]
        {
            phone.enter("口令", first).await;
            phone.enter("再输一次口令", second).await;
            phone.press("导出备份").await;
            phone.is_warned(wanted).await;
        }
        phone.press("取消").await;
        let good = export(phone, PASSPHRASE).await;
        let whole = fs::read(&good).expect("the download can be read");
        let flipped = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        };
        let (middle, end) = (whole.len() / 2, whole.len() - 1);
        let closed = "打不开:口令不对,或文件已损坏";
        let none = "这不是巡记的备份文件";
        let bad: [(&str, Vec<u8>, &str, &str); 11] = [
            ("wrong-passphrase", whole.clone(), "牦牛 上山喝水 🌾", closed),
            ("no-passphrase", whole.clone(), "", closed),
            ("half", whole[..middle].to_vec(), PASSPHRASE, closed),
            ("one-byte-less", whole[..end].to_vec(), PASSPHRASE, closed),
            ("only-the-head", whole[..15].to_vec(), PASSPHRASE, closed),
            ("one-byte-more", [&whole[..], b"x"].concat(), PASSPHRASE, closed),
            ("flipped-in-the-middle", flipped(middle), PASSPHRASE, closed),
            ("flipped-at-the-end", flipped(end), PASSPHRASE, closed),
            ("flipped-in-the-head", flipped(3), PASSPHRASE, none),
            ("picture", fs::read(PICTURE).expect("the picture is there"), PASSPHRASE, none),
            ("empty", Vec::new(), PASSPHRASE, none),
        ];
        let before = phone.database().await;
        for (name, bytes, passphrase, wanted) in bad {
            let file = good.with_file_name(name).with_extension("backup");
            fs::write(&file, bytes).expect("the story's folder can be written to");
            import(phone, &file, passphrase).await;
            phone.is_warned(wanted).await;
            phone.press("取消").await;
            assert_eq!(phone.database().await, before, "{name} has changed something");
        }
        import(phone, &good, PASSPHRASE).await;
        phone.hears("已放回 0 条,其中 0 条待上传").await;
        phone.end().await;

        world.station.start().await;
        let other = &world.another_phone("other").await;
        other.enrol(&world.station.enrol("李四", "grid_worker", LUQIAO_GUBAO)).await;
        other.keeps_the_app().await;
        other.sync_becomes("全部已送达").await;
        world.station.stop().await;
        let before = other.database().await;
        import(other, &good, PASSPHRASE).await;
        other.is_warned("这是另一位同事的备份").await;
        other.press("取消").await;
        assert_eq!(other.database().await, before, "something of another person's has been put in");
        world.station.start().await;
        assert!(world.station.entries().is_empty());
    })
    .await;
}

/// Saves a record with a photo.
async fn with_photo(phone: &Phone) -> Sample {
    let sample = samples::finding("配电箱门锁损坏。");
    sample.begin(phone).await;
    sample.fill(phone).await;
    phone.add_file("照片", Path::new(PICTURE)).await;
    phone.sees_picture("照片 1").await;
    phone.save().await;
    sample
}

pub async fn export(phone: &Phone, passphrase: &str) -> PathBuf {
    phone.press("我的").await;
    phone.heading_becomes("我的").await;
    phone.press("导出备份").await;
    phone.enter("口令", passphrase).await;
    phone.enter("再输一次口令", passphrase).await;
    phone.downloads(async || phone.press("导出备份").await).await
}

pub async fn import(phone: &Phone, file: &Path, passphrase: &str) {
    phone.press("我的").await;
    phone.heading_becomes("我的").await;
    phone.press("导入备份").await;
    phone.add_file("备份文件", file).await;
    phone.enter("口令", passphrase).await;
    phone.press("导入备份").await;
}

fn arrived_once(entries: &[Value], samples: &[&Sample]) {
    assert_eq!(entries.len(), samples.len(), "{entries:#?}");
    for (entry, sample) in entries.iter().zip(samples) {
        assert_eq!(
            (&entry["outcome"], &entry["kind"]),
            (&"accepted".into(), &sample.kind.into()),
            "{entry:#}"
        );
        assert_eq!(entry["revision"], 1, "{entry:#}");
        for (field, value) in sample.body.as_object().into_iter().flatten() {
            assert_eq!(&entry["action"]["body"][field], value, "{field}");
        }
    }
}

fn holds(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}

fn unavailable() -> Vec<u8> {
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
}

#[tokio::test]
async fn a_backup_sheet_that_is_opened_again_has_forgotten_file_and_passphrase() {
    story(async |world| {
        let phone = world.enrolled().await;
        import(phone, Path::new(PICTURE), PASSPHRASE).await;
        phone.is_warned("这不是巡记的备份文件").await;
        phone.press("取消").await;
        phone.press("导入备份").await;
        phone.enter("口令", PASSPHRASE).await;
        phone.press("导入备份").await;
        phone.is_warned("请先选择备份文件").await;
        phone.press("取消").await;

        phone.press("导出备份").await;
        phone.enter("口令", PASSPHRASE).await;
        phone.enter("再输一次口令", PASSPHRASE).await;
        phone.press("取消").await;
        phone.press("导出备份").await;
        phone.holds("口令", "").await;
        phone.press("导出备份").await;
        phone.is_warned("口令至少 8 个字").await;
    })
    .await;
}
