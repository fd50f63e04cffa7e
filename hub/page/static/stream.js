// The board as the hub sends it: whole at first, then what changes. Closed while nobody looks at the tab.
import { many } from "./dom.js";

export const board = { pairs: new Map(), status: null, isThere: false };
const listeners = new Set();
let source = null;

/** Call `listener(changes, isOld)` after each event; `changes` maps ids to `[before, now]`, null where nothing was.
 * They are old, and no news, while the judge catches up with what was recorded before. */
export function onBoard(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function follow() {
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  start();
}

function start() {
  if (source) return;
  source = new EventSource("/-/page/live");
  source.addEventListener("board", (event) => take(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    const isOver = source.readyState === EventSource.CLOSED;
    lost();
    if (isOver) {
      stop();
      setTimeout(() => document.hidden || start(), 5000);
    }
  });
}

function stop() {
  source?.close();
  source = null;
}

function lost() {
  board.isThere = false;
  showStatus();
}

function take(told) {
  const before = board.pairs;
  const now = told.whole ? new Map() : new Map(before);
  for (const id of told.gone) now.delete(id);
  for (const pair of told.pairs) now.set(pair.id, pair);
  const changes = new Map();
  for (const id of new Set([...before.keys(), ...now.keys()])) {
    if (before.get(id) !== now.get(id)) changes.set(id, [before.get(id) ?? null, now.get(id) ?? null]);
  }
  const isOld = [board.status, told.status].some((each) => each === null || each.stage === "reading");
  Object.assign(board, { pairs: now, status: told.status, isThere: true });
  showStatus();
  for (const listener of [...listeners]) listener(changes, isOld);
}

const STAGES = { reading: "reading the recording", live: "live", hub_gone: "the hub is gone", at_end: "at the end", failed: "interrupted" };

function showStatus() {
  const line = document.getElementById("status");
  const trouble = document.getElementById("trouble");
  const { status } = board;
  line.classList.toggle("lost", !board.isThere);
  if (!board.isThere) {
    line.textContent = status ? "⚠ The hub does not answer; trying again. What is shown is from before." : "Connecting …";
    return;
  }
  document.querySelector("[data-nav=doctor]").hidden = status.view === "outcomes";
  const share = status.stage === "reading" ? ` ${Math.round(status.share * 100)} %` : "";
  const stage = `${status.stage === "live" ? "● " : ""}${STAGES[status.stage] ?? status.stage}${share}`;
  line.textContent = [stage, many(status.open, "session") + " open", many(status.messages, "message"),
    ...(status.stage === "live" ? [`${status.rate}/s`] : []), many(status.findings, "finding")].join(" · ");
  if (trouble.textContent !== status.trouble) trouble.textContent = status.trouble;
  trouble.hidden = !status.trouble;
}
