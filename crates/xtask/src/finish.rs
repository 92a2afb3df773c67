//! The last step of an app build, called by Trunk's `post_build` hook before its folder replaces the old one.
//!
//! Joins the style sheets into one request, names it, every script and the code by content, fills the service
//! worker's list, and refuses a page that the content security policy would not let start. Trunk's own hash is of the code *before* wasm-bindgen and wasm-opt
//! ran, and wasm-bindgen's of a snippet's crate: under both, one name can come to mean two contents, which a cache
//! that believes names to be for ever would serve mixed.

use crate::fault::{AtPath, Fault, Outcome};
use crate::workspace::Workspace;
use crate::{digest, html, precache};
use std::path::{Path, PathBuf};

/// Finishes the folder that Trunk names.
pub fn from_hook(workspace: &Workspace) -> Outcome {
    let Some(staging) = std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from) else {
        return Err(Fault::new(
            "`finish-app` was called outside of a Trunk build.",
            "Nothing was done.",
            "Run `cargo xtask app`, which builds and finishes the app.",
        ));
    };
    crate::licences::write(workspace, &staging.join(crate::licences::FILE))?;
    finish(&staging, workspace.root())
}

/// Finishes a built app; the checkout holds the sources of boot script and worker, and the sentences.
pub fn finish(folder: &Path, checkout: &Path) -> Outcome {
    let public = checkout.join("public");
    let index = folder.join("index.html");
    let mut page = read(&index)?;
    let boot = html::boot(&page).map_err(|what| odd("index.html", &what))?;
    if let Some(what) = html::refused_by_policy(&page) {
        return Err(odd("index.html", &what));
    }

    page = join_styles(folder, page)?;
    let mut early = Vec::new();

    let code = folder.join(boot.code.trim_start_matches('/'));
    let mut script = read(&code)?;
    if let Some(snippets) = rename_snippets(folder)? {
        for (file, _) in digest::files(&folder.join(&snippets))? {
            early.push(format!("/{snippets}/{file}"));
        }
        // Only where they are fetched from: the same text is also the name under which the code asks for them.
        for quote in ['\'', '"'] {
            script =
                script.replace(&format!("from {quote}./snippets/"), &format!("from {quote}./{snippets}/"));
        }
    }
    remove(&code)?;
    let new_code = write_named(folder, "xunji", ".js", script.as_bytes())?;

    let wasm = folder.join(boot.wasm.trim_start_matches('/'));
    let bytes = std::fs::read(&wasm).at("read", &wasm)?;
    remove(&wasm)?;
    let new_wasm = write_named(folder, "xunji", ".wasm", &bytes)?;

    let source = crate::sentences::fill(&read(&public.join("boot.js"))?, &checkout.join("locales"))?;
    let source = crate::lean::script(&source);
    let new_boot = write_named(folder, "boot", ".js", source.as_bytes())?;

    for (old, new) in [(&boot.code, &new_code), (&boot.wasm, &new_wasm), (&boot.script, &new_boot)] {
        page = page.replace(&format!("\"{old}\""), &format!("\"{new}\""));
    }
    // Without this the browser learns of a snippet only when it has read the code: one more way there and back.
    let links: String =
        early.iter().map(|file| format!("<link rel=\"modulepreload\" href=\"{file}\">")).collect();
    page = page.replacen("</head>", &format!("{links}</head>"), 1);
    std::fs::write(&index, &page).at("write", &index)?;

    let kept = precache::list(folder)?;
    let worker = crate::lean::script(&read(&public.join("sw.js"))?);
    let worker = precache::fill(&worker, &kept).map_err(|what| odd("sw.js", &what))?;
    std::fs::write(folder.join("sw.js"), worker).at("write", &folder.join("sw.js"))?;
    println!("    version {} of the app: {} files to keep offline", precache::version(&kept), kept.len());
    Ok(())
}

/// Puts one style sheet in the place of all, in their order.
fn join_styles(folder: &Path, mut page: String) -> Outcome<String> {
    let sheets = html::style_sheets(&page).map_err(|what| odd("index.html", &what))?;
    let Some((first, _)) = sheets.first() else { return Ok(page) };
    let mut all = String::new();
    for (_, file) in &sheets {
        let path = folder.join(file);
        all.push_str(&crate::lean::style(&read(&path)?));
        remove(&path)?;
    }
    if all.contains("@import") {
        return Err(odd("index.html", "names a style sheet that imports another, which is one more request"));
    }
    let address = write_named(folder, "style", ".css", all.as_bytes())?;
    page = page.replacen(first, &format!("<link rel=\"stylesheet\" href=\"{address}\">"), 1);
    for (link, _) in &sheets[1..] {
        page = page.replacen(link, "", 1);
    }
    Ok(page)
}

