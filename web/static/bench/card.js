/** One face as a card: the crop, and the photo it comes from with its box. */
import { _ } from "../lib/i18n.js";

/**
 * @typedef {{face_id: number, photo_id: number, crop_url: string, photo_url: string, label: string | null,
 *   photo_size: [number, number], box: [number, number, number, number],
 *   why: {reason: string, text: string},
 *   prediction: {label: string, probabilities: Record<string, number>} | null}} Card
 */

const SVG = "http://www.w3.org/2000/svg";

/** @param {Card} card @returns {HTMLElement} */
export function draw(card) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("card-template"));
  const made = /** @type {HTMLElement} */ (document.importNode(/** @type {Node} */ (template.content.firstElementChild), true)); // a clone would load its pictures only when shown
  const [width, height] = card.photo_size;
  made.dataset.face = String(card.face_id);
  made.dataset.photo = String(card.photo_id);
  picture(made, ".crop").src = card.crop_url;
  const photo = picture(made, ".photo-of");
  photo.src = card.photo_url;
  photo.width = width;
  photo.height = height;
  const overlay = /** @type {SVGElement} */ (made.querySelector("svg"));
  overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const [x, y, w, h] = card.box;
  const rect = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ x, y, width: w, height: h, class: "box current" }))
    rect.setAttribute(name, String(value));
  rect.setAttribute("vector-effect", "non-scaling-stroke");
  overlay.append(rect);
  return made;
}

/** Decode its pictures now, so that showing it takes one frame. @param {HTMLElement} card */
export function ready(card) {
  if (card.dataset.ready) return;
  card.dataset.ready = "asked";
  const decoded = [...card.querySelectorAll("img")].map((image) => image.decode());
  Promise.all(decoded).then(
    () => (card.dataset.ready = "yes"),
    () => delete card.dataset.ready, // it is tried again, and fails visibly when it is shown
  );
}

/** What the model says. @param {Card} card */
export function opinion(card) {
  const guess = card.prediction;
  if (!guess) return _("There is no guess for this face yet.");
  return _("The model guesses {label} ({percent} %).", { label: guess.label, percent: Math.round(guess.probabilities[guess.label] * 100) });
}

/** @param {HTMLElement} made @param {string} which @returns {HTMLImageElement} */
function picture(made, which) {
  return /** @type {HTMLImageElement} */ (made.querySelector(which));
}
