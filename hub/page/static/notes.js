import { el, link, moment, sessionPath } from "./dom.js";

/** Return what people say about a cell or a session: it never changes an outcome. */
export function notes(all) {
  if (!all.length) return null;
  return el("section", { class: "notes" }, el("h2", {}, all.length === 1 ? "A note" : `${all.length} notes`), all.map(note));
}

function note(each) {
  return el("article", { class: `note ${each.is_open ? "contested" : ""}` },
    el("h3", {}, each.is_open ? [el("span", { "aria-hidden": "true" }, "⚑ "), `contested by ${each.author}`] : `${each.author}, resolved`,
      el("span", { class: "muted" }, ` ${each.about}, ${moment(each.at)}, `),
      link(sessionPath(each.session, each.frame), { "data-key": `note ${each.id}` }, each.frame ? "to the message" : "to the session")),
    el("p", {}, each.text),
    each.is_open ? null : el("p", {}, el("span", { class: "muted" }, `${each.resolved_by}: `), each.resolution));
}
