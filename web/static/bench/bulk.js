/** The page In bulk: a screenful of faces guessed to be one class; wrong ones are left out. */
import { openOutbox } from "../lib/answer_outbox.js";
import { Backoff } from "../lib/backoff.js";
import { find } from "../lib/dom.js";
import { call, messageOf } from "../lib/http.js";
import { Keys } from "../lib/keys.js";
import { batchOfKey, keyInBatch, uniqueKey } from "../lib/outbox.js";
import { releaseLeases } from "./prefetch.js";
import { _, ngettext } from "../lib/i18n.js";

/**
 * @typedef {import("../lib/api_types.js").Card} Card
 * @typedef {import("../lib/api_types.js").AgreedPage} AgreedPage
 * @typedef {{label: string, cards: Card[]}} Batch faces that were confirmed together
 */

const PHONE_SIZE = 15; // faces on the screen
const DESKTOP_SIZE = 24;
const RETRY_LATER = 3000; // ms
const soon = new Backoff(300, 5000); // for answers on their way
const later = new Backoff(5000, 60_000); // for faces that may come
const size = matchMedia("(max-width: 640px)").matches ? PHONE_SIZE : DESKTOP_SIZE;

const page = find("#bulk", HTMLElement);
const empty = find("#empty", HTMLElement);
const tiles = find("#tiles", HTMLElement);
const confirmButton = find("#confirm", HTMLButtonElement);
const confirmText = find("#confirm-name", HTMLElement);
const undoButton = find("#undo", HTMLButtonElement);
const left = find("#left", HTMLElement);
const status = find("#said", HTMLElement);
/** @type {string[]} */ const classes = JSON.parse(page.dataset.classes ?? "[]");
/** @type {Card[]} */ let cards = [];
/** @type {Set<number>} */ const seen = new Set();
/** @type {Set<number>} */ let excluded = new Set();
/** @type {Batch[]} */ const batches = [];
/** @type {string | null} */ let label = null;
/** @type {Record<string, number>} */ let remaining = {};
/** @type {Set<string>} */ const finished = new Set();
let exhausted = false;
let loading = false;

const outbox = openOutbox(page.dataset.person ?? "");

async function refill() {
  if (loading || cards.length >= 2 * size) return;
  loading = true;
  try {
    const limit = Math.min(200, cards.length + outbox.waiting.length + 3 * size);
    /** @type {AgreedPage} */
    const agreed = await call(`/api/v1/agreed?limit=${limit}${label ? `&label=${encodeURIComponent(label)}` : ""}`);
    remaining = agreed.remaining;
    const fresh = agreed.items.filter((card) => !seen.has(card.face_id));
    for (const card of fresh) prefetch(card);
    if (fresh.length) append(agreed.label, fresh);
    else if (!cards.length) continueElsewhere(agreed.label);
  } catch (error) {
    find("#outbox", HTMLElement).textContent = messageOf(error);
    setTimeout(refill, RETRY_LATER);
  } finally {
    loading = false;
  }
}

/** @param {string | null} name @param {Card[]} fresh */
function append(name, fresh) {
  const wasEmpty = cards.length === 0;
  label = name;
  exhausted = false;
  soon.reset();
  later.reset();
  cards.push(...fresh);
  if (wasEmpty) show();
}

/**
 * Without new faces of a class, wait until the answers are sent, or go to another class.
 * @param {string | null} name
 */
function continueElsewhere(name) {
  if (outbox.waiting.length) {
    setTimeout(refill, soon.next());
    return;
  }
  if (name) finished.add(name);
  label = Object.keys(remaining).find((other) => !finished.has(other)) ?? null;
  if (label) setTimeout(refill);
  else {
    exhausted = true;
    finished.clear();
    setTimeout(refill, later.next());
    show();
  }
}

/** @param {Card} card */
function prefetch(card) {
  seen.add(card.face_id);
  const image = new Image();
  image.src = card.crop_url;
  image.decode().catch(() => {}); // a broken image shows as such in its tile
}

const cardsOnScreen = () => cards.slice(0, size);

