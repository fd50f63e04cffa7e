// The matrix as a table: stations down, CSMSes across. The hall screen draws the same, larger.
import { GLYPHS, el, link, marked, pairPath } from "./dom.js";

const byName = new Intl.Collator("en", { numeric: true }).compare;

/** Return the rows and columns of the board, those with the viewer's own first; a row is a station in one version. */
export function arrange(pairs) {
  const rows = new Map();
  const columns = new Map();
  for (const pair of pairs.values()) {
    const key = `${pair.station}\n${pair.version}`;
    if (!rows.has(key)) rows.set(key, { key, station: pair.station, version: pair.version, own: 0, cells: new Map() });
    rows.get(key).cells.set(pair.csms, pair);
    if (pair.own) rows.get(key).own += 1;
    columns.set(pair.csms, (columns.get(pair.csms) ?? 0) + (pair.own ? 1 : 0));
  }
  return {
    rows: [...rows.values()].sort((a, b) => !a.own - !b.own || byName(a.key, b.key)),
    columns: [...columns.keys()].sort((a, b) => !columns.get(a) - !columns.get(b) || byName(a, b)),
  };
}

/** Return the table. `changed` has the ids of pairs that are pointed out; where it `isTurned`, CSMSes go down; `name` is
 * what is seen in the corner. */
export function table(rows, columns, { caption, changed, isHall, isTurned, name }) {
  const stations = rows.map((row) => ({ name: row.station, version: row.version || "no version", key: row.cells }));
  const csmses = columns.map((csms) => ({ name: csms, key: csms }));
  const [down, across] = isTurned ? [csmses, stations] : [stations, csmses];
  const pair = (one, other) => (isTurned ? other.key.get(one.key) : one.key.get(other.key));
  return el("table", { class: isTurned ? "matrix turned" : "matrix" },
    el("caption", { class: isHall ? "unseen" : false }, caption),
    el("thead", {}, el("tr", {},
      el("th", { scope: "col", class: "corner" }, name ? [el("span", { class: "label" }, name), el("span", { class: "unseen" }, ": stations")] : isTurned ? "CSMS" : "Station"), across.map((each) => heading("col", each)))),
    el("tbody", {}, down.map((one) => el("tr", {},
      heading("row", one), across.map((other) => cell(pair(one, other), changed, isHall))))));
}

function heading(scope, { name, version }) {
  return el("th", { scope, title: name }, el("span", { class: "label" }, name), version ? [" ", el("span", { class: "version" }, version)] : null);
}

function cell(pair, changed, isHall) {
  if (!pair) return el("td", { class: "none" }, el("span", { "aria-hidden": "true" }, "–"), el("span", { class: "unseen" }, "not tried"));
  const isNew = changed.has(pair.id);
  const told = `${pair.station} with ${pair.csms}: ${pair.outcome}, ${pair.passed} of ${pair.tested} message types passed${pair.mark ? `, ${marked(pair.mark)}` : ""}${pair.own ? ", yours" : ""}${pair.open ? ", connected now" : ""}`;
  const inside = [
    el("span", { class: "glyph", "aria-hidden": "true" }, GLYPHS[pair.outcome] ?? "?"),
    el("span", { class: "count", "aria-hidden": "true" }, `${pair.passed}/${pair.tested}`),
    isHall ? null : el("span", { class: "word", "aria-hidden": "true" }, pair.outcome),
    pair.mark ? el("span", { class: "mark", "aria-hidden": "true", title: marked(pair.mark) }, ` ${pair.mark}`) : null,
    pair.open ? el("span", { class: "open", "aria-hidden": "true", title: "connected now" }, "●") : null,
    el("span", { class: "unseen" }, told),
    isNew ? el("span", { class: "new" }, "new") : null,
  ];
  return el("td", { class: `cell ${pair.outcome}${isNew ? " changed" : ""}${pair.own ? " own" : ""}` },
    link(pairPath(pair.id), { "data-key": `pair ${pair.id}`, title: worst(pair) }, inside));
}

function worst(pair) {
  if (!pair.worst.length) return `${pair.station} with ${pair.csms}: ${pair.outcome}`;
  const more = pair.wrong > pair.worst.length ? ` and ${pair.wrong - pair.worst.length} more` : "";
  return pair.worst.map(([action, value]) => `${action} ${value}`).join(", ") + more;
}

/** Keep in mind which pairs have changed their outcome within the last seconds. */
export class Changed {
  constructor(forMs) {
    this.forMs = forMs;
    this.since = new Map();
  }

  note(changes) {
    for (const [id, [before, now]] of changes) if (now && before?.outcome !== now.outcome) this.since.set(id, Date.now());
  }

  now() {
    for (const [id, since] of this.since) if (Date.now() - since > this.forMs) this.since.delete(id);
    return new Set(this.since.keys());
  }
}
