// The countdown of the round that is on, by the hub's clock.
import { board } from "./stream.js";

/** Keep a line saying where the rounds stand; returns what ends that. */
export function showRound(line) {
  function draw() {
    const text = board.status && board.round ? told(board.round) : "";
    if (line.textContent !== text) line.textContent = text;
    line.hidden = !text;
  }
  draw();
  const timer = setInterval(draw, 500);
  return () => clearInterval(timer);
}

function told(round) {
  const isPaused = round.left_s !== null;
  const seconds = isPaused ? round.left_s : round.ends === null ? null : Math.max(0, (round.ends - Date.now() - board.ahead) / 1000);
  const left = seconds === null ? "" : clock(Math.ceil(seconds));
  const paused = isPaused ? " (paused)" : "";
  if (round.number !== null) return `Round ${round.number} of ${round.of}: ${left} left${paused}`;
  return left ? `The next round begins in ${left}${paused}` : "All rounds are over";
}

function clock(seconds) {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, String(seconds % 60).padStart(2, "0")];
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
