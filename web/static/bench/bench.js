/** The pages Label and Review: one face at a time, answered by a key, a button or a swipe. */
import { openOutbox } from "../lib/answer_outbox.js";
import { besideActions, showNoteCount } from "./beside.js";
import { predictionText } from "./card.js";
import { PrefetchQueue } from "./prefetch.js";
import { find } from "../lib/dom.js";
import { call, messageOf } from "../lib/http.js";
import { Keys } from "../lib/keys.js";
import { batchOfKey } from "../lib/outbox.js";
import { Pace } from "./pace.js";
import { showRecent } from "./recent_answers.js";
import { enableSwipes } from "./swipe.js";
import { answerName } from "../lib/refusals.js";
import { _, ngettext } from "../lib/i18n.js";

/**
 * @typedef {import("../lib/api_types.js").Card} Card
 * @typedef {import("../lib/api_types.js").PastAnswer} PastAnswer
 * @typedef {import("./recent_answers.js").GivenAnswer} GivenAnswer
 */

const HISTORY = 200; // answers; more than one confirmed batch

const bench = find("#bench", HTMLElement);
const stage = find("#stage", HTMLElement);
const empty = find("#empty", HTMLElement);
const withOthers = find("#with-others", HTMLElement);
const reason = find("#why", HTMLElement);
const opinion = find("#opinion", HTMLElement);
const recent = find("#strip", HTMLElement);
const left = find("#left", HTMLElement);
const status = find("#said", HTMLElement);
const keysDialog = find("#keys-dialog", HTMLDialogElement);
/** @type {string[]} */ const classes = JSON.parse(bench.dataset.classes ?? "[]");
const person = bench.dataset.person ?? "";

/** @type {GivenAnswer[]} */ let given = [];
/** @type {GivenAnswer[]} */ let undone = [];
let shownAt = 0;
let showOpinion = false;

const queue = new PrefetchQueue(
  bench.dataset.query ?? "",
  () => outbox.waiting.length,
  () => {
    show();
    updateLater();
  },
  (error) => (find("#outbox", HTMLElement).textContent = messageOf(error)),
);
const pace = new Pace(find("#pace", HTMLElement));
const outbox = openOutbox(person, {
  showAgain,
  onSent: (entry, result) => {
    if (entry.answer.kind === "undo" && entry.answer.face_id === undefined && result.item) showAgain(result.item);
  },
});
/** Tells the person's other tabs which faces are answered, so that they drop them. */
const tabs = new BroadcastChannel(`bench-${person}`);
tabs.onmessage = ({ data }) => queue.drop((card) => card.face_id === data);

/** Show the first card. It is on the stage already unless it has just come back. */
function show() {
  const card = queue.first;
  const element = card ? queue.element(card) : null;
  empty.hidden = Boolean(card) || !queue.exhausted;
  withOthers.hidden = !queue.withOthers;
  document.getElementById("all-answered")?.toggleAttribute("hidden", queue.withOthers > 0);
  withOthers.textContent = ngettext(
    "{n} face is with somebody else; if they leave it, it comes here.",
    "{n} faces are with others; what they leave comes here.",
    queue.withOthers,
  );
  bench.classList.toggle("idle", !card);
  if (element !== stage.firstElementChild) {
    for (const other of [...stage.children]) if (other !== element) other.remove();
    if (element && stage.firstElementChild !== element) stage.prepend(element);
    element?.classList.remove("next");
    shownAt = performance.now();
  }
  bench.dataset.face = card ? String(card.face_id) : "";
  reason.textContent = card ? card.why.text : "";
  showNoteCount(card);
  showPrediction();
}

function showPrediction() {
  opinion.textContent = queue.first && showOpinion ? predictionText(queue.first) : "";
}

/** Put the next card on the stage, hidden, so that it is laid out before it is needed. */
function prepareNext() {
  const card = queue.cards[1];
  const element = card && queue.element(card);
  for (const other of [...stage.children].slice(1)) if (other !== element) other.remove();
  element?.classList.add("next");
  if (element && stage.firstElementChild) stage.append(element);
}

/**
 * How many are left. The server stops counting at `counted`; close to that only "many" is certain.
 * @param {number} n
 */
function leftText(n) {
  if (n <= 0) return "";
  return n < Number(bench.dataset.counted) - HISTORY ? _("{n} left.", { n }) : _("Many left.");
}

/** Do what the next frame does not need after that frame. */
function updateLater() {
  requestAnimationFrame(() =>
    setTimeout(() => {
      prepareNext();
      pace.show();
      showRecent(recent, given, classes);
      left.textContent = [leftText(queue.remaining), queue.note].filter(Boolean).join(" ");
      queue.refill();
    }),
  );
}

