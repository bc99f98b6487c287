/**
 * The page Map: all faces, coloured by category. A region, taken by lasso or by view, can be sent to review.
 */
import { find, readJson } from "../lib/dom.js";
import { call, messageOf, pause, rooted } from "../lib/http.js";
import { describeFace, groupFaces } from "./categories.js";
import { Scatter } from "./scatter.js";
import { _, ngettext } from "../lib/i18n.js";
import { SHAPES } from "../lib/marks.js";

/**
 * @typedef {import("./categories.js").FaceTable} FaceTable
 * @typedef {import("./categories.js").Category} Category
 * @typedef {import("./categories.js").PageData} PageData
 * @typedef {import("../lib/gestures.js").Point} Point
 * @typedef {{placed: number, wanted: number, stale: boolean}} Progress faces on the map, faces that belong on it
 */

const POLL_EVERY = 1500; // ms
const REQUEST_EVERY = 10; // polls; the request may have been lost, and repeating it does no harm
const SLOW_AFTER = 40; // polls
const MAX_POLLS = 400;
const SHOWN = 24; // thumbnails
const NOT_SCORED = 101; // sorts after every margin, which is a percentage
const SVG = "http://www.w3.org/2000/svg";

/** @type {PageData} */ const pageData = readJson("#about");
const card = find("#peek", HTMLElement);
const colourBy = find("#by", HTMLSelectElement);
const sentBox = find("#sent", HTMLElement);
const chosenBox = find("#chosen", HTMLElement);
const sendButton = find("#send", HTMLButtonElement);
const undoButton = find("#undo", HTMLButtonElement);
const hint = find("#left-out", HTMLElement);
const lassoButton = find("#lasso", HTMLElement);
const status = find("#status", HTMLElement);

/** @type {FaceTable} */ let table;
/** @type {number[]} */ let chosen = [];

const scatter = new Scatter(find("#sky", HTMLCanvasElement), { onPoint: showCard, onLasso: choose });

async function load() {
  const chosenIds = chosen.map((face) => table.faces[face]);
  table = await call("/map/spots");
  const faceOfId = new Map(table.faces.map((id, face) => [id, face]));
  for (const option of [...colourBy.options]) if (option.value === "person" && !table.people.length) option.remove();
  scatter.show(table, groupAndShowLegend());
  if (chosenIds.length) choose(chosenIds.flatMap((id) => faceOfId.get(id) ?? [])); // their indices may have changed
  find("#tools", HTMLFieldSetElement).disabled = !table.faces.length;
  find("#map", HTMLElement).dataset.ready = String(table.faces.length);
}

function groupAndShowLegend() {
  const grouping = groupFaces(colourBy.value, table, pageData);
  find("#legend", HTMLElement).replaceChildren(...grouping.categories.filter(({ count }) => count).map(legendRow));
  return grouping;
}

/** @param {Category} category */
function legendRow(category) {
  const row = document.createElement("li");
  const count = document.createElement("b");
  count.textContent = String(category.count);
  row.append(legendSymbol(category), category.name, " ", count);
  return row;
}

/** @param {Category} category */
function legendSymbol({ shape, colour }) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "-1.4 -1.4 2.8 2.8");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPES[shape]);
  path.setAttribute("fill", `var(${colour})`);
  svg.append(path);
  return svg;
}

/**
 * Show what is known of the face under the pointer.
 * @param {number} face -1 for none
 * @param {Point} at CSS px on the canvas
 */
function showCard(face, [x, y]) {
  card.hidden = face < 0;
  if (face < 0) return;
  find("img", HTMLImageElement, card).src = thumbnailUrl(face);
  const [first, ...rest] = describeFace(face, table, pageData);
  find("b", HTMLElement, card).textContent = first;
  find("span", HTMLElement, card).textContent = rest.join(" · ");
  const { width, height } = card.getBoundingClientRect();
  card.style.left = `${Math.max(4, Math.min(x + 14, scatter.width - width - 4))}px`;
  card.style.top = `${y + 14 + height > scatter.height ? Math.max(4, y - height - 14) : y + 14}px`;
}

/** @param {number} face */
const thumbnailUrl = (face) => rooted(`/faces/${table.faces[face]}/thumb.jpg?v=${table.versions[face]}`);

/** @param {number} face */
const marginOf = (face) => (table.margin[face] < 0 ? NOT_SCORED : table.margin[face]);

/** Choose these faces, the least certain first. @param {number[]} faces */
function choose(faces) {
  chosen = [...faces].sort((a, b) => marginOf(a) - marginOf(b));
  scatter.pointNear(null);
  scatter.select(chosen.length ? new Set(chosen) : null);
  sentBox.hidden = true;
  chosenBox.hidden = false;
  showChosen();
  sendButton.scrollIntoView({ block: "nearest" }); // on a phone it is below the map
}

