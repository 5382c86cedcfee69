// The results: searched, sorted and filtered as a whole, drawn only where they are seen.

const [ID, OUTCOME, MODEL, FILE, EXCERPT, COST, TOKENS, AT, FOUND, FIELDS] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const BEYOND = 8; // rows drawn above and below what is seen
const PRINTED = 1000;

const has = (column) => main.rows.some((row) => row[column]);
const proven = (row) => (row[FIELDS] ? row[FOUND] / row[FIELDS] : -1);

const COLUMNS = [
  { name: "Job", width: "minmax(8rem, 1.2fr)", value: (row) => row[ID], kind: "id" },
  { name: "Outcome", width: "6.5rem", value: (row) => row[OUTCOME], kind: "outcome" },
  { name: "Document", width: "minmax(8rem, 1fr)", value: (row) => row[FILE] ?? "", kind: "file", shown: has(FILE) },
  { name: "Answer", width: "minmax(10rem, 3fr)", value: (row) => row[EXCERPT], kind: "excerpt" },
  { name: "Model", width: "minmax(8.6rem, 1fr)", value: (row) => row[MODEL] ?? "", kind: "model" },
  { name: "Cited", width: "4.5rem", value: proven, kind: "found", numeric: true, shown: has(FIELDS) },
  { name: "Tokens", width: "5rem", value: (row) => row[TOKENS], kind: "tokens", numeric: true },
  { name: "Cost", width: "6rem", value: (row) => row[COST], kind: "cost", numeric: true },
  { name: "Ended", width: "9rem", value: (row) => row[AT], kind: "at", numeric: true, shown: false },
].map((column) => ({ shown: true, ...column }));

const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const asked = { words: "", outcome: "", model: "", column: null, down: false };
let order = main.rows.map((_, index) => index); // rows as they stand in the table now
let current = 0; // the row that the keyboard is on
let rowHeight = 44;
const drawn = new Map();
const texts = [];

/** Everything of a result that can be searched, in small letters. */
function text(index) {
  const known = detail(index);
  if (texts[index] === undefined || (known && !texts[index].complete)) {
    const row = main.rows[index];
    const parts = [row[ID], row[OUTCOME], row[MODEL], row[FILE], row[EXCERPT]];
    if (known) parts.push(known.error, ...known.fields.map((line) => line[4]), known.fields.length ? null : known.raw, known.metadata && JSON.stringify(known.metadata));
    texts[index] = { complete: Boolean(known), small: parts.filter(Boolean).join("\n").toLowerCase() };
  }
  return texts[index].small;
}

function arrange() {
  const wanted = asked.words.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = main.rows;
  order = rows.map((_, index) => index).filter((index) =>
    (!asked.outcome || rows[index][OUTCOME] === asked.outcome) && (!asked.model || rows[index][MODEL] === asked.model) &&
    (!wanted.length || wanted.every((word) => text(index).includes(word))));
  const column = COLUMNS[asked.column ?? -1];
  if (column) {
    const compare = column.numeric ? (a, b) => a - b : words.compare;
    const sign = asked.down ? -1 : 1;
    order.sort((a, b) => sign * compare(column.value(rows[a]), column.value(rows[b])) || a - b);
  }
  current = 0;
  told();
  redraw();
}

function told() {
  const all = main.rows.length;
  find("count").textContent = order.length === all ? plural(all, "result", "results") : `${count(order.length)} of ${count(all)}`;
  find("grid").setAttribute("aria-rowcount", String(order.length + 1));
  find("grid").hidden = !order.length;
  find("empty").hidden = Boolean(order.length);
  const clear = make("button", { type: "button", onclick: () => choose({ words: "", outcome: "", model: "" }) }, "Show all results");
  find("empty").replaceChildren(...(all ? [make("p", {}, "No result matches."), clear] : [make("p", {}, "No job has ended yet.")]));
  for (const [at, head] of heads.entries()) {
    const sorted = at === asked.column ? (asked.down ? "descending" : "ascending") : "none";
    head?.setAttribute("aria-sort", sorted);
  }
  find("by-order").value = asked.column === null ? "" : `${asked.column}${asked.down ? "-" : ""}`;
}

function choose(changes) {
  Object.assign(asked, changes);
  find("search").value = asked.words;
  find("by-outcome").value = asked.outcome;
  find("by-model").value = asked.model;
  arrange();
  if (find("results").getBoundingClientRect().top > window.innerHeight / 2) find("results").scrollIntoView();
}

function sortBy(at) {
  const same = asked.column === at;
  asked.down = same ? !asked.down : Boolean(COLUMNS[at].numeric);
  asked.column = at;
  arrange();
}

/** A cell's text, and for some a little more than text. */
function cell(column, row) {
  const box = make("div", { role: "gridcell", class: `cell ${column.kind}` });
  switch (column.kind) {
    case "id":
      box.append(make("a", { href: `#${address(row[ID])}`, tabindex: "-1", class: "data", title: row[ID] }, row[ID]));
      break;
    case "outcome":
      box.append(make("span", { class: `badge ${tone(row[OUTCOME])}` }, row[OUTCOME]));
      break;
    case "found":
      if (row[FIELDS]) box.append(make("span", { title: `${row[FOUND]} of ${row[FIELDS]} have a passage in the document that states them`, class: row[FOUND] < row[FIELDS] ? "part" : "full" }, `${row[FOUND]}/${row[FIELDS]}`));
      break;
    case "cost":
      box.append(make("span", { title: exactly(row[COST]) }, money(row[COST])));
      break;
    case "tokens":
      box.append(count(row[TOKENS]));
      break;
    default:
      box.append(make("span", { class: "data", title: column.value(row) }, column.value(row)));
  }
  return box;
}

