// The hall screen: large enough for ten metres. What does not fit at that size comes on further screens, one after another.
import { announce } from "./announce.js";
import { el, fill } from "./dom.js";
import { showRound } from "./round.js";
import { Changed, arrange, table } from "./grid.js";
import { empty, summarized } from "./matrix.js";
import { board, onBoard } from "./stream.js";

const CHANGED_MS = 20000;
const EACH_MS = 12000;
const ROWS = 10;
const COLUMNS = 8;
const NARROW_COLUMNS = 3;
const LONGEST = 14;
const SMALLEST_PX = 14;

export function showHall(place) {
  const changed = new Changed(CHANGED_MS);
  const box = el("div", { class: "hall-box" });
  const foot = el("p", { class: "hall-foot" });
  const turn = el("button", { type: "button" }, "Pause");
  let screen = 0;
  let isPaused = false;
  turn.addEventListener("click", () => {
    isPaused = !isPaused;
    turn.textContent = isPaused ? "Go on" : "Pause";
    turn.setAttribute("aria-pressed", String(isPaused));
  });
  const round = el("p", { class: "round", role: "timer" });
  fill(place, el("h1", { class: "unseen" }, "Hall screen"), box, el("div", { class: "hall-line" }, foot, round, turn));
  const stop = showRound(round);
  document.body.classList.add("hall");

  function draw() {
    if (!board.status) return;
    const { rows, columns } = arrange(board.pairs);
    const across = innerWidth < innerHeight ? NARROW_COLUMNS : COLUMNS;
    const down = Math.max(1, Math.ceil(rows.length / ROWS));
    const screens = down * Math.max(1, Math.ceil(columns.length / across));
    screen %= screens;
    const [first, left] = [(screen % down) * ROWS, Math.floor(screen / down) * across];
    const [some, these] = [rows.slice(first, first + ROWS), columns.slice(left, left + across)];
    box.style.setProperty("--rows", some.length + 1);
    box.style.setProperty("--columns", these.length);
    box.style.setProperty("--longest", longest(these));
    if (board.refused) fill(box, el("p", { class: "said" }, board.refused));
    else fill(box, rows.length ? table(some, these, { caption: "Who works with whom", changed: changed.now(), isHall: true, name: board.event }) : empty());
    fit(box);
    const place = screens > 1 ? `Screen ${screen + 1} of ${screens}  ·  ` : "";
    const where = board.isThere ? "" : "⚠ The hub does not answer  ·  ";
    foot.textContent = where + place + summarized([...board.pairs.values()]);
    turn.hidden = screens === 1;
  }
  const end = onBoard((changes, isOld) => {
    if (!isOld) { changed.note(changes); announce(changes); }
    draw();
  });
  const turning = setInterval(() => { if (!isPaused) { screen += 1; draw(); } }, EACH_MS);
  const fading = setInterval(draw, 2000);
  addEventListener("resize", draw);
  draw();
  return () => {
    end();
    stop();
    clearInterval(turning);
    clearInterval(fading);
    removeEventListener("resize", draw);
    document.body.classList.remove("hall");
  };
}

/** Make the letters as much smaller as it takes for the last row to be seen: long names are of several lines. */
function fit(box) {
  box.style.fontSize = "";
  for (let size = parseFloat(getComputedStyle(box).fontSize); box.scrollHeight > box.clientHeight + 1 && size > SMALLEST_PX; size *= 0.93) {
    box.style.fontSize = `${size * 0.93}px`;
  }
}

/** Return how many letters a heading has in a line: the longest word, up to where words are broken. */
function longest(names) {
  return Math.min(LONGEST, Math.max(1, ...names.flatMap((name) => name.split(/[\s-]+/)).map((word) => word.length)));
}
