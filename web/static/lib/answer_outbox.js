/** A page's outbox, with a line that tells how many answers wait and a box for those the server refused. */
import { find } from "./dom.js";
import { Outbox } from "./outbox.js";
import { Refusals } from "./refusals.js";
import { _, ngettext } from "./i18n.js";

/** @typedef {import("./outbox.js").Entry} Entry @typedef {import("./outbox.js").AnswerResult} AnswerResult */

/**
 * @param {string} person
 * @param {{onSent?: (entry: Entry, result: AnswerResult) => void,
 *   showAgain?: (card: import("./api_types.js").Card) => void}} [options] without `showAgain`, a refused answer
 *   cannot be given again
 */
export function openOutbox(person, { onSent = () => {}, showAgain } = {}) {
  const line = find("#outbox", HTMLElement);
  const outbox = new Outbox(person, {
    onChange: ({ waiting, trouble, stored }) => {
      const count = ngettext(
        "{n} answer waits here and will be sent.", "{n} answers wait here and will be sent.", waiting,
      );
      const reason = trouble === "offline" ? _("Offline:") : trouble;
      const warning = waiting && !stored ? _("Keep this page open: this browser cannot store answers.") : "";
      line.textContent = [trouble ? `${reason} ${count}` : "", warning].join(" ").trim();
    },
    onRefused: (entry) => refusals.add(entry),
    onSent,
  });
  const refusals = new Refusals(find("#trouble", HTMLElement), outbox, showAgain);
  return outbox;
}
