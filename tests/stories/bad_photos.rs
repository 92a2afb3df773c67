//! Picked files that are no photos, or none that a browser opens: each is refused with its reason, and nothing else is.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    photos::{PICTURE, stored},
    samples,
    support::{Phone, World, story},
};

const UNREADABLE: &str = "这个文件不是能打开的照片,没有加上。请换一张 JPG 或 PNG。";

#[tokio::test]
async fn a_file_that_is_no_photo_is_refused_with_its_reason_and_takes_nothing_with_it() {
    story(async |world| {
        let phone = world.enrolled().await;
        let picture = fs::read(PICTURE).expect("the picture is there");
        let heic = [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", &[7; 4096][..]].concat();
        let bad: [(&str, &[u8], &str); 6] = [
            ("words.jpg", "这不是照片".as_bytes(), UNREADABLE),
            ("empty.jpg", b"", "这个文件是空的"),
            ("camera.heic", &heic, "这是 HEIC 格式"),
            // As phones hand it on when they call everything a JPG.
            ("camera.jpg", &heic, "这是 HEIC 格式"),
            ("head-only.png", &picture[..33], UNREADABLE),
            ("noise.png", &[0x5a; 100_000], UNREADABLE),
        ];
        let sample = samples::finding("坏照片不影响别的");
        sample.begin(phone).await;
        sample.fill(phone).await;
        phone.hears("草稿已保存").await;
        for (name, bytes, wanted) in bad {
            phone.add_file("照片", &file(&world, name, bytes)).await;
            phone.is_warned(wanted).await;
            assert!(!phone.has_picture("照片 1").await, "{name} was added");
        }
        phone.add_file("照片", Path::new(PICTURE)).await;
        phone.sees_picture("照片 1").await;
        phone.holds("情况描述", "坏照片不影响别的").await;
        phone.save().await;
        phone.sync_becomes("全部已送达").await;
        let entries = world.station.entries();
        assert_eq!(entries.len(), 1, "{entries:#?}");
        assert_eq!(entries[0]["attachments"].as_array().map(Vec::len), Some(1));
        assert_eq!(world.station.findings(), Vec::<Value>::new());
    })
    .await;
}

/// Opened, it takes 320 MB. A phone that has not so much to spare says so.
#[tokio::test]
async fn an_80_megapixel_picture_is_made_small_or_refused_with_its_reason_by_a_small_phone() {
    story(async |world| {
        let phone = world.enrolled().await;
        let sample = samples::finding("八千万像素");
        sample.begin(phone).await;
        sample.fill(phone).await;
        let bytes = phone.run(HUGE, vec![]).await.expect("the page can pack bytes");
        let bytes: Vec<u8> = serde_json::from_value(bytes).expect("bytes");
        let huge = file(&world, "huge.png", &bytes);
        for (gigabytes, kept) in [(1, false), (8, true)] {
            let script = "Object.defineProperty(navigator, 'deviceMemory', { value: arguments[0], configurable: true })";
            phone.run(script, vec![json!(gigabytes)]).await.expect("the page takes a script");
            phone.add_file("照片", &huge).await;
            if kept {
                phone.sees_picture("照片 1").await;
            } else {
                phone.is_warned("照片像素太大,这部手机打不开,没有加上。").await;
            }
            phone.holds("情况描述", "八千万像素").await;
        }
        phone.save().await;
        phone.sync_becomes("全部已送达").await;
        let entries = world.station.entries();
        let attachments = entries[0]["attachments"].as_array().cloned().unwrap_or_default();
        assert_eq!((entries.len(), attachments.len()), (1, 1), "{entries:#?}");
        assert_eq!(size(phone, stored(&world, &attachments[0])).await, json!([1600, 1280]));
        assert_eq!(world.station.findings(), Vec::<Value>::new());
    })
    .await;
}

fn file(world: &World, name: &str, bytes: &[u8]) -> PathBuf {
    let file = world.station.folder().with_file_name(name);
    fs::write(&file, bytes).expect("the story's folder can be written to");
    file
}

async fn size(phone: &Phone, bytes: Vec<u8>) -> Value {
    let script = "
        const picture = await createImageBitmap(new Blob([new Uint8Array(arguments[0])], { type: 'image/jpeg' }));
        return [picture.width, picture.height];
    ";
    phone.run(script, vec![bytes.into()]).await.expect("the station's file is a picture")
}

/// A white PNG of 10000 × 8000 pixels with one bit each, which packs ten million bytes into ten thousand.
const HUGE: &str = "
    const table = Array.from({ length: 256 }, (_, n) => {
        for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
        return n >>> 0;
    });
    const check = (bytes) => ~bytes.reduce((sum, byte) => table[(sum ^ byte) & 255] ^ (sum >>> 8), ~0) >>> 0;
    const number = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
    const chunk = (name, body) => {
        const named = [...new TextEncoder().encode(name), ...body];
        return [...number(body.length), ...named, ...number(check(named))];
    };
    const [width, height] = [10000, 8000];
    const rows = new Uint8Array((1 + width / 8) * height).fill(255);
    for (let row = 0; row < height; row++) rows[row * (1 + width / 8)] = 0;
    const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream('deflate'));
    const pixels = new Uint8Array(await new Response(packed).arrayBuffer());
    return [
        ...[137, 80, 78, 71, 13, 10, 26, 10],
        ...chunk('IHDR', [...number(width), ...number(height), 1, 0, 0, 0, 0]),
        ...chunk('IDAT', pixels),
        ...chunk('IEND', []),
    ];
";
