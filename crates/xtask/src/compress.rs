//! Leaves `target/app`: the built app with `.br` and `.gz` beside every file that they make smaller.
//!
//! Compressing hard is slow, so results are kept by content; and a file that did not change is not written again, so
//! that the station, which embeds the folder, is not compiled again either.

use crate::digest;
use crate::fault::{AtPath, Outcome};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Makes `app` the compressed copy of `built`, with finished compressions kept in `store`.
pub fn compress(built: &Path, app: &Path, store: &Path) -> Outcome {
    for folder in [app, store] {
        std::fs::create_dir_all(folder).at("create", folder)?;
    }
    let mut wanted = BTreeMap::new();
    let mut used = Vec::new();
    for (address, path) in digest::files(built)? {
        let bytes = std::fs::read(&path).at("read", &path)?;
        let key = digest::hex(&bytes);
        for (ending, squeeze) in [("br", brotli as fn(&[u8]) -> std::io::Result<Vec<u8>>), ("gz", gzip)] {
            let kept = store.join(format!("{key}.{ending}"));
            let small = match std::fs::read(&kept) {
                Ok(small) => small,
                Err(_) => {
                    let mut small = squeeze(&bytes).at("compress", &path)?;
                    if small.len() >= bytes.len() {
                        // An empty file remembers that nothing is won.
                        small.clear();
                    }
                    std::fs::write(&kept, &small).at("write", &kept)?;
                    small
                }
            };
            if !small.is_empty() {
                wanted.insert(format!("{address}.{ending}"), small);
            }
            used.push(kept);
        }
        wanted.insert(address, bytes);
    }
    mirror(&wanted, app)?;
    for (_, path) in digest::files(store)? {
        if !used.contains(&path) {
            std::fs::remove_file(&path).at("remove", &path)?;
        }
    }
    Ok(())
}

/// Writes what differs and removes what is not wanted.
fn mirror(wanted: &BTreeMap<String, Vec<u8>>, folder: &Path) -> Outcome {
    for (address, path) in digest::files(folder)? {
        if !wanted.contains_key(&address) {
            std::fs::remove_file(&path).at("remove", &path)?;
        }
    }
    for (address, bytes) in wanted {
        let path = folder.join(address);
        if std::fs::read(&path).is_ok_and(|old| &old == bytes) {
            continue;
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).at("create", parent)?;
        }
        std::fs::write(&path, bytes).at("write", &path)?;
    }
    Ok(())
}

fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut small = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut small, 1 << 16, 11, 22);
    writer.write_all(bytes)?;
    writer.flush()?;
    drop(writer);
    Ok(small)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compresses_what_gets_smaller_and_drops_what_is_gone() {
        let top = std::env::temp_dir().join(format!("xunji-compress-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&top);
        let (built, app, store) = (top.join("built"), top.join("app"), top.join("store"));
        std::fs::create_dir_all(built.join("sub")).expect("a temporary folder can be made");
        std::fs::write(built.join("sub/long.txt"), "巡记".repeat(500)).expect("it can be written");
        std::fs::write(built.join("x"), "x").expect("it can be written");
        compress(&built, &app, &store).expect("compresses");
        let names = |folder: &Path| -> Vec<_> {
            digest::files(folder).expect("readable").into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(&app), ["sub/long.txt", "sub/long.txt.br", "sub/long.txt.gz", "x"]);
        let size = |name: &str| std::fs::metadata(app.join(name)).expect("there").len();
        assert!(size("sub/long.txt.br") < size("sub/long.txt") / 10);

        let mut text = Vec::new();
        let small = std::fs::read(app.join("sub/long.txt.br")).expect("there");
        brotli::BrotliDecompress(&mut &small[..], &mut text).expect("a whole brotli stream");
        assert_eq!(text, "巡记".repeat(500).as_bytes());

        std::fs::remove_file(built.join("sub/long.txt")).expect("it was there");
        compress(&built, &app, &store).expect("compresses again");
        assert_eq!(names(&app), ["x"]);
        assert_eq!(names(&store).len(), 2);
        let _ = std::fs::remove_dir_all(top);
    }
}
