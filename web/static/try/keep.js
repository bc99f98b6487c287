/** Keeping a picture that a model was tried on, with the right answer where it was wrong. */
import { find } from "../lib/dom.js";
import { call, csrf } from "../lib/http.js";
import { _ } from "../lib/i18n.js";
import { uniqueKey } from "../lib/outbox.js";

/** @typedef {{box: number[], label: string | null}} Correction `null`: there is no face */

/**
 * Send the picture to the workbench, like any other photo.
 * @param {Blob} picture
 * @param {number} run whose model was tried
 * @param {Correction[]} [corrections]
 * @returns {Promise<{id: number}>}
 */
export async function keep(picture, run, corrections = []) {
  const form = new FormData();
  form.append("file", picture, picture instanceof File ? picture.name : "tried.jpg");
  form.append("run", String(run));
  form.append("client_key", uniqueKey());
  if (corrections.length) form.append("corrections", JSON.stringify(corrections));
  const headers = { Accept: "application/json", "X-CSRFToken": csrf };
  return call("/api/v1/tried", undefined, { method: "POST", body: form, headers });
}

/**
 * Ask for the right answer to a face.
 * @param {CanvasImageSource} picture
 * @param {number[]} box
 * @returns {Promise<Correction | null>} null if there is none
 */
export async function askForAnswer(picture, box) {
  const dialog = find("#wrong-dialog", HTMLDialogElement);
  const canvas = find("canvas", HTMLCanvasElement, dialog);
  const side = Math.max(box[2], box[3]) * 1.5;
  const corner = [box[0] + (box[2] - side) / 2, box[1] + (box[3] - side) / 2];
  canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
  canvas.getContext("2d")?.drawImage(picture, corner[0], corner[1], side, side, 0, 0, canvas.width, canvas.height);
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  const [kind, label] = dialog.returnValue.split(/:(.*)/s);
  if (kind === "label") return { box, label };
  return kind === "reject" ? { box, label: null } : null;
}

/** What to say of a kept picture. @param {Correction[]} corrections */
export function keptMessage(corrections) {
  return corrections.length ? _("Kept with your answer. The next model learns from it.") : _("Kept. It is now a photo like any other.");
}
