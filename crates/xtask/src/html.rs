//! What the built index.html says, and what it must not.
//!
//! No HTML parser: the page is ours, small, and written by Trunk; whatever does not look as expected is refused.

/// The boot script's element, as Trunk.toml's `pattern_script` writes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Boot {
    /// Where the boot script lies.
    pub script: String,
    /// Where wasm-bindgen's JavaScript lies.
    pub code: String,
    /// Where the WebAssembly lies.
    pub wasm: String,
}

/// Finds the one boot script; the error is a sentence about what is wrong with the page.
pub fn boot(html: &str) -> Result<Boot, String> {
    let mut found = tags(html, "script").filter(|tag| attribute(tag, "data-wasm").is_some());
    let tag = found
        .next()
        .ok_or("has no boot script; Trunk.toml's pattern_script writes it in place of the rust link")?;
    if found.next().is_some() {
        return Err("has two boot scripts".into());
    }
    let take = |name: &str| {
        let value = attribute(tag, name).filter(|value| value.starts_with('/'));
        value
            .map(str::to_owned)
            .ok_or(format!("has a boot script whose {name} is no absolute address: <{tag}>"))
    };
    Ok(Boot { script: take("src")?, code: take("data-js")?, wasm: take("data-wasm")? })
}

/// The style sheets in order: each link's whole text, and the address that it names. The error is a sentence.
pub fn style_sheets(html: &str) -> Result<Vec<(String, String)>, String> {
    let mut sheets = Vec::new();
    for tag in tags(html, "link").filter(|tag| attribute(tag, "rel") == Some("stylesheet")) {
        let own = attribute(tag, "href").and_then(|href| href.strip_prefix('/'));
        match own {
            Some(own) if attribute(tag, "media").is_none() => {
                sheets.push((format!("<{tag}>"), own.to_owned()))
            }
            _ => return Err(format!("has a style sheet that cannot be joined with the others: <{tag}>")),
        }
    }
    Ok(sheets)
}

/// What a strict content security policy would refuse, as a sentence; `None` when there is nothing.
pub fn refused_by_policy(html: &str) -> Option<String> {
    if tags(html, "script").any(|tag| attribute(tag, "src").is_none()) {
        return Some("has an inline script".into());
    }
    if tags(html, "style").next().is_some() {
        return Some("has an inline style sheet".into());
    }
    let mut all = html.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag);
    all.find_map(|tag| {
        let name = names(tag).find(|name| *name == "style" || (name.starts_with("on") && name.len() > 2))?;
        Some(format!("has the inline attribute `{name}` in <{tag}>"))
    })
}

/// The insides of every opening tag of that name.
fn tags<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    html.split('<').skip(1).filter_map(move |rest| {
        let (tag, _) = rest.split_once('>')?;
        let after = tag.strip_prefix(name)?;
        (after.is_empty() || after.starts_with([' ', '\n', '\t', '/'])).then_some(tag)
    })
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag;
    loop {
        let at = rest.find(name)?;
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        if before.ends_with([' ', '\n', '\t'])
            && let Some(value) = after.strip_prefix("=\"")
        {
            return value.split_once('"').map(|(value, _)| value);
        }
        rest = after;
    }
}

/// The names of a tag's attributes.
fn names(tag: &str) -> impl Iterator<Item = &str> {
    // Every other piece between quotes is a value.
    tag.split('"').step_by(2).flat_map(str::split_whitespace).map(|word| word.trim_end_matches('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!doctype html><html><head><title>x</title></head><body>\
        <script type=\"module\" src=\"/boot.js\" data-js=\"/a.js\" data-wasm=\"/a_bg.wasm\"></script></body></html>";

    #[test]
    fn finds_the_boot_script() {
        let boot = boot(PAGE).expect("the page has one");
        assert_eq!(boot, Boot { script: "/boot.js".into(), code: "/a.js".into(), wasm: "/a_bg.wasm".into() });
        assert_eq!(refused_by_policy(PAGE), None);
    }

    #[test]
    fn a_page_without_or_with_two_is_refused() {
        assert!(boot("<html><script src=\"/x.js\"></script></html>").is_err());
        assert!(boot(&PAGE.repeat(2)).is_err());
        assert!(boot(&PAGE.replace("/a.js", "https://elsewhere/a.js")).is_err());
    }

    #[test]
    fn style_sheets_keep_their_order() {
        let page = "<link rel=\"stylesheet\" href=\"/b.css\"/>\n<link rel=\"icon\" href=\"/i\"><link rel=\"stylesheet\" href=\"/a.css\">";
        let sheets = style_sheets(page).expect("both are ours");
        assert_eq!(sheets.iter().map(|(_, file)| &**file).collect::<Vec<_>>(), ["b.css", "a.css"]);
        assert!(sheets.iter().all(|(link, _)| page.contains(link)));
        assert!(style_sheets("<link rel=\"stylesheet\" href=\"https://elsewhere/x.css\">").is_err());
        assert!(style_sheets("<link rel=\"stylesheet\" href=\"/x.css\" media=\"print\">").is_err());
    }

    #[test]
    fn inline_code_is_found() {
        for bad in [
            "<script>alert(1)</script>",
            "<script type=\"module\">import x</script>",
            "<style>p{}</style>",
            "<p style=\"color:red\">x</p>",
            "<body onload=\"x()\">",
        ] {
            assert!(refused_by_policy(&format!("{PAGE}{bad}")).is_some(), "{bad}");
        }
        for fine in ["<link rel=\"stylesheet\" href=\"/style.css\">", "<p title=\"on style = x\">style=</p>"]
        {
            assert_eq!(refused_by_policy(fine), None, "{fine}");
        }
    }
}
