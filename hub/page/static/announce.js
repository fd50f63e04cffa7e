// Tells screen readers what has changed: a few sentences now and then, never one for each event.
const EVERY_MS = 4000;
const MOST = 3;
let waiting = new Map();
let timer = null;

/** Take note of changed outcomes; they are told together, the latest of each pair. */
export function announce(changes) {
  for (const [id, [before, now]] of changes) {
    if (!now || before?.outcome === now.outcome) continue;
    const was = waiting.get(id)?.was ?? before?.outcome;
    waiting.set(id, { was, pair: now });
  }
  if (waiting.size && timer === null) timer = setTimeout(tell, EVERY_MS);
}

/** Tell a sentence now. */
export function say(sentence) {
  document.getElementById("changes").textContent = sentence;
}

function tell() {
  timer = null;
  const sentences = [...waiting.values()]
    .filter(({ was, pair }) => was !== pair.outcome)
    .map(({ was, pair }) => `${pair.station} with ${pair.csms}: ${pair.outcome}${was ? `, was ${was}` : ""}.`);
  waiting = new Map();
  const more = sentences.length > MOST ? ` And ${sentences.length - MOST} more changes.` : "";
  say(sentences.slice(0, MOST).join(" ") + more);
}
