// The few calls of the browser that its Rust bindings leave out or mark as unstable.

// The name of the error that aborted the last writing transaction.
let lastAbort = "";

export function whyAborted() {
  return lastAbort;
}

// Every transaction that writes waits for the disk. Browsers otherwise report success once the operating system has
// the bytes, which a power cut loses; and no path can forget the option when it is set here.
export function insistOnStrictDurability() {
  const plain = IDBDatabase.prototype.transaction;
  if (plain.strict) return;
  const strict = function (stores, mode, options) {
    if (mode !== "readwrite") return plain.call(this, stores, mode, options);
    const transaction = plain.call(this, stores, mode, { ...options, durability: "strict" });
    // When only the commit fails, as on a full disk, no request has an error to tell why; the transaction has.
    transaction.addEventListener("abort", () => {
      lastAbort = transaction.error?.name ?? "";
    });
    return transaction;
  };
  strict.strict = true;
  IDBDatabase.prototype.transaction = strict;
}

let release = () => {};

// Calls back while this tab is the one that holds the lock; asks to be told when another takes it over. Browsers
// without locks have one tab lead each: the station and the database keep that correct, only less thrifty.
export function lead(name, onLead) {
  if (!navigator.locks) {
    onLead();
    return;
  }
  navigator.locks.request(name, () => {
    onLead();
    return new Promise((done) => (release = done));
  });
}

// Lets another tab lead, for good.
export function follow() {
  release();
}

// Notes outside the database, in the cache storage: what was put there outlives a browser that is killed.
const MARKS = "xunji-marks"; // must not begin as the names of the service worker's caches do

export async function mark(name) {
  return (await caches.match(`/${name}`, { cacheName: MARKS }))?.text();
}

export async function setMark(name, value) {
  if ((await mark(name)) !== value) await (await caches.open(MARKS)).put(`/${name}`, new Response(value));
}

export async function persisted() {
  return (await navigator.storage?.persisted?.()) ?? false;
}

export async function persist() {
  return (await navigator.storage?.persist?.()) ?? false;
}

export function canInstall() {
  return Boolean(window.xunjiInstall);
}

export function isInstalled() {
  return matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
}

export async function install() {
  const prompt = window.xunjiInstall;
  if (!prompt) return false;
  window.xunjiInstall = null;
  prompt.prompt();
  return (await prompt.userChoice).outcome === "accepted";
}

// The number on the app's icon. Refused where the app is not installed, which nobody has to hear of.
export function setBadge(number) {
  const asked = number ? navigator.setAppBadge?.(number) : navigator.clearAppBadge?.();
  asked?.catch(() => {});
}

// Photos that another app has handed over; boot.js has got them from the service worker.
export async function sharedPhotos() {
  return (await window.xunjiShared) ?? [];
}

export function hasShared() {
  return Boolean(window.xunjiShared);
}

export function forgetShared() {
  window.xunjiShared = null;
}

export function updateReady() {
  return Boolean(window.xunjiUpdate?.ready);
}

export function applyUpdate() {
  window.dispatchEvent(new CustomEvent("xunji-update-apply"));
}

let listening;

// Ends the request that waits at the station.
export function hush() {
  listening?.abort();
}

// One fetch with a time limit. Answers its status, the headers that matter and the body, or throws.
export async function ask(method, url, headers, body, milliseconds) {
  const abort = new AbortController();
  if (url === "/api/v1/arrivals") listening = abort;
  const timer = setTimeout(() => abort.abort(), milliseconds);
  try {
    const response = await fetch(url, { method, headers, body, signal: abort.signal, cache: "no-store" });
    const isFile = response.headers.get("Content-Type") === "application/octet-stream";
    const bytes = isFile ? await bytesOf(response) : undefined;
    const text = isFile || method === "HEAD" ? "" : await response.text();
    return {
      status: response.status,
      retryAfter: response.headers.get("Retry-After") ?? undefined,
      offset: response.headers.get("Upload-Offset") ?? undefined,
      complete: response.headers.get("Upload-Complete") ?? undefined,
      tag: response.headers.get("ETag") ?? undefined,
      text,
      bytes,
    };
  } finally {
    clearTimeout(timer);
  }
}

export async function gzip(text) {
  if (!globalThis.CompressionStream) return undefined;
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return bytesOf(new Response(stream));
}

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

// Bytes of a file, a blob or an answer. A picked file is read at once: Android's picker hands out files that go stale.
export async function bytesOf(source) {
  return new Uint8Array(await source.arrayBuffer());
}

// A photo at most `edge` pixels long and a copy of it at most `small` long, both as JPEG. Drawing it anew leaves out
// what the camera wrote beside the picture, such as the place. An image element, unlike a bitmap, lets the browser open
// a huge JPEG at a fraction of its size.
export async function shrink(bytes, type, edge, small) {
  const picture = new Image();
  picture.src = urlOf(bytes, type);
  try {
    await picture.decode();
    return [await drawAnew(picture, edge, 0.82), await drawAnew(picture, small, 0.7)];
  } finally {
    URL.revokeObjectURL(picture.src);
  }
}

