import { MARKS, el, link, sessionPath } from "./dom.js";

/** Return one finding: who, what was seen, the rule and its clause, and all of it as JSON. */
export function finding(found, { withLink = true } = {}) {
  const side = found.side === "csms" ? "CSMS" : "station";
  const where = withLink && found.frame ? link(sessionPath(found.session, found.frame), {}, `message ${found.frame}`) : null;
  return el("article", { class: `finding ${found.severity}` },
    el("h3", {}, el("span", { "aria-hidden": "true" }, `${MARKS[found.severity]} `), `${found.severity} by the ${side}${found.confidence ? `, ${found.confidence}` : ""} `,
      el("span", { class: "rule" }, found.rule)),
    found.why ? el("p", { class: "muted" }, found.why) : null,
    found.text ? el("p", { class: "seen" }, found.text) : null,
    el("p", {}, el("span", { class: "muted" }, "asked: "), found.sentence, " ", el("span", { class: "muted" }, found.clause)),
    found.witnesses.map((each) => el("p", { class: "witness" }, el("span", { "aria-hidden": "true" }, "◇ "), each)),
    el("p", { class: "muted" }, `in ${found.action}`, found.pointer ? `, at ${found.pointer}` : "", where ? ", " : "", where),
    el("details", { "data-key": `why ${found.rule} ${found.frame}` }, el("summary", {}, "The rule, and this finding as JSON"),
      found.explanation ? el("pre", {}, found.explanation) : null,
      el("pre", {}, JSON.stringify({ ...found, explanation: undefined, glyph: undefined }, null, 2))));
}
