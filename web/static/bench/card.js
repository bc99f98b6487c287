/** One face as a card: its crop, and the photo it comes from with its box. */
import { find } from "../lib/dom.js";
import { _ } from "../lib/i18n.js";

/** @typedef {import("../lib/api_types.js").Card} Card */

const SVG = "http://www.w3.org/2000/svg";

/** @param {Card} card @returns {HTMLElement} */
export function drawCard(card) {
  const template = find("#card-template", HTMLTemplateElement);
  // importNode, because the images of a cloneNode would only load once they are shown.
  const element = find("article", HTMLElement, document.importNode(template.content, true));
  const [width, height] = card.photo_size;
  element.dataset.face = String(card.face_id);
  element.dataset.photo = String(card.photo_id);
  find(".crop", HTMLImageElement, element).src = card.crop_url;
  const photo = find(".photo-of", HTMLImageElement, element);
  photo.src = card.photo_url;
  photo.width = width;
  photo.height = height;
  const overlay = find("svg", SVGSVGElement, element);
  overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const [x, y, w, h] = card.box;
  const rect = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ x, y, width: w, height: h, class: "box current" }))
    rect.setAttribute(name, String(value));
  rect.setAttribute("vector-effect", "non-scaling-stroke");
  overlay.append(rect);
  return element;
}

/** Decode the images of a card now, so that showing it takes one frame. @param {HTMLElement} card */
export function decodeImages(card) {
  if (card.dataset.ready) return;
  card.dataset.ready = "asked";
  const images = [...card.querySelectorAll("img")].map((image) => image.decode());
  Promise.all(images).then(
    () => (card.dataset.ready = "yes"),
    () => delete card.dataset.ready, // tried again later; a broken image then shows as such
  );
}

/** The model's prediction in words. @param {Card} card */
export function predictionText({ prediction }) {
  if (!prediction) return _("There is no guess for this face yet.");
  const percent = Math.round(prediction.probabilities[prediction.label] * 100);
  return _("The model guesses {label} ({percent} %).", { label: prediction.label, percent });
}
