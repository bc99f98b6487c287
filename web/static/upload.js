/** Sending photos: each file on its own, with its progress, tried again when the connection is lost. */
import { passing, pause, upload } from "./http.js";

const AT_ONCE = 2;
const TRIES = 6;
const POLL = 700;
const POLLED_AT_ONCE = 5; // more photos are asked about less often, so that 600 cost no more than five

const form = /** @type {HTMLFormElement} */ (document.getElementById("upload"));
const files = /** @type {HTMLInputElement} */ (document.getElementById("files"));
const sending = /** @type {HTMLElement} */ (document.getElementById("sending"));
const photos = /** @type {HTMLElement} */ (document.getElementById("photos"));
const announce = /** @type {HTMLElement} */ (document.getElementById("announce"));

/** @type {(() => Promise<void>)[]} */ const queue = [];
let active = 0;
let followed = 0;

/** @param {File} file */
function enqueue(file) {
  const row = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  name.className = "name";
  name.textContent = file.name;
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `Sending ${file.name}`);
  row.append(name, bar);
  sending.append(row);
  queue.push(() => send(file, row, bar));
  work();
}

async function work() {
  if (active >= AT_ONCE) return;
  const job = queue.shift();
  if (!job) return;
  active += 1;
  await job();
  active -= 1;
  if (!active && !queue.length) announce.textContent = "All photos are sent.";
  work();
}

/** @param {File} file @param {HTMLElement} row @param {HTMLProgressElement} bar */
async function send(file, row, bar) {
  const limit = Number(form.dataset.limit);
  if (file.size > limit * 2 ** 20) return fail(row, bar, `This file is too large. The limit is ${limit} MB.`);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const body = new FormData();
      body.append("file", file);
      const person = form.elements.namedItem("person");
      if (person instanceof HTMLInputElement && person.value) body.append("person", person.value);
      const { id } = await upload("/api/v1/photos", body, (share) => (bar.value = share));
      row.remove();
      return void follow(id);
    } catch (error) {
      if (!passing(error) || attempt === TRIES) return fail(row, bar, /** @type {Error} */ (error).message);
      await pause(2 ** attempt * 250);
    }
  }
}

/** @param {HTMLElement} row @param {HTMLElement} bar @param {string} message */
function fail(row, bar, message) {
  const text = document.createElement("span");
  text.className = "bad";
  text.setAttribute("role", "alert");
  text.textContent = message;
  bar.remove();
  row.append(text);
}

/** Show the photo's card, and again until its faces are there. @param {number} id */
async function follow(id) {
  followed += 1;
  for (;;) {
    const card = await fetchCard(id);
    if (card) {
      document.getElementById("none")?.remove();
      const old = document.getElementById(`photo-${id}`);
      if (old) old.replaceWith(card);
      else photos.prepend(card);
      if (!busy(card)) break;
    }
    await pause(POLL * Math.max(1, followed / POLLED_AT_ONCE));
  }
  followed -= 1;
}

/** Whether its faces are still being looked for. @param {HTMLElement} card */
function busy(card) {
  return ["queued", "running"].includes(card.dataset.status ?? "");
}

/** @param {number} id @returns {Promise<HTMLElement | null>} */
async function fetchCard(id) {
  try {
    const response = await fetch(`/photos/${id}/card`);
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    return template.content.querySelector("figure");
  } catch {
    return null; // offline for a moment: the loop comes back
  }
}

function takeChosen() {
  [...(files.files ?? [])].forEach(enqueue);
  files.value = "";
}

files.addEventListener("change", takeChosen);
takeChosen(); // what a quick hand, or the browser's memory, chose before this script was here
for (const type of ["dragover", "dragleave", "drop"])
  form.addEventListener(type, (event) => {
    event.preventDefault();
    form.classList.toggle("over", type === "dragover");
    if (event instanceof DragEvent && type === "drop") [...(event.dataTransfer?.files ?? [])].forEach(enqueue);
  });
form.addEventListener("submit", (event) => event.preventDefault());
for (const figure of photos.querySelectorAll("figure"))
  if (busy(figure)) follow(Number(figure.id.slice("photo-".length)));
