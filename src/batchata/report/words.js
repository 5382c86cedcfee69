// Small words: nodes made without markup, numbers as people read them, the data blocks of the page.

const find = (id) => document.getElementById(id);

/** An element; strings among the children become text, never markup. `on…` are listeners, `style` is set property by property. */
function make(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [property, set] of Object.entries(value)) node.style.setProperty(property, set);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const count = (number) => number.toLocaleString("en-US");

/** Nano-dollars: enough digits to be told apart, never rounded to nothing. */
function money(nano) {
  if (!nano) return "$0";
  const usd = Math.abs(nano) / 1e9;
  const digits = usd >= 100 ? 2 : usd >= 0.01 ? 4 : Math.min(9, 2 - Math.floor(Math.log10(usd)));
  const text = usd.toLocaleString("en-US", { minimumFractionDigits: usd < 0.01 ? digits : 2, maximumFractionDigits: digits });
  return `${nano < 0 ? "−" : ""}$${text}`;
}

/** All that is known of an amount. */
const exactly = (nano) => `$${(nano / 1e9).toFixed(9)}`;

function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86400).toFixed(1)} days`;
}

const moment = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");

const share = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(part && part < whole ? 1 : 0)} %` : "–");

const plural = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;

const WAITING = { pending: "waiting to be sent", active: "at the provider" };
const tone = (outcome) => (outcome === "succeeded" ? "good" : outcome in WAITING ? "wait" : "bad");

const blocks = new Map();

/** What a data block of the page holds, read when it is first asked for; undefined where there is none (yet). */
function data(id) {
  if (!blocks.has(id)) {
    const block = find(id);
    if (!block) return undefined;
    blocks.set(id, JSON.parse(block.textContent));
  }
  return blocks.get(id);
}

/** As `data`, of a picture: not kept, because the picture keeps it. */
const picture = (id) => (find(id) ? JSON.parse(find(id).textContent) : null);

const main = data("main");
const detail = (index) => data(`results-${Math.floor(index / main.chunk)}`)?.[index % main.chunk];

/** The blocks behind the script are there once the page is read to its end. */
const whole = new Promise((resolve) => {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => resolve());
  else resolve();
});
