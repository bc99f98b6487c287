/** The last twenty answers, newest first; each is a button that leads back to its face. */
import { answerName } from "../lib/refusals.js";
import { _ } from "../lib/i18n.js";

const SHOWN = 20;

/**
 * @typedef {{card: import("../lib/api_types.js").Card, kind: string, label?: string, batch?: string}} GivenAnswer
 */

/** @param {HTMLElement} list @param {GivenAnswer[]} answers oldest first @param {string[]} classes */
export function showRecent(list, answers, classes) {
  /** @type {Map<number, GivenAnswer>} */ const latest = new Map();
  for (const answer of answers.slice(-2 * SHOWN)) {
    latest.delete(answer.card.face_id); // a face that is answered again moves to the end
    latest.set(answer.card.face_id, answer);
  }
  const shown = [...latest.values()].slice(-SHOWN).reverse();
  const rows = new Map([...list.children].map((row) => [row.getAttribute("data-of"), row]));
  list.replaceChildren(...shown.map((answer) => rows.get(rowKey(answer)) ?? rowFor(answer, classes)));
}

/**
 * What a row shows; equal rows are reused, so that their images are not loaded again.
 * @param {GivenAnswer} answer
 */
const rowKey = ({ card, kind, label }) => `${card.face_id} ${card.crop_url} ${kind} ${label ?? ""}`;

/** @param {GivenAnswer} answer @param {string[]} classes */
function rowFor(answer, classes) {
  const row = document.createElement("li");
  const button = document.createElement("button");
  const image = new Image(48, 48);
  const name = answer.label ?? answerName(answer.kind);
  row.dataset.of = rowKey(answer);
  button.dataset.back = String(answer.card.face_id);
  button.className = answer.label ? `c${Math.max(0, classes.indexOf(answer.label))}` : "c9";
  button.setAttribute("aria-label", _("Back to this face: {name}", { name }));
  button.title = name;
  image.src = answer.card.crop_url;
  image.alt = "";
  button.append(image);
  row.append(button);
  return row;
}
