// The answers of the ledger that is open. The first argument names what is asked.
const [question, ...details] = arguments;
const until = (done) =>
  new Promise((resolve) => {
    const look = () => (done() ? resolve(performance.now()) : setTimeout(look, 1));
    look();
  });
const box = () => document.querySelector("main input[type=search]");
const tally = () => document.querySelector("main .tally").textContent;
// The browser tells of a task some time after it has ended.
const longest = async (since) => {
  await new Promise((later) => setTimeout(later, 200));
  return window.benchTasks.filter((task) => task.start >= since).reduce((most, task) => Math.max(most, task.took), 0);
};

const answers = {
  // Whether everything has been read that a search goes through: then a word that is nowhere is answered for good.
  async ready() {
    answers.type("没有这样的字");
    await until(() => document.querySelector(".split-list .empty"));
    answers.type("");
    return true;
  },

  type(words) {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(box(), words);
    box().dispatchEvent(new Event("input", { bubbles: true }));
  },

  // Types each word and gives, for each, the milliseconds until the answer was whole; at the end the longest task.
  async search(all) {
    const began = performance.now();
    const took = [];
    for (const words of all) {
      const before = tally();
      const start = performance.now();
      answers.type(words);
      await until(() => document.querySelector(".split-list .empty") || (tally().startsWith("找到") && tally() !== before));
      took.push(performance.now() - start);
      answers.type("");
      await until(() => tally().startsWith("共") && !document.querySelector(".split-list .empty"));
      await new Promise((later) => setTimeout(later, 50));
    }
    return [took, await longest(began)];
  },

  // Scrolls down from the top in so many steps of a frame each, so many pixels a frame or through the whole list, and
  // gives the longest task and the longest frame.
  async scroll(steps, pixels) {
    window.scrollTo(0, 0);
    await new Promise((later) => setTimeout(later, 500));
    const began = performance.now();
    const each = pixels ?? (document.body.scrollHeight - innerHeight) / steps;
    let [last, frame] = [began, 0];
    for (let step = 1; step <= steps; step++) {
      window.scrollTo(0, each * step);
      const now = await new Promise((next) => requestAnimationFrame(next));
      [last, frame] = [now, Math.max(frame, now - last)];
    }
    return [await longest(began), frame];
  },

  // The bare limit of a search: the browser goes through as much text in one piece.
  bare(records) {
    const line = "双方田块上下相邻,今年天旱水少,因谁先放水发生争吵,经劝说暂时平息。泸桥镇固包村 2025-06-01 17:40 139";
    const text = Array.from({ length: records }, (_, n) => line + n + line).join("\n");
    const words = ["没有这样的字", "zs", "二五零零"];
    return words.map((word) => {
      const start = performance.now();
      if (text.indexOf(word) >= 0) throw new Error("it is there");
      return performance.now() - start;
    });
  },
};
return await answers[question](...details);
