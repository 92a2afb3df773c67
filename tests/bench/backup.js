// Makes a backup of the phone's own person, sealed as the app seals it, and gives it to the open sheet 导入备份. In it
// are so many entries of another installation that were never sent, and an attachment of so many bytes (0 for none)
// that all of them name. Notes what the app says of it in `benchRestored`, and answers with the person's id.
const [count, bytes, passphrase] = arguments;

const answer = (request) =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
const database = await answer(indexedDB.open("xunji"));
const row = await answer(database.transaction("meta").objectStore("meta").get("enrolment"));
database.close();
// The unlocked page hands its key to other tabs, and to this script.
const channel = new BroadcastChannel("xunji-key");
const dataKey = await new Promise((done) => {
  channel.onmessage = ({ data }) => done(data);
  channel.postMessage("?");
});
channel.close();
const place = { name: "AES-GCM", iv: row.slice(4, 16), additionalData: new TextEncoder().encode("meta/enrolment") };
const enrolment = await crypto.subtle.decrypt(place, dataKey, row.slice(16));
const worker = JSON.parse(new TextDecoder().decode(enrolment)).worker.id;

const blob = new Uint8Array(bytes);
for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(blob.subarray(at, at + 65_536));
const blobs = bytes ? [await sha256(blob)] : [];
const entries = await makeEntries(count, crypto.randomUUID(), worker, blobs);
const known = entries.map((entry) => ({ entry, standing: "pending" }));
const text = new TextEncoder().encode(JSON.stringify({ version: 1, worker, entries: known, blobs }));
const length = (part) => {
  const eight = new DataView(new ArrayBuffer(8));
  eight.setBigUint64(0, BigInt(part.length));
  return eight;
};
const parts = bytes ? [text, blob] : [text];
const plain = await new Blob(parts.flatMap((part) => [length(part), part])).arrayBuffer();

const salt = crypto.getRandomValues(new Uint8Array(16));
const iv = crypto.getRandomValues(new Uint8Array(12));
const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveKey"]);
const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: 600_000 };
const key = await crypto.subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain);

const chosen = new DataTransfer();
chosen.items.add(new File(["XUNJI-BACKUP-1\n", salt, iv, sealed], "bench.backup"));
const input = document.querySelector("dialog[open] input[type=file]");
input.files = chosen.files;
input.dispatchEvent(new Event("change", { bubbles: true }));

window.benchRestored = new Promise((resolve) => {
  const said = (role) => Array.from(document.querySelectorAll(role), (node) => node.textContent);
  const observer = new MutationObserver(() => {
    const done = said("[role=status]").find((words) => words.includes("已放回"));
    const outcome = done ?? said("dialog[open] [role=alert]").at(0);
    if (outcome === undefined) return;
    observer.disconnect();
    resolve(outcome);
  });
  observer.observe(document.body, { childList: true, subtree: true, characterData: true });
});
return worker;