function show() {
  const shown = cardsOnScreen();
  empty.hidden = !exhausted;
  page.classList.toggle("idle", !shown.length);
  tiles.replaceChildren(...shown.map(tileFor));
  const kept = shown.filter((card) => !excluded.has(card.face_id)).length;
  confirmText.textContent = ngettext("{n} face is “{label}”", "{n} faces are “{label}”", kept, { label: label ?? "" });
  confirmButton.className = `class primary c${Math.max(0, classes.indexOf(label ?? ""))}`;
  confirmButton.disabled = !shown.length;
  left.textContent = label && remaining[label] ? _("{n} left", { n: remaining[label] }) : "";
}

/** @param {Card} card */
function tileFor(card) {
  const row = document.createElement("li");
  const button = document.createElement("button");
  const image = new Image(160, 160);
  button.dataset.face = String(card.face_id);
  button.setAttribute("aria-pressed", String(excluded.has(card.face_id)));
  button.setAttribute("aria-label", _("Leave out face {n}", { n: card.face_id }));
  image.src = card.crop_url;
  image.alt = "";
  button.append(image);
  row.append(button);
  return row;
}

/** @param {number} id */
function toggle(id) {
  if (!excluded.delete(id)) excluded.add(id);
  status.textContent = excluded.has(id) ? _("Left out") : _("Included");
  const focused = document.activeElement?.getAttribute("data-face");
  show();
  const tile = tiles.querySelector(`[data-face="${focused}"]`);
  if (tile instanceof HTMLElement) tile.focus();
}

function confirm() {
  const shown = cardsOnScreen();
  if (!shown.length || !label) return;
  const name = label;
  const kept = shown.filter((card) => !excluded.has(card.face_id));
  const batch = uniqueKey();
  for (const { face_id } of kept)
    outbox.add({ client_key: keyInBatch(batch, face_id), kind: "label", face_id, label: name });
  if (kept.length) batches.push({ label: name, cards: kept });
  releaseLeases(shown.filter((card) => excluded.has(card.face_id)).map((card) => card.face_id));
  cards = cards.slice(shown.length);
  remaining[name] = Math.max(0, (remaining[name] ?? 0) - kept.length);
  excluded = new Set();
  status.textContent = ngettext("{n} confirmed", "{n} confirmed", kept.length);
  undoButton.disabled = !batches.length;
  show();
  refill();
}

/** Take back the last confirmed batch and show it again. */
function undo() {
  const batch = batches.pop();
  if (!batch) return;
  for (const card of batch.cards) outbox.add({ kind: "undo", face_id: card.face_id });
  if (batch.label !== label) {
    for (const card of cards) seen.delete(card.face_id); // they are fetched again later
    finished.clear();
    cards = [];
  }
  label = batch.label;
  exhausted = false;
  cards = [...batch.cards, ...cards];
  remaining[label] = (remaining[label] ?? 0) + batch.cards.length;
  status.textContent = _("Undone");
  undoButton.disabled = !batches.length;
  show();
}

/** Load the batches confirmed before this page was opened, so that they can be taken back too. */
async function loadBatches() {
  await outbox.open();
  /** @type {{items: import("../lib/api_types.js").PastAnswer[]}} */ // offline: only what is confirmed from now on
  const { items } = await call("/api/v1/answers?limit=200").catch(() => ({ items: [] }));
  /** @type {Map<string, Batch>} */ const earlier = new Map();
  for (const answer of items.reverse()) {
    const key = batchOfKey(answer.client_key);
    if (!key || !answer.label) continue;
    /** @type {Batch} */ const batch = earlier.get(key) ?? { label: answer.label, cards: [] };
    batch.cards.push(answer.item);
    earlier.set(key, batch);
  }
  batches.unshift(...earlier.values());
  undoButton.disabled = !batches.length;
}

tiles.addEventListener("click", ({ target }) => {
  const id = target instanceof Element ? target.closest("button")?.dataset.face : undefined;
  if (id) toggle(Number(id));
});
tiles.addEventListener("keydown", (event) => {
  const buttons = [...tiles.querySelectorAll("button")];
  const index = buttons.findIndex((button) => button === document.activeElement);
  const columns = buttons.filter((button) => button.offsetTop === buttons[0].offsetTop).length;
  /** @type {Record<string, number>} */
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const step = steps[event.key];
  if (event.key === "Enter") confirm();
  else if (step && buttons[index + step]) buttons[index + step].focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
});
new Keys(find("#keys", HTMLElement), { confirm, undo }, "second-look-bulk-keys");
addEventListener("pagehide", () => releaseLeases(cards.map((card) => card.face_id)));
loadBatches();
refill();
