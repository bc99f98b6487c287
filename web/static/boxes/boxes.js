/** Boxes: every face of a photo gets its own, by mouse, finger or keys; each change is an answer. */
import { openOutbox } from "../lib/answer_outbox.js";
import { Board } from "./box_canvas.js";
import { snapped } from "./geometry.js";
import { call } from "../lib/http.js";
import { Keys } from "../lib/keys.js";
import { freshKey } from "../lib/outbox.js";
import { said } from "../lib/refusals.js";
import { _ } from "../lib/i18n.js";

/** @typedef {import("./box_canvas.js").Face} Face @typedef {import("./geometry.js").Box} Box */
/** @typedef {{face: Face, before: Partial<Face>, after: Partial<Face>}} Step */

const STILL = 500; // ms without another nudge: then it is an answer

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);
const page = $("boxes");
const photo = JSON.parse($("photo").textContent);
/** @type {string[]} */ const classes = JSON.parse(page.dataset.classes);
/** @type {Face[]} */ const faces = photo.faces.map((/** @type {any} */ face) => ({ ...face, key: null, ...look(face) }));
/** @type {Step[]} */ const done = [];
/** @type {Step[]} */ const undone = [];
/** @type {{face: Face, before: Box, timer: number} | null} */ let nudged = null;

const outbox = openOutbox(page.dataset.person, {
  onSent: (entry, result) => {
    const face = faces.find((one) => one.key === entry.answer.client_key);
    if (face) face.face_id = result.face.id;
  },
});
const board = new Board($("board"), [photo.width, photo.height], () => faces, {
  onSelect: (face) => {
    $("chosen").textContent = face ? face.name : _("Drag over a face that has no box, or press N.");
    for (const button of document.querySelectorAll("[data-needs]")) /** @type {HTMLButtonElement} */ (button).disabled = !face || (button.getAttribute("data-needs") === "points" && !face.keypoints);
  },
  onMoved: (face, before, byKey) => (byKey ? nudge(face, before) : change(face, { box: before }, { box: face.box }, "adjust")),
  onDrawn: draw,
});

/** What a box is, in words. @param {{label: string | null, state: string, doubtful: boolean}} face */
function naming(face) {
  if (face.label) return face.label;
  if (face.state === "rejected") return said("reject");
  return face.doubtful ? _("unlikely face") : _("to label");
}

/** Its words and its colour. @param {{label: string | null, state: string, doubtful: boolean}} face */
function look(face) {
  const place = classes.indexOf(face.label ?? "");
  return { name: naming(face), colour: place < 0 ? "" : `c${place % 10}` };
}

/** Whom an answer is about: a face that was drawn here may have no number yet. @param {Face} face */
const about = (face) => (face.face_id ? { face_id: face.face_id } : { drawn_key: face.key ?? "" });

/** @param {Face} face @param {Partial<Face>} before @param {Partial<Face>} after @param {string} kind */
function change(face, before, after, kind) {
  settle();
  apply(face, after);
  done.push({ face, before, after });
  undone.length = 0;
  outbox.add({ kind, ...about(face), ...(kind === "adjust" ? { box: face.box } : {}), ...(kind === "label" ? { label: face.label ?? "" } : {}) });
}

/** @param {Face} face @param {Partial<Face>} what */
function apply(face, what) {
  Object.assign(face, what);
  Object.assign(face, look(face));
  board.select(face.state === "rejected" ? null : face);
  $("said").textContent = what.box ? `${_("Box")} ${face.box.map(Math.round).join(", ")}` : face.name;
}

/** Many small steps are one answer. @param {Face} face @param {Box} before */
function nudge(face, before) {
  if (nudged && nudged.face !== face) settle();
  if (nudged) clearTimeout(nudged.timer);
  nudged = { face, before: nudged?.before ?? before, timer: window.setTimeout(settle, STILL) };
  $("said").textContent = `${_("Box")} ${face.box.map(Math.round).join(", ")}`;
}

function settle() {
  if (!nudged) return;
  const { face, before, timer } = nudged;
  clearTimeout(timer);
  nudged = null;
  change(face, { box: before }, { box: face.box }, "adjust");
}

/** @param {Box} box */
function draw(box) {
  settle();
  const face = { face_id: null, key: freshKey(), box, state: "proposed", label: null, doubtful: false, keypoints: null, name: "", colour: "" };
  faces.push(face);
  apply(face, {});
  done.push({ face, before: { state: "rejected" }, after: { state: "proposed" } });
  undone.length = 0;
  outbox.add({ kind: "draw", photo_id: photo.id, box, client_key: face.key });
}

/** A box in the middle of what is seen, for the keys to move. */
function drawInTheMiddle() {
  const { x, y, zoom } = board.view;
  const side = Math.min(photo.width, photo.height) / zoom / 4;
  const [left, top] = [x + photo.width / zoom / 2 - side / 2, y + photo.height / zoom / 2 - side / 2];
  draw([Math.round(left), Math.round(top), Math.round(side), Math.round(side)]);
  focusOn(faces.length - 1);
}

/** @param {number} index */
const focusOn = (index) => /** @type {SVGElement | null} */ ($("board").querySelector(`[data-focus="box ${index}"]`))?.focus();

/** @param {Step[]} from @param {Step[]} to @param {"before" | "after"} side @param {string} kind */
function step(from, to, side, kind) {
  settle();
  const one = from.pop();
  if (!one) {
    $("said").textContent = kind === "undo" ? _("Nothing to undo") : _("Nothing to redo");
    return;
  }
  to.push(one);
  apply(one.face, one[side]);
  outbox.add({ kind, ...about(one.face) });
}

/** @param {number} by */
function next(by) {
  const shown = faces.filter((face) => face.state !== "rejected");
  if (!shown.length) return;
  const here = board.selected ? shown.indexOf(board.selected) : by > 0 ? -1 : 0;
  focusOn(faces.indexOf(shown[(here + by + shown.length) % shown.length]));
}

async function complete() {
  settle();
  $("complete").disabled = true;
  try {
    while (outbox.waiting.length) await new Promise((resolve) => setTimeout(resolve, 50));
    await call(`/api/v1/photos/${photo.id}/complete`, undefined, { method: photo.complete ? "DELETE" : "PUT" });
    location.assign(photo.complete ? location.href : page.dataset.next);
  } catch (error) {
    $("outbox").textContent = /** @type {Error} */ (error).message;
    $("complete").disabled = false;
  }
}

/** @param {(face: Face) => void} what */
const withChosen = (what) => () => board.selected && what(board.selected);

/** @type {Record<string, () => void>} */
const actions = {
  new: drawInTheMiddle,
  reject: withChosen((face) => change(face, { state: face.state, label: face.label }, { state: "rejected", label: null }, "reject")),
  snap: withChosen((face) => face.keypoints && change(face, { box: face.box }, { box: snapped(face.keypoints, [photo.width, photo.height]) }, "adjust")),
  undo: () => step(done, undone, "before", "undo"),
  redo: () => step(undone, done, "after", "redo"),
  closer: () => board.zoom(1.5, board.selected ? [board.selected.box[0] + board.selected.box[2] / 2, board.selected.box[1] + board.selected.box[3] / 2] : undefined),
  farther: () => board.zoom(1 / 1.5),
  following: () => next(1),
  complete,
  skip: () => location.assign(page.dataset.next),
};
for (const name of classes)
  actions[`label:${name}`] = withChosen((face) => change(face, { state: face.state, label: face.label }, { state: "confirmed", label: name }, "label"));

new Keys($("keys"), (action) => actions[action](), "second-look-box-keys");
outbox.open();
board.select(null);
