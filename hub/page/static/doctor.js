import { ask, at, el, fill, link, moment, sessionPath } from "./dom.js";
import { empty } from "./matrix.js";

const AGAIN_MS = 5000;
const WORDS = { well: "connected", odd: "connected, with something odd", ill: "not connected" };

/** Show what became of the latest attempts to connect, station by station. */
export function showDoctor(place) {
  let isOver = false;
  let timer = null;
  let all = [];
  const only = el("input", { type: "checkbox", id: "only" });
  const list = el("div", {});
  only.addEventListener("change", draw);

  function draw() {
    const shown = only.checked ? all.filter((each) => each.health !== "well") : all;
    fill(list, shown.length ? shown.map(patient) : all.length ? el("p", {}, "All of them are connected, and nothing about it is odd.") : empty());
  }

  async function load() {
    try {
      const { patients } = await ask("doctor");
      if (isOver) return;
      all = patients;
      draw();
    } catch (trouble) {
      if (!isOver) fill(list, el("p", {}, trouble.message));
    }
    if (!isOver && !at()) timer = setTimeout(load, AGAIN_MS);
  }
  fill(place, el("h1", {}, "Connection doctor"),
    el("p", {}, "The latest attempts to connect of each station, and what became of them. Who tried last comes first."),
    el("p", {}, el("label", {}, only, " Only those that are not connected, or oddly")), list);
  load();
  return () => { isOver = true; clearTimeout(timer); };
}

function patient(each) {
  return el("section", { class: `patient ${each.health}` },
    el("h2", {}, each.name, el("span", { class: "state" }, ` ${WORDS[each.health]}`)),
    el("ul", {}, each.attempts.map((attempt) => el("li", { class: attempt.health },
      el("span", { class: "when muted", title: moment(attempt.at) }, moment(attempt.at).slice(5, 19)),
      el("span", { class: "to muted" }, attempt.csms ? `to ${attempt.csms}` : ""),
      el("span", { class: "sentence" }, el("span", { class: "glyph", "aria-hidden": "true" }, `${attempt.glyph} `), `${attempt.sentence} `),
      link(sessionPath(attempt.session), { "data-key": `attempt ${attempt.session}` }, `session ${attempt.session}`)))));
}
