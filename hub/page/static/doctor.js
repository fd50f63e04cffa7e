import { ask, at, el, fill, link, moment, sessionPath } from "./dom.js";
import { empty } from "./matrix.js";

const AGAIN_MS = 5000;
const WORDS = { well: "connected", odd: "connected, with something odd", ill: "not connected" };

/** Show what became of the latest attempts to connect, station by station. */
export function showDoctor(place) {
  let isOver = false;
  let timer = null;

  async function load() {
    try {
      const { patients } = await ask("doctor");
      if (isOver) return;
      fill(place, el("h1", {}, "Connection doctor"),
        el("p", {}, "The latest attempts to connect of each station, and what became of them. Who tried last comes first."),
        patients.length ? patients.map(patient) : empty());
    } catch (trouble) {
      if (!isOver) fill(place, el("h1", {}, "Connection doctor"), el("p", {}, trouble.message));
    }
    if (!isOver && !at()) timer = setTimeout(load, AGAIN_MS);
  }
  load();
  return () => { isOver = true; clearTimeout(timer); };
}

function patient(each) {
  return el("section", { class: `patient ${each.health}` },
    el("h2", {}, each.name, el("span", { class: "unseen" }, `: ${WORDS[each.health]}`)),
    el("ul", {}, each.attempts.map((attempt) => el("li", { class: attempt.health },
      el("span", { class: "glyph", title: WORDS[attempt.health] }, `${attempt.glyph} `), attempt.sentence, " ",
      el("span", { class: "muted" }, moment(attempt.at), attempt.csms ? `, CSMS ${attempt.csms}, ` : ", ",
        link(sessionPath(attempt.session), { "data-key": `attempt ${attempt.session}` }, `session ${attempt.session}`))))));
}
