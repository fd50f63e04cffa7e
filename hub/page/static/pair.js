import { GLYPHS, ask, el, fill, homePath, link, many, marked, moment, outcome, pairPath, sessionPath } from "./dom.js";
import { notes } from "./notes.js";
import { onBoard } from "./stream.js";

const AGAIN_MS = 2000;
const WRONG = ["unreachable", "failed", "deviated", "unanswered"];  // the gravest first
const ARROWS = { station: "from the station", csms: "from the CSMS", both: "from either side" };

/** Show one cell of the matrix: its message types, with the one that the address names opened. */
export function showPair(place, { id, row, title }) {
  let timer = null;
  let isOver = false;
  let askedAt = 0;

  async function load() {
    timer = null;
    askedAt = Date.now();
    try {
      const pair = await ask("pair", { id });
      if (isOver) return;
      title(`${pair.station} × ${pair.csms}`);
      fill(place, content(pair, row));
    } catch (trouble) {
      if (!isOver) fill(place, el("h1", {}, "This pair is not there"), el("p", {}, trouble.message), el("p", {}, link(homePath(), {}, "To the matrix")));
    }
  }
  function soon() {
    if (timer === null) timer = setTimeout(load, Math.max(0, askedAt + AGAIN_MS - Date.now()));
  }
  const end = onBoard((changes) => changes.has(id) && soon());
  load().then(() => {
    const opened = place.querySelector("tr.opened");
    opened?.scrollIntoView({ block: "center" });
    opened?.querySelector("a")?.focus({ preventScroll: true });
  });
  return () => { isOver = true; end(); clearTimeout(timer); };
}

function content(pair, row) {
  const tested = pair.rows.filter((each) => each.outcome !== "untested" || each.action === row);
  const untested = pair.rows.filter((each) => each.outcome === "untested").map((each) => each.action);
  return [
    el("p", { class: "crumbs" }, link(homePath(), {}, "Matrix")),
    el("h1", {}, `${pair.station} × ${pair.csms}`),
    el("p", { class: "summary" }, outcome(pair.outcome), `  ·  ${pair.version ? `OCPP ${pair.version}` : "no version"}`,
      pair.firmware ? `  ·  firmware ${pair.firmware}` : "", `  ·  ${pair.passed} of ${pair.tested} message types passed`,
      `  ·  ${many(pair.sessions, "session")}, ${pair.open} open`),
    gravest(tested),
    el("div", { class: "scroll" }, el("table", { class: "rows" },
      el("caption", {}, "Message types that were seen"),
      el("thead", {}, el("tr", {}, ["Message type", "Outcome", "Counts", "Answered in", "Evidence"].map((each) => el("th", { scope: "col" }, each)))),
      el("tbody", {}, tested.map((each) => line(pair, each, row))))),
    untested.length ? el("details", { "data-key": "untested" }, el("summary", {}, `${GLYPHS.untested} ${many(untested.length, "message type")} not seen yet`),
      el("p", {}, untested.join(", "))) : null,
    notes(pair.notes),
    el("h2", {}, "Sessions"),
    el("ul", { class: "sessions" }, pair.latest.map((each) => el("li", {},
      link(sessionPath(each.id), { "data-key": `session ${each.id}` }, `session ${each.id}`), ` ${each.identity} · ${moment(each.opened)} · ${each.state}`))),
  ];
}

/** Return what to look at first, with a link to the message that shows it; null where nothing went wrong. */
function gravest(rows) {
  const wrong = rows.filter((each) => each.evidence && WRONG.includes(each.outcome));
  const [worst] = wrong.sort((one, other) => WRONG.indexOf(one.outcome) - WRONG.indexOf(other.outcome));
  return worst && el("p", {}, "Look first at ", el("strong", {}, worst.action), ", ", outcome(worst.outcome), ": ",
    link(sessionPath(worst.evidence.session, worst.evidence.frame), { "data-key": "gravest" }, worst.evidence.text || `session ${worst.evidence.session}`));
}

function line(pair, row, opened) {
  const { evidence } = row;
  const isOpened = row.action === opened;
  return [el("tr", { class: isOpened ? "opened" : false },
    el("th", { scope: "row" }, link(pairPath(pair.id, isOpened ? "" : row.action), {
      "aria-current": isOpened ? "true" : false, "data-key": `row ${row.action}`, "aria-label": ARROWS[row.from] ? `${row.action}, ${ARROWS[row.from]}` : false,
    }, `${row.arrow}\u00a0${row.action}`.trim())),
    el("td", {}, outcome(row.outcome), row.mark ? el("span", { class: "mark" }, ` ${row.mark} ${marked(row.mark)}`) : null, history(row)),
    el("td", {}, row.counts.map(([value, number]) => `${GLYPHS[value]}\u00a0${number}\u00a0${value}`).join("  ")),
    el("td", {}, row.p50 === null ? "" : `${row.p50}\u00a0ms, 95\u00a0%:\u00a0${row.p95}\u00a0ms`),
    el("td", {}, evidence ? link(sessionPath(evidence.session, evidence.frame), { "data-key": `evidence ${row.action}` }, evidence.text || `session ${evidence.session}`) : "")),
  isOpened ? el("tr", { class: "opened story" }, el("td", { colspan: 5 }, story(row))) : null];
}

/** Return what a message type has come to, session by session, the latest first. */
function story(row) {
  if (!row.history.length) return "It was not seen yet.";
  return [el("p", { class: "muted" }, `${row.action}, session by session, the latest first:`), el("ul", {}, [...row.history].reverse().map((each) => el("li", {},
    outcome(each.outcome), " · ", link(sessionPath(each.session), { "data-key": `in session ${each.session}` }, `session ${each.session}`),
    each.evidence?.text ? [" · ", link(sessionPath(each.evidence.session, each.evidence.frame), { "data-key": `shown in ${each.session}` }, each.evidence.text)] : null)))];
}

function history(row) {
  if (row.history.length < 2) return null;
  const told = row.history.map((each) => each.outcome).join(", ");
  return el("span", { class: "history", title: "session by session, the latest last" },
    el("span", { "aria-hidden": "true" }, row.history.slice(-12).map((each) => GLYPHS[each.outcome]).join("")),
    el("span", { class: "unseen" }, `, session by session: ${told}`));
}
