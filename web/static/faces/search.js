/** The page Search by photo: for each face in a photo, which is not kept, the faces most like it. */
import { find } from "../lib/dom.js";
import { ask, csrf, messageOf } from "../lib/http.js";
import { _, ngettext } from "../lib/i18n.js";
import { list, SHOWN } from "../lib/similar_list.js";

/**
 * @typedef {import("../lib/api_types.js").Box} Box
 * @typedef {import("../lib/api_types.js").SimilarFace} SimilarFace
 * @typedef {{box: Box, confidence: number, items: SimilarFace[]}} FoundInPhoto
 */

const SIDE = 160; // px of a face that is shown

const input = find("#file", HTMLInputElement);
const status = find("#status", HTMLElement);
const results = find("#results", HTMLElement);

/** @param {File} file */
async function search(file) {
  const form = new FormData();
  form.append("file", file);
  const options = { method: "POST", body: form, headers: { Accept: "application/json", "X-CSRFToken": csrf } };
  const response = await ask(`/api/v1/similar?limit=${SHOWN}`, options);
  /** @type {{faces: FoundInPhoto[]}} */ const { faces } = await response.json();
  const picture = await createImageBitmap(file).catch(() => null); // not of every kind of file
  results.replaceChildren(...faces.map((face) => section(face, picture)));
  status.textContent = faces.length
    ? ngettext("{n} face in this photo.", "{n} faces in this photo.", faces.length)
    : _("No face was found in this photo.");
}

/** @param {FoundInPhoto} face @param {ImageBitmap | null} picture */
function section({ box, items }, picture) {
  const element = document.createElement("section");
  element.className = "card";
  if (picture) element.append(cut(box, picture));
  element.append(...list(items));
  return element;
}

/** @param {Box} box @param {ImageBitmap} picture */
function cut([x, y, w, h], picture) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", _("A face in your photo"));
  canvas.getContext("2d")?.drawImage(picture, x, y, w, h, 0, 0, SIDE, SIDE);
  return canvas;
}

input.addEventListener("change", () => {
  const file = input.files?.[0];
  if (!file) return;
  results.replaceChildren();
  status.textContent = _("Looking for similar faces…");
  search(file).catch((error) => (status.textContent = messageOf(error)));
  input.value = "";
});
