/** A photo: the workbench looks at it and keeps nothing; without a connection the networks of this browser do. */
import { ask, call, csrf, isTemporary } from "../lib/http.js";
import { _ } from "../lib/i18n.js";

/** @typedef {import("./stage.js").Stage} Stage @typedef {import("./models.js").Model} Model */
/** @typedef {{box: number[], confidence: number, label: string, probabilities: Record<string, number>}} PredictedFace */

const HEADERS = { Accept: "application/json", "X-CSRFToken": csrf };

/**
 * Show a photo, and what the chosen models say of its faces.
 * @param {Stage} stage
 * @param {Blob} photo
 * @param {boolean} inBrowser whether it must not leave this device
 */
export async function tryPhoto(stage, photo, inBrowser) {
  stage.say(_("Looking…"));
  const began = performance.now();
  const picture = await decoded(photo);
  if (picture) stage.showPhoto(picture, photo);
  if (inBrowser || !navigator.onLine) await lookHere(stage, picture);
  else {
    try {
      await lookThere(stage, photo, picture);
    } catch (error) {
      if (!picture || !isTemporary(error)) throw error;
      await lookHere(stage, picture); // the workbench is away or busy
    }
  }
  stage.tell(performance.now() - began);
  const count = stage.look.faces.length;
  stage.say(count ? "" : _("No face was found. Try one where faces are larger, or lit better."));
}

/** @param {Blob} photo @returns {Promise<ImageBitmap | null>} null where this browser cannot show it, such as HEIC */
async function decoded(photo) {
  return createImageBitmap(photo, { imageOrientation: "from-image" }).catch(() => null);
}

/** @param {Stage} stage @param {ImageBitmap | null} picture */
async function lookHere(stage, picture) {
  if (!picture) throw new Error(_("This browser cannot open this photo. Send a JPEG, PNG or WebP."));
  await stage.lookAt("photo", picture);
}

/** @param {Stage} stage @param {Blob} photo @param {ImageBitmap | null} picture */
async function lookThere(stage, photo, picture) {
  const answers = await Promise.all(stage.models.map(({ run }) => predict(photo, run)));
  const shown = picture ?? (await drawnByTheServer(photo, stage.runs[0]));
  if (!picture) stage.showPhoto(shown, photo);
  const faces = answers[0].map(({ box, confidence }, index) => ({
    id: index + 1, box, confidence,
    probabilities: answers.map((answer, n) => probabilitiesOf(stage.models[n], answer[index])),
  }));
  stage.show({ faces, width: shown.width, height: shown.height });
}

/** @param {Model} model @param {PredictedFace} face @returns {[number, number[]]} as the networks of the browser give them */
function probabilitiesOf(model, face) {
  /** @type {number[]} */ const row = [];
  for (const [name, indices] of model.classes) {
    for (const index of indices) row[index] = 0;
    row[indices[0]] = face.probabilities[name] ?? 0;
  }
  return [model.run, row];
}

/** @param {Blob} photo @param {number} run @returns {Promise<PredictedFace[]>} */
async function predict(photo, run) {
  const form = new FormData();
  form.append("file", photo, "photo");
  const path = `/api/v1/predict?run=${run}`;
  const { faces } = await call(path, undefined, { method: "POST", body: form, headers: HEADERS });
  return faces;
}

/** The photo as a JPEG, for browsers that cannot show it. @param {Blob} photo @param {number} run */
async function drawnByTheServer(photo, run) {
  const form = new FormData();
  form.append("file", photo, "photo");
  const path = `/api/v1/predict?run=${run}&annotated=true`;
  const response = await ask(path, { method: "POST", body: form, headers: { ...HEADERS, Accept: "image/jpeg" } });
  return createImageBitmap(await response.blob());
}
