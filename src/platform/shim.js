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

export function updateReady() {
  return Boolean(window.xunjiUpdate?.ready);
}

export function applyUpdate() {
  window.dispatchEvent(new CustomEvent("xunji-update-apply"));
}

// One fetch with a time limit. Answers its status, the headers that matter and the body, or throws.
export async function ask(method, url, headers, body, milliseconds) {
  const abort = new AbortController();
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

// A passphrase becomes a key by PBKDF2 with 600,000 rounds; a wrong one fails to open, because AES-GCM notices.
async function keyOf(passphrase, salt) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: 600_000 };
  return crypto.subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

// Salt (16 bytes), nonce (12 bytes), then the sealed bytes with their tag.
export async function seal(passphrase, bytes) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await keyOf(passphrase, salt), bytes);
  return bytesOf(new Blob([salt, iv, sealed]));
}

export async function unseal(passphrase, bytes) {
  const key = await keyOf(passphrase, bytes.slice(0, 16));
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.slice(16, 28) }, key, bytes.slice(28));
  return new Uint8Array(plain);
}

export function download(bytes, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// Whether the station's key (the raw public point) signed these bytes.
export async function verify(point, signature, bytes) {
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("raw", point, curve, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, bytes);
}
