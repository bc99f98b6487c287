/** Watching a run: the server sends the changed part of the page; where it cannot, the page asks for it. */
import { pause } from "../lib/http.js";

const POLL = 1000;
/** @returns {HTMLElement} */
const shown = () => /** @type {HTMLElement} */ (document.getElementById("run"));

/** Put the new state in place; buttons stay where they are while the run goes on. @param {string} html */
function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = /** @type {HTMLElement} */ (template.content.querySelector("#run"));
  const old = shown();
  const said = document.getElementById("said");
  if (said && old.dataset.phase !== fresh.dataset.phase) said.textContent = fresh.dataset.phase ?? "";
  if (old.dataset.status !== fresh.dataset.status) return old.replaceWith(fresh);
  old.dataset.phase = fresh.dataset.phase;
  document.getElementById("live")?.replaceWith(/** @type {HTMLElement} */ (fresh.querySelector("#live")));
}

/** @param {string} address */
function listen(address) {
  const stream = new EventSource(address);
  stream.onmessage = (event) => show(event.data);
  stream.addEventListener("over", () => stream.close());
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) poll(); // refused; else the browser connects again
  };
  addEventListener("pagehide", () => stream.close());
}

async function poll() {
  for (let address = shown().dataset.poll; address; address = shown().dataset.poll) {
    await pause(POLL);
    const response = await fetch(address).catch(() => null); // offline for a moment: ask again
    if (response?.ok && !response.redirected) show(await response.text());
  }
}

const { stream } = shown().dataset;
if (stream) listen(stream);
