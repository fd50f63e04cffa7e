// Looking back: what the page says of the moment that its address names, and how an address comes to name this one.
import { at, el, fill, link, moment } from "./dom.js";
import { board } from "./stream.js";

const EACH_MS = 1000;
const banner = document.getElementById("past");
const linked = document.getElementById("moment");

/** Return this address with another moment in it, "" for now. */
function addressAt(when) {
  const query = new URLSearchParams(location.search);
  query.delete("at");
  if (when) query.set("at", when);
  return location.pathname + (query.size ? `?${query}` : "");
}

function toNow() {
  return link(addressAt(""), { "data-key": "now" }, "To now");
}

function tell({ detail }) {
  if (!at()) return;
  const millis = String(detail.at % 1000).padStart(3, "0");
  fill(banner, el("strong", {}, `This is how it was at ${moment(detail.at).replace(" UTC", `.${millis} UTC`)}.`),
    ` ${detail.said ? `${detail.said} ` : ""}Nothing here changes any more. `, toNow());
}

function keepLink() {
  linked.href = addressAt(new Date(Date.now() + board.ahead).toISOString());
}

/** Say whether this is the past; the link to the moment is that of now, and goes with it. */
export function showPast() {
  banner.hidden = !at();
  linked.hidden = Boolean(at()) || location.pathname === "/-/page/enter";
  if (at()) fill(banner, `Looking back to ${at()} … `, toNow());
  keepLink();
}

document.addEventListener("moment", tell);
setInterval(keepLink, EACH_MS);
