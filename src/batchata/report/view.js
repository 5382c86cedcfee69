// One result with its documents: the answer on one side, where it stands on the other.

/** Of the open result: what is chosen, and the ways between values and passages. */
let opened = null;

class Opened {
  constructor(index, known) {
    this.index = index;
    this.known = known;
    this.row = main.rows[index];
    this.chosen = null; // a citation's number
    this.shown = null; // which of its documents is seen
    this.path = null;
  }

  paths(cite) {
    return Object.keys(this.known.map).filter((path) => this.known.map[path].includes(cite));
  }

  /** A value was chosen: show a passage of it; the next one, where it is chosen again. */
  fromValue(path, cites) {
    const at = this.path === path ? cites.indexOf(this.chosen) : -1;
    this.path = path;
    this.choose(cites[(at + 1) % cites.length]);
    remember(this.row[ID], path);
    this.toPassage();
  }

  /** A passage was chosen: go to a field that rests on it; the next one, where it is chosen again. */
  fromBox(cite) {
    const paths = this.paths(cite);
    const at = this.chosen === cite ? paths.indexOf(this.path) : -1;
    this.path = paths.length ? paths[(at + 1) % paths.length] : null;
    this.choose(cite);
    if (this.path !== null) remember(this.row[ID], this.path);
    const target = this.path !== null ? valueOf(this.path) : find("answer").querySelector(`.segment[data-cite~="${cite}"], .passages [data-cite~="${cite}"]`);
    target?.closest("details")?.setAttribute("open", "");
    target?.focus({ preventScroll: true });
    near(target);
  }

  choose(cite) {
    this.chosen = cite;
    const known = this.known.cites[cite];
    if (known.doc !== null && known.doc !== this.shown && known.doc < this.known.docs.length) drawSource(known.doc);
    paint();
    find("said").textContent = known.text ? `${known.page ? `Page ${known.page}: ` : ""}${known.text}` : HOW.unverified;
  }

  toPassage() {
    near(find("source").querySelector(`[data-cite~="${this.chosen}"]`));
  }
}

const valueOf = (path) => [...find("answer").querySelectorAll(".value[data-path]")].find((node) => node.dataset.path === path);

function near(node) {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  node?.scrollIntoView({ block: "center", inline: "nearest", behavior: still ? "auto" : "smooth" });
}

/** Say by a class what is chosen: the passage wherever it stands, and the values that rest on it. */
function paint() {
  for (const node of find("view").querySelectorAll("[data-cite]")) {
    node.classList.toggle("on", node.dataset.cite.split(" ").includes(String(opened.chosen)));
  }
  for (const node of find("view").querySelectorAll(".value[data-path]")) {
    const rests = opened.known.map[node.dataset.path].includes(opened.chosen);
    node.classList.toggle("on", rests && (opened.path === null || opened.path === node.dataset.path));
    node.setAttribute("aria-pressed", String(node.classList.contains("on")));
  }
}

function hinted(cites, on) {
  for (const node of find("source").querySelectorAll("[data-cite]")) {
    node.classList.toggle("hint", on && node.dataset.cite.split(" ").some((cite) => cites.includes(Number(cite))));
  }
}

/** The page of a citation, in a word or two. */
const where = (cite) => [cite.page ? `p. ${cite.page}` : null, cite.how === "fuzzy" ? "≈" : null].filter(Boolean).join(" ") || "cited";

function value(line) {
  const [path, , , kind, words_] = line;
  const cites = opened.known.map[path] ?? [];
  if (!cites.length) {
    const bare = opened.known.unsupported.includes(path) && make("span", { class: "where none", title: "No passage was found that states this value" }, "no passage");
    return make("dd", {}, make("span", { class: `data is-${kind}` }, words_ === "" ? "(empty)" : words_), bare);
  }
  const first = opened.known.cites[cites[0]];
  const unsure = opened.known.unsure.includes(path);
  return make("dd", {},
    make("button", {
      type: "button", class: `value data is-${kind}${unsure ? " unsure" : ""}`, "data-path": path, "aria-pressed": "false", onclick: () => opened.fromValue(path, cites),
      onmouseenter: () => hinted(cites, true), onmouseleave: () => hinted(cites, false),
    }, words_ === "" ? "(empty)" : words_),
    make("span", { class: "where", title: unsure ? "The passage stands in the document; that it states this value is not shown" : HOW[first.how] },
      `${where(first)}${cites.length > 1 ? ` +${cites.length - 1}` : ""}${unsure ? " ?" : ""}`));
}

function answerOf(known) {
  if (known.fields.length) {
    const lines = known.fields.map((line) => make("div", { class: line[3] === null ? "line group" : "line", style: { "--depth": String(line[2]) } },
      make("dt", { class: "data", title: line[0] }, line[1]), line[3] === null ? make("dd", {}) : value(line)));
    return [make("dl", { class: "fields" }, ...lines), known.more && make("p", { class: "gap" }, "There are more values than are shown here.")];
  }
  if (known.raw !== null && !known.error) return [make("pre", { class: "prose data" }, ...segments(known))];
  return [];
}