async function drawAnew(picture, edge, quality) {
  const scale = Math.min(1, edge / Math.max(picture.naturalWidth, picture.naturalHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(picture.naturalHeight * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return bytesOf(await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality)));
}

// Roughly how many gigabytes of memory the phone has; browsers that don't say are taken for small phones.
export function memory() {
  return navigator.deviceMemory ?? 2;
}

export function canRecord() {
  return Boolean(navigator.mediaDevices?.getUserMedia && globalThis.MediaRecorder);
}

// Where the phone is now, once: latitude and longitude to about a metre, and how far off that may be. Throws 1 when the
// person doesn't let it, another number when the phone doesn't know.
export async function position() {
  const how = { enableHighAccuracy: true, timeout: 30_000, maximumAge: 0 };
  const { coords } = await new Promise((found, failed) => {
    if (!navigator.geolocation) failed({ code: 2 });
    else navigator.geolocation.getCurrentPosition(found, failed, how);
  }).catch((error) => Promise.reject(error.code));
  return [coords.latitude.toFixed(5), coords.longitude.toFixed(5), Math.ceil(coords.accuracy)];
}

let recording;

// Begins a spoken note; throws when the person doesn't let it or there is no microphone.
export async function record() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const type = ["audio/webm;codecs=opus", "audio/mp4"].find((type) => MediaRecorder.isTypeSupported(type));
  // Speech: three kilobytes a second.
  const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 24_000 });
  const pieces = [];
  recorder.ondataavailable = (event) => pieces.push(event.data);
  const ended = new Promise((done) => (recorder.onstop = done));
  recorder.start(1000);
  recording = async () => {
    recorder.stop();
    await ended;
    stream.getTracks().forEach((track) => track.stop());
    return bytesOf(new Blob(pieces));
  };
}

export async function stopRecording() {
  const stop = recording;
  recording = undefined;
  return stop?.();
}

// Lets a finger draw on a canvas, in black on white whatever the theme: it may be printed.
export function drawOn(canvas) {
  const ratio = devicePixelRatio;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const context = canvas.getContext("2d");
  const at = (event) => [event.offsetX * ratio, event.offsetY * ratio];
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    Object.assign(context, { lineWidth: 2.5 * ratio, lineCap: "round", lineJoin: "round", strokeStyle: "#111" });
    context.beginPath();
    context.moveTo(...at(event));
    canvas.dataset.drawn = "";
  };
  canvas.onpointermove = (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    context.lineTo(...at(event));
    context.stroke();
  };
  wipe(canvas);
}

export function wipe(canvas) {
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  delete canvas.dataset.drawn;
}

// What was drawn, as PNG; nothing as long as nothing was.
export async function drawing(canvas) {
  if (canvas.dataset.drawn === undefined) return undefined;
  return bytesOf(await new Promise((done) => canvas.toBlob(done, "image/png")));
}

export function urlOf(bytes, type) {
  return URL.createObjectURL(new Blob([bytes], { type }));
}

const aes = { name: "AES-GCM", length: 256 };
export const random = (length) => crypto.getRandomValues(new Uint8Array(length));
const join = (...parts) => bytesOf(new Blob(parts));

// Bytes that Rust hands over are a view of its memory, which is gone when that memory grows: whatever is still needed
// after a wait is copied first. Otherwise a right PIN would now and then be taken for a wrong one.
const own = (bytes) => bytes.slice();

// A passphrase or a PIN becomes a key by PBKDF2; a wrong one fails to open, because AES-GCM notices.
async function keyOf(passphrase, given, iterations, uses) {
  const salt = own(given);
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, typed, aes, false, uses);
}

// Salt (16 bytes), nonce (12 bytes), then the sealed bytes with their tag.
export async function seal(passphrase, given) {
  const bytes = own(given);
  const [salt, iv] = [random(16), random(12)];
  const key = await keyOf(passphrase, salt, 600_000, ["encrypt"]);
  return join(salt, iv, await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes));
}

export async function unseal(passphrase, given) {
  const bytes = own(given);
  const key = await keyOf(passphrase, bytes.slice(0, 16), 600_000, ["decrypt"]);
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.slice(16, 28) }, key, bytes.slice(28));
  return new Uint8Array(plain);
}

export async function databases() {
  return ((await indexedDB.databases?.()) ?? []).map((database) => database.name);
}

// The vault's data key never leaves WebCrypto in clear: it is wrapped and unwrapped there, and what the app holds can't
// be exported. A wrapped key is its nonce (12 bytes), then the sealed key with its tag.
async function wrap(key, by) {
  const iv = random(12);
  return join(iv, await crypto.subtle.wrapKey("raw", key, by, { name: "AES-GCM", iv }));
}

