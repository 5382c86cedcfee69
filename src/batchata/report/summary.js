// Above the table: figures, outcomes, cost by model and day, how long batches took.

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const ended = sum(Object.values(main.outcomes));
const waiting = sum(Object.values(main.waiting));

function figure(name, value, more, exact) {
  return make("div", {}, make("dt", {}, name), make("dd", { title: exact }, value), more && make("dd", { class: "quiet" }, more));
}

function drawFigures() {
  const good = main.outcomes.succeeded ?? 0;
  const took = main.latency.flatMap((lane) => lane.dots).sort((a, b) => a - b);
  const spentMore = [main.limit !== null && `of at most ${money(main.limit)}`, main.assumed && `${money(main.assumed)} assumed`];
  find("figures").append(
    figure("Spent", money(main.spent), spentMore.filter(Boolean).join(", ") || null, exactly(main.spent)),
    figure("Reserved", money(main.reserved), main.reserved ? "the most that open work can cost" : "nothing is open", exactly(main.reserved)),
    figure("Jobs", count(ended + waiting), waiting ? `${count(waiting)} not ended` : "all ended"),
    figure("Succeeded", share(good, ended), `${count(good)} of ${count(ended)}`),
    figure("Cost of a job", money(ended ? Math.round(main.spent / ended) : 0), "on average"),
    figure("Batches", count(main.batch_count), took.length ? `${duration(took[(took.length - 1) >> 1])} median` : null),
  );
}

/** Parts of a whole as one bar; each part can be chosen, which shows its results. */
function drawOutcomes() {
  const bad = Object.entries(main.outcomes).filter(([name]) => name !== "succeeded").sort((a, b) => b[1] - a[1]);
  const parts = [["succeeded", main.outcomes.succeeded ?? 0], ...bad, ...Object.entries(main.waiting)].filter(([, number]) => number);
  if (!parts.length) return find("outcomes").append(make("p", { class: "quiet" }, "No job was added yet."));
  const bar = make("div", { class: "parts", "aria-hidden": true });
  const legend = make("ul", { class: "legend" });
  let failures = 0;
  for (const [name, number] of parts) {
    const kind = tone(name);
    const shade = kind === "bad" ? String(Math.max(0.35, 1 - 0.2 * failures++)) : name === "pending" ? "0.5" : "1";
    bar.append(make("span", { class: kind, style: { "flex-grow": String(number), opacity: shade } }));
    const told = [make("i", { class: kind, style: { opacity: shade } }), `${name} `, make("b", {}, count(number)), ` ${share(number, ended + waiting)}`];
    const chosen = () => choose({ outcome: name });
    legend.append(make("li", {}, name in WAITING ? make("span", { title: WAITING[name] }, ...told) : make("button", { type: "button", onclick: chosen }, ...told)));
  }
  find("outcomes").append(bar, legend);
}

/** Names with amounts and bars, the most first or in the order given. */
function bars(rows) {
  const most = Math.max(...rows.map((row) => row.amount));
  return make("table", { class: "bars" }, make("tbody", {}, ...rows.map((row) => make("tr", {},
    make("th", { scope: "row", class: "data" }, row.name),
    make("td", { class: "bar", "aria-hidden": true }, make("span", { style: { width: `${Math.max(0.5, (100 * row.amount) / most)}%` } })),
    make("td", { class: "figure", title: exactly(row.amount) }, money(row.amount))))));
}

function drawCosts() {
  if (!main.costs.length) {
    for (const id of ["models", "days"]) find(id).append(make("p", { class: "quiet" }, "Nothing was billed."));
    return;
  }
  const by = (place) => {
    const amounts = new Map();
    for (const cost of main.costs) amounts.set(cost[place], (amounts.get(cost[place]) ?? 0) + cost[2]);
    return [...amounts].map(([name, amount]) => ({ name, amount }));
  };
  const models = by(0).sort((a, b) => b.amount - a.amount);
  const days = by(1);
  find("models").append(bars(models));
  find("days").append(bars(days.slice(-14)), days.length > 14 ? folded(`All ${days.length} days`, () => bars(days)) : "");
  if (models.length > 1 && days.length > 1) find("days").append(folded("By model and day", () => costTable(models, days)));
}

