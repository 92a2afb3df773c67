// Says what a browser says when a network comes back, and notes in `benchPushed` how many milliseconds later the line
// 同步状态 says that everything has arrived.
const line = document.querySelector("[role=status][aria-label=同步状态]");
window.benchPushed = new Promise((resolve) => {
  const start = performance.now();
  const observer = new MutationObserver(() => {
    if (!line.textContent.includes("全部已送达")) return;
    observer.disconnect();
    resolve(performance.now() - start);
  });
  observer.observe(line, { childList: true, subtree: true, characterData: true });
  window.dispatchEvent(new Event("online"));
});
