// Finds things the way people do who read the screen or listen to it: by role and name, never by class.
//
// Run anew for every question: the first argument names the answer below, the others are its own. What is not there
// is thrown as a sentence, so that a wait can say what it saw last.

const [question, ...details] = arguments;

const squeeze = (text) => text.replace(/\s+/g, " ").trim();
const shown = (node) => node.checkVisibility({ visibilityProperty: true });

// The text of a node as its accessible name takes it: without decoration, with a space between blocks.
function text(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE || node.ariaHidden === "true" || node.tagName === "svg") return "";
  if (node.tagName === "IMG") return node.alt;
  const display = getComputedStyle(node).display;
  if (display === "none") return "";
  const inner = Array.from(node.childNodes, text).join("");
  return display.startsWith("inline") ? inner : ` ${inner} `;
}

function name(node) {
  const by = node.getAttribute("aria-labelledby");
  if (by) return squeeze(by.split(/\s+/).map((id) => text(document.getElementById(id))).join(" "));
  if (node.ariaLabel) return squeeze(node.ariaLabel);
  if (node.tagName === "FIELDSET") return squeeze(text(node.querySelector(":scope > legend") ?? new Text()));
  if (node.labels?.length) return squeeze(Array.from(node.labels, text).join(" "));
  return squeeze(text(node));
}

// An open dialog hides the page behind it.
const top = () => Array.from(document.querySelectorAll("dialog[open]")).at(-1) ?? document.body;

const among = (scope, kinds) => Array.from(scope.querySelectorAll(kinds)).filter(shown);

function only(scope, kinds, wanted) {
  const all = among(scope, kinds);
  const found = all.filter((node) => name(node) === wanted);
  if (found.length === 1) return found[0];
  if (found.length) throw new Error(`${found.length} things are named “${wanted}”`);
  throw new Error(`nothing is named “${wanted}”, only: ${all.map(name).join(" | ")}`);
}

// “当事人 1 › 姓名” is the 姓名 within the group 当事人 1.
function within(path) {
  const steps = path.split(" › ");
  const wanted = steps.pop();
  const groups = "fieldset, section, nav, ol, ul, [role=group], [role=radiogroup], [role=region]";
  return [steps.reduce((scope, step) => only(scope, groups, step), top()), wanted];
}

function field(path) {
  const boxes = "input:not([type=radio], [type=hidden]), textarea, select, button[aria-haspopup]";
  const [scope, wanted] = within(path);
  return only(scope, `${boxes}, fieldset, [role=radiogroup]`, wanted);
}

const fits = (input) => (input.type === "radio" || input.type === "checkbox") && shown(input.closest("label") ?? input);
const choices = (group) => Array.from(group.querySelectorAll("input")).filter(fits);

function kind(node) {
  if (node.matches("fieldset, [role=radiogroup]")) return "group";
  if (node.matches("button")) return "picker";
  if (node.matches("select")) return "list";
  if (node.type === "checkbox") return "tick";
  return ["date", "datetime-local", "time"].includes(node.type) ? "clock" : "text";
}

function described(node) {
  const [value] = (node.getAttribute("aria-describedby") ?? "").split(/\s+/);
  return squeeze(text(document.getElementById(value) ?? node));
}

const seen = (node) => (node.scrollIntoView({ block: "center", behavior: "instant" }), node);

const say = (node, ...events) => events.forEach((event) => node.dispatchEvent(new Event(event, { bubbles: true })));

