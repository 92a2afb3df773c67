// Types the PIN, presses 解锁, and answers with the milliseconds until the first screen is there: its heading and its
// three links. Beside it what the browser alone takes for the same rounds of PBKDF2.
const [pin] = arguments;
const links = ["patrol", "consultation", "dispute"].map((kind) => `main a[href="/new/${kind}"]`);
const input = document.querySelector("main form input");
Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, pin);
input.dispatchEvent(new Event("input", { bubbles: true }));
const start = performance.now();
const shown = new Promise((resolve) => {
  const observer = new MutationObserver(() => {
    if (document.querySelector("main h1")?.textContent.trim() !== "今天") return;
    if (!links.every((link) => document.querySelector(link))) return;
    observer.disconnect();
    resolve(performance.now() - start);
  });
  observer.observe(document, { childList: true, subtree: true, characterData: true });
});
document.querySelector("main form button").click();
const unlocked = await shown;

const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
const salt = crypto.getRandomValues(new Uint8Array(16));
const begun = performance.now();
await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: 600_000 }, typed, 256);
return [unlocked, performance.now() - begun];
