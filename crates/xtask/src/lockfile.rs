//! Reads one thing from Cargo.lock: which version of a package was resolved.

/// The version of `package` in the text of a Cargo.lock; `None` when it is absent.
pub fn version_of(lock: &str, package: &str) -> Option<String> {
    let quoted = |line: &str, key: &str| {
        let value = line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim();
        Some(value.strip_prefix('"')?.strip_suffix('"')?.to_owned())
    };
    let mut lines = lock.lines();
    while let Some(line) = lines.next() {
        if quoted(line, "name").as_deref() == Some(package) {
            return lines.next().and_then(|next| quoted(next, "version"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"wasm-bindgen-shared\"\nversion = \"0.2.9\"\n\n\
        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"x\"\ndependencies = [\n \"cfg-if\",\n]\n";

    #[test]
    fn finds_the_package_and_not_its_namesakes() {
        assert_eq!(version_of(LOCK, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_of(LOCK, "wasm"), None);
        assert_eq!(version_of(LOCK, "cfg-if"), None);
    }
}
