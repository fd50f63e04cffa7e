// The only place where elements are made. Text is set as text: nothing that a peer sent becomes markup.

/** Return an element with attributes (`class`, `href`, ...; false and null are left out) and children or texts. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat(4).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** Put new children in the place of the old ones; the focus stays on what has the same `data-key`. */
export function fill(place, ...children) {
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const open = new Set([...place.querySelectorAll("details[open][data-key]")].map((each) => each.dataset.key));
  place.replaceChildren(...children.flat(4).filter(Boolean));
  for (const each of place.querySelectorAll("details[data-key]")) if (open.has(each.dataset.key)) each.open = true;
  if (focused !== undefined) {
    for (const each of place.querySelectorAll("[data-key]")) if (each.dataset.key === focused) each.focus({ preventScroll: true });
  }
}

export function link(path, attributes, ...children) {
  return el("a", { href: path, ...attributes }, ...children);
}

/** On the hall's screen, and behind its links, no more is shown than the event lets the hall see. */
export const isHall = () => location.pathname === "/-/page/hall" || new URLSearchParams(location.search).has("hall");

/** The moment that the address names, a time or #MESSAGE; "" for now. A # that was typed as it is begins the address's fragment. */
export function at() {
  const query = new URLSearchParams(location.search);
  return query.get("at") || (query.has("at") ? location.hash : "");
}

function path(view, id, about) {
  const query = new URLSearchParams(Object.entries({ at: at(), ...about }).filter(([, value]) => value));
  if (isHall()) query.set("hall", "1");
  return `/-/page/${view}/${encodeURIComponent(id)}${query.size ? `?${query}` : ""}`;
}
export const pairPath = (id, row) => path("pair", id, { row });
export const sessionPath = (id, frame) => path("session", id, { frame });
/** The way back to the matrix, or to the hall's screen. */
export const homePath = () => (isHall() ? "/-/page/hall" : "/") + (at() ? `?${new URLSearchParams({ at: at() })}` : "");
/** The matrix as it was when a message had been said. */
export const sincePath = (frame) => `/?${new URLSearchParams({ at: `#${frame}` })}`;

export const clock = (ms) => new Date(ms).toISOString().slice(11, 23);
export const moment = (ms) => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
export const many = (number, one, more = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : more}`;

/** One glyph and one word for each outcome, as the dashboard has them (tui/lines/text.py); nothing is said by colour alone. */
export const GLYPHS = {
  passed: "✓", remarked: "≈", deviated: "≠", failed: "✗", refused: "⊘",
  unanswered: "…", inconclusive: "?", untested: "·", unreachable: "↯",
};
/** What the marks beside an outcome mean (tui/lines/text.py). */
const MARKED = { "\u21c5": "flapping: passes and fails by turns", "\u2691": "contested: somebody objects, with a note" };
export const marked = (marks) => [...marks].map((each) => MARKED[each] ?? each).join("; ");
export const MARKS = { violation: "▲", warning: "△", info: "•" };

/** Return an outcome's glyph with its name, which a screen reader reads; `words` shows the name to all. */
export function outcome(value, words = true) {
  return el("span", { class: `outcome ${value}` },
    el("span", { class: "glyph", "aria-hidden": "true" }, GLYPHS[value] ?? "?"),
    el("span", { class: words ? "word" : "unseen" }, ` ${value}`));
}

export async function ask(what, about = {}) {
  const query = new URLSearchParams(about);
  if (isHall()) query.set("hall", "1");
  if (at() && what !== "legend") query.set("at", at());
  const answer = await fetch(`/-/page/data/${what}?${query}`);
  if (answer.status === 503) {
    await new Promise((done) => setTimeout(done, 1000));
    return ask(what, about);
  }
  const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
  if (answer.ok) {
    const found = await answer.json();
    if (found.when) document.dispatchEvent(new CustomEvent("moment", { detail: found.when }));
    return found;
  }
  throw new Refusal((isJson ? (await answer.json()).error : await answer.text()) || `the hub answered ${answer.status}`, isJson ? 0 : answer.status);
}

/** The hub does not tell; `status` is 401 or 403 where that is because of who asks. */
export class Refusal extends Error {
  constructor(sentence, status) {
    super(sentence.trim());
    this.status = status;
  }
}

/** Post to the hub as its own page does; returns what it answers. */
export async function post(where, body) {
  const answer = await fetch(where, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Refusal((await answer.text()) || `the hub answered ${answer.status}`, answer.status);
  return answer.json();
}
