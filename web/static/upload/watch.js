/** Watching the detector: the newest cards and the counts, until everything that was sent is looked at. */
import { pause } from "../lib/http.js";

const POLL = 900;
const SHOWN = 24;
const photos = /** @type {HTMLElement} */ (document.getElementById("photos"));
/** @type {Set<number>} */ const pending = new Set();
let watching = false;

export const watch = {
  /** Show a photo that was just sent. @param {number} id */
  photo(id) {
    pending.add(id);
    if (!watching) poll();
  },
};

async function poll() {
  watching = true;
  for (;;) {
    const asked = [...pending].slice(-SHOWN);
    for (const id of pending) if (!asked.includes(id)) pending.delete(id); // too many to show: only counted
    const waiting = await refresh(asked).catch(() => 1); // offline for a moment: the loop comes back
    if (!pending.size && !waiting) break;
    await pause(POLL);
  }
  watching = false;
}

/** @param {number[]} ids @returns {Promise<number>} how many photos wait for the detector */
async function refresh(ids) {
  const response = await fetch(`/upload/progress?${new URLSearchParams(ids.map((id) => ["id", String(id)]))}`);
  if (response.redirected) {
    pending.clear(); // signed out elsewhere: nothing is ours to see
    return 0;
  }
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  const found = /** @type {HTMLElement} */ (template.content.querySelector("#found"));
  const cards = [...template.content.querySelectorAll("figure")];
  document.getElementById("found")?.replaceWith(found);
  for (const card of cards) put(card);
  for (const id of ids) if (!cards.some((card) => card.id === `photo-${id}` && busy(card))) pending.delete(id);
  return Number(found.dataset.waiting);
}

/** @param {HTMLElement} card */
function put(card) {
  document.getElementById("none")?.remove();
  const old = document.getElementById(card.id);
  if (old?.dataset.status === card.dataset.status) return;
  if (old) old.replaceWith(card);
  else photos.prepend(card);
  while (photos.children.length > SHOWN) photos.lastElementChild?.remove();
}

/** Whether its faces are still being looked for. @param {HTMLElement} card */
function busy(card) {
  return ["queued", "running"].includes(card.dataset.status ?? "");
}

for (const figure of photos.querySelectorAll("figure"))
  if (busy(figure)) watch.photo(Number(figure.id.slice("photo-".length)));