/** Prose whose pieces say what they rest on. */
function segments(known) {
  const nodes = [];
  let done = 0;
  const grouped = [];
  known.cites.forEach((cite, index) => {
    if (!cite.statement) return;
    if (grouped.at(-1)?.statement === cite.statement) grouped.at(-1).cites.push(index);
    else grouped.push({ statement: cite.statement, cites: [index] });
  });
  for (const { statement, cites } of grouped) {
    const at = known.raw.indexOf(statement, done);
    if (at < 0) continue;
    nodes.push(known.raw.slice(done, at));
    let turn = -1;
    const act = () => (opened.path = null, opened.choose(cites[(turn = (turn + 1) % cites.length)]), opened.toPassage());
    nodes.push(make("span", {
      class: "mark segment", role: "button", tabindex: "0", "data-cite": cites.join(" "), onclick: act,
      onkeydown: (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), act()),
    }, statement));
    done = at + statement.length;
  }
  return [...nodes, known.raw.slice(done)];
}

function cited(known) {
  if (!known.cites.length) return null;
  const list = make("ul", { class: "passages" }, ...known.cites.map((cite, index) => make("li", {},
    cite.text
      ? make("button", { type: "button", class: "quote data", "data-cite": index, onclick: () => (opened.path = null, opened.choose(index), opened.toPassage()) }, cite.text)
      : make("span", { class: "quote data missing" }, cite.quote ?? "(no words)"),
    make("span", { class: "quiet" }, [cite.page && `page ${cite.page}`, cite.source, HOW[cite.how] ?? cite.how, cite.note].filter(Boolean).join(" · ")))));
  const found = known.cites.filter((cite) => cite.text).length;
  return make("details", { open: !known.fields.length }, make("summary", {}, `${plural(known.cites.length, "passage", "passages")} cited, ${found} found`), list);
}

function triesOf(known) {
  const heads = ["Outcome", "Provider batch", "Tokens in", "out", "Cost"];
  const rows = known.tries.flatMap((one) => [
    make("tr", {}, ...[one.outcome, one.provider_batch ?? "not sent", count(one.usage.input_tokens), count(one.usage.output_tokens), money(Math.round(one.cost_usd * 1e9))].map((cell_) => make("td", { class: "data" }, cell_))),
    one.error && make("tr", {}, make("td", { class: "data quiet", colspan: "5" }, one.error)),
  ]);
  return make("table", { class: "plain" }, make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))), make("tbody", {}, ...rows.filter(Boolean)));
}

const block = (content) => make("pre", { class: "data small" }, content);

function more(known) {
  return [
    known.tries.length ? folded(plural(known.tries.length, "attempt", "attempts"), () => make("div", { class: "wide" }, triesOf(known))) : null,
    known.prompt ? folded("Prompt", () => block(known.prompt)) : null,
    known.raw !== null && (known.fields.length || known.error) ? folded("The model's own text", () => block(known.raw)) : null,
    known.metadata !== null ? folded("Metadata", () => block(JSON.stringify(known.metadata, null, 2))) : null,
    known.file ? folded("File", () => block(known.file)) : null,
  ];
}

function drawAnswer() {
  const { known, row } = opened;
  const used = known.usage;
  const cached = used.cache_read_tokens ? ` (${count(used.cache_read_tokens)} cached)` : "";
  const whole_ = (words_) => make("span", {}, words_); // not broken over lines, as a model's name may be
  const facts = [row[MODEL], ...[money(row[COST]), `${count(used.input_tokens ?? 0)} tokens in${cached}, ${count(used.output_tokens ?? 0)} out`, `${moment(row[AT])} UTC`].map(whole_)].filter(Boolean);
  find("answer").replaceChildren(
    make("p", { class: "facts quiet data" }, ...facts.flatMap((fact, at) => (at ? [" · ", fact] : [fact]))),
    ...[known.error && make("p", { class: "notice bad data" }, known.error), ...answerOf(known), cited(known), ...more(known)].filter(Boolean),
  );
}

/** Show one of the result's documents. */
function drawSource(which) {
  opened.shown = which;
  const number = opened.known.docs[which];
  const cites = opened.known.cites.map((cite, index) => [index, cite]).filter(([, cite]) => cite.doc === which || (opened.known.docs.length === 1 && cite.doc === null && cite.text));
  const tabs = opened.known.docs.map((one, at) => make("button", { type: "button", class: "tab data", "aria-pressed": String(at === which), onclick: () => (drawSource(at), paint()) }, main.docs[one].name));
  const known = main.docs[number];
  const pages = known.count ? make("span", { class: "quiet" }, plural(known.count, "page", "pages")) : null;
  find("source").replaceChildren(make("div", { class: "tabs" }, ...tabs, pages), ...drawDocument(number, cites, opened));
}

function show(index, path = null) {
  const known = detail(index);
  if (!known) return;
  const view = find("view");
  opened = new Opened(index, known);
  find("view-title").textContent = opened.row[ID];
  find("view-outcome").textContent = opened.row[OUTCOME];
  find("view-outcome").className = `badge ${tone(opened.row[OUTCOME])}`;
  const place = order.indexOf(index);
  find("previous").disabled = place <= 0;
  find("next").disabled = place < 0 || place >= order.length - 1;
  const documents = known.docs.length > 0;
  view.classList.toggle("single", !documents);
  find("source").hidden = !documents;
  find("source").replaceChildren();
  if (!view.open) {
    view.showModal();
    find("answer").focus();
  }
  drawAnswer();
  if (documents) drawSource(0);
  for (const pane of [find("answer"), find("source")]) pane.scrollTop = 0;
  if (path !== null && known.map[path]) {
    opened.fromValue(path, known.map[path]);
    valueOf(path)?.focus();
  } else {
    const first = known.cites.findIndex((cite) => cite.text);
    if (first >= 0) near(find("source").querySelector("[data-cite]"));
  }
}
