// The service worker: keeps the app's own files, so that it opens without a network.
//
// It does nothing else but hand on photos that another app shares. No queue and no synchronisation lives here: what was
// saved is sent by the page, because a worker is stopped at any moment and iOS has no background synchronisation.
//
// Written by hand, in one file, with every listener registered during the first evaluation: a listener that is added
// later misses the event that woke the worker. The build fills VERSION and FILES (crates/xtask/src/precache.rs).

const VERSION = "development";
const FILES = []; // [address, first 16 hex digits of the content's SHA-256]

const PREFIX = "xunji-files-";
const CACHE = PREFIX + VERSION;
const HISTORY = "xunji-generations"; // remembers which generation was in use last; must not begin with PREFIX
const ADDRESSES = new Set(FILES.map(([address]) => address));

self.addEventListener("install", (event) => event.waitUntil(store()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

// Only when the person has agreed: never over an open form, never during a send. The page asks.
self.addEventListener("message", (event) => {
  if (event.data?.type === "SKIP_WAITING") self.skipWaiting();
  if (event.data?.type === "SHARED") event.ports[0]?.postMessage(photos.splice(0));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, searchParams } = new URL(request.url);
  // What the station answers itself: its interface, and the public pages of slips.
  if (origin !== self.location.origin || /^\/(api|p)\//.test(pathname)) return;
  const opens = request.mode === "navigate";
  // Returning without respondWith leaves the request to the browser. Anything but GET must go this way: iOS sent
  // empty bodies for submissions that passed through a worker, even one that only handed them on. The one exception
  // is what the manifest declares as share_target, which iOS does not have: it opens a page, and asks for nothing else.
  if (request.method === "POST" && opens && pathname === "/share") return event.respondWith(receive(request));
  if (request.method !== "GET") return;
  // Every screen is the same document. A file that is opened by its own address is still that file.
  if (opens && !ADDRESSES.has(pathname)) event.respondWith(kept("/", request, searchParams.get("generation")));
  else event.respondWith(kept(pathname, request));
});

// Photos that another app shares, until the page asks for them. In memory only: what is written before the phone is
// unlocked would lie in the clear. When the browser ends this worker before the page has asked, they have to be shared
// once more, and the page says so.
let photos = [];

async function receive(request) {
  const form = await request.formData().catch(() => new FormData());
  photos = form.getAll("photos").filter((photo) => photo instanceof File && photo.size > 0);
  return Response.redirect("/share", 303);
}

// This generation first, then any other: a tab that was opened before an update asks for the names of its own time. An
// older one first for a page that asks for it, because this one did not start.
async function kept(address, request, generation) {
  const how = { ignoreVary: true, ignoreSearch: true };
  const own = await caches.match(address, { ...how, cacheName: generation ? PREFIX + generation : CACHE });
  return own ?? (await caches.match(address, how)) ?? fetch(request);
}

// All or nothing: when one file is missing or is not what this list was made for, the installation fails, the worker
// in use stays, and the browser tries again later.
async function store() {
  const responses = await Promise.all(FILES.map(fetched));
  const cache = await caches.open(CACHE);
  await Promise.all(FILES.map(([address], i) => cache.put(address, responses[i])));
}

// The page has just loaded most of these, so what the HTTP cache has is taken when its content is right; that halves
// a first visit. Anything else is fetched past that cache. The digest also catches a captive portal's page and a
// station that was updated half-way through this list: both answer 200 with something else.
async function fetched([address, digest]) {
  for (const cache of ["default", "reload"]) {
    const response = await fetch(address, { cache });
    if (!response.ok || response.redirected) continue; // A redirected answer cannot serve a navigation.
    const copy = response.clone();
    if ((await digestOf(await response.arrayBuffer())) === digest) return copy;
  }
  throw new Error(`${address} is missing or is not of version ${VERSION}`);
}

async function digestOf(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes), 0, 8);
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function takeOver() {
  const history = await caches.open(HISTORY);
  const previous = await (await history.match("/in-use"))?.text();
  // A page that was loaded without a worker is taken over at the first installation only, so that the first visit is
  // enough to work offline. Later, a page without a worker is one that was reloaded past it on purpose.
  if (previous === undefined) await self.clients.claim();
  if (previous === VERSION) return;
  await history.put("/in-use", new Response(VERSION));
  // One older generation stays, for the tabs that still run it. While a yet newer worker is on its way nothing is
  // deleted, because its cache is among the strangers here.
  if (self.registration.installing || self.registration.waiting) return;
  const spared = new Set([CACHE, PREFIX + previous]);
  const names = await caches.keys();
  await Promise.all(names.filter((n) => n.startsWith(PREFIX) && !spared.has(n)).map((n) => caches.delete(n)));
}
