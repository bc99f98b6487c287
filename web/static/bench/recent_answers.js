/** The last twenty answers, newest first; each leads back to its face. */
import { said } from "../lib/refusals.js";
import { _ } from "../lib/i18n.js";

const SHOWN = 20;

/** @typedef {{card: import("./card.js").Card, kind: string, label?: string, batch?: string}} Past */

/** @param {HTMLElement} list @param {Past[]} past oldest first @param {string[]} classes */
export function show(list, past, classes) {
  /** @type {Map<number, Past>} */ const latest = new Map();
  for (const one of past.slice(-2 * SHOWN)) {
    latest.delete(one.card.face_id); // answered again: it moves to the end
    latest.set(one.card.face_id, one);
  }
  const shown = [...latest.values()].slice(-SHOWN).reverse();
  const known = new Map([...list.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.of, row]));
  list.replaceChildren(...shown.map((one) => known.get(mark(one)) ?? item(one, classes)));
}

/** @param {Past} one */
const mark = (one) => `${one.card.face_id} ${one.card.crop_url} ${one.kind} ${one.label ?? ""}`;

/** @param {Past} one @param {string[]} classes */
function item(one, classes) {
  const row = document.createElement("li");
  const button = document.createElement("button");
  const image = new Image(48, 48);
  const name = one.label ?? said(one.kind);
  row.dataset.of = mark(one);
  button.dataset.back = String(one.card.face_id);
  button.className = one.label ? `c${Math.max(0, classes.indexOf(one.label))}` : "c9";
  button.setAttribute("aria-label", _("Back to this face: {name}", { name }));
  button.title = name;
  image.src = one.card.crop_url;
  image.alt = "";
  button.append(image);
  row.append(button);
  return row;
}
