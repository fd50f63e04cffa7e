// The board as the hub sends it: whole at first, then what changes. Closed while nobody looks at the tab.
// Where the address names a moment, the board is that of then, and stays; the hub only says how it is, and who may look.
import { say } from "./announce.js";
import { ask, at, isHall, many } from "./dom.js";

export const board = { pairs: new Map(), status: null, round: null, who: null, event: "", isThere: false, ahead: 0, refused: "" };
const listeners = new Set();
let source = null;
let isOfHall = false;
let isOf = "";
let latest = null;
let isOver = false;
let sendAway = () => {};

/** Call `listener(changes, isOld)` after each event; `changes` maps ids to `[before, now]`, null where nothing was.
 * They are old, and no news, while the judge catches up with what was recorded before. */
export function onBoard(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Follow the board; `sentAway(why)` is called where the hub shows nothing to this browser (any more). */
export function follow(sentAway) {
  sendAway = sentAway;
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  start();
}

/** Follow the board that this address is for: the hall's screen has one of its own, and each moment. */
export function turnTo() {
  if ((source && isHall() !== isOfHall) || at() !== isOf) {
    stop();
    Object.assign(board, { pairs: new Map(), status: null, round: null, refused: "" });
    start();
  }
}

/** Begin anew, as another person: a token was shown, or the browser has left. */
export function startAnew() {
  stop();
  isOver = false;
  latest = null;
  Object.assign(board, { pairs: new Map(), status: null, round: null, who: null });
  start();
}

function start() {
  if (source || isOver) return;
  isOfHall = isHall();
  isOf = at();
  if (isOf) recall(isOf);
  source = new EventSource(isOfHall ? "/-/page/live?hall=1" : "/-/page/live");
  source.addEventListener("hello", (event) => greet(JSON.parse(event.data)));
  source.addEventListener("board", (event) => take(JSON.parse(event.data)));
  source.addEventListener("farewell", (event) => leave(JSON.parse(event.data).why));
  source.addEventListener("error", () => {
    const isClosed = source.readyState === EventSource.CLOSED;
    lost();
    if (isClosed) {
      stop();
      ask("legend").then(() => setTimeout(() => document.hidden || start(), 5000),
        (why) => (why.status === 401 || why.status === 403 ? leave(why.message) : setTimeout(() => document.hidden || start(), 5000)));
    }
  });
}

/** Show the board of a moment. */
async function recall(moment) {
  const found = await ask("board").catch((trouble) => ({ pairs: [], status: {}, refused: trouble.message }));
  if (moment !== isOf || isOver) return;
  Object.assign(board, { pairs: new Map(found.pairs.map((pair) => [pair.id, pair])), status: found.status, refused: found.refused ?? "" });
  for (const listener of [...listeners]) listener(new Map(), true);
}

function greet({ name, role, event, now }) {
  Object.assign(board, { who: { name, role }, event, ahead: now - Date.now() });
  showWho();
}

/** Stop for good: what is shown here may not be seen any more. */
function leave(why) {
  stop();
  isOver = true;
  latest = null;
  Object.assign(board, { pairs: new Map(), status: null, round: null, who: null, isThere: false });
  showWho();
  document.getElementById("status").textContent = "";
  document.getElementById("trouble").hidden = true;
  sendAway(why);
}

function showWho() {
  document.getElementById("who").textContent = board.who?.role ? `${board.who.name}, ${board.who.role}` : "";
  document.getElementById("leave").hidden = !board.who?.role;
}

function stop() {
  source?.close();
  source = null;
}

function lost() {
  if (board.isThere) say("The hub does not answer; trying again.");
  board.isThere = false;
  showStatus();
}

function take(told) {
  if (latest && !board.isThere) say("The hub is there again.");
  latest = told.status;
  board.isThere = true;
  showStatus();
  if (!isOf) update(told);
}

function update(told) {
  const before = board.pairs;
  const now = told.whole ? new Map() : new Map(before);
  for (const id of told.gone) now.delete(id);
  for (const pair of told.pairs) now.set(pair.id, pair);
  const changes = new Map();
  for (const id of new Set([...before.keys(), ...now.keys()])) {
    if (before.get(id) !== now.get(id)) changes.set(id, [before.get(id) ?? null, now.get(id) ?? null]);
  }
  const isOld = [board.status, told.status].some((each) => each === null || each.stage === "reading" || each.stage === "rejudging");
  Object.assign(board, { pairs: now, status: told.status, round: told.round });
  for (const listener of [...listeners]) listener(changes, isOld);
}

const STAGES = { reading: "reading the recording", rejudging: "judging again, by other rules", live: "live", hub_gone: "the hub is gone", at_end: "at the end", failed: "interrupted" };

function showStatus() {
  const line = document.getElementById("status");
  const trouble = document.getElementById("trouble");
  const status = latest;
  line.classList.toggle("lost", !board.isThere);
  if (!board.isThere) {
    line.textContent = status ? "⚠ The hub does not answer; trying again. What is shown is from before." : "Connecting …";
    return;
  }
  document.querySelector("[data-nav=doctor]").hidden = status.view === "outcomes";
  const share = ["reading", "rejudging"].includes(status.stage) ? ` ${Math.round(status.share * 100)} %` : "";
  const stage = `${status.stage === "live" ? "● " : ""}${STAGES[status.stage] ?? status.stage}${share}`;
  const counts = status.messages === undefined ? [many(status.sessions, "session of yours", "sessions of yours")] :
    [many(status.messages, "message"), ...(status.stage === "live" ? [`${status.rate}/s`] : []), many(status.findings, "finding"),
      ...(status.disturbed ? [`⌁ ${many(status.disturbed, "session")} disturbed on purpose`] : [])];
  line.textContent = (isOf ? "Now: " : "") + [stage, many(status.open, "session") + " open", ...counts].join(" · ");
  if (trouble.textContent !== status.trouble) trouble.textContent = status.trouble;
  trouble.hidden = !status.trouble;
}
