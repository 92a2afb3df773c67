//! Files that come out of a phone, and what lies in its database.

use std::{fs, path::PathBuf};

use serde_json::json;

use super::{page::texts, phone::Phone, wait::until};

impl Phone {
    /// Does something that ends in a download, and waits until the file is there. Each download has a folder of its own.
    pub async fn downloads(&self, ask: impl AsyncFnOnce()) -> PathBuf {
        let folder = self.fresh_folder();
        fs::create_dir_all(&folder).expect("a folder for a download can be made");
        let details = json!({ "behavior": "allow", "downloadPath": folder });
        self.devtools("Browser.setDownloadBehavior", details).await;
        ask().await;
        until("see the download", async || {
            let files = fs::read_dir(&folder).expect("the folder has just been made").flatten();
            let files: Vec<_> = files.map(|entry| entry.path()).collect();
            // A file that is not whole yet has a name of the browser's own.
            match &files[..] {
                [file]
                    if file
                        .extension()
                        .is_some_and(|kind| ["backup", "json", "csv"].iter().any(|known| kind == *known)) =>
                {
                    Ok(file.clone())
                }
                _ => Err(format!("{files:?}")),
            }
        })
        .await
    }

    /// The bytes that lie under a key in the phone's database; none if nothing does.
    pub async fn row(&self, table: &str, key: &str) -> Vec<u8> {
        let bytes = self.run(ROW, vec![table.into(), key.into()]).await.expect("the phone has a database");
        serde_json::from_value(bytes).expect("bytes")
    }

    /// Puts other bytes there, or none, past the app.
    pub async fn spoil(&self, table: &str, key: &str, bytes: Option<&[u8]>) {
        self.run(SPOIL, vec![table.into(), key.into(), json!(bytes)])
            .await
            .expect("the phone has a database");
    }

    /// A line for every value in the phone's database, by table and key, with the value's hash. Without what the app
    /// notes when it tidies up, which it does in its own time.
    pub async fn database(&self) -> Vec<String> {
        texts(self.run(DATABASE, vec![]).await.expect("the phone has a database"))
    }
}

const ROW: &str = "
    const [table, key] = arguments;
    const answer = (request) => new Promise((done, failed) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error);
    });
    const database = await answer(indexedDB.open('xunji'));
    const bytes = await answer(database.transaction(table).objectStore(table).get(key));
    database.close();
    return Array.from(bytes ?? []);
";

const SPOIL: &str = "
    const [table, key, bytes] = arguments;
    const request = indexedDB.open('xunji');
    await new Promise((done) => (request.onsuccess = done));
    const database = request.result;
    const transaction = database.transaction(table, 'readwrite');
    const rows = transaction.objectStore(table);
    if (bytes) rows.put(new Uint8Array(bytes), key);
    else rows.delete(key);
    await new Promise((done, failed) => {
        transaction.oncomplete = done;
        transaction.onabort = () => failed(transaction.error);
    });
    database.close();
";

const DATABASE: &str = "
    const answer = (request) => new Promise((done, failed) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error);
    });
    const database = await answer(indexedDB.open('xunji'));
    const lines = [];
    for (const table of database.objectStoreNames) {
        const rows = () => database.transaction(table).objectStore(table);
        const keys = await answer(rows().getAllKeys());
        for (const key of keys.filter((key) => !['generation', 'orphans'].includes(key))) {
            const value = await answer(rows().get(key));
            const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', value));
            lines.push(`${table} ${key} ${Array.from(hash).join('-')}`);
        }
    }
    database.close();
    return lines;
";
