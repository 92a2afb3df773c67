// Starts the app, and looks after the service worker and the installation prompt.
//
// An external file, because the content security policy forbids every inline script. The build names this file by
// its content and gives the code's addresses in data-js and data-wasm of the script element (see Trunk.toml).
//
// What the app may use:
//   window.xunjiUpdate = {ready: true}, event "xunji-update-ready": a newer version waits to be used.
//   event "xunji-update-apply", sent by the app: use it now, and reload this tab.
//   window.xunjiInstall, event "xunji-install-ready": the browser's saved installation prompt; "xunji-installed".
//   <html data-dirty="true">, set by the app while a form is open: this tab is not reloaded.

const script = document.querySelector("script[data-wasm]");
const say = (name) => window.dispatchEvent(new CustomEvent(name));
const dirty = () => document.documentElement.dataset.dirty === "true";

window.xunjiUpdate = { ready: false };
window.xunjiInstall = null;

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
// after a failed start, because an update may be what mends it.
start().finally(() => {
  if ("serviceWorker" in navigator) watchOverUpdates();
});

async function start() {
  try {
    if (typeof WebAssembly !== "object") {
      return explain(
        "这个浏览器太旧,不支持 WebAssembly。",
        "This browser is too old: it has no WebAssembly.",
        "请更新浏览器,或换用新版 Chrome、Edge、Firefox 或 Safari 打开。",
        "Update it, or open this address in a current Chrome, Edge, Firefox or Safari.",
      );
    }
    const code = await import(script.dataset.js);
    await code.default({ module_or_path: script.dataset.wasm });
  } catch (error) {
    console.error(error);
    explain(
      "程序没有启动:程序文件没有完整取到,或被浏览器拦下。",
      "The app did not start: its files did not arrive in full, or the browser stopped them.",
      "请确认网络后重新打开。",
      "Check the network, then open it again.",
    );
  }
}

// Cause, consequence, one action; in both languages, because the app that knows the person's own has not started.
function explain(cause, causeEn, action, actionEn) {
  let place = document.getElementById("boot");
  if (!place) {
    place = document.createElement("div");
    place.id = "boot";
    document.body.append(place);
  }
  const line = (text, lang) => {
    const paragraph = document.createElement("p");
    paragraph.lang = lang;
    paragraph.textContent = text;
    return paragraph;
  };
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "重新打开 · Open again";
  // Past the HTTP cache, for it may hold what a captive portal answered in the place of these files.
  const afresh = () => [script.src, script.dataset.js, script.dataset.wasm].map((file) => fetch(file, { cache: "reload" }));
  again.addEventListener("click", () => Promise.allSettled(afresh()).then(() => location.reload()));
  place.setAttribute("role", "alert");
  place.replaceChildren(
    line(`${cause}已存在本机的记录不受影响。${action}`, "zh-CN"),
    line(`${causeEn} What was saved on this device is still there. ${actionEn}`, "en"),
    again,
  );
}

async function watchOverUpdates() {
  const container = navigator.serviceWorker;
  // A first worker that takes over a page without one is no update: without this the first visit would reload.
  let controlled = container.controller !== null;
  let applied = false;
  let outdated = false;

  // The worker changes in all tabs at once, for the worker serves them all. Only the tab that asked is reloaded, and
  // only while no form is open in it; any other one goes on with the files of its generation, which the worker
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
    if (!outdated || dirty() || !(applied || document.hidden)) return;
    outdated = false;
    location.reload();
  };

  try {
    const registration = await container.register("/sw.js", { updateViaCache: "none" });
    const offer = () => {
      // Without a controller this is the first installation, which nobody has to be asked about.
      if (!registration.waiting || !container.controller) return;
      window.xunjiUpdate.ready = true;
      say("xunji-update-ready");
    };
    const follow = (worker) => worker?.addEventListener("statechange", offer);
    offer();
    follow(registration.installing);
    registration.addEventListener("updatefound", () => follow(registration.installing));
    window.addEventListener("xunji-update-apply", () => {
      applied = true;
      window.xunjiUpdate.ready = false;
      if (registration.waiting) registration.waiting.postMessage({ type: "SKIP_WAITING" });
      else renew();
    });

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
