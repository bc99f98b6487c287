/** What is shown: one picture or camera, once for each model, and the list of its faces. */
import { find } from "../lib/dom.js";
import { _ } from "../lib/i18n.js";
import { askForAnswer, keep, keptMessage } from "./keep.js";
import { FaceList } from "./face_list.js";
import { View } from "./view.js";

/** @typedef {import("./models.js").Model} Model @typedef {import("./worker.js").Face} Face */
/** @typedef {import("./view.js").Look} Look @typedef {import("./networks.js").Networks} Networks */

/** @type {Look} */ const NOTHING = { faces: [], width: 1, height: 1 };

export class Stage {
  /** @param {Networks} networks @param {string[]} classes @param {boolean} mayCorrect */
  constructor(networks, classes, mayCorrect) {
    this.networks = networks;
    this.views = ["#first", "#second"].map((selector) => new View(find(selector, HTMLElement), classes));
    this.list = new FaceList(find("#faces", HTMLElement), classes, mayCorrect ? (face) => this.correct(face) : null);
    /** @type {Look} */ this.look = NOTHING;
    /** @type {Model[]} */ this.models = [];
    /** @type {Blob | null} */ this.photo = null; // what is kept if no camera runs
    new ResizeObserver(() => this.draw()).observe(this.views[0].element);
  }

  get runs() {
    return this.models.map(({ run }) => run);
  }

  /** Show what these models say, side by side if there are two. @param {Model[]} models */
  use(models) {
    this.models = models;
    const names = models.map(({ run, live }) => (live ? _("Run {n}, live", { n: run }) : _("Run {n}", { n: run })));
    for (const [index, view] of this.views.entries()) view.use(models[index] ?? null, names[index] ?? "");
    find("#stage", HTMLElement).classList.toggle("compared", models.length > 1);
    this.draw();
  }

  async load() {
    await this.networks.load(this.runs);
  }

  /** @param {MediaStream} stream @param {boolean} mirrored */
  async showCamera(stream, mirrored) {
    this.photo = null;
    this.shown();
    for (const view of this.views) await view.showCamera(stream, mirrored);
    this.say("");
  }

  endCamera() {
    this.networks.forget();
    for (const view of this.views) view.showCamera(null, false);
    find("#stage", HTMLElement).classList.add("idle");
    this.show(NOTHING);
  }

  /** @param {ImageBitmap | HTMLImageElement} picture @param {Blob} photo */
  showPhoto(picture, photo) {
    this.photo = photo;
    this.shown();
    for (const view of this.views) view.showPicture(picture);
    this.show(NOTHING);
  }

  shown() {
    find("#stage", HTMLElement).classList.remove("idle");
  }

  /** Look by the networks of this browser. @param {"frame" | "photo"} kind @param {ImageBitmap} picture */
  async lookAt(kind, picture) {
    await this.load(); // another model may have been chosen meanwhile
    this.show(await this.networks.look(kind, picture, this.runs));
  }

  /** @param {Look} look */
  show(look) {
    this.look = look;
    this.list.show(look.faces, this.models);
    this.draw();
  }

  /** Tell whoever listens, such as a benchmark, of the newest look. @param {number} milliseconds it took */
  tell(milliseconds) {
    document.dispatchEvent(new CustomEvent("looked", { detail: { look: this.look, milliseconds } }));
  }

  draw() {
    for (const view of this.views) if (view.model) view.draw(this.look);
  }

  /** The picture to keep: the photo, or the frame that was looked at last, with its faces. */
  async picture() {
    if (this.photo) return { picture: this.photo, faces: this.look.faces };
    const { still, faces } = await this.networks.still();
    return { picture: still, faces };
  }

  async keep() {
    if (!this.models.length || find("#stage", HTMLElement).classList.contains("idle")) return;
    const { picture } = await this.picture();
    await this.send(picture, []);
  }

  /** Ask for the right answer to a face, and keep the picture with it. @param {Face} face */
  async correct(face) {
    const { picture, faces } = await this.picture();
    const box = (faces.find(({ id }) => id === face.id) ?? face).box;
    const correction = await askForAnswer(await this.pixelsOf(picture), box);
    if (correction) await this.send(picture, [correction]);
  }

  /** @param {Blob} picture @returns {Promise<CanvasImageSource>} */
  async pixelsOf(picture) {
    return this.photo ? this.views[0].picture : createImageBitmap(picture);
  }

  /** @param {Blob} picture @param {import("./keep.js").Correction[]} corrections */
  async send(picture, corrections) {
    this.say(_("Keeping…"));
    await keep(picture, this.runs[0], corrections);
    this.say(keptMessage(corrections));
  }

  /** @param {string} text */
  say(text) {
    find("#said", HTMLElement).textContent = text;
  }
}
