/** The page Boxes: every face of a photo gets a box. Each change is sent as an answer. */
import { openOutbox } from "../lib/answer_outbox.js";
import { BoxCanvas } from "./box_canvas.js";
import { centre, squareFromKeypoints } from "./geometry.js";
import { find, readJson } from "../lib/dom.js";
import { ApiError, call, messageOf, pause, rooted } from "../lib/http.js";
import { Keys } from "../lib/keys.js";
import { uniqueKey } from "../lib/outbox.js";
import { answerName } from "../lib/refusals.js";
import { _, ngettext } from "../lib/i18n.js";

/**
 * @typedef {import("./box_shapes.js").Face} Face
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {import("./geometry.js").Size} Size
 */
/** @typedef {{face: Face, before: Partial<Face>, after: Partial<Face>}} Change */

const NUDGE_PAUSE = 500; // ms without another arrow key, after which the moves are sent as one answer
const ZOOM_STEP = 1.5;

const page = find("#boxes", HTMLElement);
const board = find("#board", SVGSVGElement);
const status = find("#said", HTMLElement);
const completeButton = find("#complete", HTMLButtonElement);
const leftDialog = find("#left-dialog", HTMLDialogElement);
/** @typedef {{id: number, width: number, height: number, complete: boolean}} Photo */
/** @type {Photo & {faces: Omit<Face, "key" | "name" | "colour">[]}} */
const photo = readJson("#photo");
/** @type {Size} */ const size = [photo.width, photo.height];
/** @type {string[]} */ const classes = JSON.parse(page.dataset.classes ?? "[]");
/** @type {Face[]} */ const faces = photo.faces.map((face) => ({ ...face, key: null, ...appearance(face) }));
/** @type {Change[]} */ const changes = [];
/** @type {Change[]} */ const undone = [];
/** @type {{face: Face, before: Box, timer: number} | null} */ let nudge = null;

const outbox = openOutbox(page.dataset.person ?? "", {
  onSent: (entry, result) => {
    const face = faces.find(({ key }) => key === entry.answer.client_key);
    if (face && result.face) face.face_id = result.face.id;
  },
});
const canvas = new BoxCanvas(board, size, faces, {
  onSelect: showSelected,
  onMoved: (face, before, byKey) => (byKey ? addNudge(face, before) : changeBox(face, before, face.box)),
  onDrawn: addFace,
});

/** @param {Face | null} face */
function showSelected(face) {
  find("#chosen", HTMLElement).textContent = face ? face.name : _("Drag over a face that has no box, or press N.");
  for (const button of document.querySelectorAll("[data-needs]"))
    if (button instanceof HTMLButtonElement)
      button.disabled = !face || (button.dataset.needs === "points" && !face.keypoints);
}

/** A face's name and colour. @param {Pick<Face, "label" | "state" | "doubtful">} face */
function appearance(face) {
  const index = classes.indexOf(face.label ?? "");
  return { name: nameOf(face), colour: index < 0 ? "" : `c${index % 10}` };
}

/** @param {Pick<Face, "label" | "state" | "doubtful">} face */
function nameOf(face) {
  if (face.label) return face.label;
  if (face.state === "rejected") return answerName("reject");
  return face.doubtful ? _("unlikely face") : _("to label");
}

/** How an answer names a face: one that was drawn here may not have an id yet. @param {Face} face */
const reference = (face) => (face.face_id ? { face_id: face.face_id } : { drawn_key: face.key ?? "" });

/**
 * @param {Face} face
 * @param {Partial<Face>} before
 * @param {Partial<Face>} after
 * @param {string} kind of the answer
 */
function change(face, before, after, kind) {
  sendNudge();
  apply(face, after);
  remember({ face, before, after });
  const value = kind === "adjust" ? { box: face.box } : kind === "label" ? { label: face.label ?? "" } : {};
  outbox.add({ kind, ...reference(face), ...value });
}

/** @param {Face} face @param {Box} before @param {Box} after */
const changeBox = (face, before, after) => change(face, { box: before }, { box: after }, "adjust");

/** @param {Change} done */
function remember(done) {
  changes.push(done);
  undone.length = 0;
}

/** @param {Face} face @param {Partial<Face>} values */
function apply(face, values) {
  Object.assign(face, values);
  Object.assign(face, appearance(face));
  canvas.select(face.state === "rejected" ? null : face);
  status.textContent = values.box ? boxText(face) : face.name;
}

/** @param {Face} face */
const boxText = (face) => `${_("Box")} ${face.box.map(Math.round).join(", ")}`;

/** Collect moves by arrow keys, to send them as one answer. @param {Face} face @param {Box} before */
function addNudge(face, before) {
  if (nudge && nudge.face !== face) sendNudge();
  if (nudge) clearTimeout(nudge.timer);
  nudge = { face, before: nudge?.before ?? before, timer: window.setTimeout(sendNudge, NUDGE_PAUSE) };
  status.textContent = boxText(face);
}

