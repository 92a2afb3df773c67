// Gives the open sheet 导入备份 a backup of this phone's own person with so many records that the station has had for
// long, told apart by their numbers from `first` on. Notes in `putBack` what is wrong with it, or an empty text.
const [count, first, passphrase] = arguments;

const answer = (request) =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const text = new TextEncoder();

// The unlocked page hands its key to other tabs, and to this script.
const database = await answer(indexedDB.open("xunji"));
const row = await answer(database.transaction("meta").objectStore("meta").get("enrolment"));
database.close();
const channel = new BroadcastChannel("xunji-key");
const dataKey = await new Promise((done) => {
  channel.onmessage = ({ data }) => done(data);
  channel.postMessage("?");
});
channel.close();
const place = { name: "AES-GCM", iv: row.slice(4, 16), additionalData: text.encode("meta/enrolment") };
const enrolment = await crypto.subtle.decrypt(place, dataKey, row.slice(16));
const worker = JSON.parse(new TextDecoder().decode(enrolment)).worker.id;

const inOrder = (value) =>
  value === null || typeof value !== "object" || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.keys(value).sort().map((key) => [key, inOrder(value[key])]));

const surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗曾单仇";
const given = "德贵秀英建国桂兰志强玉珍永福春梅大川文军";
const person = (n) => surnames[n % surnames.length] + given[n % given.length] + given[(n * 7) % given.length];
const bodies = [
  (n) => ["patrol", {
    patrol_kind: "grid", village: "513322100201", started_at: "2025-06-01T09:30", route: `第${n}号路线`,
    finding: "found", finding_category: "fire", on_site_result: "persuaded",
    description: `${person(n)}家小卖部门口电线老化,已请店主当天更换,并约定明天上午再来看一次。`,
  }],
  (n) => ["consultation", {
    channel: "visit", village: "513322100202", asked_at: "2025-06-01T10:00", client: person(n), topic: "loan",
    content: `第${n}号:借给邻居三万元,没有借条,只有微信转账记录,能不能要回来?`,
    advice: "转账记录可以作证据。先保存原始手机,再约对方书面确认还款日期和方式。", outcome: "answered",
  }],
  (n) => ["dispute", {
    title: `${person(n)}与${person(n + 5)}的第${n}号用水纠纷`, category: "0201", village: "513322100201",
    occurred_at: "2025-06-01T17:40", source: "patrol", people_count: 2, risk: "normal",
    parties: [{ name: person(n), phone: `139${String(n).padStart(8, "0")}` }, { name: person(n + 5) }],
    summary: "双方田块上下相邻,今年天旱水少,因谁先放水发生争吵,经劝说暂时平息。", handling: "registered",
  }],
];
const installation = crypto.randomUUID();
const entries = [];
for (let n = first; n < first + count; n++) {
  const moment = 1_750_000_000_000 - n * 600_000;
  const clock = moment.toString(16).padStart(12, "0");
  const id = () => `${clock.slice(0, 8)}-${clock.slice(8)}-7${crypto.randomUUID().slice(15)}`;
  const [kind, body] = bodies[n % 3](n);
  const content = inOrder({
    id: id(), record: id(), kind, kind_version: 1, author: worker,
    noted_at: new Date(moment + 28_800_000).toISOString().replace(/\.\d+Z/, "+08:00"), basis: 0, action: { type: "open", body },
  });
  const digest = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", text.encode(JSON.stringify(content)))));
  const entry = { installation, seq: n + 1, digest, content };
  entries.push({ entry, standing: "accepted", revision: 1, received_at: "2025-06-01T00:00:00Z" });
}

const json = text.encode(JSON.stringify({ version: 1, worker, entries, blobs: [] }));
const length = new DataView(new ArrayBuffer(8));
length.setBigUint64(0, BigInt(json.length));
const [salt, iv] = [16, 12].map((bytes) => crypto.getRandomValues(new Uint8Array(bytes)));
const typed = await crypto.subtle.importKey("raw", text.encode(passphrase), "PBKDF2", false, ["deriveKey"]);
const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: 600_000 };
const key = await crypto.subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
const plain = await new Blob([length, json]).arrayBuffer();
const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain);

const chosen = new DataTransfer();
chosen.items.add(new File(["XUNJI-BACKUP-1\n", salt, iv, sealed], "many.backup"));
const input = document.querySelector("dialog[open] input[type=file]");
input.files = chosen.files;
input.dispatchEvent(new Event("change", { bubbles: true }));

// The sheet closes when all is put back, and says what was wrong otherwise.
window.putBack = new Promise((resolve) => {
  const observer = new MutationObserver(() => {
    const sheet = document.querySelector("dialog[open]");
    const wrong = sheet?.querySelector("[role=alert]");
    if (sheet && !wrong) return;
    observer.disconnect();
    resolve(wrong ? wrong.textContent : "");
  });
  observer.observe(document.body, { attributes: true, childList: true, subtree: true, characterData: true });
});
return worker;
