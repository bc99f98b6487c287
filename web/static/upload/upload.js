/** The page for sending photos: choose, take, drop or paste; each goes on its own, whatever the connection does. */
import { passing, pause, Refused } from "../lib/http.js";
import { digest, send, smaller } from "./send.js";
import { Store } from "../lib/store.js";
import { watch } from "./watch.js";
import { _, ngettext } from "../lib/i18n.js";

/** @typedef {{id: number, name: string, blob: Blob | null, person: string, sha256?: string, error?: string}} Entry */

const AT_ONCE = 3;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const SMALLER_SIDE = 1600; // px; a face that fills a third of it still has more than the model looks at

/** @template {HTMLElement} T @param {string} id @returns {T} */
const byId = (id) => /** @type {T} */ (document.getElementById(id));
const form = /** @type {HTMLFormElement} */ (byId("upload"));
const rows = byId("sending");
const panel = byId("transfer");
const total = /** @type {HTMLProgressElement} */ (byId("total"));
const said = byId("transfer-said");
const pauseButton = /** @type {HTMLButtonElement} */ (byId("pause"));
const saveData = /** @type {HTMLInputElement} */ (byId("save-data"));

/** Photos on their way: a closed tab or a dead phone goes on where it was. @type {Store<any>} */
const queue = new Store(`uploads-${form.dataset.me}`);
/** @type {{entry: Entry, row: HTMLElement, share: number}[]} */ const waiting = [];
/** @type {Set<{entry: Entry, row: HTMLElement, share: number}>} */ const active = new Set();
let sent = 0;
let failed = 0;
let paused = false;
let trouble = ""; // why nothing moves at the moment, in words
let stop = new AbortController();

/** @param {Entry} entry */
function show(entry) {
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
  if (entry.error) return fail(entry, row, entry.error);
  waiting.push({ entry, row, share: 0 });
  work();
}

function work() {
  const free = paused ? 0 : AT_ONCE - active.size;
  for (const job of waiting.splice(0, free)) deliver(job);
  tell();
}

/** See one photo through, however long the connection takes. @param {{entry: Entry, row: HTMLElement, share: number}} job */
async function deliver(job) {
  const { entry, row } = job;
  active.add(job);
  row.classList.add("active");
  for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    try {
      const photo = await attempt(job);
      trouble = "";
      await queue.remove(entry);
      row.remove();
      sent += 1;
      watch.photo(photo);
      break;
    } catch (error) {
      if (paused) {
        waiting.unshift(job);
        row.classList.remove("active");
        break;
      }
      if (error instanceof Refused && !passing(error) && error.status !== 409) {
        if ([401, 403].includes(error.status)) halt(_("You are signed out. Open your own link again; sending then resumes by itself."));
        else await refuse(entry, row, error.message);
        if (paused) waiting.unshift(job);
        break;
      }
      trouble = navigator.onLine ? _("The connection was lost. Sending resumes by itself.") : _("You are offline. Sending resumes by itself.");
      tell();
      await Promise.race([pause(wait * (0.75 + Math.random() / 2)), online()]);
    }
  }
  active.delete(job);
  work();
}

/** @param {{entry: Entry, row: HTMLElement, share: number}} job @returns {Promise<number>} the photo's id */
async function attempt(job) {
  const { entry } = job;
  const blob = /** @type {Blob} */ (entry.blob);
  const limit = Number(form.dataset.limit);
  if (blob.size > limit * 2 ** 20)
    throw new Refused(413, { message: _("This file is too large."), hint: _("The limit is {limit} MB. Send the photo in its normal size.", { limit }) });
  if (!blob.size) throw new Refused(400, { message: _("This file is empty."), hint: _("Choose the photo again.") });
  if (!entry.sha256) {
    entry.sha256 = await digest(blob).catch(() => {
      throw new Refused(400, { message: _("This file cannot be read any more."), hint: _("Choose it again.") });
    });
    await queue.update(entry);
  }
  const bar = /** @type {HTMLProgressElement} */ (job.row.querySelector("progress"));
  return send(blob, entry.sha256, entry.person, (share) => {
    job.share = bar.value = share;
    total.value = sent + sum();
  }, stop.signal);
}

