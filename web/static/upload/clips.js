/** Shows how far the search of a video is, and the photos that were made of it. */
import { find } from "../lib/dom.js";
import { ApiError, call, pause } from "../lib/http.js";
import { _, ngettext } from "../lib/i18n.js";
import { watchPhoto } from "./watch.js";

const POLL_EVERY = 1000; // ms
const list = find("#clips", HTMLElement);
/** @typedef {import("../lib/api_types.js").Clip} Clip */

/** Follow a video until it is over. @param {number} id */
export async function watchClip(id) {
  const line = document.createElement("p");
  line.className = "pulse";
  line.setAttribute("role", "status");
  list.append(line);
  /** @type {Set<number>} */ const shown = new Set();
  for (;;) {
    try {
      /** @type {Clip} */
      const clip = await call(`/api/v1/clips/${id}`);
      show(line, clip);
      for (const photo of clip.photos.filter((one) => !shown.has(one))) {
        shown.add(photo);
        watchPhoto(photo);
      }
      if (["done", "failed"].includes(clip.status)) break;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) line.remove();
      if (error instanceof ApiError && error.status < 500) break;
    }
    await pause(POLL_EVERY);
  }
}

/** @param {HTMLElement} line @param {Clip} clip */
function show(line, clip) {
  const isOver = ["done", "failed"].includes(clip.status);
  line.classList.toggle("pulse", !isOver);
  line.classList.toggle("bad", isOver && !clip.photos.length);
  const percent = Math.round(100 * clip.progress);
  const made = ngettext("{n} photo from your video.", "{n} photos from your video.", clip.photos.length);
  if (!isOver) line.textContent = _("Looking for faces in your video… {percent} %", { percent });
  else line.textContent = [clip.photos.length ? made : "", clip.error].filter(Boolean).join(" ");
}

for (const id of (list.dataset.open ?? "").split(" ").filter(Boolean)) watchClip(Number(id));
