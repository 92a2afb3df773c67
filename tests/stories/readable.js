// Measures what is on the screen. Run anew for every question, like support/page.js.

const [question] = arguments;
const shown = (node) => node.checkVisibility({ visibilityProperty: true });
const top = Array.from(document.querySelectorAll("dialog[open]")).at(-1) ?? document;
const all = (kinds) => Array.from(top.querySelectorAll(kinds)).filter(shown);
const says = (node) => {
  const words = (node.ariaLabel ?? node.labels?.[0]?.innerText ?? node.innerText ?? "").replace(/\s+/g, " ").trim();
  return `<${node.tagName.toLowerCase()} class="${node.getAttribute("class") ?? ""}"> ${words.slice(0, 40)}`;
};

// What a finger touches for this control.
const touched = (node) => {
  if (node.type === "radio" || node.type === "checkbox") return node.closest("label") ?? node;
  return node;
};

const inText = (node) => node.tagName === "A" && getComputedStyle(node).display === "inline" && node.closest("p, dd, li");

// Moves by itself to the side, or shows by dots that there is more, which the next screen spells out.
const scrolls = (node) => node.closest("[data-scrolls], .filters") !== null;
const dotted = (node) => getComputedStyle(node).textOverflow === "ellipsis" || node.closest(".cell") !== null;

const answers = {
  // Everything that can be touched and is smaller than 48 px.
  small() {
    const found = new Set();
    for (const node of all("a[href], button, input, select, textarea, summary, audio, [role=option]")) {
      if (node.type === "hidden" || inText(node)) continue;
      const box = touched(node).getBoundingClientRect();
      if (box.bottom < 0) continue; // The way past the navigation, until it has the focus.
      if (box.width < 47.5 || box.height < 47.5) found.add(`${says(node)} is ${box.width} × ${box.height}`);
    }
    return [...found];
  },

  // Everything that does not fit the width of the screen or of its own box.
  cut() {
    const found = [];
    const page = document.scrollingElement;
    if (page.scrollWidth > page.clientWidth) found.push(`the page is ${page.scrollWidth} px wide, not ${page.clientWidth}`);
    for (const node of all("a, button, input, select, textarea, label, legend, h1, h2, h3, p, dt, dd, span, strong, time, summary")) {
      if (node.closest(".hidden-text, .skip, svg") || scrolls(node)) continue;
      const box = node.getBoundingClientRect();
      if (box.width < 2 || box.bottom < 0) continue;
      if (box.left < -1 || box.right > page.clientWidth + 1) found.push(`${says(node)} reaches from ${box.left} to ${box.right}`);
      const { overflowX, overflowY, display } = getComputedStyle(node);
      const inside = !(display === "inline" || dotted(node));
      if (inside && node.scrollWidth > node.clientWidth + 2 && node.clientWidth > 0 && !/auto|scroll/.test(overflowX)) {
        found.push(`${says(node)} holds ${node.scrollWidth} px in ${node.clientWidth}`);
      }
      const tall = node.scrollHeight > node.clientHeight + 3 && /hidden|clip/.test(overflowY);
      if (inside && tall) found.push(`${says(node)} holds ${node.scrollHeight} px of height in ${node.clientHeight}`);
      const holder = node.parentElement.closest("button, a.btn, a.cell, .nav > a, .sync > a, .option, .segmented > label, .banner, .toast");
      const room = holder?.getBoundingClientRect();
      const out = room && (box.bottom > room.bottom + 2 || box.top < room.top - 2 || box.left < room.left - 2 || box.right > room.right + 2);
      const sides = ({ left, top, right, bottom }) => [left, top, right, bottom].map(Math.round).join(" ");
      if (out && !node.matches(".count")) found.push(`${says(node)} (${sides(box)}) stands out of ${says(holder)} (${sides(room)})`);
    }
    return [...new Set(found)];
  },

  // Everything that would move by itself.
  moving() {
    const moves = (node) => {
      const style = getComputedStyle(node);
      const animated = style.animationName !== "none" && parseFloat(style.animationDuration) > 0.01;
      return animated || style.transitionDuration.split(",").some((time) => parseFloat(time) > 0.01);
    };
    return Array.from(document.querySelectorAll("*")).filter(moves).map(says);
  },
};

return answers[question]();
