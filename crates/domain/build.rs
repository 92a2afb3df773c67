//! Turns the ledgers' definitions from TOML, which people write, into JSON, which is all that the app parses.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=kinds");
    println!("cargo::rerun-if-changed=villages.toml");
    let out = env::var("OUT_DIR")?;
    let mut paths: Vec<_> =
        fs::read_dir("kinds")?.map(|entry| entry.map(|found| found.path())).collect::<Result<_, _>>()?;
    paths.sort();
    let mut kinds = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "toml")) {
        kinds.push(to_json(path)?);
    }
    fs::write(Path::new(&out).join("kinds.json"), serde_json::to_string(&kinds)?)?;
    let villages = to_json(Path::new("villages.toml"))?;
    fs::write(Path::new(&out).join("villages.json"), serde_json::to_string(&villages)?)?;
    Ok(())
}

fn to_json(path: &Path) -> Result<serde_json::Value, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}
