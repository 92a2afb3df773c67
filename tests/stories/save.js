// Saves one patrol by the links, fields and buttons of the screen, with a photo for each of the sizes given, and
// answers when the page has come that follows on 已存在本机.
const [route, sizes = []] = arguments;

// Looks after every change of the page: a hidden tab's timers run once a second.
const found = (look) =>
  new Promise((done) => {
    const observer = new MutationObserver(() => check());
    const timer = setInterval(() => check(), 50);
    const check = () => {
      const thing = look();
      if (!thing) return;
      observer.disconnect();
      clearInterval(timer);
      done(thing);
    };
    observer.observe(document, { childList: true, subtree: true, characterData: true, attributes: true });
    check();
  });
const labelled = (words) =>
  Array.from(document.querySelectorAll("main form :is(input, textarea, button[aria-haspopup])")).find((node) =>
    Array.from(node.labels ?? []).some((label) => label.textContent.trim() === words),
  );
const type = (field, text) => {
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const said = () =>
  Array.from(document.querySelectorAll("[role=status]:not([aria-label])")).some((node) =>
    node.textContent.includes("已存在本机"),
  );

// Noise, which nothing can make smaller, and which no other photo has.
const photo = async ([width, height]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  for (let at = 0; at < picture.data.length; at += 65536) {
    crypto.getRandomValues(picture.data.subarray(at, Math.min(at + 65536, picture.data.length)));
  }
  for (let at = 3; at < picture.data.length; at += 4) picture.data[at] = 255;
  context.putImageData(picture, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  return new File([blob], `${width}x${height}.jpg`, { type: "image/jpeg" });
};

(await found(() => document.querySelector("nav a[href='/']"))).click();
(await found(() => location.pathname === "/" && document.querySelector("main a[href='/new/patrol']"))).click();
type(await found(() => location.pathname === "/new/patrol" && labelled("路线或点位")), route);
// A form is drawn field by field, in turns.
(await found(() => labelled("网格巡查"))).click();
if (sizes.length) {
  (await found(() => labelled("有发现"))).click();
  (await found(() => labelled("发现类别"))).click();
  const options = () => Array.from(document.querySelectorAll("dialog[open] [role=option]"));
  (await found(() => options().find((option) => option.textContent.includes("消防")))).click();
  type(await found(() => labelled("情况描述")), route);
  (await found(() => labelled("劝导"))).click();
  const input = await found(() => document.querySelector("main form input[type=file]"));
  const files = new DataTransfer();
  for (const size of sizes) files.items.add(await photo(size));
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  await found(() => document.querySelector(`main form img[alt='照片 ${sizes.length}']`));
} else {
  (await found(() => labelled("无异常"))).click();
}
const button = Array.from(document.querySelectorAll("main form button")).find((node) => node.type === "submit");
button.click();
await found(() => location.pathname.startsWith("/records/") && said());
return true;
