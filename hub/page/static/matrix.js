import { announce } from "./announce.js";
import { GLYPHS, ask, at, el, fill, many } from "./dom.js";
import { Changed, arrange, table } from "./grid.js";
import { showRound } from "./round.js";
import { board, onBoard } from "./stream.js";

const CHANGED_MS = 8000;
const NARROW = matchMedia("(max-width: 40rem)");
const TURNED_UP_TO = 2;

/** Show the matrix, live, in `place`; returns what ends it. */
export function showMatrix(place) {
  const changed = new Changed(CHANGED_MS);
  const box = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The matrix" });
  const summary = el("p", { class: "summary" });
  const legend = el("details", { class: "legend" }, el("summary", {}, "What the signs mean"), el("dl", {}));
  let wanted = "";
  const filter = el("input", { type: "search", id: "filter", autocomplete: "off", placeholder: "Station, CSMS, version or outcome" });
  filter.addEventListener("input", () => { wanted = filter.value.toLowerCase(); draw(); });
  const rules = el("ul", { class: "muted", "aria-label": "What this event makes of the rules" });
  const round = el("p", { class: "round", role: "timer" });
  const whose = el("p", { class: "muted" });
  const name = el("p", { class: "event" });
  const hint = el("p", { class: "muted" });
  fill(place, name, el("h1", {}, "Who works with whom"), round, summary, whose,
    el("p", { class: "filter" }, el("label", { for: "filter" }, "Show only "), filter), hint, box, rules, legend);
  ask("legend").then((found) => showLegend(legend.lastChild, found.legend)).catch(() => legend.remove());

  function draw() {
    if (!board.status) return;
    const pairs = new Map([...board.pairs].filter(([, pair]) =>
      `${pair.station} ${pair.csms} ${pair.version} ${pair.outcome}`.toLowerCase().includes(wanted)));
    const { rows, columns } = arrange(pairs);
    const isTurned = NARROW.matches && rows.length <= TURNED_UP_TO && columns.length > rows.length;
    summary.textContent = summarized([...pairs.values()]);
    name.textContent = board.event;
    name.hidden = !board.event;
    whose.textContent = WHOSE[board.status.view]?.[board.status.others] ?? "";
    whose.hidden = !whose.textContent;
    if (board.refused) fill(box, el("p", { class: "said" }, board.refused));
    else if (rows.length) fill(box, table(rows, columns, { caption: "Passed of tested message types", changed: changed.now(), isTurned }));
    else fill(box, board.pairs.size ? el("p", {}, "Nothing matches.") : empty());
    const regrades = board.status.rules ?? [];
    fill(rules, regrades.map((each) => el("li", {}, each)));
    rules.hidden = !regrades.length;
    hint.textContent = `${columns.length} CSMSes: scroll the matrix sideways`;
    hint.hidden = !NARROW.matches || box.scrollWidth <= box.clientWidth;
  }
  const end = onBoard((changes, isOld) => {
    if (!isOld) { changed.note(changes); announce(changes); }
    draw();
  });
  const timer = setInterval(() => changed.since.size && draw(), 2000);
  const stop = showRound(round);
  NARROW.addEventListener("change", draw);
  draw();
  return () => { end(); stop(); clearInterval(timer); NARROW.removeEventListener("change", draw); };
}

const WHOSE = {
  own: {
    nothing: "These are your own stations and CSMSes. You are not shown what others do, nor they what you do.",
    outcomes: "Your own stations and CSMSes come first, in bold frames, with all that was said. Of others you see outcomes.",
  },
};

export function summarized(pairs) {
  const counts = new Map();
  for (const pair of pairs) counts.set(pair.outcome, (counts.get(pair.outcome) ?? 0) + 1);
  const parts = Object.keys(GLYPHS).filter((each) => counts.has(each)).map((each) => `${GLYPHS[each]}\u00a0${counts.get(each)}\u00a0${each}`);
  return [many(pairs.length, "pair"), ...parts].join("  ·  ");
}

/** Say how to connect, where nobody has yet. */
export function empty() {
  if (at()) return el("p", {}, "Nobody had connected yet.");
  if (board.status?.stage === "reading") return el("p", {}, "What was recorded so far is being read …");
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}`;
  return el("section", { class: "empty" },
    el("h2", {}, "No station has connected yet"),
    el("p", {}, "Give a station this address as the URL of its CSMS; most append their identity by themselves:"),
    el("p", {}, el("code", {}, `${address}/NAME/IDENTITY`)),
    el("p", {}, "NAME is the CSMS's name at this hub. With an event file, ", el("code", {}, `${address}/IDENTITY`),
      " reaches the CSMS that the station is paired with. An attempt that fails shows under Connection doctor."));
}

function showLegend(list, entries) {
  fill(list, entries.map((each) => el("div", {},
    el("dt", { class: `outcome ${each.outcome}` }, `${each.glyph} ${each.outcome}`), el("dd", {}, each.meaning))));
}
