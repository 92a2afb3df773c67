// Runs before every page's own scripts and notes when the first screen is there, on the clock that began with the
// navigation: its heading and its three links are in the document.
window.benchShown = new Promise((resolve) => {
  const links = ["patrol", "consultation", "dispute"].map((kind) => `main a[href="/new/${kind}"]`);
  const observer = new MutationObserver(() => {
    if (document.querySelector("main h1")?.textContent.trim() !== "今天") return;
    if (!links.every((link) => document.querySelector(link))) return;
    observer.disconnect();
    resolve(performance.now());
  });
  observer.observe(document, { childList: true, subtree: true, characterData: true });
});
