// Runs before every page's own scripts and notes when the lock screen is there, on the clock that began with the
// navigation: its heading and the box for the PIN are in the document.
window.benchShown = new Promise((resolve) => {
  const observer = new MutationObserver(() => {
    if (document.querySelector("main h1")?.textContent.trim() !== "解锁") return;
    if (!document.querySelector("main form input")) return;
    observer.disconnect();
    resolve(performance.now());
  });
  observer.observe(document, { childList: true, subtree: true, characterData: true });
});
