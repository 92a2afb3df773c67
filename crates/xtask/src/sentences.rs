//! What the boot script says before the app, which knows all sentences, has started: taken out of `locales/*.toml`.

use crate::fault::{AtPath, Fault, Outcome};
use serde_json::{Map, Value};
use std::path::Path;

/// Which sentences those are.
const SPOKEN: [&str; 9] = [
    "boot_blocked",
    "boot_blocked_do",
    "boot_broken",
    "boot_broken_do",
    "boot_data_safe",
    "boot_old",
    "boot_old_do",
    "boot_older",
    "open_again",
];

/// Writes them into the boot script's text.
pub fn fill(boot: &str, locales: &Path) -> Outcome<String> {
    const EMPTY: &str = "const SENTENCES = {};";
    if boot.matches(EMPTY).count() != 1 {
        return Err(odd(format!("The boot script has no single line `{EMPTY}`.")));
    }
    let mut all = Map::new();
    for entry in std::fs::read_dir(locales).at("read", locales)? {
        let path = entry.at("read", locales)?.path();
        let Some(tag) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".toml")) else {
            continue;
        };
        let text = std::fs::read_to_string(&path).at("read", &path)?;
        all.insert(tag.to_owned(), Value::Object(sentences(&text).map_err(odd)?));
    }
    // A language that is not complete yet speaks Chinese where it has no words.
    let chinese = all.get("zh-CN").cloned().unwrap_or_default();
    for language in all.values_mut() {
        for key in SPOKEN {
            if language.get(key).is_none() {
                language[key] =
                    chinese.get(key).cloned().ok_or_else(|| odd(format!("`{key}` is missing.")))?;
            }
        }
    }
    Ok(boot.replace(EMPTY, &format!("const SENTENCES = {};", Value::Object(all))))
}

fn sentences(text: &str) -> Result<Map<String, Value>, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
    let said = |key: &str| Some((key.to_owned(), Value::from(table.get(key)?.as_str()?)));
    Ok(SPOKEN.into_iter().filter_map(said).collect())
}

fn odd(cause: String) -> Fault {
    Fault::new(
        cause,
        "The app was not finished, for its first words are missing.",
        "Mend public/boot.js or locales.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_boot_script_says_every_sentence_in_every_language() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let boot = std::fs::read_to_string(format!("{root}/public/boot.js")).expect("it is there");
        let filled = fill(&boot, &Path::new(root).join("locales")).expect("it has room for them");
        for key in SPOKEN {
            assert!(boot.contains(&format!("\"{key}\"")), "{key} is never said");
            assert_eq!(filled.matches(&format!("\"{key}\":")).count(), 2, "{key}");
        }
    }
}
