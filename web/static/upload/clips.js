/** Shows how far the search of each video is, and the photos that were made of it. */
import { find } from "../lib/dom.js";
import { ApiError, call, pause } from "../lib/http.js";
import { _, ngettext } from "../lib/i18n.js";
import { watchPhoto } from "./watch.js";

const POLL_EVERY = 1000; // ms
const list = find("#clips", HTMLElement);
/** @type {Set<number>} */ const watched = new Set();
/** @typedef {import("../lib/api_types.js").Clip} Clip */

/** Follow a video until it is over. @param {number} id */
export async function watchClip(id) {
  if (watched.has(id)) return; // sent again, or found again after a reload
  watched.add(id);
  const card = document.createElement("div");
  card.className = "card clip";
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", _("Video searched for faces"));
  card.append(said, bar);
  list.prepend(card);
  /** @type {Set<number>} */ const shown = new Set();
  for (;;) {
    try {
      /** @type {Clip} */
      const clip = await call(`/api/v1/clips/${id}`);
      for (const photo of clip.photos.filter((one) => !shown.has(one))) {
        shown.add(photo);
        watchPhoto(photo);
      }
      if (!isOver(clip)) bar.value = clip.progress;
      say(said, clip);
      if (isOver(clip)) return bar.remove();
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) return card.remove(); // deleted, or signed out
    }
    await pause(POLL_EVERY);
  }
}

/** @param {Clip} clip */
const isOver = ({ status }) => ["done", "failed"].includes(status);

/** @param {HTMLElement} said @param {Clip} clip */
function say(said, clip) {
  let text = _("Looking for faces in your video…");
  if (isOver(clip)) {
    const n = clip.photos.length;
    const made = ngettext("{n} photo from your video.", "{n} photos from your video.", n);
    const gone = clip.error ? "" : _("The photos from this video were deleted.");
    text = [n ? made : gone, clip.error].filter(Boolean).join(" ");
    said.classList.toggle("bad", Boolean(clip.error));
  }
  if (said.textContent !== text) said.textContent = text; // read out once, not every second
}

for (const id of (list.dataset.recent ?? "").split(" ").filter(Boolean)) watchClip(Number(id));