function unwrap(wrapped, by, extractable) {
  const how = { name: "AES-GCM", iv: wrapped.slice(0, 12) };
  return crypto.subtle.unwrapKey("raw", wrapped.slice(12), by, how, aes, extractable, ["encrypt", "decrypt"]);
}

// A new data key when `raw` is empty, else the one that the office gave back; wrapped by the PIN.
export async function wrapByPin(raw, pin, rounds) {
  const key = raw.length
    ? await crypto.subtle.importKey("raw", raw, aes, true, ["encrypt", "decrypt"])
    : await crypto.subtle.generateKey(aes, true, ["encrypt", "decrypt"]);
  return wrapAnew(key, pin, rounds);
}

async function wrapAnew(key, pin, rounds) {
  const salt = random(16);
  return { salt, wrapped: await wrap(key, await keyOf(pin, salt, rounds, ["wrapKey"])) };
}

// The same data key, wrapped by the next PIN. Nothing when the PIN is another one.
export async function rewrapByPin(pin, salt, rounds, given, next, nextRounds) {
  const wrapped = own(given);
  const by = await keyOf(pin, salt, rounds, ["unwrapKey"]);
  const key = await unwrap(wrapped, by, true).catch(() => undefined);
  return key && wrapAnew(key, next, nextRounds);
}

// Nothing when the PIN is another one.
export async function unwrapByPin(pin, salt, rounds, given) {
  const wrapped = own(given);
  const by = await keyOf(pin, salt, rounds, ["unwrapKey"]);
  return unwrap(wrapped, by, false).catch(() => undefined);
}

// Whether the phone's own authenticator is there and can make keys. Browsers that don't say are asked when it comes to it.
export async function hasPasskeys() {
  const api = globalThis.PublicKeyCredential;
  if (!(await api?.isUserVerifyingPlatformAuthenticatorAvailable?.())) return false;
  return (await api.getClientCapabilities?.())?.["extension:prf"] ?? true;
}

// What the authenticator makes of a salt for a credential, as a key: always the same, and nobody else makes it.
async function keyByPasskey(credential, salt) {
  const answer = await navigator.credentials.get({
    publicKey: {
      challenge: random(32),
      allowCredentials: [{ type: "public-key", id: credential, transports: ["internal"] }],
      userVerification: "required",
      extensions: { prf: { eval: { first: salt } } },
    },
  });
  const made = answer.getClientExtensionResults().prf.results.first;
  return crypto.subtle.importKey("raw", made, "AES-GCM", false, ["wrapKey", "unwrapKey"]);
}

export async function makePasskey(pin, givenSalt, rounds, given) {
  const [pinSalt, wrapped, salt] = [own(givenSalt), own(given), random(32)];
  const created = await navigator.credentials.create({
    publicKey: {
      challenge: random(32),
      rp: { name: document.title },
      // No name: it would be shown outside the vault.
      user: { id: random(16), name: "xunji", displayName: document.title },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -257 }],
      authenticatorSelection: { authenticatorAttachment: "platform", userVerification: "required" },
      extensions: { prf: {} },
    },
  });
  if (!created.getClientExtensionResults().prf?.enabled) return undefined;
  const id = new Uint8Array(created.rawId);
  const by = await keyByPasskey(id, salt);
  const key = await unwrap(wrapped, await keyOf(pin, pinSalt, rounds, ["unwrapKey"]), true);
  return { id, salt, wrapped: await wrap(key, by) };
}

export async function byPasskey(credential, salt, given) {
  const wrapped = own(given);
  return unwrap(wrapped, await keyByPasskey(credential, salt), false);
}

// A copy of the data key that only the holder of the station's recovery key can open: a point of a new key pair (65
// bytes), then the data key wrapped by what ECDH and HKDF make of the two.
export async function copyFor(givenPoint, info, pin, salt, rounds, given) {
  const [point, wrapped] = [own(givenPoint), own(given)];
  const key = await unwrap(wrapped, await keyOf(pin, salt, rounds, ["unwrapKey"]), true);
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const station = await crypto.subtle.importKey("raw", point, curve, false, []);
  const mine = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const open = await crypto.subtle.exportKey("raw", mine.publicKey);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: station }, mine.privateKey, 256);
  const material = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: open, info: new TextEncoder().encode(info) };
  return join(open, await wrap(key, await crypto.subtle.deriveKey(how, material, aes, false, ["wrapKey"])));
}

