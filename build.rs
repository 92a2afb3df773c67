//! Turns `locales/*.toml` into one function a sentence, so that a sentence that is missing in a language, or a blank
//! that is filled in one and not in the other, is an error of the build.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    error::Error,
    fmt::Write,
    fs,
    path::Path,
};

type Sentences = BTreeMap<String, String>;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=locales");
    let (zh, en) = (read("locales/zh-CN.toml")?, read("locales/en.toml")?);
    let mut code = String::new();
    for key in zh.keys().chain(en.keys()).collect::<BTreeSet<_>>() {
        let (Some(zh), Some(en)) = (zh.get(key), en.get(key)) else {
            return Err(format!("the sentence `{key}` is missing in one of the locales").into());
        };
        // A function takes its blanks in the order of the Chinese sentence.
        let blanks = blanks(zh);
        if blanks.iter().collect::<BTreeSet<_>>() != self::blanks(en).iter().collect() {
            return Err(
                format!("the sentence `{key}` has other blanks in one locale than in the other").into()
            );
        }
        writeln!(code, "#[doc = {zh:?}]")?;
        if blanks.is_empty() {
            writeln!(code, "pub fn {key}() -> &'static str {{ pick({zh:?}, {en:?}) }}")?;
        } else {
            let takes: Vec<_> =
                blanks.iter().map(|blank| format!("{blank}: impl std::fmt::Display")).collect();
            let gives: Vec<_> =
                blanks.iter().map(|blank| format!("({blank:?}, {blank}.to_string())")).collect();
            let (takes, gives) = (takes.join(", "), gives.join(", "));
            writeln!(code, "pub fn {key}({takes}) -> String {{ fill(pick({zh:?}, {en:?}), &[{gives}]) }}")?;
        }
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("words.rs"), code)?;
    Ok(())
}

fn read(path: &str) -> Result<Sentences, Box<dyn Error>> {
    toml::from_str(&fs::read_to_string(path)?).map_err(|error| format!("{path}: {error}").into())
}

/// The names in curly brackets, each once, in the order of the sentence.
fn blanks(sentence: &str) -> Vec<&str> {
    let mut blanks = Vec::new();
    for (blank, _) in sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
        if !blanks.contains(&blank) {
            blanks.push(blank);
        }
    }
    blanks
}
