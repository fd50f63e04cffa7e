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

export const pairPath = (id, row) => `/-/page/pair/${encodeURIComponent(id)}${row ? `?row=${encodeURIComponent(row)}` : ""}`;
export const sessionPath = (id, frame) => `/-/page/session/${encodeURIComponent(id)}${frame ? `?frame=${encodeURIComponent(frame)}` : ""}`;

export const clock = (ms) => new Date(ms).toISOString().slice(11, 23);
export const moment = (ms) => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
export const many = (number, one, more = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : more}`;

/** One glyph and one word for each outcome, as the dashboard has them (tui/text.py); nothing is said by colour alone. */
export const GLYPHS = {
  passed: "✓", remarked: "≈", deviated: "≠", failed: "✗", refused: "⊘",
  unanswered: "…", inconclusive: "?", untested: "·", unreachable: "↯",
};
/** What the mark beside an outcome means. */
export const FLAPS = "flapping: passes and fails by turns";
export const MARKS = { violation: "▲", warning: "△", info: "•" };

/** Return an outcome's glyph with its name, which a screen reader reads; `words` shows the name to all. */
export function outcome(value, words = true) {
  return el("span", { class: `outcome ${value}` },
    el("span", { class: "glyph", "aria-hidden": "true" }, GLYPHS[value] ?? "?"),
    el("span", { class: words ? "word" : "unseen" }, ` ${value}`));
}

export async function ask(what, about = {}) {
  const answer = await fetch(`/-/page/data/${what}?${new URLSearchParams(about)}`);
  if (answer.status === 503) {
    await new Promise((done) => setTimeout(done, 1000));
    return ask(what, about);
  }
  const found = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
  if (!answer.ok) throw new Error(found.error ?? `the hub answered ${answer.status}`);
  return found;
}
