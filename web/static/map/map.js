/** The map of all faces: seen by colour, a region of it taken by lasso or by view, and sent to review. */
import { call, pause } from "../lib/http.js";
import { SHAPES, sorted, told } from "./categories.js";
import { Sky } from "./scatter.js";
import { _, ngettext } from "../lib/i18n.js";

/** @typedef {import("./categories.js").Spots} Spots @typedef {import("./categories.js").Kind} Kind @typedef {import("./viewport.js").Point} Point */

const POLL = 1500; // ms
const ASK_EVERY = 10; // looks: a message may be lost, and asking again does no harm
const LONG = 40; // looks after which it takes longer than usual
const LOOKS = 400;
const SHOWN = 24;
const SVG = "http://www.w3.org/2000/svg";

/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);
const about = JSON.parse($("about").textContent);
/** @type {Spots} */ let spots;
/** @type {number[]} */ let chosen = [];

const sky = new Sky($("sky"), { onPoint: peek, onLasso: take });

async function load() {
  const kept = chosen.map((n) => spots.faces[n]);
  spots = await call("/map/spots");
  const places = new Map(spots.faces.map((id, n) => [id, n]));
  const ways = $("by");
  for (const option of [...ways.options]) if (option.value === "person" && !spots.people.length) option.remove();
  sky.show(spots, colours());
  if (kept.length) take(kept.flatMap((id) => places.get(id) ?? [])); // who is at which place may have changed
  $("tools").disabled = !spots.faces.length;
  $("map").dataset.ready = String(spots.faces.length);
}

function colours() {
  const made = sorted($("by").value, spots, about);
  $("legend").replaceChildren(...made.kinds.filter((kind) => kind.count).map(entry));
  return made;
}

/** @param {Kind} kind */
function entry(kind) {
  const row = document.createElement("li");
  const count = document.createElement("b");
  count.textContent = String(kind.count);
  row.append(mark(kind), kind.name, " ", count);
  return row;
}

/** @param {Kind} kind */
function mark(kind) {
  const made = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  made.setAttribute("viewBox", "-1.4 -1.4 2.8 2.8");
  made.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPES[kind.shape]);
  path.setAttribute("fill", `var(${kind.colour})`);
  made.append(path);
  return made;
}

/** Show the face under the pointer. @param {number} n @param {Point} at CSS px on the canvas */
function peek(n, [x, y]) {
  const card = $("peek");
  card.hidden = n < 0;
  if (n < 0) return;
  card.querySelector("img").src = picture(n);
  const [first, ...rest] = told(n, spots, about);
  card.querySelector("b").textContent = first;
  card.querySelector("span").textContent = rest.join(" · ");
  const { width, height } = card.getBoundingClientRect();
  card.style.left = `${Math.max(4, Math.min(x + 14, sky.width - width - 4))}px`;
  card.style.top = `${y + 14 + height > sky.height ? Math.max(4, y - height - 14) : y + 14}px`;
}

/** @param {number} n */
const picture = (n) => `/faces/${spots.faces[n]}/thumb.jpg?v=${spots.versions[n]}`;

/** Choose these faces, the least sure first. @param {number[]} caught */
function take(caught) {
  const unsure = (/** @type {number} */ n) => (spots.margin[n] < 0 ? 101 : spots.margin[n]);
  chosen = [...caught].sort((a, b) => unsure(a) - unsure(b));
  sky.near(null, 0);
  sky.choose(chosen.length ? new Set(chosen) : null);
  $("sent").hidden = true;
  $("chosen").hidden = false;
  show();
  $("send").scrollIntoView({ block: "nearest" }); // on a phone it lies below the map
}

function show() {
  const free = chosen.filter((n) => !spots.locked[n]);
  const locked = chosen.length - free.length;
  const many = free.length > about.most;
  $("count").textContent = ngettext("{n} face", "{n} faces", chosen.length);
  $("left-out").textContent = [
    chosen.length ? "" : _("No face in this region."),
    locked ? ngettext("{n} stays out: it is in the locked set.", "{n} stay out: they are in the locked set.", locked) : "",
    many ? _("At most {n} go to review at once: select a smaller region.", { n: about.most }) : "",
  ].filter(Boolean).join(" ");
  $("send").disabled = !free.length || many;
  $("send").textContent = ngettext("Send {n} to review", "Send {n} to review", free.length);
  $("thumbs").replaceChildren(...chosen.slice(0, SHOWN).map(thumb));
  $("more").textContent = chosen.length > SHOWN ? _("and {n} more", { n: chosen.length - SHOWN }) : "";
}

/** @param {number} n */
function thumb(n) {
  const row = document.createElement("li");
  const image = new Image(160, 160);
  image.loading = "lazy";
  image.src = picture(n);
  image.alt = told(n, spots, about).join(", ");
  row.append(image);
  return row;
}

function clear() {
  chosen = [];
  sky.choose(null);
  $("chosen").hidden = true;
}

async function send() {
  $("send").disabled = true;
  try {
    const done = await call("/map/review", { face_ids: chosen.filter((n) => !spots.locked[n]).map((n) => spots.faces[n]) });
    clear();
    say(done.text, done.undo);
  } catch (error) {
    $("left-out").textContent = /** @type {Error} */ (error).message;
    $("send").disabled = false;
  }
}

/** @param {string} text @param {string | null} undoUrl where it is taken back */
function say(text, undoUrl) {
  $("sent-text").textContent = text;
  $("sent").hidden = false;
  $("undo").hidden = !undoUrl;
  $("undo").dataset.url = undoUrl ?? "";
  $("undo").disabled = false;
}

async function undo() {
  $("undo").disabled = true;
  try {
    say((await call($("undo").dataset.url, {})).text, null);
  } catch (error) {
    say(/** @type {Error} */ (error).message, $("undo").dataset.url);
  }
}

/** Wait for the map to be drawn, or for newcomers to find their places. */
async function follow() {
  let placed = spots.faces.length;
  for (let look = 0; look < LOOKS; look++) {
    const now = await (look % ASK_EVERY ? call("/map/progress") : call("/map/draw", {})).catch(() => null);
    if (now && now.placed !== placed && !now.stale) await load().catch(() => {});
    if (now) placed = now.placed;
    $("status").textContent = now ? drawing(now, look) : _("The connection was lost.");
    if (now && !now.stale) return;
    await pause(POLL);
  }
}

/** @param {{placed: number, wanted: number, stale: boolean}} now @param {number} look */
function drawing(now, look) {
  if (!now.stale) return "";
  if (look > LONG) return _("This takes longer than usual. Is a train worker running?");
  const left = now.wanted - now.placed;
  return now.placed ? ngettext("{n} newer face is being placed…", "{n} newer faces are being placed…", left) : _("The map is being drawn…");
}

/** @type {Record<string, () => void>} */
const actions = {
  lasso() {
    sky.gestures.lassoing = !sky.gestures.lassoing;
    $("lasso").setAttribute("aria-pressed", String(sky.gestures.lassoing));
  },
  view: () => take(sky.inView()),
  closer: () => sky.zoom(1.5),
  farther: () => sky.zoom(1 / 1.5),
  whole: () => sky.all(),
  send,
  clear,
  undo,
};
for (const [id, action] of Object.entries(actions)) $(id).addEventListener("click", action);
$("by").addEventListener("change", () => sky.paint(colours()));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") clear();
});

load().then(follow, (error) => ($("status").textContent = error.message));
