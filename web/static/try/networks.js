/** The networks of the page: a Worker that runs them, and the files they are loaded from. */
import { _ } from "../lib/i18n.js";
import { Files } from "./files.js";

/** @typedef {import("./models.js").Model} Model */
/** @typedef {import("./worker.js").Face} Face */
/** @typedef {import("./files.js").File} File */
/** @typedef {{faces: Face[], width: number, height: number}} Look */

export class Networks {
  /**
   * @param {string} script address of the Worker's script
   * @param {File} wasm
   * @param {Model[]} models
   * @param {(share: number) => void} onProgress of fetching; 1 when all is there
   */
  constructor(script, wasm, models, onProgress) {
    this.script = script;
    this.wasm = wasm;
    this.models = models;
    this.onProgress = onProgress;
    /** @type {Worker | null} */ this.worker = null;
    /** @type {Promise<void> | null} */ this.started = null;
    /** @type {Map<number, Promise<void>>} */ this.loaded = new Map();
    /** @type {((answer: any) => void)[]} */ this.waiting = [];
    /** @type {Map<string, [number, number]>} */ this.fetched = new Map();
    this.files = Files.open();
  }

  /** Load what these runs need. @param {number[]} runs */
  async load(runs) {
    this.started ??= this.start();
    await this.started.catch((error) => {
      this.started = null; // so that the next attempt begins anew
      throw error;
    });
    for (const run of runs) if (!this.loaded.has(run)) this.loaded.set(run, this.add(run));
    await Promise.all(runs.map((run) => this.loaded.get(run)?.catch((error) => {
      this.loaded.delete(run);
      throw error;
    })));
    this.onProgress(1);
  }

  async start() {
    const { detector, detector_url: url } = this.models[0];
    const files = [this.wasm, { url, hash: detector }];
    const [wasm, network] = await Promise.all(files.map((file) => this.read(file)));
    this.worker = new Worker(this.script, { type: "module" });
    this.worker.onmessage = ({ data }) => this.waiting.shift()?.(data);
    this.worker.onerror = () => this.waiting.splice(0).forEach((answer) => answer({ failed: _("This browser cannot run the model.") }));
    await this.ask({ kind: "load", wasm, detector: network });
    const hashes = this.models.flatMap((model) => [model.file, model.detector]);
    await (await this.files).keepOnly([this.wasm.hash, ...hashes]);
  }

  /** @param {number} run */
  async add(run) {
    const model = this.models.find((one) => one.run === run);
    if (!model) throw new Error(_("There is no such model."));
    const file = await this.read({ url: model.url, hash: model.file });
    await this.ask({ kind: "model", model: { run, margin: model.margin, file } });
  }

  /** @param {File} file */
  async read(file) {
    return (await this.files).read(file, (received, total) => {
      this.fetched.set(file.hash, [received, total]);
      const [sum, all] = [...this.fetched.values()].reduce(([a, b], [c, d]) => [a + c, b + d]);
      if (received < total) this.onProgress(sum / all);
    });
  }

  /**
   * Find and classify the faces of a picture, which is handed over. Of a frame of a camera one face is classified.
   * @param {"frame" | "photo"} kind
   * @param {ImageBitmap} frame
   * @param {number[]} runs
   * @returns {Promise<Look>}
   */
  look(kind, frame, runs) {
    return this.ask({ kind, frame, runs }, [frame]);
  }

  /** The picture that was looked at last, as a JPEG. @returns {Promise<{still: Blob} & Look>} */
  still() {
    return this.ask({ kind: "still" });
  }

  /** Forget the faces that are followed. */
  forget() {
    return this.worker && this.ask({ kind: "forget" });
  }

  /**
   * The Worker answers in the order in which it was asked.
   * @param {object} request
   * @param {Transferable[]} [handedOver]
   * @returns {Promise<any>}
   */
  async ask(request, handedOver = []) {
    const answer = await new Promise((resolve) => {
      this.waiting.push(resolve);
      this.worker?.postMessage(request, handedOver);
    });
    if (answer.failed) throw new Error(answer.failed);
    return answer;
  }
}