// Each value with a nonce of its own before it, bound to its place. All at once, because the browser seals on threads
// of its own.
export function sealRows(key, places, values) {
  const text = new TextEncoder();
  return Promise.all(values.map(async (value, at) => {
    const iv = random(12);
    const how = { name: "AES-GCM", iv, additionalData: text.encode(places[at]) };
    const sealed = new Uint8Array(12 + value.length + 16);
    sealed.set(iv);
    sealed.set(new Uint8Array(await crypto.subtle.encrypt(how, key, value)), 12);
    return sealed;
  }));
}

// Nothing in the place of a value that this key did not seal for that place.
export function openRows(key, places, values) {
  const text = new TextEncoder();
  return Promise.all(values.map(async (value, at) => {
    const how = { name: "AES-GCM", iv: value.subarray(0, 12), additionalData: text.encode(places[at]) };
    try {
      return new Uint8Array(await crypto.subtle.decrypt(how, key, value.subarray(12)));
    } catch {
      return undefined;
    }
  }));
}

// Hands the key to the other tabs of this origin that ask for it, as long as this tab is unlocked. What is handed over
// can be used, and still not exported.
let offered;

export function offerKey(channel, key) {
  offered = key;
  new BroadcastChannel(channel).onmessage = ({ data, target }) => {
    if (data === "?" && offered) target.postMessage(offered);
  };
}

export function withdrawKey() {
  offered = undefined;
}

export function askForKey(channel, milliseconds) {
  return new Promise((done) => {
    const asked = new BroadcastChannel(channel);
    const end = (key) => {
      asked.close();
      done(key);
    };
    asked.onmessage = ({ data }) => data instanceof CryptoKey && end(data);
    asked.postMessage("?");
    setTimeout(end, milliseconds);
  });
}

let letterOf;

// The first letter of a character's pinyin as a code unit in lower case; 0 when the browser doesn't sort by pinyin.
// Its order of sorting has a mark before the first character of each letter: U+FDD0 and the letter.
export function initialOf(character) {
  letterOf ??= letters();
  return letterOf(character);
}

function letters() {
  const { compare } = new Intl.Collator("zh-u-co-pinyin");
  const of = (character) => {
    // The last letter whose mark does not come behind the character.
    let [low, high] = [0, 26];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (compare(character, `\ufdd0${String.fromCharCode(65 + middle)}`) < 0) high = middle;
      else low = middle;
    }
    return 97 + low;
  };
  const knows = Array.from("阿李张", of).join() === "97,108,122";
  return knows ? of : () => 0;
}

export function download(bytes, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// Whether the station's key (the raw public point) signed these bytes.
export async function verify(point, givenSignature, given) {
  const [signature, bytes] = [own(givenSignature), own(given)];
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("raw", point, curve, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, bytes);
}

// What had the focus last, and on which screen.
let last;
document.addEventListener("focusin", ({ target }) => (last = { target, path: location.pathname }));

// A screen has been drawn. Reading begins at its heading; but when it is the same screen, drawn anew because something
// has arrived, the focus stays where it was, or goes to what has taken the place of that.
// Not at once: the focus makes the browser lay the whole screen out, which it has to do soon anyway.
export function beginReading(heading) {
  setTimeout(() => heading.isConnected && read(heading));
}

function read(heading) {
  const same = last?.path === location.pathname && last.target !== document.body ? last.target : undefined;
  if (same?.isConnected && same === document.activeElement) return;
  (twin(same) ?? heading).focus({ preventScroll: Boolean(same) });
}

function twin(gone) {
  if (!gone || gone.isConnected) return gone;
  if (gone.id) return document.getElementById(gone.id);
  const signs = (node) => JSON.stringify([node.textContent, node.ariaLabel, node.name, node.value]);
  const like = (node) => signs(node) === signs(gone);
  return Array.from(document.querySelectorAll(gone.tagName)).find(like);
}

// What has the focus now: whoever opens a sheet gets it back.
export function focused() {
  return document.activeElement;
}

// Once the sheet is gone; as long as another one is there, nothing behind that can have the focus.
export function giveBack(opener) {
  const path = location.pathname;
  setTimeout(() => {
    const to = location.pathname === path ? twin(opener) : null;
    const sheets = Array.from(document.querySelectorAll("dialog[open]"));
    if (sheets.every((sheet) => sheet.contains(to))) to?.focus();
  });
}

// Until the finger that is on the screen now is up and its click has been heard: what is drawn anew in between is not
// pressed.
let touch, touchEnds;
function lift() {
  // On a touch screen the click comes a moment later.
  setTimeout(() => {
    touchEnds?.();
    touch = touchEnds = undefined;
  }, 100);
}
addEventListener("pointerdown", () => (touch ??= new Promise((resolve) => (touchEnds = resolve))), true);
for (const name of ["pointerup", "pointercancel"]) addEventListener(name, lift, true);
// A mouse may be let go outside of the window.
addEventListener("pointermove", ({ buttons }) => touch && !buttons && lift(), { capture: true, passive: true });

export function untouched() {
  return touch;
}
