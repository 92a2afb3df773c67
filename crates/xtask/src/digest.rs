//! Content digests.

use crate::fault::{AtPath, Outcome};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The SHA-256 of some bytes, in hex.
pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first 16 digits: enough to tell versions of a file apart, short enough for a name.
pub fn short(bytes: &[u8]) -> String {
    hex(bytes)[..16].to_owned()
}

/// All files under a folder, sorted, each with its address in the folder (`/` between the parts).
pub fn files(folder: &Path) -> Outcome<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), folder.to_owned())];
    while let Some((prefix, folder)) = folders.pop() {
        for item in std::fs::read_dir(&folder).at("read", &folder)? {
            let path = item.at("read", &folder)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let address = format!("{prefix}{name}");
            if path.is_dir() {
                folders.push((format!("{address}/"), path));
            } else {
                found.push((address, path));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// One digest over files and folders: names and contents. What is missing counts as missing.
pub fn of_tree(paths: &[PathBuf]) -> Outcome<String> {
    let mut all = Sha256::new();
    let mut take = |name: &str, path: &Path| -> Outcome {
        all.update(format!("{name}\0{}\n", hex(&std::fs::read(path).at("read", path)?)));
        Ok(())
    };
    for path in paths {
        let name = path.display().to_string();
        if path.is_dir() {
            for (address, file) in files(path)? {
                take(&format!("{name}/{address}"), &file)?;
            }
        } else if path.is_file() {
            take(&name, path)?;
        }
    }
    Ok(all.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_known_digest() {
        assert_eq!(super::short(b"abc"), "ba7816bf8f01cfea");
    }
}
