// How somebody with a token comes in: by a link that has it behind its #, or by pasting it.
import { el, fill, post } from "./dom.js";

/** Show the hub a token; it gives this browser a cookie that no script can read. */
export async function enterWith(token) {
  return post("/-/page/enter", { token });
}

/** Ask for a token; `why` is what the hub said, `comeIn` is called once one was good. */
export function showEntrance(place, why, comeIn) {
  const said = el("p", { class: "said", role: "alert" }, why);
  const input = el("input", { type: "password", id: "token", autocomplete: "off", spellcheck: "false", required: true });
  const form = el("form", { class: "entrance" }, el("label", { for: "token" }, "Your token"), input, el("button", { type: "submit" }, "Show me"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await enterWith(input.value.trim());
      comeIn();
    } catch (trouble) {
      said.textContent = trouble.message;
      said.hidden = false;
      input.select();
    }
  });
  said.hidden = !why;
  fill(place, el("h1", {}, "Your view of this event"), said,
    el("p", {}, "The organizer has given you a link, a QR code or a token. It shows what is yours, and of others what the event allows."), form);
  input.focus();
}
