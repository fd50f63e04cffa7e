import { GLYPHS, MARKS, ask, at, clock, el, fill, homePath, isHall, link, moment, pairPath, sessionPath, sincePath } from "./dom.js";
import { finding } from "./finding.js";
import { notes } from "./notes.js";

const AGAIN_MS = 3000;

/** Show a session: its handshake, its findings and its messages; `frame` is opened beside them. */
export function showSession(place, { id, frame, title }) {
  let isOver = false;
  let timer = null;
  let about = frame ? { id, frame } : { id };

  async function load() {
    try {
      const [session, message] = await Promise.all([ask("session", about), frame ? ask("frame", { id: frame }).catch(() => null) : null]);
      if (isOver) return;
      title(`Session ${session.id}`);
      fill(place, content(session, message, frame, turn));
      if (session.is_open && !frame && !about.before && !at()) timer = setTimeout(load, AGAIN_MS);
    } catch (trouble) {
      if (!isOver) fill(place, el("h1", {}, "This session is not there"), el("p", {}, trouble.message), el("p", {}, link(homePath(), {}, "To the matrix")));
    }
  }
  function turn(to) {
    clearTimeout(timer);
    about = { id, ...to };
    load();
  }
  load().then(() => place.querySelector(".message.opened")?.scrollIntoView({ block: "start" }));
  return () => { isOver = true; clearTimeout(timer); };
}

function content(session, message, frame, turn) {
  const who = session.identity ?? session.station;
  return [
    el("p", { class: "crumbs" }, link(homePath(), {}, "Matrix"), session.pair ? [" › ", link(pairPath(session.pair), {}, `${session.station} × ${session.csms}`)] : null),
    el("h1", {}, `Session ${session.id}${who ? ` of ${who}` : ""}`),
    el("p", { class: "summary" }, `${session.version ? `OCPP ${session.version}` : "no version"}  ·  opened ${moment(session.opened)}  ·  ${session.state}`,
      session.disturbed ? `  ·  ${session.disturbed}` : ""),
    session.doctor ? el("p", { class: "doctor" }, session.doctor) : null,
    message ? detail(message) : null,
    notes(session.notes),
    session.messages ? inShort(session) : null,
    session.messages ? messages(session, frame, turn) : el("p", {}, "This page shows outcomes, and not what was said."),
    el("h2", { id: "findings" }, session.findings.length ? `All findings (${session.findings.length})` : "No findings"),
    session.findings.map((each) => finding(each, { withLink: Boolean(session.messages) })),
    session.facts ? handshake(session) : null,
  ];
}

/** Return which rules were broken, by whom and how often, each with the first message that shows it: the gravest first. */
function inShort(session) {
  if (!session.findings.length) return null;
  const groups = new Map();
  for (const each of session.findings) {
    const key = `${each.severity} ${each.side} ${each.rule}`;
    const known = groups.get(key) ?? { first: each, times: 0 };
    groups.set(key, { ...known, times: known.times + 1 });
  }
  const gravest = Object.keys(MARKS);
  const sorted = [...groups.values()].sort((a, b) => gravest.indexOf(a.first.severity) - gravest.indexOf(b.first.severity) || b.times - a.times);
  return el("section", { class: "in-short", "aria-label": "What was found" }, el("h2", {}, "What was found"), el("ul", {}, sorted.map(({ first, times }) => el("li", {},
    el("span", { class: first.severity }, `${MARKS[first.severity]} ${first.severity}`), ` by the ${first.side === "csms" ? "CSMS" : "station"}`,
    times > 1 ? ` ×${times}` : "", ": ",
    first.frame ? link(sessionPath(first.session, first.frame), { "data-key": `found ${first.rule} ${first.side}` }, first.text || first.sentence) : first.text || first.sentence,
    " ", el("span", { class: "muted" }, `${first.rule} · ${first.action}`)))));
}

function detail({ message, partner }) {
  return el("section", { class: "details", "aria-label": "The message" }, spoken(message, true), partner ? spoken(partner, false) : null);
}

function spoken(message, isOpened) {
  const who = message.side === "csms" ? "CSMS" : "station";
  return el("article", { class: `message ${isOpened ? "opened" : ""}` },
    el("h2", {}, el("span", { "aria-hidden": "true" }, `${message.arrow} `), `${message.name}${message.is_answer ? ", answer" : ""}`,
      message.outcome ? [" ", el("span", { class: `outcome ${message.outcome}` }, `${GLYPHS[message.outcome]} ${message.outcome}`)] : null),
    el("p", { class: "muted" }, `from the ${who} · ${clock(message.at)} UTC · message ${message.id} · ${message.size} bytes`,
      message.fragments > 1 ? ` in ${message.fragments} fragments` : "", " · ", isHall() ? null : link(sincePath(message.id), {}, "the matrix at that moment")),
    message.unread ? el("p", {}, message.unread) : null,
    message.findings.map((each) => finding(each, { withLink: false })),
    el("pre", { class: "payload", tabindex: "0", "aria-label": "payload" }, message.lines.map(([indent, isMarked, spans]) => {
      const inside = spans.map(([text, role]) => el("span", { class: role || false }, text));
      return el("span", { class: isMarked ? "line marked" : "line" }, " ".repeat(indent), inside, "\n");
    })));
}

function messages(session, frame, turn) {
  const older = el("button", { type: "button", "data-key": "earlier", disabled: !session.earlier }, "Earlier");
  const newer = el("button", { type: "button", "data-key": "later", disabled: !session.later }, "Later");
  older.addEventListener("click", () => turn({ before: session.earlier }));
  newer.addEventListener("click", () => turn({ after: session.last }));
  return [
    el("h2", {}, "Messages"),
    el("p", { class: "buttons" }, older, newer),
    el("div", { class: "scroll" }, el("table", { class: "messages" },
      el("caption", { class: "unseen" }, "Messages of this session, oldest first"),
      el("thead", {}, el("tr", {}, ["Time (UTC)", "From", "Message", "Outcome", "Says"].map((each) => el("th", { scope: "col" }, each)))),
      el("tbody", {}, session.messages.map((each) => line(session, each, String(each.id) === frame))))),
  ];
}

function line(session, message, isOpened) {
  const from = message.side === "csms" ? "CSMS" : "station";
  return el("tr", { class: isOpened ? "opened" : false, "aria-current": isOpened ? "true" : false },
    el("td", {}, clock(message.at)),
    el("td", { class: message.side }, `${message.arrow} ${from}`),
    el("td", {}, link(sessionPath(session.id, message.id), { "data-key": `message ${message.id}` }, `${message.is_answer ? "└ " : ""}${message.name}`)),
    el("td", {}, message.found ? el("span", { class: message.found }, `${MARKS[message.found]} ${message.found} `) : null,
      message.outcome ? el("span", { class: `outcome ${message.outcome}` }, `${GLYPHS[message.outcome]} ${message.outcome}`) : null),
    el("td", { class: "says" }, message.summary));
}

function handshake(session) {
  return el("details", { "data-key": "handshake", open: !session.messages.length }, el("summary", {}, "Handshake"),
    el("dl", { class: "facts" }, session.facts.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    el("pre", { tabindex: "0", "aria-label": "request" }, session.request.join("\n")),
    el("pre", { tabindex: "0", "aria-label": "response" }, session.response.join("\n"), session.body ? `\n\n${session.body}` : ""));
}
