/** Keeps the parts of a page fresh that name their address in `data-refresh`. */
import { pause } from "../lib/http.js";

const EVERY = 2000; // ms
const LONGEST = 30000; // ms, while the server does not answer

/** @param {HTMLElement} part */
async function keepFresh(part) {
  let etag = "";
  let wait = EVERY;
  for (;;) {
    await pause(wait);
    if (document.hidden) continue;
    const headers = etag ? { "If-None-Match": etag } : undefined;
    const response = await fetch(part.dataset.refresh ?? "", { headers }).catch(() => null);
    wait = response && response.status < 500 ? EVERY : Math.min(2 * wait, LONGEST);
    if (!response?.ok || response.redirected) continue;
    const html = await response.text();
    // A button that is about to be pressed stays where it is.
    if (part.contains(document.activeElement)) continue;
    etag = response.headers.get("ETag") ?? "";
    part.innerHTML = html;
  }
}

for (const part of document.querySelectorAll("[data-refresh]")) if (part instanceof HTMLElement) keepFresh(part);
