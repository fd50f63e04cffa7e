// Which view an address is for, the theme, and the way from one view to the next.
import { post } from "./dom.js";
import { showDoctor } from "./doctor.js";
import { enterWith, showEntrance } from "./enter.js";
import { showHall } from "./hall.js";
import { showMatrix } from "./matrix.js";
import { showPair } from "./pair.js";
import { showPast } from "./past.js";
import { showSession } from "./session.js";
import { board, follow, startAnew, turnTo } from "./stream.js";

const place = document.getElementById("main");
let end = () => {};
let sentAway = null;

function title(words) {
  document.title = `${words} · plugfest`;
}

function show() {
  end();
  end = () => {};
  place.replaceChildren();
  if (sentAway !== null) {
    title("Your token");
    showEntrance(place, sentAway, comeIn);
    return;
  }
  showPast();
  turnTo();
  const [, view = "", id = ""] = location.pathname.match(/^\/-\/page\/([a-z]+)\/?([^/]*)$/) ?? [];
  const query = new URLSearchParams(location.search);
  for (const each of document.querySelectorAll("[data-nav]")) {
    if (each.dataset.nav === (view || "matrix")) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  }
  switch (view) {
    case "hall": title("Hall screen"); end = showHall(place); break;
    case "enter": title("Your token"); showEntrance(place, "", comeIn); break;
    case "doctor": title("Connection doctor"); end = showDoctor(place); break;
    case "pair": title("Pair"); end = showPair(place, { id: decodeURIComponent(id), row: query.get("row"), title }); break;
    case "session": title("Session"); end = showSession(place, { id: decodeURIComponent(id), frame: query.get("frame"), title }); break;
    default: title("Matrix"); end = showMatrix(place);
  }
}

/** Show the page to whoever has shown a token now. */
function comeIn() {
  sentAway = null;
  if (location.pathname === "/-/page/enter") history.replaceState(null, "", "/");
  startAnew();
  show();
}

document.getElementById("leave").addEventListener("click", async () => {
  await post("/-/page/leave", {}).catch(() => null);
  comeIn();
});

function isOurs(anchor) {
  return anchor.origin === location.origin && (anchor.pathname === "/" || anchor.pathname.startsWith("/-/page/")) && !anchor.hash;
}

document.addEventListener("click", (event) => {
  const anchor = event.target.closest("a");
  if (!anchor || !isOurs(anchor) || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", anchor.href);
  if (board.isThere) sentAway = null;  // a wrong token takes nothing from who is in
  show();
  scrollTo(0, 0);
  place.focus({ preventScroll: true });
});
addEventListener("popstate", show);

const THEMES = ["system", "dark", "light"];
const button = document.getElementById("theme");
function showTheme() {
  button.textContent = `Theme: ${document.documentElement.dataset.theme ?? "system"}`;
}
button.addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "system") + 1) % THEMES.length];
  if (next === "system") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem("plugfest-theme");
  } else {
    document.documentElement.dataset.theme = next;
    localStorage.setItem("plugfest-theme", next);
  }
  showTheme();
});

showTheme();
addEventListener("hashchange", takeToken);
if (!(await takeToken())) show();
follow((why) => { sentAway = why; show(); });

/** Show the hub the token that a link has brought, and take it out of the address: neither Back nor a script finds it. */
async function takeToken() {
  if (!location.hash.startsWith("#plugfest_")) return false;
  const token = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  try {
    await enterWith(token);
    comeIn();
  } catch (trouble) {
    sentAway = trouble.message;
    show();
  }
  return true;
}
