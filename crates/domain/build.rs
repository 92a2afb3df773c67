//! Turns the ledgers' definitions from TOML, which people write, into JSON, which is all that the app parses.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=kinds");
    println!("cargo::rerun-if-changed=alarms.toml");
    println!("cargo::rerun-if-changed=villages.toml");
    println!("cargo::rerun-if-changed=calendar.toml");
    let out = env::var("OUT_DIR")?;
    let mut paths: Vec<_> =
        fs::read_dir("kinds")?.map(|entry| entry.map(|found| found.path())).collect::<Result<_, _>>()?;
    paths.sort();
    let alarms = to_json(Path::new("alarms.toml"))?;
    let mut kinds = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "toml")) {
        let mut kind = to_json(path)?;
        // Several ledgers name the same alarms; a definition holds them in full.
        for alarm in kind.get_mut("alarms").and_then(serde_json::Value::as_array_mut).into_iter().flatten() {
            let known = alarm.as_str().and_then(|name| alarms.get(name)).cloned();
            *alarm = known.ok_or_else(|| format!("{}: no alarm {alarm}", path.display()))?;
        }
        kinds.push(kind);
    }
    fs::write(Path::new(&out).join("kinds.json"), serde_json::to_string(&kinds)?)?;
    let villages = to_json(Path::new("villages.toml"))?;
    fs::write(Path::new(&out).join("villages.json"), serde_json::to_string(&villages)?)?;
    let calendar = to_json(Path::new("calendar.toml"))?;
    fs::write(Path::new(&out).join("calendar.json"), serde_json::to_string(&calendar)?)?;
    Ok(())
}

fn to_json(path: &Path) -> Result<serde_json::Value, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}