const folded = (title, fill) => {
  const node = make("details", {}, make("summary", {}, title));
  node.addEventListener("toggle", () => node.childElementCount < 2 && node.append(make("div", { class: "wide" }, fill())));
  return node;
};

function costTable(models, days) {
  const amounts = new Map(main.costs.map(([model, day, amount]) => [`${day} ${model}`, amount]));
  return make("table", { class: "plain" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Day"), ...models.map(({ name }) => make("th", { scope: "col", class: "figure data" }, name)))),
    make("tbody", {}, ...days.map((day) => make("tr", {}, make("th", { scope: "row" }, day.name),
      ...models.map(({ name }) => make("td", { class: "figure" }, money(amounts.get(`${day.name} ${name}`) ?? 0)))))));
}

/** A dot for each batch on a scale that gives seconds and days the same right. */
function strip(dots, least, most) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "strip");
  svg.setAttribute("aria-hidden", "true");
  const place = (seconds) => (most > least ? Math.log(seconds / least) / Math.log(most / least) : 0.5);
  for (const dot of dots) {
    const circle = document.createElementNS(space, "circle");
    for (const [key, value] of [["cx", `${2 + 96 * place(Math.max(dot, least))}%`], ["cy", "50%"], ["r", "4.5"]]) circle.setAttribute(key, value);
    svg.append(circle);
  }
  return svg;
}

function drawLatency() {
  const place = find("latency");
  if (!main.latency.length) place.append(make("p", { class: "quiet" }, "No batch has ended yet."));
  else {
    const dots = main.latency.flatMap((lane) => lane.dots);
    const least = Math.max(0.1, Math.min(...dots));
    const heads = ["Provider", "Batches", "from acceptance to end", "Median", "90 %", "Longest"];
    place.append(make("div", { class: "wide" }, make("table", { class: "plain latency" },
      make("thead", {}, make("tr", {}, ...heads.map((head, at) => make("th", { scope: "col", class: at > 2 || at === 1 ? "figure" : null }, head)))),
      make("tbody", {}, ...main.latency.map((lane) => make("tr", {},
        make("th", { scope: "row", class: "data" }, lane.lane), make("td", { class: "figure" }, count(lane.count)),
        make("td", { class: "dots" }, strip(lane.dots, least, Math.max(...dots))),
        ...[lane.median, lane.p90, lane.longest].map((seconds) => make("td", { class: "figure" }, duration(seconds)))))))));
  }
  if (main.batches.length) place.append(folded(main.batches.length < main.batch_count ? `The latest ${main.batches.length} batches` : plural(main.batches.length, "batch", "batches"), batchTable));
}

function batchTable() {
  const heads = ["Provider", "Id", "State", "Jobs", "Accepted (UTC)", "Took", "Cost"];
  const row = (batch) => [
    batch.provider, batch.provider_id ?? "–", [batch.state, batch.verdict].filter(Boolean).join(", "), count(batch.count),
    batch.submitted_at ? moment(batch.submitted_at) : "–",
    batch.ended_at && batch.submitted_at ? duration(Math.max(0, batch.ended_at - batch.submitted_at)) : "–", money(batch.cost ?? 0),
  ];
  return make("table", { class: "plain" },
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...main.batches.map((batch) => make("tr", { title: batch.note }, ...row(batch).map((cell) => make("td", { class: "data" }, cell))))));
}

function drawSummary() {
  document.title = `${main.state}: batchata report`;
  find("title").textContent = main.state;
  const { first, last, count: runs, stop_reason: stop } = main.runs;
  const span = first ? `${moment(first)} to ${last ? moment(last) : "now"} UTC` : "never run";
  find("made").textContent = [span, runs ? plural(runs, "run", "runs") : null, stop && `stopped by ${stop.replace("_", " ")}`].filter(Boolean).join(" · ");
  find("foot").textContent = `Made ${moment(main.made)} UTC by batchata ${main.version}. This file loads nothing from anywhere.`;
  find("notices").hidden = !main.notices.length;
  find("notices").append(...main.notices.map((notice) => make("li", {}, notice)));
  drawFigures();
  drawOutcomes();
  drawCosts();
  drawLatency();
}
