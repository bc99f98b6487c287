/** The bench: one face, one gesture, the next face. */
import { call } from "./http.js";
import { Outbox } from "./outbox.js";

/**
 * @typedef {{face_id: number, photo_id: number, crop_url: string, photo_url: string, label: string | null,
 *   photo_size: [number, number], box: [number, number, number, number],
 *   why: {reason: string, text: string},
 *   prediction: {label: string, probabilities: Record<string, number>} | null}} Card
 */

const FETCH = 30; // cards asked for at once
const REFILL = 12; // fewer than this in hand: ask for more
const DECODE_AHEAD = 8;

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);
const bench = $("bench");
const mode = bench.dataset.mode;
/** @type {string[]} */
const classes = JSON.parse(bench.dataset.classes);

/** @type {Card[]} */ let cards = [];
/** @type {Card[]} */ const past = [];
const seen = new Set();
let remaining = 0;
let skipped = 0;
let loading = false;
let shownAt = 0;
let showOpinion = false;

const outbox = new Outbox(
  `second-look-outbox-${bench.dataset.person}`,
  (waiting, offline) => ($("outbox").textContent = offline ? `Offline: ${waiting} answers wait here and will be sent.` : ""),
  (error) => ($("outbox").textContent = error.message),
  (answer, result) => answer.face_id === undefined && comeBack(result.item),
);

/** Fetch and decode before it is needed, so that the next face is there at once. @param {Card} card */
function prefetch(card) {
  for (const address of [card.crop_url, card.photo_url]) {
    const image = new Image();
    image.src = address;
    image.decode().catch(() => {}); // an image that fails here fails again, visibly, when it is shown
  }
}

async function refill() {
  if (loading || cards.length >= REFILL) return;
  loading = true;
  try {
    const limit = Math.min(200, FETCH + cards.length + skipped);
    const batch = await call(`/api/v1/queue?mode=${mode}&limit=${limit}`);
    const fresh = batch.items.filter((/** @type {Card} */ card) => !seen.has(card.face_id));
    fresh.forEach((/** @type {Card} */ card) => seen.add(card.face_id));
    remaining = batch.remaining - outbox.waiting.length;
    const wasEmpty = cards.length === 0;
    cards.push(...fresh);
    cards.slice(0, DECODE_AHEAD).forEach(prefetch);
    if (wasEmpty || !cards.length) show();
    count();
  } catch (error) {
    $("outbox").textContent = /** @type {Error} */ (error).message;
    setTimeout(refill, 3000);
  } finally {
    loading = false;
  }
}

function count() {
  $("left").textContent = remaining > 0 ? `${remaining} to go` : "";
}

function show() {
  const card = cards[0];
  $("card").hidden = !card;
  $("keys").hidden = !card && !past.length;
  $("empty").hidden = Boolean(card);
  if (!card) return;
  $("crop").src = card.crop_url;
  const [width, height] = card.photo_size;
  $("scene").setAttribute("viewBox", `0 0 ${width} ${height}`);
  set($("scene-image"), { href: card.photo_url, width, height });
  const [x, y, w, h] = card.box;
  set($("scene-box"), { x, y, width: w, height: h });
  $("why").textContent = card.why.text;
  bench.dataset.face = card.face_id;
  opinion(card);
  shownAt = performance.now();
  if (cards[DECODE_AHEAD]) prefetch(cards[DECODE_AHEAD]);
}

/** @param {Element} element @param {Record<string, string | number>} attributes */
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}

/** @param {Card} card */
function opinion(card) {
  const guess = card.prediction;
  $("opinion").hidden = !showOpinion;
  $("opinion").textContent = guess
    ? `The model says ${guess.label} (${Math.round(guess.probabilities[guess.label] * 100)} %).`
    : "The model has not seen this face.";
}

/** @param {string} kind @param {string} [label] */
function answer(kind, label) {
  const card = cards.shift();
  if (!card) return;
  past.push(card);
  const seconds = Math.round(performance.now() - shownAt) / 1000;
  outbox.add({ kind, face_id: card.face_id, ...(label ? { label } : {}), seconds });
  $("said").textContent = label ?? (kind === "reject" ? "Not a face" : "Unsure");
  remaining -= 1;
  count();
  show();
  refill();
}

function skip() {
  const card = cards.shift();
  if (!card) return;
  skipped += 1;
  $("said").textContent = "Skipped";
  show();
  refill();
}

function undo() {
  const card = past.pop();
  $("said").textContent = "Taken back";
  if (!card) return outbox.add({ kind: "undo" }); // from before this page was loaded: the server knows which
  outbox.add({ kind: "undo", face_id: card.face_id });
  comeBack(card);
}

/** @param {Card} card */
function comeBack(card) {
  cards = [card, ...cards.filter((one) => one.face_id !== card.face_id)];
  seen.add(card.face_id);
  remaining += 1;
  count();
  show();
}

function toggleOpinion() {
  showOpinion = !showOpinion;
  document.querySelector('[data-do="opinion"]')?.setAttribute("aria-pressed", String(showOpinion));
  if (cards[0]) opinion(cards[0]);
}

/** @type {Record<string, () => void>} */
const actions = { skip, undo, opinion: toggleOpinion };
/** @type {Record<string, () => void>} */
const keys = {
  x: () => answer("reject"), u: () => answer("unsure"), z: undo, m: toggleOpinion, ArrowRight: skip, " ": skip,
};
classes.slice(0, 9).forEach((name, index) => (keys[String(index + 1)] = () => answer("label", name)));

document.addEventListener("keydown", (event) => {
  const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  const onButton = event.key === " " && event.target instanceof HTMLButtonElement;
  if (!action || event.repeat || event.ctrlKey || event.metaKey || event.altKey || onButton) return;
  event.preventDefault();
  action();
});
$("keys").addEventListener("click", (/** @type {MouseEvent} */ event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("button");
  if (!button) return;
  if (button.dataset.do) actions[button.dataset.do]();
  else answer(button.dataset.kind ?? "", button.dataset.label);
});

$("keys").hidden = true;
refill();
