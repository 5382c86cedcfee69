// The address of a result (#job=…&field=…), the ways in and out of it, and the beginning.

const address = (id, path = null) => new URLSearchParams(path === null ? { job: id } : { job: id, field: path }).toString();
const places = new Map(main.rows.map((row, index) => [row[ID], index]));

/** Note in the address what is looked at, so that it can be sent to somebody. */
function remember(id, path = null) {
  history.replaceState(null, "", `#${address(id, path)}`);
}

/** Open a result; the way back closes it. */
function go(index) {
  history.pushState(null, "", `#${address(main.rows[index][ID])}`);
  whole.then(() => show(index));
}

function follow() {
  const asked_ = new URLSearchParams(location.hash.slice(1));
  const index = places.get(asked_.get("job"));
  if (index !== undefined) whole.then(() => show(index, asked_.get("field")));
  else if (find("view").open) find("view").close();
}

function step(by) {
  const index = order[order.indexOf(opened.index) + by];
  if (index === undefined) return;
  remember(main.rows[index][ID]);
  show(index);
}

function closed() {
  const index = opened?.index;
  opened = null;
  find("source").replaceChildren(); // pictures are large
  if (location.hash.includes("job=")) history.replaceState(null, "", location.href.split("#")[0]);
  const place = order.indexOf(index);
  if (place >= 0) stand(place);
}

function typed(event) {
  const within = event.target.closest?.("input, select, textarea");
  if (find("view").open) {
    if (within || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") step(-1);
    else if (event.key === "ArrowRight") step(1);
  } else if (event.key === "/" && !within) {
    event.preventDefault();
    find("search").focus();
  }
}

drawSummary();
drawTable();
find("previous").addEventListener("click", () => step(-1));
find("next").addEventListener("click", () => step(1));
find("close").addEventListener("click", () => find("view").close());
find("view").addEventListener("close", closed);
window.addEventListener("popstate", follow);
window.addEventListener("keydown", typed);
follow();