function sendNudge() {
  if (!nudge) return;
  const { face, before, timer } = nudge;
  clearTimeout(timer);
  nudge = null;
  changeBox(face, before, face.box);
}

/** @param {Box} box */
function addFace(box) {
  sendNudge();
  const key = uniqueKey();
  const values = { state: "proposed", label: null, doubtful: false };
  const face = { face_id: null, key, box, keypoints: null, ...values, ...appearance(values) };
  faces.push(face);
  apply(face, {});
  remember({ face, before: { state: "rejected" }, after: { state: "proposed" } });
  outbox.add({ kind: "draw", photo_id: photo.id, box, client_key: key });
}

/** Add a box in the middle of the view, to be moved by keys. */
function addFaceInView() {
  const { x, y, zoom } = canvas.view;
  const side = Math.min(...size) / zoom / 4;
  const [left, top] = [x + photo.width / zoom / 2 - side / 2, y + photo.height / zoom / 2 - side / 2];
  addFace([Math.round(left), Math.round(top), Math.round(side), Math.round(side)]);
  focusBox(faces.length - 1);
}

/** @param {number} index */
const focusBox = (index) => canvas.focus(`box ${index}`, {});

function undo() {
  sendNudge();
  const last = changes.pop();
  if (last) {
    undone.push(last);
    apply(last.face, last.before);
    outbox.add({ kind: "undo", ...reference(last.face) });
  } else status.textContent = _("Nothing to undo");
}

function redo() {
  sendNudge();
  const last = undone.pop();
  if (last) {
    changes.push(last);
    apply(last.face, last.after);
    outbox.add({ kind: "redo", ...reference(last.face) });
  } else status.textContent = _("Nothing to redo");
}

function focusNext() {
  const shown = faces.filter((face) => face.state !== "rejected");
  if (!shown.length) return;
  const current = canvas.selected ? shown.indexOf(canvas.selected) : -1;
  focusBox(faces.indexOf(shown[(current + 1) % shown.length]));
}

function nextPhoto() {
  location.assign(page.dataset.next ?? rooted("/boxes"));
}

/** Mark the photo as complete, or not complete, once all answers are sent. */
async function toggleComplete() {
  sendNudge();
  const left = faces.filter((face) => face.state === "proposed" && face.source && face.source !== "human").length;
  if (left && !photo.complete) {
    askAboutLeft(left);
    return;
  }
  completeButton.disabled = true;
  try {
    while (outbox.waiting.length) await pause(50);
    await call(`/api/v1/photos/${photo.id}/complete`, undefined, { method: photo.complete ? "DELETE" : "PUT" });
    if (photo.complete) location.assign(location.href);
    else nextPhoto();
  } catch (error) {
    if (error instanceof ApiError && error.code === "boxes_left") askAboutLeft(Number(error.detail.left));
    else find("#outbox", HTMLElement).textContent = messageOf(error);
    completeButton.disabled = false;
  }
}

/** Ask whether the boxes that nobody has answered are no faces. @param {number} left */
function askAboutLeft(left) {
  find("#left-question", HTMLElement).textContent = ngettext(
    "{n} box is left: is it no face?",
    "{n} boxes are left: none of them a face?",
    left,
  );
  leftDialog.showModal();
}

leftDialog.addEventListener("close", async () => {
  if (leftDialog.returnValue !== "reject") return;
  try {
    await call(`/api/v1/photos/${photo.id}/complete?reject_left=true`, undefined, { method: "PUT" });
    nextPhoto();
  } catch (error) {
    find("#outbox", HTMLElement).textContent = messageOf(error);
  }
});

/** @param {Face} face @param {string} state @param {string | null} label @param {string} kind */
const answer = (face, state, label, kind) =>
  change(face, { state: face.state, label: face.label }, { state, label }, kind);

/** @param {Face} face */
function snap(face) {
  if (face.keypoints) changeBox(face, face.box, squareFromKeypoints(face.keypoints, size));
}

/** An action on the selected face; nothing happens without one. @param {(face: Face) => void} action */
const onSelected = (action) => () => {
  if (canvas.selected) action(canvas.selected);
};

/** @type {Record<string, () => unknown>} */
const actions = {
  new: addFaceInView,
  reject: onSelected((face) => answer(face, "rejected", null, "reject")),
  snap: onSelected(snap),
  undo,
  redo,
  closer: () => canvas.zoom(ZOOM_STEP, canvas.selected ? centre(canvas.selected.box) : undefined),
  farther: () => canvas.zoom(1 / ZOOM_STEP),
  following: focusNext,
  complete: toggleComplete,
  skip: nextPhoto,
};
for (const name of classes) actions[`label:${name}`] = onSelected((face) => answer(face, "confirmed", name, "label"));

new Keys(find("#keys", HTMLElement), actions, "second-look-box-keys");
outbox.open();
canvas.select(null);
