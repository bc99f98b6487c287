/** In bulk: a screenful of look-alikes that the model agrees on; what is not so is taken out, the rest confirmed. */
import { openOutbox } from "../lib/answer_outbox.js";
import { call } from "../lib/http.js";
import { Keys } from "../lib/keys.js";
import { freshKey } from "../lib/outbox.js";
import { _, ngettext } from "../lib/i18n.js";

/** @typedef {import("./card.js").Card} Card */

const ON_PHONE = 15;
const ON_DESKTOP = 24;
const SOON = 300; // ms
const size = matchMedia("(max-width: 640px)").matches ? ON_PHONE : ON_DESKTOP;

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);
const page = $("bulk");
/** @type {string[]} */ const classes = JSON.parse(page.dataset.classes);
/** @type {Card[]} */ let cards = [];
/** @type {Set<number>} */ const seen = new Set();
/** @type {Set<number>} */ let out = new Set();
/** @type {{label: string, cards: Card[]}[]} */ const lots = [];
/** @type {string | null} */ let label = null;
/** @type {Record<string, number>} */ let remaining = {};
/** @type {Set<string>} */ const finished = new Set();
let over = false;
let loading = false;

const outbox = openOutbox(page.dataset.person);

async function refill() {
  if (loading || cards.length >= 2 * size) return;
  loading = true;
  try {
    const limit = Math.min(200, cards.length + outbox.waiting.length + 3 * size);
    const found = await call(`/api/v1/agreed?limit=${limit}${label ? `&label=${encodeURIComponent(label)}` : ""}`);
    remaining = found.remaining;
    const fresh = found.items.filter((/** @type {Card} */ card) => !seen.has(card.face_id));
    for (const card of fresh) prefetch(card);
    if (fresh.length) take(found.label, fresh);
    else if (!cards.length) again(found.label);
  } catch (error) {
    $("outbox").textContent = /** @type {Error} */ (error).message;
    setTimeout(refill, 3000);
  } finally {
    loading = false;
  }
}

/** @param {string} name @param {Card[]} fresh */
function take(name, fresh) {
  const wasEmpty = cards.length === 0;
  label = name;
  over = false;
  cards.push(...fresh);
  if (wasEmpty) show();
}

/** Nothing new of this class: wait for what is on its way, or go on with another class. @param {string | null} name */
function again(name) {
  if (outbox.waiting.length) {
    setTimeout(refill, SOON);
    return;
  }
  if (name) finished.add(name);
  label = Object.keys(remaining).find((other) => !finished.has(other)) ?? null;
  if (label) setTimeout(refill);
  else {
    over = true;
    show();
  }
}

/** @param {Card} card */
function prefetch(card) {
  seen.add(card.face_id);
  const image = new Image();
  image.src = card.crop_url;
  image.decode().catch(() => {}); // it fails again, visibly, when it is shown
}

function show() {
  const here = cards.slice(0, size);
  $("empty").hidden = !over;
  page.classList.toggle("idle", !here.length);
  $("tiles").replaceChildren(...here.map(tile));
  const kept = here.filter((card) => !out.has(card.face_id)).length;
  $("confirm-name").textContent = ngettext("{n} face is “{label}”", "{n} faces are “{label}”", kept, { label: label ?? "" });
  $("confirm").className = `class primary c${Math.max(0, classes.indexOf(label ?? ""))}`;
  $("confirm").disabled = !here.length;
  $("left").textContent = label && remaining[label] ? _("{n} left", { n: remaining[label] }) : "";
}

/** @param {Card} card */
function tile(card) {
  const row = document.createElement("li");
  const button = document.createElement("button");
  const image = new Image(160, 160);
  button.dataset.face = String(card.face_id);
  button.setAttribute("aria-pressed", String(out.has(card.face_id)));
  button.setAttribute("aria-label", _("Leave out face {n}", { n: card.face_id }));
  image.src = card.crop_url;
  image.alt = "";
  button.append(image);
  row.append(button);
  return row;
}

/** @param {number} id */
function toggle(id) {
  if (!out.delete(id)) out.add(id);
  $("said").textContent = out.has(id) ? _("Left out") : _("Included");
  const focused = document.activeElement?.getAttribute("data-face");
  show();
  $("tiles").querySelector(`[data-face="${focused}"]`)?.focus();
}

function confirm() {
  const here = cards.slice(0, size);
  if (!here.length || !label) return;
  const name = label;
  const kept = here.filter((card) => !out.has(card.face_id));
  const lot = `batch-${freshKey()}`;
  for (const card of kept) outbox.add({ client_key: `${lot}:${card.face_id}`, kind: "label", face_id: card.face_id, label: name });
  if (kept.length) lots.push({ label: name, cards: kept });
  const left = here.filter((card) => out.has(card.face_id)).map((card) => card.face_id);
  if (left.length) call("/api/v1/leases", { drop: left }).catch(() => {}); // else they run out
  cards = cards.slice(here.length);
  remaining[name] = Math.max(0, (remaining[name] ?? 0) - kept.length);
  out = new Set();
  $("said").textContent = ngettext("{n} confirmed", "{n} confirmed", kept.length);
  $("undo").disabled = !lots.length;
  show();
  refill();
}

/** Take the whole lot back, and look at it again. */
function undo() {
  const lot = lots.pop();
  if (!lot) return;
  for (const card of lot.cards) outbox.add({ kind: "undo", face_id: card.face_id });
  if (lot.label !== label) {
    for (const card of cards) seen.delete(card.face_id); // those come again
    finished.clear();
    cards = [];
  }
  label = lot.label;
  over = false;
  cards = [...lot.cards, ...cards];
  remaining[label] = (remaining[label] ?? 0) + lot.cards.length;
  $("said").textContent = _("Undone");
  $("undo").disabled = !lots.length;
  show();
}

/** What was confirmed before this page was loaded can be taken back, too. */
async function remember() {
  await outbox.open();
  const { items } = await call("/api/v1/answers?limit=200").catch(() => ({ items: [] })); // offline: only what comes
  /** @type {Map<string, {label: string, cards: Card[]}>} */ const found = new Map();
  for (const one of items.reverse()) {
    const batch = /^(batch-\w+):/.exec(one.client_key)?.[1];
    if (!batch || !one.label) continue;
    /** @type {{label: string, cards: Card[]}} */ const lot = found.get(batch) ?? { label: one.label, cards: [] };
    lot.cards.push(one.item);
    found.set(batch, lot);
  }
  lots.unshift(...found.values());
  $("undo").disabled = !lots.length;
}

$("tiles").addEventListener("click", (/** @type {MouseEvent} */ event) => {
  const id = /** @type {HTMLElement} */ (event.target).closest("button")?.dataset.face;
  if (id) toggle(Number(id));
});
$("tiles").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  /** @type {HTMLElement[]} */ const tiles = [...$("tiles").querySelectorAll("button")];
  const here = tiles.findIndex((one) => one === document.activeElement);
  const columns = tiles.filter((one) => one.offsetTop === tiles[0].offsetTop).length;
  /** @type {Record<string, number>} */ const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const by = moves[event.key];
  if (event.key === "Enter") confirm();
  else if (by && tiles[here + by]) tiles[here + by].focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
});
/** @type {Record<string, () => void>} */
const actions = { confirm, undo };
new Keys($("keys"), (action) => actions[action](), "second-look-bulk-keys");
addEventListener("pagehide", () => {
  const drop = cards.map((card) => card.face_id);
  if (drop.length) call("/api/v1/leases", { drop }, { keepalive: true }).catch(() => {}); // else they run out
});
remember();
refill();