/** Photos under way, as shares of whole ones. */
const sum = () => [...active].reduce((so_far, job) => so_far + job.share, 0);

/** @param {Entry} entry @param {HTMLElement} row @param {string} message */
async function refuse(entry, row, message) {
  await queue.update({ ...entry, blob: null, error: message }); // a reload shows it again until it is read
  fail(entry, row, message);
}

/** @param {Entry} entry @param {HTMLElement} row @param {string} message */
function fail(entry, row, message) {
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
    queue.remove(entry);
    row.remove();
    failed -= 1;
    tell();
  });
  row.classList.remove("active");
  row.classList.add("failed");
  row.querySelector("progress")?.replaceWith(dismiss);
  row.append(text);
  rows.prepend(row);
  tell();
}

/** @param {string} why */
function halt(why) {
  paused = true;
  trouble = why;
  stop.abort();
}

function tell() {
  const left = waiting.length + active.size;
  panel.hidden = !left && !failed && !sent;
  total.max = Math.max(1, sent + left);
  total.value = sent + sum();
  pauseButton.hidden = !left;
  pauseButton.textContent = paused ? _("Resume") : _("Pause");
  const counts = left ? _("{n} of {all} sent.", { n: sent, all: sent + left }) : ngettext("{n} photo sent.", "{n} photos sent.", sent);
  const more = left && paused ? (trouble || _("Paused.")) : left ? trouble : failed ? ngettext("{n} could not be used.", "{n} could not be used.", failed) : _("All photos arrived. Thank you!");
  const stay = queue.inMemory && left ? _("Keep this page open: this browser cannot store photos.") : "";
  const text = [counts, more, stay].filter(Boolean).join(" ");
  if (said.textContent !== text) said.textContent = text;
}

/** @param {Iterable<File>} files */
async function take(files) {
  const person = form.elements.namedItem("person");
  const whose = person instanceof HTMLInputElement ? person.value.trim() : "";
  for (const file of [...files]) {
    const blob = saveData.checked ? await smaller(file, SMALLER_SIDE) : file;
    show(await queue.add({ name: file.name || _("photo"), blob, person: whose }));
  }
}

const online = () => new Promise((resolve) => addEventListener("online", resolve, { once: true }));

/** @param {Event} event */
function takeChosen(event) {
  const input = /** @type {HTMLInputElement} */ (event.currentTarget);
  const files = [...(input.files ?? [])];
  input.value = "";
  take(files);
}

pauseButton.addEventListener("click", () => {
  paused = !paused;
  trouble = "";
  if (paused) stop.abort();
  else stop = new AbortController();
  work();
});
saveData.checked = localStorage.getItem("save-data") === "yes";
saveData.addEventListener("change", () => localStorage.setItem("save-data", saveData.checked ? "yes" : "no"));
for (const type of ["dragover", "dragleave", "drop"])
  form.addEventListener(type, (event) => {
    event.preventDefault();
    form.classList.toggle("over", type === "dragover");
    if (event instanceof DragEvent && type === "drop") take(event.dataTransfer?.files ?? []);
  });
addEventListener("paste", (event) => take(event.clipboardData?.files ?? []));
form.addEventListener("submit", (event) => event.preventDefault());

for (const entry of await queue.open()) show(entry);
for (const id of ["files", "camera"]) {
  const input = /** @type {HTMLInputElement} */ (byId(id));
  input.addEventListener("change", takeChosen);
  // What a quick hand, or the browser's memory, chose before this script was here.
  if (input.files?.length) input.dispatchEvent(new Event("change"));
}
form.dataset.ready = "yes";