const answers = {
  // Something to press.
  press(path) {
    const [scope, wanted] = within(path);
    const node = only(scope, "a[href], button, summary, [role=button]", wanted);
    if (node.disabled || node.ariaDisabled === "true") throw new Error(`“${wanted}” can't be pressed now`);
    return seen(node);
  },

  // The one button whose name holds these words.
  button(words) {
    const found = among(top(), "button").filter((node) => name(node).includes(words));
    if (found.length !== 1) throw new Error(`${found.length} buttons hold “${words}”`);
    return seen(found[0]);
  },

  // The one row of a list, a link, that holds these words.
  row(words) {
    const rows = among(top(), "main a[href]").filter((node) => squeeze(text(node)).includes(words));
    if (rows.length !== 1) throw new Error(`${rows.length} rows hold “${words}”`);
    return seen(rows[0]);
  },

  rows: () => among(document, "main li a[href^='/records/']").map((node) => squeeze(text(node))),

  kind: (path) => kind(field(path)),

  // Puts the cursor into a field, with everything in it marked.
  mark(path) {
    const node = seen(field(path));
    node.focus();
    node.select();
    if (node.value) document.execCommand("delete");
    return document.activeElement === node;
  },

  // Date and time boxes are filled in by wheels of the phone, not by typing.
  set(path, value) {
    const node = seen(field(path));
    node.focus();
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(node, value);
    say(node, "input", "change");
    node.blur();
  },

  // A list of the browser's own is a wheel of the phone, too.
  select(path, wanted) {
    const node = seen(field(path));
    const option = Array.from(node.options).find((one) => squeeze(one.text) === wanted);
    if (!option) throw new Error(`“${path}” has no option “${wanted}”`);
    node.value = option.value;
    say(node, "input", "change");
  },

  // One of a group's choices: what to press, and whether it has been chosen already.
  choice(path, wanted) {
    const all = choices(field(path));
    const input = all.find((one) => name(one) === wanted);
    if (!input) throw new Error(`“${path}” has no choice “${wanted}”, only: ${all.map(name).join(" | ")}`);
    return [seen(input.closest("label") ?? input), input.checked];
  },

  tick(path) {
    const node = field(path);
    return [seen(node.closest("label") ?? node), node.checked];
  },

  choices: (path) => choices(field(path)).map(name),

  // An option of the list that is open; it may show more than its words, such as a code.
  option(wanted) {
    const options = among(top(), "[role=option]");
    const says = (node) => [node, ...node.querySelectorAll("*")].some((part) => squeeze(text(part)) === wanted);
    const found = options.filter(says);
    if (found.length !== 1) throw new Error(`${found.length} of ${options.length} options say “${wanted}”`);
    return seen(found[0]);
  },

  // The search box of an open list, when it has one.
  searches: () => among(top(), "input[type=search]").length === 1,

  dialogs: () => document.querySelectorAll("dialog[open]").length,

  // What a field holds, in the words of the screen.
  holds(path) {
    const node = field(path);
    switch (kind(node)) {
      case "group":
        return choices(node).filter((input) => input.checked).map(name).join("、");
      case "picker":
        return described(node);
      case "tick":
        return String(node.checked);
      case "list":
        return squeeze(node.selectedOptions[0]?.text ?? "");
      default:
        return node.value;
    }
  },

  picture(name) {
    const found = among(document, "main img").filter((image) => image.alt === name);
    if (found.length !== 1) throw new Error(`${found.length} pictures are named “${name}”`);
    return found[0].complete && found[0].naturalWidth > 0;
  },

  // The labels of a form's fields, in order; a group counts once.
  labels() {
    const boxes = "input:not([type=hidden]), textarea, select, button[aria-haspopup], fieldset";
    const outer = among(top(), `main form :is(${boxes})`).filter((node) => !node.parentElement.closest("fieldset"));
    return outer.map(name);
  },

  field: (path) => field(path),

  marked: (path) => field(path).closest("[data-invalid]") !== null || field(path).ariaInvalid === "true",

  // The name of what has the focus. A ring around it, or around what stands for it, has to be seen.
  focus() {
    const node = document.activeElement;
    const ring = (other) => other && parseFloat(getComputedStyle(other).outlineWidth) > 1 && getComputedStyle(other).outlineStyle !== "none";
    const seen = [node, node.nextElementSibling, node.parentElement].some(ring);
    const reader = node.matches("h1, h2, main, body, [role=alert]");
    if (!seen && !reader) throw new Error(`the focus on “${name(node)}” can't be seen`);
    return node === document.body ? "" : name(node);
  },

  focused: () => name(document.activeElement),

  heading() {
    const all = among(document, "main h1");
    if (all.length !== 1) throw new Error(`there are ${all.length} headings`);
    return squeeze(text(all[0]));
  },

  // The line that says how far the sending is.
  sync: () => squeeze(text(only(document, "[role=status]", "同步状态"))),

  // What else is announced.
  statuses: () =>
    among(document, "[role=status]").filter((node) => node.ariaLabel !== "同步状态").map((node) => squeeze(text(node))),

  alerts: () => among(document, "[role=alert]").map((node) => squeeze(text(node))),

  alertLinks: () => among(document, "[role=alert] a[href]").map(name),

  nav: () => among(document, "nav a[href]").map(name),

  // What a record says for a label. The text as it is, because a person's white space counts.
  fact(label) {
    const terms = among(document, "main dt");
    const term = terms.find((node) => squeeze(text(node)) === label);
    if (!term) throw new Error(`no fact is named “${label}”, only: ${terms.map((node) => squeeze(text(node)))}`);
    return term.nextElementSibling.innerText;
  },

  timeline: () => among(document, "main ol > li").map((node) => squeeze(text(node))),

  masks: () => among(document, "main dd button[aria-label]").map(seen),

  text: () => document.body.innerText,

  screen: () => ({ path: location.pathname, text: document.body.innerText }),
};

return answers[question](...details);
