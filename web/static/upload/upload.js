/** The page for sending photos. Each is sent on its own and retried until it arrives. */
import { find } from "../lib/dom.js";
import { ApiError, isTemporary, pause, waitAfter } from "../lib/http.js";
import { digest, send, shrink } from "./send.js";
import { checkSize, isDamage, reasonOf } from "./troubles.js";
import { Store } from "../lib/store.js";
import { arrivedText, thanks } from "./arrived.js";
import { watchClip } from "./clips.js";
import { watchPhoto } from "./watch.js";
import { _, ngettext } from "../lib/i18n.js";

/**
 * @typedef {{name: string, blob: Blob | null, person: string, sha256?: string, error?: string}} StoredPhoto
 * @typedef {StoredPhoto & {id: number}} Entry
 * @typedef {{entry: Entry, row: HTMLElement, fraction: number}} Upload
 */

const CONCURRENT = 3;
const FIRST_WAIT = 500; // ms
const LONGEST_WAIT = 15_000; // ms
const SMALLER_SIDE = 1600; // px; a face a third as wide still has more pixels than the model's input

const form = find("#upload", HTMLFormElement);
const rows = find("#sending", HTMLElement);
const panel = find("#transfer", HTMLElement);
const total = find("#total", HTMLProgressElement);
const status = find("#transfer-said", HTMLElement);
const pauseButton = find("#pause", HTMLButtonElement);
const saveData = find("#save-data", HTMLInputElement);

/** Photos to send. They survive a closed tab or an empty battery. @type {Store<StoredPhoto>} */
const store = new Store(`uploads-${form.dataset.me}`);
/** @type {Upload[]} */ const waiting = [];
/** @type {Set<Upload>} */ const active = new Set();
let sent = 0; // photos and videos
let videos = 0; // of these
let failed = 0;
let paused = false;
let trouble = ""; // why nothing is sent at the moment
let abort = new AbortController();

/** @param {Entry} entry */
function enqueue(entry) {
  const row = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  name.className = "name";
  name.textContent = entry.name;
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", _("Sending {name}", { name: entry.name }));
  row.append(name, bar);
  rows.append(row);
  if (entry.error) {
    showFailure(entry, row, entry.error);
    return;
  }
  waiting.push({ entry, row, fraction: 0 });
  startUploads();
}

function startUploads() {
  const free = paused ? 0 : CONCURRENT - active.size;
  for (const upload of waiting.splice(0, free)) deliver(upload);
  showStatus();
}

/** Send one photo, retrying until it arrives, is refused or sending is paused. @param {Upload} upload */
async function deliver(upload) {
  active.add(upload);
  upload.row.classList.add("active");
  for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    try {
      await finish(upload, await attempt(upload));
      break;
    } catch (error) {
      if (await isOver(upload, error)) break;
      trouble = reasonOf(error);
      showStatus();
      await Promise.race([pause(waitAfter(error, wait) * (1 + Math.random() / 2)), online()]);
    }
  }
  active.delete(upload);
  startUploads();
}

/** @param {Upload} upload @param {{photo: number} | {clip: number}} arrived */
async function finish({ entry, row }, arrived) {
  trouble = "";
  await store.remove(entry);
  row.remove();
  sent += 1;
  if ("photo" in arrived) watchPhoto(arrived.photo);
  else {
    videos += 1;
    watchClip(arrived.clip);
  }
}

/**
 * Whether an error ends the attempts: a pause, or a refusal that another attempt would not change.
 * @param {Upload} upload
 * @param {unknown} error
 */
async function isOver(upload, error) {
  if (paused) {
    waiting.unshift(upload);
    upload.row.classList.remove("active");
    return true;
  }
  if (!(error instanceof ApiError) || isTemporary(error) || isDamage(error)) return false;
  if ([401, 403].includes(error.status))
    halt(_("You are signed out. Open your own link again; sending then resumes by itself."));
  else if (error.code === "quota_reached") halt(error.message); // they stay here until there is room
  else await refuse(upload, error.message);
  if (paused) waiting.unshift(upload);
  return true;
}

