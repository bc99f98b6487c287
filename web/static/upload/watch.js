/** Shows sent photos and the counts of found faces, until the detector is done with all of them. */
import { find } from "../lib/dom.js";
import { pause, rooted } from "../lib/http.js";

const POLL_FIRST = 150, POLL_EVERY = 900; // ms: the detector needs tens, a long queue more
const SHOWN = 24; // photos
const photos = find("#photos", HTMLElement);
/** @type {Set<number>} */ const pending = new Set();
let polling = false;
let delay = POLL_FIRST;

/** Show a photo that was just sent. @param {number} id */
export function watchPhoto(id) {
  pending.add(id);
  delay = POLL_FIRST;
  if (!polling) poll();
}

async function poll() {
  polling = true;
  for (;;) {
    const shown = [...pending].slice(-SHOWN);
    for (const id of pending) if (!shown.includes(id)) pending.delete(id); // more than fit: only counted
    const waiting = await refresh(shown).catch(() => 1); // offline for a moment: try again
    if (!pending.size && !waiting) break;
    await pause(delay);
    delay = Math.min(POLL_EVERY, delay * 1.5);
  }
  polling = false;
}

/** @param {number[]} ids @returns {Promise<number>} how many photos wait for the detector */
async function refresh(ids) {
  const response = await fetch(rooted(`/upload/progress?${new URLSearchParams(ids.map((id) => ["id", String(id)]))}`));
  if (response.redirected) {
    pending.clear(); // the person signed out in another tab
    return 0;
  }
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  const found = find("#found", HTMLElement, template.content);
  const cards = [...template.content.querySelectorAll("figure")];
  document.getElementById("found")?.replaceWith(found);
  for (const card of cards) showCard(card);
  for (const id of ids) if (!cards.some((card) => card.id === `photo-${id}` && isBusy(card))) pending.delete(id);
  return Number(found.dataset.waiting);
}

/** @param {HTMLElement} card */
function showCard(card) {
  document.getElementById("none")?.remove();
  const old = document.getElementById(card.id);
  if (old?.dataset.status === card.dataset.status) return;
  if (old) old.replaceWith(card);
  else photos.prepend(card);
  while (photos.children.length > SHOWN) photos.lastElementChild?.remove();
}

/** Whether the detector has not finished this photo. @param {HTMLElement} card */
function isBusy(card) {
  return ["queued", "running"].includes(card.dataset.status ?? "");
}

for (const figure of photos.querySelectorAll("figure"))
  if (isBusy(figure)) watchPhoto(Number(figure.id.slice("photo-".length)));
