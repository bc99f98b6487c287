/** The Worker of the page: takes pictures, answers with faces. Once it is loaded it asks the server for nothing. */

import { Engine } from "./engine.js";
import { Tracker } from "./tracker.js";

/** @typedef {import("./engine.js").Model} Model */
/** @typedef {{kind: "load", wasm: ArrayBuffer, detector: ArrayBuffer}} Load */
/** @typedef {{kind: "model", model: Model}} Add */
/** @typedef {{kind: "frame" | "photo", frame: ImageBitmap, runs: number[]}} Look */
/** @typedef {{kind: "still" | "forget"}} Other */
/** @typedef {{id: number, box: number[], confidence: number, probabilities: [number, number[]][]}} Face */

/** Longest side at which a frame and a photo are looked at, in pixels. */
const FRAME_SIDE = 320;
const PHOTO_SIDE = 1024;
const LEAST_CONFIDENCE = 0.6;

/** @type {Engine | null} */ let loaded = null;
/** @type {Face[]} */ let faces = [];
let tracker = new Tracker();
let turn = Promise.resolve();
const canvas = new OffscreenCanvas(1, 1);
const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));

/** @param {MessageEvent<Load | Add | Look | Other>} event */
self.onmessage = ({ data }) => {
  turn = answer(data, turn);
};

/** @param {Load | Add | Look | Other} request @param {Promise<void>} before */
async function answer(request, before) {
  await before;
  try {
    self.postMessage(await respond(request));
  } catch (error) {
    self.postMessage({ failed: error instanceof Error ? error.message : String(error) });
  }
}

/** @param {Load | Add | Look | Other} request */
async function respond(request) {
  if (request.kind === "load") loaded = await Engine.load(request.wasm, request.detector);
  const engine = loaded;
  if (!engine) throw new Error("The networks are not loaded.");
  if (request.kind === "model") await engine.add(request.model);
  if (request.kind === "forget") tracker = new Tracker();
  if (request.kind === "frame") faces = await follow(engine, pixels(request.frame), request.runs);
  if (request.kind === "photo") faces = await lookAt(engine, pixels(request.frame), request.runs);
  const still = request.kind === "still" ? await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 }) : null;
  return { faces, width: canvas.width, height: canvas.height, still };
}

/**
 * Find the faces of the next frame, and classify the one whose turn it is.
 * @param {Engine} engine
 * @param {ImageData} picture
 * @param {number[]} runs
 * @returns {Promise<Face[]>}
 */
async function follow(engine, picture, runs) {
  tracker.update(await engine.detect(picture, FRAME_SIDE, LEAST_CONFIDENCE));
  const due = tracker.due;
  if (due) for (const run of runs) tracker.classified(due, run, await engine.classify(run, picture, due.box));
  return tracker.shown.map(({ id, box, confidence, probabilities }) => ({
    id, box, confidence, probabilities: [...probabilities].filter(([run]) => runs.includes(run)),
  }));
}

/**
 * Find and classify all faces of a photo.
 * @param {Engine} engine
 * @param {ImageData} picture
 * @param {number[]} runs
 * @returns {Promise<Face[]>}
 */
async function lookAt(engine, picture, runs) {
  const found = [];
  for (const [index, { box, confidence }] of (await engine.detect(picture, PHOTO_SIDE, LEAST_CONFIDENCE)).entries()) {
    /** @type {[number, number[]][]} */ const probabilities = [];
    for (const run of runs) probabilities.push([run, await engine.classify(run, picture, box)]);
    found.push({ id: index + 1, box, confidence, probabilities });
  }
  return found;
}

/** @param {ImageBitmap} frame @returns {ImageData} */
function pixels(frame) {
  [canvas.width, canvas.height] = [frame.width, frame.height];
  context.drawImage(frame, 0, 0);
  frame.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
