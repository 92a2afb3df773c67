// Starts the app, and looks after the service worker and the installation prompt.
//
// An external file, because the content security policy forbids every inline script. The build names this file by
// its content and gives the code's addresses in data-js and data-wasm of the script element (see Trunk.toml).
//
// What the app may use:
//   window.xunjiUpdate = {ready: true}, event "xunji-update-ready": a newer version waits to be used.
//   event "xunji-update-apply", sent by the app: use it now, and reload this tab.
//   window.xunjiInstall, event "xunji-install-ready": the browser's saved installation prompt; "xunji-installed".
//   window.xunjiShared: a promise of the photos that another app has handed over, or null.
//   <html data-dirty="true">, set by the app while a form is open, and <html data-busy>, while something is sent: this
//   tab is not reloaded, and neither is one with an open sheet.

// By language and key; the build takes them out of locales/*.toml.
const SENTENCES = {};

const script = document.querySelector("script[data-wasm]");
const say = (name) => window.dispatchEvent(new CustomEvent(name));
const root = document.documentElement.dataset;
const quiet = () => root.dirty !== "true" && !("busy" in root) && !window.xunjiShared && !document.querySelector("dialog[open]");

// An address that names a generation was opened from the explanation below, and for this once.
const address = new URL(location);
const fallenBack = address.searchParams.has("generation");
if (fallenBack) {
  address.searchParams.delete("generation");
  history.replaceState(null, "", address);
}

let started = true;
window.xunjiUpdate = { ready: false };
window.xunjiInstall = null;
window.xunjiShared = location.pathname === "/share" ? shared() : null;

// The browser offers this once, early, and never again to a listener that comes too late.
window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  window.xunjiInstall = event;
  say("xunji-install-ready");
});
window.addEventListener("appinstalled", () => {
  window.xunjiInstall = null;
  say("xunji-installed");
});

// The worker comes after the start, so that its precache does not compete with the code for a slow line; and also
// after a start that failed or hangs, because an update may be what mends it.
Promise.race([start(), new Promise((go) => setTimeout(go, 20_000))]).finally(() => {
  if ("serviceWorker" in navigator) watchOverUpdates();
});

async function start() {
  if (typeof WebAssembly !== "object") return explain("boot_old", "boot_old_do");
  try {
    await Promise.all([firstScreen(), run()]);
    document.getElementById("boot")?.remove();
  } catch (error) {
    console.warn("not started:", error);
    const older = fallenBack ? undefined : await olderGeneration().catch(() => undefined);
    if (older) explain("boot_broken", "boot_broken_do", older);
    else explain("boot_blocked", "boot_blocked_do");
  }
}

// Made ready and run in tasks of their own: each alone is as long as a slow phone may be busy without being felt.
async function run() {
  const [code, ready] = await Promise.all([import(script.dataset.js), compiled(fetch(script.dataset.wasm))]);
  await new Promise((go) => setTimeout(go));
  await code.default({ module_or_path: ready });
}

async function compiled(answer) {
  if (WebAssembly.compileStreaming) return WebAssembly.compileStreaming(answer);
  return WebAssembly.compile(await (await answer).arrayBuffer());
}

// Code that traps after it has been loaded rejects nothing that could be awaited; and until the first screen is drawn
// there is nothing else to see of a start.
function firstScreen() {
  return new Promise((drawn, failed) => {
    const trap = ({ error, reason }) => {
      if ((error ?? reason) instanceof WebAssembly.RuntimeError) failed(error ?? reason);
    };
    window.addEventListener("error", trap);
    window.addEventListener("unhandledrejection", trap);
    new MutationObserver((_, observer) => {
      if (!document.querySelector("main")) return;
      observer.disconnect();
      window.removeEventListener("error", trap);
      window.removeEventListener("unhandledrejection", trap);
      drawn();
    }).observe(document.body, { childList: true, subtree: true });
  });
}

// Another generation of the app that the service worker still keeps.
async function olderGeneration() {
  const prefix = "xunji-files-";
  for (const name of (await caches.keys()).filter((name) => name.startsWith(prefix))) {
    const page = await (await caches.open(name)).match("/", { ignoreVary: true });
    const text = (await page?.text()) ?? "";
    const ours = [script.dataset.js, script.dataset.wasm].every((file) => text.includes(file));
    if (text && !ours) return name.slice(prefix.length);
  }
}

