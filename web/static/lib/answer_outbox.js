/** A page's outbox, with a line about what waits in it and a box about what the server refused. */
import { Outbox } from "./outbox.js";
import { Trouble } from "./refusals.js";
import { _, ngettext } from "./i18n.js";

/** @typedef {import("./outbox.js").Entry} Entry */

/**
 * @param {string} person
 * @param {{onSent?: (entry: Entry, result: any) => void, comeBack?: (card: any) => void}} then `comeBack` shows a
 *   face again whose answer was refused; without it that is not offered
 */
export function openOutbox(person, { onSent = () => {}, comeBack } = {}) {
  const line = /** @type {HTMLElement} */ (document.getElementById("outbox"));
  const outbox = new Outbox(person, {
    onChange: ({ waiting, trouble: why, kept }) => {
      const held = ngettext("{n} answer waits here and will be sent.", "{n} answers wait here and will be sent.", waiting);
      const offline = why === "offline" ? _("Offline:") : why;
      const lost = waiting && !kept ? _("Keep this page open: this browser cannot store answers.") : "";
      line.textContent = [why ? `${offline} ${held}` : "", lost].join(" ").trim();
    },
    onRefused: (entry) => trouble.add(entry),
    onSent,
  });
  const trouble = new Trouble(/** @type {HTMLElement} */ (document.getElementById("trouble")), outbox, comeBack);
  return outbox;
}