/// Puts the digest of all snippets into their folder's name, so that it can be cached like any other hashed name.
fn rename_snippets(folder: &Path) -> Outcome<Option<String>> {
    let old = folder.join("snippets");
    if !old.is_dir() {
        return Ok(None);
    }
    let mut all = String::new();
    for (address, path) in digest::files(&old)? {
        all.push_str(&format!("{address} {}\n", digest::hex(&std::fs::read(&path).at("read", &path)?)));
    }
    let name = format!("snippets-{}", digest::short(all.as_bytes()));
    std::fs::rename(&old, folder.join(&name)).at("rename", &old)?;
    Ok(Some(name))
}

/// Writes a file under a name with its digest, and returns its address.
fn write_named(folder: &Path, stem: &str, ending: &str, bytes: &[u8]) -> Outcome<String> {
    let name = format!("{stem}-{}{ending}", digest::short(bytes));
    let path = folder.join(&name);
    std::fs::write(&path, bytes).at("write", &path)?;
    Ok(format!("/{name}"))
}

fn read(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).at("read", path)
}

fn remove(path: &Path) -> Outcome {
    std::fs::remove_file(path).at("replace", path)
}

fn odd(file: &str, what: &str) -> Fault {
    Fault::new(
        format!("The built {file} {what}."),
        "The app was not finished, for it would not start in a browser.",
        format!("Mend public/{file} or Trunk.toml; crates/xtask/src/finish.rs says what is expected."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<html><head><link rel=\"modulepreload\" href=\"/xunji-1.js\">\
        <link rel=\"stylesheet\" href=\"/a.css\"/><link rel=\"stylesheet\" href=\"/b.css\"/></head><body>\
        <script type=\"module\" src=\"/boot.js\" data-js=\"/xunji-1.js\" data-wasm=\"/xunji-1_bg.wasm\"></script></body></html>";

    fn build(name: &str, page: &str) -> (PathBuf, Outcome) {
        let folder = std::env::temp_dir().join(format!("xunji-finish-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("snippets/a")).expect("a temporary folder can be made");
        let put =
            |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("it can be written");
        put("index.html", page);
        put(
            "xunji-1.js",
            "import { x } from './snippets/a/inline0.js'; const y = {\"./snippets/a/inline0.js\": x};",
        );
        put("xunji-1_bg.wasm", "\0asm");
        put("a.css", "a { color: red } /* why */");
        put("b.css", "b { color: blue }");
        put("snippets/a/inline0.js", "export const x = 1;");
        let outcome = finish(&folder, Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")));
        (folder, outcome)
    }

    #[test]
    fn every_name_follows_its_content_and_the_worker_lists_them() {
        let (folder, outcome) = build("names", PAGE);
        outcome.expect("the page is as expected");
        let files: Vec<_> =
            digest::files(&folder).expect("readable").into_iter().map(|(name, _)| name).collect();
        let page = read(&folder.join("index.html")).expect("written");
        let worker = read(&folder.join("sw.js")).expect("written");
        for file in &files {
            let is_named = file.contains('-') && file.chars().filter(char::is_ascii_hexdigit).count() >= 16;
            assert!(is_named || ["index.html", "sw.js"].contains(&&**file), "{file}");
            assert!(is_named == worker.contains(&format!("\"/{file}\"")), "{file} in the worker");
            assert!(!is_named || page.contains(&format!("\"/{file}\"")), "{file} in the page");
        }
        let style = files.iter().filter(|f| f.ends_with(".css")).collect::<Vec<_>>();
        assert_eq!(style.len(), 1, "{style:?}");
        assert_eq!(read(&folder.join(style[0])).expect("written"), "a { color: red }\nb { color: blue }\n");
        let code = files.iter().find(|f| f.starts_with("xunji-") && f.ends_with(".js")).expect("the code");
        assert!(read(&folder.join(code)).expect("written").contains("'./snippets-"));
        assert!(read(&folder.join(code)).expect("written").contains("\"./snippets/a/inline0.js\": x"));
        let _ = std::fs::remove_dir_all(folder);
    }

    #[test]
    fn an_inline_script_stops_the_build() {
        let (folder, outcome) = build("inline", &PAGE.replace("</body>", "<script>x()</script></body>"));
        assert!(outcome.expect_err("refused").to_string().contains("inline script"));
        let _ = std::fs::remove_dir_all(folder);
    }
}
