//! Turns `locales/*.toml` into code, so that a sentence that is missing in Chinese or English, or a blank that is
//! filled in one language and not in another, is an error of the build.

mod locales;

use std::{env, error::Error, fs, path::Path};

use locales::Locale;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=locales");
    println!("cargo::rerun-if-changed=build");
    let mut all = Vec::new();
    for entry in fs::read_dir("locales")? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let tag = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            all.push(Locale::read(&tag, &fs::read_to_string(&path)?)?);
        }
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("words.rs"), locales::code(all)?)?;
    Ok(())
}