function drawRow(place) {
  const row = main.rows[order[place]];
  return make("div", {
    role: "row", class: "row", "aria-rowindex": String(place + 2), "data-place": String(place),
    tabindex: place === current ? "0" : "-1", style: { top: `${place * rowHeight}px` },
  }, ...COLUMNS.filter((column) => column.shown).map((column) => cell(column, row)));
}

/** Draw the rows that are seen now, and take away those that are not. */
function draw(from = null, to = null) {
  const top = find("body").getBoundingClientRect().top;
  const first = Math.max(0, from ?? Math.floor(-top / rowHeight) - BEYOND);
  const last = Math.min(order.length, to ?? Math.ceil((window.innerHeight - top) / rowHeight) + BEYOND);
  const kept = drawn.get(current)?.contains(document.activeElement) ? current : -1;
  for (const [place, node] of drawn) {
    if ((place < first || place >= last) && place !== kept) {
      node.remove();
      drawn.delete(place);
    }
  }
  for (let place = first; place < last; place++) {
    if (drawn.has(place)) continue;
    const node = drawRow(place);
    drawn.set(place, node);
    // In the order in which they are read, also for who does not see them.
    let after = place + 1;
    while (after < last && !drawn.has(after)) after++;
    find("body").insertBefore(node, drawn.get(after) ?? null);
  }
}

function redraw() {
  find("body").replaceChildren();
  drawn.clear();
  rowHeight = parseFloat(getComputedStyle(find("grid")).getPropertyValue("--row"));
  find("body").style.height = `${order.length * rowHeight}px`;
  draw();
}

/** The keyboard goes to a row, which is brought into sight. */
function stand(place) {
  const to = Math.max(0, Math.min(order.length - 1, place));
  drawn.get(current)?.setAttribute("tabindex", "-1");
  current = to;
  const body = find("body").getBoundingClientRect().top;
  const top = body + to * rowHeight;
  const head = find("head").getBoundingClientRect().height + 8;
  if (top < head) window.scrollBy(0, top - head);
  else if (top + rowHeight > window.innerHeight) window.scrollBy(0, top + rowHeight - window.innerHeight + 8);
  draw();
  const node = drawn.get(to);
  node?.setAttribute("tabindex", "0");
  node?.focus({ preventScroll: true });
}

function keys(event) {
  const page = Math.max(1, Math.floor(window.innerHeight / rowHeight) - 3);
  const moves = { ArrowDown: current + 1, ArrowUp: current - 1, PageDown: current + page, PageUp: current - page, Home: 0, End: order.length - 1 };
  if (event.key in moves && !event.altKey && !event.ctrlKey && !event.metaKey) stand(moves[event.key]);
  else if (event.key === "Enter" || event.key === " ") go(order[current]);
  else return;
  event.preventDefault();
}

function pointed(event) {
  const row = event.target.closest("[data-place]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return; // a link may be opened elsewhere
  if (!event.target.closest("a") && String(window.getSelection())) return; // text was being selected
  event.preventDefault();
  stand(Number(row.dataset.place));
  go(order[current]);
}

let heads = [];

function options(id, first, names) {
  find(id).append(make("option", { value: "" }, first), ...names.map(([value, name]) => make("option", { value }, name)));
}

function drawTools() {
  const different = (column) => [...new Set(main.rows.map((row) => row[column]).filter(Boolean))].sort(words.compare).map((name) => [name, name]);
  options("by-outcome", "Every outcome", different(OUTCOME));
  options("by-model", "Every model", different(MODEL));
  options("by-order", "As they came", COLUMNS.flatMap((column, at) => [[`${at}`, `${column.name} ↑`], [`${at}-`, `${column.name} ↓`]]));
  find("tools").addEventListener("submit", (event) => event.preventDefault());
  find("search").addEventListener("input", () => ((asked.words = find("search").value), arrange()));
  find("search").addEventListener("keydown", (event) => event.key === "ArrowDown" && order.length && (event.preventDefault(), stand(0)));
  find("by-outcome").addEventListener("change", (event) => choose({ outcome: event.target.value }));
  find("by-model").addEventListener("change", (event) => choose({ model: event.target.value }));
  find("by-order").addEventListener("change", (event) => {
    const value = event.target.value;
    choose({ column: value ? parseInt(value, 10) : null, down: value.endsWith("-") });
  });
}

function drawTable() {
  heads = COLUMNS.map((column, at) => (column.shown
    ? make("div", { role: "columnheader", class: `cell ${column.kind}`, "aria-sort": "none" }, make("button", { type: "button", onclick: () => sortBy(at) }, column.name))
    : null));
  find("head").append(...heads.filter(Boolean));
  find("grid").style.setProperty("--columns", COLUMNS.filter((column) => column.shown).map((column) => column.width).join(" "));
  find("body").addEventListener("keydown", keys);
  find("body").addEventListener("click", pointed);
  let due = false;
  const soon = () => due || ((due = true), requestAnimationFrame(() => ((due = false), draw())));
  window.addEventListener("scroll", soon, { passive: true });
  window.addEventListener("resize", redraw);
  window.addEventListener("beforeprint", () => draw(0, PRINTED));
  window.addEventListener("afterprint", redraw);
  drawTools();
  arrange();
}
