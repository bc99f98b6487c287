/** The bench: one face, one gesture, the next face. */
import { openOutbox } from "../lib/answer_outbox.js";
import { opinion } from "./card.js";
import { Hand } from "./prefetch.js";
import { call } from "../lib/http.js";
import { Keys } from "../lib/keys.js";
import { Pace } from "./pace.js";
import { show as showStrip } from "./recent_answers.js";
import { swipe } from "./swipe.js";
import { said } from "../lib/refusals.js";
import { _ } from "../lib/i18n.js";

/** @typedef {import("./card.js").Card} Card @typedef {import("./recent_answers.js").Past} Past */

const HISTORY = 200; // a lot that was confirmed at once fits in it

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);
const bench = $("bench");
const stage = $("stage");
/** @type {string[]} */
const classes = JSON.parse(bench.dataset.classes);

/** @type {Past[]} */ let past = [];
/** @type {Past[]} */ let undone = [];
let shownAt = 0;
let showOpinion = false;

const hand = new Hand(
  bench.dataset.mode,
  () => outbox.waiting.length,
  () => (show(), later()),
  (error) => ($("outbox").textContent = error.message),
);
const pace = new Pace($("pace"));
const outbox = openOutbox(bench.dataset.person, {
  comeBack,
  onSent: (entry, result) => {
    if (entry.answer.kind === "undo" && entry.answer.face_id === undefined) comeBack(result.item);
  },
});
/** What is answered in one tab leaves the others' hands. */
const tabs = new BroadcastChannel(`bench-${bench.dataset.person}`);
tabs.onmessage = ({ data }) => hand.drop((card) => card.face_id === data);

/** Bring the first card up. It is there already, unless it has just come back. */
function show() {
  const card = hand.first;
  const element = card ? hand.element(card) : null;
  $("empty").hidden = Boolean(card) || !hand.over;
  bench.classList.toggle("idle", !card);
  if (element !== stage.firstElementChild) {
    for (const other of [...stage.children]) if (other !== element) other.remove();
    if (element && stage.firstElementChild !== element) stage.prepend(element);
    element?.classList.remove("next");
    shownAt = performance.now();
  }
  bench.dataset.face = card ? card.face_id : "";
  $("why").textContent = card ? card.why.text : "";
  $("opinion").textContent = card && showOpinion ? opinion(card) : "";
}

/** Lay the next card out under the first, unseen. */
function prepare() {
  const after = hand.cards[1];
  const element = after && hand.element(after);
  for (const other of [...stage.children].slice(1)) if (other !== element) other.remove();
  element?.classList.add("next");
  if (element && stage.firstElementChild) stage.append(element);
}

/** Of a count that the server stopped at `counted`, less what was answered since, only that it is large.
 * @param {number} n */
function toGo(n) {
  if (n <= 0) return "";
  return n < Number(bench.dataset.counted) - HISTORY ? _("{n} left.", { n }) : _("Many left.");
}

/** What is not needed for the next frame, after it. */
function later() {
  requestAnimationFrame(() =>
    setTimeout(() => {
      prepare();
      pace.show();
      showStrip($("strip"), past, classes);
      $("left").textContent = toGo(hand.remaining);
      hand.refill();
    }),
  );
}

/** @param {string} words */
const say = (words) => ($("said").textContent = words);

/** @param {string} kind @param {string} [label] */
function answer(kind, label) {
  const card = hand.take();
  if (!card) return;
  const seconds = Math.min(86400, Math.round(performance.now() - shownAt) / 1000);
  show();
  outbox.add({ kind, face_id: card.face_id, ...(label ? { label } : {}), seconds }, card);
  tabs.postMessage(card.face_id);
  past.push({ card, kind, label });
  undone = [];
  hand.remaining -= 1;
  pace.count();
  say(label ?? said(kind));
  later();
}

function undo() {
  const last = past.pop();
  say(_("Undone"));
  if (!last) {
    outbox.add({ kind: "undo" }); // given before this page's history: the server knows which
    return;
  }
  const lot = last.batch ? [last, ...past.filter((one) => one.batch === last.batch)] : [last];
  past = past.filter((one) => !lot.includes(one));
  for (const one of lot) {
    outbox.add({ kind: "undo", face_id: one.card.face_id });
    undone.push(one);
    pace.uncount();
  }
  comeBack(last.card);
}

function redo() {
  const again = undone.pop();
  if (!again) {
    say(_("Nothing to redo"));
    return;
  }
  outbox.add({ kind: "redo", face_id: again.card.face_id });
  past.push(again);
  hand.remaining -= 1;
  pace.count();
  say(again.label ?? said(again.kind));
  hand.drop((card) => card.face_id === again.card.face_id);
  later();
}

/** Show a face again. @param {Card} card */
function comeBack(card) {
  hand.putBack(card);
  hand.remaining += 1;
  show();
  later();
}

function skip() {
  hand.skip();
  say(_("Skipped"));
  show();
  later();
}

function toggleOpinion() {
  showOpinion = !showOpinion;
  document.querySelector('[data-action="opinion"]')?.setAttribute("aria-pressed", String(showOpinion));
  $("opinion").textContent = hand.first && showOpinion ? opinion(hand.first) : "";
}

/** @type {Record<string, () => void>} */
const actions = {
  skip, undo, redo, opinion: toggleOpinion,
  reject: () => answer("reject"),
  unsure: () => answer("unsure"),
  keys: () => $("keys-dialog").showModal(),
};
for (const name of classes) actions[`label:${name}`] = () => answer("label", name);

const keys = new Keys($("keys"), (action) => actions[action](), "second-look-keys");
keys.offer($("keys-dialog"));
const swiped = { left: `label:${classes[0]}`, right: `label:${classes[1]}`, up: "reject", down: "skip" };
swipe(
  stage,
  (direction) => actions[swiped[direction]](),
  (direction) => {
    for (const button of keys.buttons) button.classList.toggle("pressed", direction !== null && button.dataset.action === swiped[direction]);
  },
);
$("strip").addEventListener("click", (/** @type {MouseEvent} */ event) => {
  const id = /** @type {HTMLElement} */ (event.target).closest("button")?.dataset.back;
  const one = past.find((entry) => String(entry.card.face_id) === id);
  if (!one) return;
  comeBack(one.card);
  say(_("Back to this face: {name}", { name: one.label ?? said(one.kind) }));
});

/** What was answered before this page was loaded, and what of it is still on its way. */
async function begin() {
  const unsent = await outbox.open();
  for (const { answer: sent } of unsent) hand.seen.add(sent.face_id); // or we would be asked again
  hand.refill();
  const { items } = await call(`/api/v1/answers?limit=${HISTORY}`).catch(() => ({ items: [] })); // offline: only ours
  const known = new Set(items.map((/** @type {any} */ one) => one.client_key));
  const before = items.reverse().map((/** @type {any} */ one) => ({
    card: one.item, kind: one.kind, label: one.label ?? undefined, batch: /^(batch-\w+):/.exec(one.client_key)?.[1],
  }));
  const onTheWay = unsent.flatMap(({ answer: sent, card }) =>
    card && !known.has(sent.client_key) ? [{ card, kind: sent.kind, label: sent.label }] : [],
  );
  const takenBack = new Set(unsent.filter((entry) => entry.answer.kind === "undo").map((entry) => entry.answer.face_id));
  const gone = new Set([...takenBack, ...past.map((one) => one.card.face_id)]); // answered while we asked
  past = [...before, ...onTheWay].filter((one) => !gone.has(one.card.face_id)).concat(past);
  later();
}

begin();