const unlocked = () => chosen.filter((face) => !table.locked[face]);

function showChosen() {
  const count = unlocked().length;
  const locked = chosen.length - count;
  const tooMany = count > pageData.most;
  find("#count", HTMLElement).textContent = ngettext("{n} face", "{n} faces", chosen.length);
  hint.textContent = [
    chosen.length ? "" : _("No face in this region."),
    locked ? ngettext("{n} stays out: it is in the locked set.", "{n} stay out: they are in the locked set.", locked) : "",
    tooMany ? _("At most {n} go to review at once: select a smaller region.", { n: pageData.most }) : "",
  ].filter(Boolean).join(" ");
  sendButton.disabled = !count || tooMany;
  sendButton.textContent = ngettext("Send {n} to review", "Send {n} to review", count);
  find("#thumbs", HTMLElement).replaceChildren(...chosen.slice(0, SHOWN).map(thumbnail));
  find("#more", HTMLElement).textContent = chosen.length > SHOWN ? _("and {n} more", { n: chosen.length - SHOWN }) : "";
}

/** @param {number} face */
function thumbnail(face) {
  const row = document.createElement("li");
  const image = new Image(160, 160);
  image.loading = "lazy";
  image.src = thumbnailUrl(face);
  image.alt = describeFace(face, table, pageData).join(", ");
  const link = document.createElement("a");
  link.href = rooted(`/faces/${table.faces[face]}`);
  link.dataset.similar = String(table.faces[face]);
  link.title = _("More like this");
  link.append(image);
  row.append(link);
  return row;
}

function clear() {
  chosen = [];
  scatter.select(null);
  chosenBox.hidden = true;
}

async function send() {
  sendButton.disabled = true;
  try {
    /** @type {{text: string, undo: number | null}} */
    const sent = await call("/map/review", { face_ids: unlocked().map((face) => table.faces[face]) });
    clear();
    showSent(sent.text, sent.undo);
  } catch (error) {
    hint.textContent = messageOf(error);
    sendButton.disabled = false;
  }
}

/** @param {string} text @param {number | null} event to be undone; null where there is nothing to undo */
function showSent(text, event) {
  find("#sent-text", HTMLElement).textContent = text;
  sentBox.hidden = false;
  undoButton.hidden = event === null;
  undoButton.dataset.event = String(event ?? "");
  undoButton.disabled = false;
}

async function undo() {
  const event = Number(undoButton.dataset.event);
  undoButton.disabled = true;
  try {
    /** @type {{text: string}} */ const undone = await call(`/map/undo/${event}`, {});
    showSent(undone.text, null);
  } catch (error) {
    showSent(messageOf(error), event);
  }
}

/** Request the layout of faces that are not on the map yet, and wait for it. */
async function waitForLayout() {
  let placed = table.faces.length;
  for (let polls = 0; polls < MAX_POLLS; polls++) {
    const request = polls % REQUEST_EVERY ? call("/map/progress") : call("/map/draw", {});
    /** @type {Progress | null} */ const progress = await request.catch(() => null);
    if (progress && progress.placed !== placed && !progress.stale) await load().catch(() => {});
    if (progress) placed = progress.placed;
    status.textContent = progress ? progressText(progress, polls) : _("The connection was lost.");
    if (progress && !progress.stale) return;
    await pause(POLL_EVERY);
  }
}

/** @param {Progress} progress @param {number} polls */
function progressText({ placed, wanted, stale }, polls) {
  if (!stale) return "";
  if (polls > SLOW_AFTER) return _("This takes longer than usual. Is a train worker running?");
  if (!placed) return _("The map is being drawn…");
  return ngettext("{n} newer face is being placed…", "{n} newer faces are being placed…", wanted - placed);
}

function toggleLasso() {
  const { navigation } = scatter;
  navigation.lassoOn = !navigation.lassoOn;
  lassoButton.setAttribute("aria-pressed", String(navigation.lassoOn));
}

const actions = {
  lasso: toggleLasso,
  view: () => choose(scatter.inView()),
  closer: () => scatter.zoom(1.5),
  farther: () => scatter.zoom(1 / 1.5),
  whole: () => scatter.showAll(),
  send,
  clear,
  undo,
};
for (const [id, action] of Object.entries(actions)) find(`#${id}`, HTMLElement).addEventListener("click", action);
colourBy.addEventListener("change", () => scatter.colour(groupAndShowLegend()));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") clear();
});

load().then(waitForLayout, (error) => (status.textContent = messageOf(error)));