// Photos that another app has shared lie in the service worker's memory, which ends when the browser likes.
async function shared() {
  const worker = navigator.serviceWorker?.controller;
  const files = await new Promise((done) => {
    if (!worker) return done();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => done(data);
    setTimeout(done, 5_000);
    worker.postMessage({ type: "SHARED" }, [port2]);
  });
  if (!files?.length) window.xunjiShared = null;
  return files ?? [];
}

// Cause, consequence, one action.
function explain(cause, action, older) {
  started = false;
  let place = document.getElementById("boot");
  if (!place) {
    place = document.createElement("div");
    place.id = "boot";
    place.className = "boot";
    document.body.append(place);
  }
  const words = sentences();
  const text = document.createElement("p");
  // Chinese sentences follow each other without a space.
  text.textContent = [cause, "boot_data_safe", action].map((key) => words[key]).join(" ").replaceAll("。 ", "。");
  const button = (key, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words[key];
    button.addEventListener("click", act);
    return button;
  };
  // Past the HTTP cache, for it may hold what a captive portal answered in the place of these files.
  const afresh = () => [script.src, script.dataset.js, script.dataset.wasm].map((file) => fetch(file, { cache: "reload" }));
  const buttons = [button("open_again", () => Promise.allSettled(afresh()).then(() => location.reload()))];
  if (older) {
    const goBack = () => {
      address.searchParams.set("generation", older);
      location.replace(address);
    };
    buttons.unshift(button("boot_older", goBack));
  }
  place.setAttribute("role", "alert");
  place.replaceChildren(text, ...buttons);
}

// In the language that the person has chosen, as far as this browser tells.
function sentences() {
  let language = null;
  try {
    language = localStorage.getItem("xunji-language");
  } catch {
    // Storage is forbidden.
  }
  return SENTENCES[language] ?? SENTENCES["zh-CN"];
}

async function watchOverUpdates() {
  const container = navigator.serviceWorker;
  // A first worker that takes over a page without one is no update: without this the first visit would reload.
  let controlled = container.controller !== null;
  let applied = false;
  let outdated = false;

  // The worker changes in all tabs at once, for the worker serves them all. Only the tab that asked is reloaded, and
  // only at a quiet moment, which it waits for; any other one goes on with the files of its generation, which the worker
  // keeps, and is renewed when nobody looks at it.
  container.addEventListener("controllerchange", () => {
    if (!controlled) {
      controlled = true;
      return;
    }
    outdated = true;
    renew();
  });
  const renew = () => {
    if (!outdated || !(applied || document.hidden)) return;
    if (!quiet()) {
      if (applied) setTimeout(renew, 500);
      return;
    }
    outdated = false;
    location.reload();
  };

  try {
    const registration = await container.register("/sw.js", { updateViaCache: "none" });
    const offer = () => {
      // Without a controller this is the first installation, which nobody has to be asked about.
      if (!registration.waiting || !container.controller) return;
      // Where nothing has started there is nobody to ask, and nothing to lose.
      if (!started) return say("xunji-update-apply");
      window.xunjiUpdate.ready = true;
      say("xunji-update-ready");
    };
    window.addEventListener("xunji-update-apply", () => {
      applied = true;
      window.xunjiUpdate.ready = false;
      if (registration.waiting) registration.waiting.postMessage({ type: "SKIP_WAITING" });
      else renew();
    });
    const follow = (worker) => worker?.addEventListener("statechange", offer);
    offer();
    follow(registration.installing);
    registration.addEventListener("updatefound", () => follow(registration.installing));

    // An installed app may stay open for weeks, and the browser looks for updates at navigations only.
    const hour = 3_600_000;
    let looked = Date.now();
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return renew();
      if (Date.now() - looked < hour) return;
      looked = Date.now();
      registration.update().catch(() => {});
    });
  } catch (error) {
    // Private windows and plain http refuse workers. The app runs, only not without the network.
    console.warn("no service worker:", error);
  }
}
