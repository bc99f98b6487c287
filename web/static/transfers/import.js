/** Sends the archive of an import in parts, so that a lost connection costs one part, and then the form. */
import { find } from "../lib/dom.js";
import { isTemporary, messageOf, pause, put, waitAfter } from "../lib/http.js";
import { _ } from "../lib/i18n.js";

const FIRST_WAIT = 500; // ms
const LONGEST_WAIT = 15_000; // ms

const form = find("#import", HTMLFormElement);
const sending = find("#sending-import", HTMLElement);
const bar = find("#sending-import progress", HTMLProgressElement);
const said = find("#sending-import p", HTMLElement);
const partBytes = Number(form.dataset.partBytes);

/** @param {string} name */
const field = (name) => find(`#import [name="${name}"]`, HTMLInputElement);

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");

/** Send one part until it arrives or is refused. @param {string} path @param {Blob} part @param {(fraction: number) => void} onProgress */
async function deliver(path, part, onProgress) {
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      await put(path, part, onProgress, new AbortController().signal);
      return;
    } catch (error) {
      if (!isTemporary(error)) throw error;
      said.textContent = messageOf(error);
      await pause(waitAfter(error, wait));
    }
  }
}

/** @param {File} file @param {string} key */
async function sendParts(file, key) {
  const count = Math.max(1, Math.ceil(file.size / partBytes));
  for (let number = 0; number < count; number++) {
    const part = file.slice(number * partBytes, (number + 1) * partBytes);
    await deliver(`/api/v1/imports/parts/${key}/${number}`, part, (fraction) => {
      bar.value = (number + fraction) / count;
      said.textContent = _("{percent} % are sent. Keep this page open.", { percent: Math.floor(100 * bar.value) });
    });
  }
  return count;
}

form.addEventListener("submit", async (event) => {
  const chosen = field("file");
  const file = chosen.files?.[0];
  if (!file) return;
  event.preventDefault();
  const button = find("#import button", HTMLButtonElement);
  button.disabled = true;
  sending.hidden = false;
  const key = newKey();
  try {
    field("parts").value = String(await sendParts(file, key));
    field("upload").value = key;
    field("name").value = file.name;
    chosen.disabled = true; // its bytes are there already
    form.submit();
  } catch (error) {
    said.textContent = messageOf(error);
    button.disabled = false;
  }
});
