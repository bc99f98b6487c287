/** The networks in the browser: one finds faces, others classify them. Loads onnxruntime-web; for a Worker. */

import * as ort from "../../assets/ort.js";
import { SIDE, areaTaps, faceInput, linearTaps, resized } from "./pixels.js";
import { detections, input } from "./yunet.js";

/** @typedef {import("./pixels.js").Box} Box */
/** @typedef {import("./pixels.js").Picture} Picture */
/** @typedef {import("./yunet.js").Detection} Detection */
/** @typedef {{run: number, margin: number, file: ArrayBuffer}} Model of a run; the margin is a share of the box */

const OPTIONS = /** @type {const} */ ({ executionProviders: ["wasm"], graphOptimizationLevel: "all" });

export class Engine {
  /** @param {ort.InferenceSession} detector */
  constructor(detector) {
    this.detector = detector;
    /** @type {Map<number, {session: ort.InferenceSession, margin: number}>} by run */ this.models = new Map();
  }

  /**
   * @param {ArrayBuffer} wasm of onnxruntime-web
   * @param {ArrayBuffer} detector
   */
  static async load(wasm, detector) {
    ort.env.wasm.wasmBinary = wasm;
    ort.env.wasm.numThreads = 1; // more need headers that isolate the page, and gain nothing beside a camera
    return new Engine(await ort.InferenceSession.create(detector, OPTIONS));
  }

  /** @param {Model} model */
  async add({ run, margin, file }) {
    this.models.set(run, { session: await ort.InferenceSession.create(file, OPTIONS), margin });
  }

  /**
   * Faces in a picture, most confident first.
   * @param {Picture} picture
   * @param {number} longest side in pixels at which to look
   * @param {number} least confidence
   * @returns {Promise<Detection[]>}
   */
  async detect(picture, longest, least) {
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
    const [width, height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
    const all = { left: 0, top: 0, right: picture.width, bottom: picture.height };
    const { data, dims } = input(resized(picture, all, width, height, scale < 1 ? areaTaps : linearTaps), width, height);
    const outputs = await this.detector.run({ input: new ort.Tensor("float32", data, dims) });
    const [across, down] = [picture.width / width, picture.height / height];
    return detections(/** @type {any} */ (outputs), width, least).map(({ box: [x, y, w, h], confidence }) => ({
      box: [x * across, y * down, w * across, h * down],
      confidence,
    }));
  }

  /**
   * The probabilities of a run's classes for one face.
   * @param {number} run
   * @param {Picture} picture
   * @param {Box} box
   * @returns {Promise<number[]>}
   */
  async classify(run, picture, box) {
    const model = this.models.get(run);
    if (!model) throw new Error(`The model of run ${run} is not loaded.`);
    const image = new ort.Tensor("float32", faceInput(picture, box, model.margin), [1, SIDE, SIDE, 3]);
    const { probabilities } = await model.session.run({ image });
    return Array.from(/** @type {Float32Array} */ (probabilities.data));
  }
}
