/** The page of a run, kept up to date: the server streams what changes, otherwise the page polls. */
import { find } from "../lib/dom.js";
import { csrf, pause } from "../lib/http.js";

const POLL_EVERY = 1000; // ms
const current = () => find("#run", HTMLElement);

/** Show the new state. The buttons stay in place unless the run's status changes. @param {string} html */
function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = find("#run", HTMLElement, template.content);
  for (const field of fresh.querySelectorAll("input[name=csrf_token]")) field.setAttribute("value", csrf);
  const old = current();
  const status = document.getElementById("said");
  if (status && old.dataset.phase !== fresh.dataset.phase) status.textContent = fresh.dataset.phase ?? "";
  if (old.dataset.status !== fresh.dataset.status) {
    old.replaceWith(fresh);
    return;
  }
  old.dataset.phase = fresh.dataset.phase;
  document.getElementById("live")?.replaceWith(find("#live", Element, fresh));
}

/** @param {string} url @param {string} own address of the same as this person may see it */
function listen(url, own) {
  const stream = new EventSource(url);
  stream.onmessage = (event) => show(event.data);
  stream.addEventListener("over", async () => {
    stream.close();
    while (!(await refresh(own))) await pause(POLL_EVERY); // with what only an owner may do
  });
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) poll(); // refused; otherwise the browser reconnects by itself
  };
  addEventListener("pagehide", () => stream.close());
}

async function poll() {
  for (let url = current().dataset.poll; url; url = current().dataset.poll) {
    await pause(POLL_EVERY);
    if ((await refresh(url)) === "signed out") break;
  }
}

/** Show what there is now. @param {string} url @returns {Promise<"shown" | "signed out" | null>} null: try again */
async function refresh(url) {
  const response = await fetch(url).catch(() => null); // offline for a moment
  if (response && (response.redirected || [401, 403].includes(response.status))) return "signed out";
  if (!response?.ok) return null;
  show(await response.text());
  return "shown";
}

const { stream, poll: own } = current().dataset;
if (stream && own) listen(stream, own);