/** @param {Upload} upload @returns {Promise<{photo: number} | {clip: number}>} what it has become */
async function attempt(upload) {
  const { entry, row } = upload;
  const blob = /** @type {Blob} */ (entry.blob); // null only in refused entries, which are not sent
  const isVideo = blob.type.startsWith("video/");
  checkSize(blob, Number(isVideo ? form.dataset.clipLimit : form.dataset.limit));
  if (!entry.sha256) {
    entry.sha256 = await digest(blob).catch(() => {
      throw new ApiError(400, { message: _("This file cannot be read any more."), hint: _("Choose it again.") });
    });
    await store.update(entry);
  }
  const bar = find("progress", HTMLProgressElement, row);
  const onProgress = (/** @type {number} */ fraction) => {
    upload.fraction = bar.value = fraction;
    total.value = sent + activeFractions();
  };
  return send(blob, entry.sha256, entry.person, onProgress, abort.signal);
}

/** The active uploads' progress, in photos. */
const activeFractions = () => [...active].reduce((sum, upload) => sum + upload.fraction, 0);

/** @param {Upload} upload @param {string} message */
async function refuse({ entry, row }, message) {
  await store.update({ ...entry, blob: null, error: message }); // shown again after a reload, until it is dismissed
  showFailure(entry, row, message);
}

/** @param {Entry} entry @param {HTMLElement} row @param {string} message */
function showFailure(entry, row, message) {
  failed += 1;
  const text = document.createElement("span");
  const dismiss = document.createElement("button");
  text.className = "bad";
  text.setAttribute("role", "alert");
  text.textContent = message;
  dismiss.type = "button";
  dismiss.textContent = _("OK");
  dismiss.setAttribute("aria-label", _("Dismiss {name}", { name: entry.name }));
  dismiss.addEventListener("click", () => {
    store.remove(entry);
    row.remove();
    failed -= 1;
    showStatus();
  });
  row.classList.remove("active");
  row.classList.add("failed");
  row.querySelector("progress")?.replaceWith(dismiss);
  row.append(text);
  rows.prepend(row);
  showStatus();
}

/** @param {string} reason */
function halt(reason) {
  paused = true;
  trouble = reason;
  abort.abort();
}

function showStatus() {
  const left = waiting.length + active.size;
  panel.hidden = !left && !failed && !sent;
  total.max = Math.max(1, sent + left);
  total.value = sent + activeFractions();
  pauseButton.hidden = !left;
  pauseButton.textContent = paused ? _("Resume") : _("Pause");
  const counts = left ? _("{n} of {all} sent.", { n: sent, all: sent + left }) : arrivedText(sent - videos, videos);
  const warning = store.inMemory && left ? _("Keep this page open: this browser cannot store photos.") : "";
  const text = [counts, stateText(left), warning].filter(Boolean).join(" ");
  if (status.textContent !== text) status.textContent = text; // a screen reader would repeat the same text
}

/** @param {number} left */
function stateText(left) {
  if (left) return trouble || (paused ? _("Paused.") : "");
  if (failed) return ngettext("{n} could not be used.", "{n} could not be used.", failed);
  return thanks(videos);
}

/** @param {Iterable<File>} files */
async function addFiles(files) {
  const field = form.elements.namedItem("person");
  const person = field instanceof HTMLInputElement ? field.value.trim() : "";
  for (const file of [...files]) {
    const blob = saveData.checked ? await shrink(file, SMALLER_SIDE) : file;
    enqueue(await store.add({ name: file.name || _("photo"), blob, person }));
  }
}

const online = () => new Promise((resolve) => addEventListener("online", resolve, { once: true }));

/** @param {HTMLInputElement} input */
function addChosen(input) {
  const files = [...(input.files ?? [])];
  input.value = "";
  addFiles(files);
}

pauseButton.addEventListener("click", () => {
  paused = !paused;
  trouble = "";
  if (paused) abort.abort();
  else abort = new AbortController();
  startUploads();
});
saveData.checked = localStorage.getItem("save-data") === "yes";
saveData.addEventListener("change", () => localStorage.setItem("save-data", saveData.checked ? "yes" : "no"));
for (const type of ["dragover", "dragleave", "drop"])
  form.addEventListener(type, (event) => {
    event.preventDefault();
    form.classList.toggle("over", type === "dragover");
    if (event instanceof DragEvent && type === "drop") addFiles(event.dataTransfer?.files ?? []);
  });
addEventListener("paste", (event) => addFiles(event.clipboardData?.files ?? []));
form.addEventListener("submit", (event) => event.preventDefault());

for (const entry of await store.open()) enqueue(entry);
for (const selector of ["#files", "#camera"]) {
  const input = find(selector, HTMLInputElement);
  input.addEventListener("change", () => addChosen(input));
  if (input.files?.length) addChosen(input); // chosen before this script ran, or restored by the browser
}
form.dataset.ready = "yes";
