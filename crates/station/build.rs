//! With the feature `embed`: turns the folder of the built app into a table of its files, bytes and all.
//!
//! `XUNJI_APP` names the folder. Beside a file F there may be F.br and F.gz, its compressed forms.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=XUNJI_APP");
    if env::var_os("CARGO_FEATURE_EMBED").is_none() {
        return Ok(());
    }
    let Some(folder) = env::var_os("XUNJI_APP").map(PathBuf::from) else {
        println!(
            "cargo::error=The feature `embed` needs the built app: set XUNJI_APP to the absolute path of its folder, or run `cargo xtask dist`, which does."
        );
        return Ok(());
    };
    if !folder.is_absolute() || !folder.join("index.html").is_file() {
        println!(
            "cargo::error=XUNJI_APP must be the absolute path of a folder with index.html in it; {} is not.",
            folder.display()
        );
        return Ok(());
    }
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = BTreeMap::new();
    collect(&folder, "", &mut files)?;
    let mut table = String::from("&[\n");
    for (name, path) in &files {
        let plain = [".br", ".gz"].iter().find_map(|end| name.strip_suffix(end));
        if plain.is_some_and(|plain| files.contains_key(plain)) {
            continue;
        }
        let bytes = |path: &Path| format!("include_bytes!({:?})", path.display().to_string());
        let packed = |end: &str| {
            let found = files.get(&format!("{name}{end}"));
            found.map_or_else(|| "None".to_owned(), |path| format!("Some({})", bytes(path)))
        };
        writeln!(
            table,
            "AppFile {{ path: {name:?}, identity: {}, br: {}, gzip: {} }},",
            bytes(path),
            packed(".br"),
            packed(".gz")
        )?;
    }
    table.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("app.rs"), table)?;
    Ok(())
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) -> Result<(), Box<dyn Error>> {
    for found in fs::read_dir(folder)? {
        let path = found?.path();
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a file name is not UTF-8")?;
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            println!("cargo::rerun-if-changed={}", path.display());
            files.insert(name, path);
        }
    }
    Ok(())
}