/** @param {string} text for screen readers */
function announce(text) {
  status.textContent = text;
}

/** @param {GivenAnswer} entry */
const nameOf = ({ label, kind }) => label ?? answerName(kind);

/** @param {string} kind @param {string} [label] */
function answer(kind, label) {
  const card = queue.take();
  if (!card) return;
  const seconds = Math.min(86400, Math.round(performance.now() - shownAt) / 1000);
  show();
  outbox.add({ kind, face_id: card.face_id, ...(label ? { label } : {}), seconds }, card);
  tabs.postMessage(card.face_id);
  undone = [];
  record({ card, kind, label });
}

/** Count an answer and show that it was given. @param {GivenAnswer} entry */
function record(entry) {
  given.push(entry);
  queue.remaining -= 1;
  pace.count();
  announce(nameOf(entry));
  updateLater();
}

function undo() {
  const last = given.pop();
  announce(_("Undone"));
  if (!last) {
    outbox.add({ kind: "undo" }); // older than this page's history; the server knows which answer it is
    return;
  }
  const batch = last.batch ? [last, ...given.filter((entry) => entry.batch === last.batch)] : [last];
  given = given.filter((entry) => !batch.includes(entry));
  for (const entry of batch) {
    outbox.add({ kind: "undo", face_id: entry.card.face_id });
    undone.push(entry);
    pace.uncount();
  }
  showAgain(last.card);
}

function redo() {
  const entry = undone.pop();
  if (!entry) {
    announce(_("Nothing to redo"));
    return;
  }
  outbox.add({ kind: "redo", face_id: entry.card.face_id });
  record(entry);
  queue.drop((card) => card.face_id === entry.card.face_id);
}

/** @param {Card} card */
function showAgain(card) {
  queue.putFirst(card);
  queue.remaining += 1;
  show();
  updateLater();
}

function skip() {
  queue.skip();
  announce(_("Skipped"));
  show();
  updateLater();
}

function toggleOpinion() {
  showOpinion = !showOpinion;
  find('[data-action="opinion"]', HTMLElement).setAttribute("aria-pressed", String(showOpinion));
  showPrediction();
}

/** @type {Record<string, () => void>} */
const actions = {
  skip, undo, redo, opinion: toggleOpinion, reject: () => answer("reject"), unsure: () => answer("unsure"),
  keys: () => keysDialog.showModal(),
  ...besideActions(() => queue.first),
};
for (const name of classes) actions[`label:${name}`] = () => answer("label", name);

const keys = new Keys(find("#keys", HTMLElement), actions, "second-look-keys");
keys.fillDialog(keysDialog);
const swipes = { left: `label:${classes[0]}`, right: `label:${classes[1]}`, up: "reject", down: "skip" };
enableSwipes(
  stage,
  (direction) => actions[swipes[direction]](),
  (direction) => {
    for (const button of keys.buttons)
      button.classList.toggle("pressed", direction !== null && button.dataset.action === swipes[direction]);
  },
);
recent.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("button") : null;
  const entry = given.find(({ card }) => String(card.face_id) === button?.dataset.back);
  if (!entry) return;
  showAgain(entry.card);
  announce(_("Back to this face: {name}", { name: nameOf(entry) }));
});

/** Load the answers given before this page was opened, including those that are not sent yet. */
async function loadHistory() {
  const unsent = await outbox.open();
  // Faces whose answers are not sent yet must not come again.
  for (const { answer: { face_id } } of unsent) if (face_id !== undefined) queue.seen.add(face_id);
  queue.refill();
  /** @type {{items: PastAnswer[]}} */ // offline: only the unsent
  const { items } = await call(`/api/v1/answers?limit=${HISTORY}`).catch(() => ({ items: [] }));
  const sentKeys = new Set(items.map((item) => item.client_key));
  const sent = items.reverse().map(({ item, kind, label, client_key }) => ({
    card: item, kind, label: label ?? undefined, batch: batchOfKey(client_key),
  }));
  const waiting = unsent.flatMap(({ answer: { client_key, kind, label }, card }) =>
    card && !sentKeys.has(client_key) ? [{ card, kind, label }] : [],
  );
  const undos = unsent.map((entry) => entry.answer).filter(({ kind }) => kind === "undo");
  // `given` has what was answered while the history was loading.
  const replaced = new Set([...undos.map(({ face_id }) => face_id), ...given.map(({ card }) => card.face_id)]);
  const earlier = [...sent, ...waiting].filter(({ card }) => !replaced.has(card.face_id));
  given = [...earlier, ...given];
  updateLater();
}

loadHistory();
