// A document beside its answer: pages as pictures with boxes on them, or text with passages marked.

/** Pictures are set in when their page comes near. */
const watcher = new IntersectionObserver((seen) => {
  for (const entry of seen) {
    if (!entry.isIntersecting) continue;
    watcher.unobserve(entry.target);
    const image = entry.target.querySelector("img");
    image.src = picture(image.dataset.block) ?? "";
  }
}, { rootMargin: "800px" });

const HOW = { exact: "word for word", normalized: "word for word but for spacing and punctuation", fuzzy: "nearly word for word", unverified: "not found in the document" };

/** What a passage is called where it can't be seen: its words, and the fields that rest on it. */
const called = (cite, paths) => [cite.text || cite.quote || "passage", paths.length ? `shows ${paths.join(", ")}` : null].filter(Boolean).join(": ");

const percent = (part, whole) => `${((100 * part) / whole).toFixed(3)}%`;

function boxOn(page, cite, index, edges, first, opened) {
  const [, width, height] = page;
  const [, left, bottom, right, top] = edges;
  const [wide, high] = [2, 2.5]; // points around: ink reaches the edges of its box
  const label = called(cite, opened.paths(index));
  return make("button", {
    type: "button", class: "box", "data-cite": index, tabindex: first ? "0" : "-1", "aria-label": label, title: label,
    onclick: () => opened.fromBox(index),
    style: {
      left: percent(left - wide, width), top: percent(height - top - high, height),
      width: percent(right - left + 2 * wide, width), height: percent(top - bottom + 2 * high, height),
    },
  });
}

function drawnPage(number, page, cites, opened) {
  const [at, width, height] = page;
  const sheet = make("div", { class: "sheet", style: { "aspect-ratio": `${width} / ${height}` } },
    make("img", { alt: `Page ${at}`, "data-block": `page-${number}-${at}`, decoding: "async" }));
  for (const [index, cite] of cites) {
    cite.boxes.filter((edges) => edges[0] === at).forEach((edges, place) => sheet.append(boxOn(page, cite, index, edges, !place, opened)));
  }
  watcher.observe(sheet);
  return make("figure", { class: "page" }, make("figcaption", {}, `Page ${at}`), sheet);
}

const onPage = (cite, at) => (cite.boxes.length ? cite.boxes.some((edges) => edges[0] === at) : cite.page === at);

/** Passages as words, where there is no picture to show them on. */
function passages(cites, opened) {
  return make("ul", { class: "passages" }, ...cites.map(([index, cite]) => make("li", {},
    make("button", { type: "button", class: "quote data", "data-cite": index, onclick: () => opened.fromBox(index) }, cite.text || cite.quote || "(no words)"),
    cite.page ? make("span", { class: "quiet" }, ` page ${cite.page}`) : null)));
}

function pagesOf(number, document_, cites, opened) {
  const drawnPages = new Set(document_.pages.map((page) => page[0]));
  const missing = [...new Set(cites.flatMap(([, cite]) => (cite.boxes.length ? cite.boxes.map((edges) => edges[0]) : [cite.page])))].filter((at) => at && !drawnPages.has(at));
  const parts = [
    ...document_.pages.map((page) => [page[0], drawnPage(number, page, cites, opened)]),
    ...missing.map((at) => [at, make("figure", { class: "page absent" }, make("figcaption", {}, `Page ${at} is not drawn: there was no room for it.`), passages(cites.filter(([, cite]) => onPage(cite, at)), opened))]),
  ].sort((a, b) => a[0] - b[0]);
  const nodes = [];
  let before = 0;
  for (const [at, node] of parts) {
    if (at > before + 1) nodes.push(gap(before + 1, at - 1));
    nodes.push(node);
    before = at;
  }
  if (document_.count > before) nodes.push(gap(before + 1, document_.count));
  return nodes;
}

const gap = (from, to) => make("p", { class: "gap" }, from === to ? `Page ${from} is not drawn.` : `Pages ${count(from)} to ${count(to)} are not drawn.`);

/** Places in code points as places in a JavaScript string, which counts some characters twice. */
function units(content, from, points) {
  if (!/[\ud800-\udfff]/.test(content)) return new Map(points.map((point) => [point, point - from]));
  const wanted = [...new Set(points)].sort((a, b) => a - b);
  const found = new Map();
  let unit = 0;
  let point = from;
  for (const target of wanted) {
    while (point < target && unit < content.length) {
      unit += content.codePointAt(unit) > 0xffff ? 2 : 1;
      point++;
    }
    found.set(target, unit);
  }
  return found;
}

function marked(from, content, cites, opened) {
  const until = from + [...content].length;
  const within = cites.filter(([, cite]) => cite.span && cite.span[0] < until && cite.span[1] > from);
  const edges = [...new Set(within.flatMap(([, cite]) => cite.span.map((at) => Math.min(until, Math.max(from, at)))))].sort((a, b) => a - b);
  const place = units(content, from, edges);
  const nodes = [];
  let done = 0;
  const named = new Set();
  for (const [which, start] of edges.entries()) {
    nodes.push(content.slice(done, place.get(start)));
    done = place.get(start);
    const end = edges[which + 1];
    const here = within.filter(([, cite]) => end !== undefined && cite.span[0] <= start && cite.span[1] >= end).map(([index]) => index);
    if (!here.length) continue;
    const first = here.some((index) => !named.has(index));
    here.forEach((index) => named.add(index));
    nodes.push(mark(content.slice(done, place.get(end)), here, first, opened));
    done = place.get(end);
  }
  return [...nodes, content.slice(done)];
}

/** A stretch of text that acts as a button, and still breaks over lines as text does. */
function mark(words_, cites, first, opened) {
  let turn = -1;
  const act = () => opened.fromBox(cites[(turn = (turn + 1) % cites.length)]);
  const label = [...new Set(cites.flatMap((index) => opened.paths(index)))].join(", ");
  return make("span", {
    class: "mark", role: "button", tabindex: first ? "0" : "-1", "data-cite": cites.join(" "), title: label ? `shows ${label}` : null, onclick: act,
    onkeydown: (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), act()),
  }, words_);
}

function textOf(number, cites, opened) {
  const nodes = [];
  let before = 0;
  for (const [from, content] of data(`text-${number}`) ?? []) {
    if (from > before) nodes.push(make("p", { class: "gap" }, `${count(from - before)} characters are not shown.`));
    nodes.push(make("pre", { class: "paper data" }, ...marked(from, content, cites, opened)));
    before = from + [...content].length;
  }
  return nodes;
}

/** All of one document: `cites` are the passages in it, as [number, citation]. */
function drawDocument(number, cites, opened) {
  const document_ = main.docs[number];
  if (document_.note) return [make("p", { class: "notice" }, document_.note), passages(cites, opened)];
  if (document_.kind === "text") return textOf(number, cites, opened);
  if (document_.kind === "picture") return [make("img", { class: "photo", alt: document_.name, src: picture(`picture-${number}`) })];
  if (document_.count === null) return [make("p", { class: "notice" }, "There was no room for this document in the report."), passages(cites, opened)];
  return pagesOf(number, document_, cites, opened);
}
