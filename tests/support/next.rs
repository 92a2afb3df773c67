//! The next version of the app and of its database, made out of the built one: other files under other names, listed
//! by another service worker, and a database whose version is one higher and which has one more table.

use super::{phone::Phone, relay::with_body, station::Station};

/// Goes before the app's own code. The bindings delete every table that they don't list while they upgrade, so the new
/// one is made after they have.
pub const NEXT: &str = r#"
const plainOpen = IDBFactory.prototype.open;
IDBFactory.prototype.open = function (name, version) {
  const request = version === undefined ? plainOpen.call(this, name) : plainOpen.call(this, name, version + 1);
  const grow = () => request.result.createObjectStore("of_the_next_version");
  if (version !== undefined) queueMicrotask(() => request.addEventListener("upgradeneeded", grow));
  return request;
};
document.documentElement.dataset.appVersion = "next";
"#;

/// What the station would serve.
pub struct NextVersion {
    worker: String,
    index: String,
    code: String,
    address: String,
}

impl NextVersion {
    /// The version after the one that the station serves. Any page can do the hashing.
    pub async fn after(station: &Station, phone: &Phone) -> Self {
        Self::with(station, phone, NEXT).await
    }

    /// The same with other code before the app's own.
    pub async fn with(station: &Station, phone: &Phone, change: &str) -> Self {
        let (index, worker) = (station.get("/").body, station.get("/sw.js").body);
        let (_, rest) = index.split_once("data-js=\"").expect("the page names its code");
        let (old, _) = rest.split_once('"').expect("an attribute ends");
        let (name, _) = old.rsplit_once('-').expect("the code is named by its content");
        let code = format!("{}{change}", station.get(old).body);
        let digest = short(phone, &code).await;
        let address = format!("{name}-{digest}.js");
        let index = index.replace(old, &address);
        let listed = |address: &str| {
            let (_, rest) =
                worker.split_once(&format!("[\"{address}\",\"")).expect("the worker lists the file");
            format!("[\"{address}\",\"{}\"]", &rest[..16])
        };
        let worker = worker
            .replace(&listed("/"), &format!("[\"/\",\"{}\"]", short(phone, &index).await))
            .replace(&listed(old), &format!("[\"{address}\",\"{digest}\"]"))
            .replacen("const VERSION = \"", "const VERSION = \"next-", 1);
        Self { worker, index, code, address }
    }

    /// The answer to what was asked, once this version is installed at the station.
    pub fn answer(&self, asked: &str, answer: Vec<u8>) -> Vec<u8> {
        let head = String::from_utf8_lossy(&answer[..answer.len().min(2048)]).to_ascii_lowercase();
        let changed = match asked.strip_prefix("GET ") {
            Some("/sw.js") => with_body(&answer, &self.worker),
            Some(path) if path == self.address => {
                let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n\r\n";
                with_body(head, &self.code)
            }
            // Every screen is the same document.
            Some(_) if head.contains("content-type: text/html") => with_body(&answer, &self.index),
            _ => None,
        };
        changed.unwrap_or(answer)
    }
}

/// The digits by which the service worker knows a file.
async fn short(phone: &Phone, text: &str) -> String {
    let script = "
        const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(arguments[0]));
        return Array.from(new Uint8Array(hash, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
    ";
    let digits = phone.run(script, vec![text.into()]).await.expect("the page can hash");
    digits.as_str().expect("digits").to_owned()
}
