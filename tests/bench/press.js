// Presses 保存 and answers with the milliseconds until the page says 已存在本机; with null while it still says so of an
// earlier record. The line 同步状态, which has a name of its own, uses the same words.
const said = () =>
  Array.from(document.querySelectorAll("[role=status]:not([aria-label])")).some((node) =>
    node.textContent.includes("已存在本机"),
  );
if (said()) return null;
const button = Array.from(document.querySelectorAll("main button")).find((node) => node.textContent.trim() === "保存");
if (!button) throw new Error("there is no button 保存");
return await new Promise((resolve) => {
  const observer = new MutationObserver(() => {
    if (!said()) return;
    const end = performance.now();
    observer.disconnect();
    resolve(end - start);
  });
  observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  const start = performance.now();
  button.click();
});
