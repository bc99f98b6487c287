/** A picture with its faces drawn over it: of one model. There are two where models are compared. */
import { find } from "../lib/dom.js";
import { SHAPES, markOf } from "../lib/marks.js";
import { guessOf, percent } from "./models.js";

/** @typedef {import("./models.js").Model} Model @typedef {import("./worker.js").Face} Face */
/** @typedef {{faces: Face[], width: number, height: number}} Look in pixels of the picture */

const LABEL = 15; // CSS pixels

export class View {
  /** @param {HTMLElement} element @param {string[]} classes in the order of their colours */
  constructor(element, classes) {
    this.element = element;
    this.classes = classes;
    this.video = find("video", HTMLVideoElement, element);
    this.picture = find("canvas.picture", HTMLCanvasElement, element);
    this.overlay = find("canvas.overlay", HTMLCanvasElement, element);
    this.caption = find("figcaption", HTMLElement, element);
    /** @type {Model | null} */ this.model = null;
  }

  /** @param {Model | null} model @param {string} name */
  use(model, name) {
    this.model = model;
    this.element.hidden = !model;
    this.caption.textContent = name;
  }

  /** Show the camera, mirrored where it looks at the person. @param {MediaStream | null} stream @param {boolean} mirrored */
  async showCamera(stream, mirrored) {
    this.video.srcObject = stream;
    this.video.hidden = !stream;
    this.picture.hidden = Boolean(stream);
    this.element.classList.toggle("mirrored", mirrored);
    if (stream) await this.video.play();
  }

  /** @param {CanvasImageSource & {width: number, height: number}} picture */
  showPicture(picture) {
    this.element.classList.remove("mirrored");
    [this.video.hidden, this.picture.hidden] = [true, false];
    [this.picture.width, this.picture.height] = [picture.width, picture.height];
    this.picture.getContext("2d")?.drawImage(picture, 0, 0);
  }

  /** Draw the faces over what is shown. @param {Look} look */
  draw({ faces, width, height }) {
    const { clientWidth: wide, clientHeight: high } = this.overlay;
    const dense = window.devicePixelRatio;
    [this.overlay.width, this.overlay.height] = [wide * dense, high * dense];
    const context = this.overlay.getContext("2d");
    if (!context || !this.model) return;
    context.scale(dense, dense);
    const scale = Math.min(wide / width, high / height); // as `object-fit: contain` does
    const mirrored = this.element.classList.contains("mirrored");
    const place = { scale, left: (wide - width * scale) / 2, top: (high - height * scale) / 2, mirrored, width, wide };
    drawFaces(context, faces, this.model, this.classes, place);
  }
}

/**
 * @typedef {{scale: number, left: number, top: number, mirrored: boolean, width: number, wide: number}} Place of a
 * picture `width` pixels wide on a drawing that is `wide`
 */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Face[]} faces
 * @param {Model} model
 * @param {string[]} classes
 * @param {Place} place
 */
export function drawFaces(context, faces, model, classes, { scale, left, top, mirrored, width, wide }) {
  for (const { box: [x, y, w, h], probabilities } of faces) {
    const known = probabilities.find(([run]) => run === model.run);
    const guess = known && guessOf(model, known[1]);
    const at = [left + (mirrored ? width - x - w : x) * scale, top + y * scale, w * scale, h * scale];
    const number = classes.indexOf(guess?.label ?? "");
    drawBox(context, at, styleOf(number));
    if (guess) drawLabel(context, at, `${guess.label} ${percent(guess.probability)}`, number, wide);
  }
}

/** @param {number} number of the class; -1 for none yet */
function styleOf(number) {
  const { colour } = markOf(Math.max(0, number));
  return number < 0 ? "#ffffff" : getComputedStyle(document.documentElement).getPropertyValue(colour);
}

/**
 * A box in the class' colour between black and white.
 * @param {CanvasRenderingContext2D} context
 * @param {number[]} box
 * @param {string} style
 */
function drawBox(context, [x, y, w, h], style) {
  for (const [line, ink] of /** @type {const} */ ([[6, "#000"], [4.5, "#fff"], [3, style]])) {
    [context.lineWidth, context.strokeStyle] = [line, ink];
    context.strokeRect(x, y, w, h);
  }
}

/**
 * The class' mark and name above a box, or inside it at the edge of the drawing.
 * @param {CanvasRenderingContext2D} context
 * @param {number[]} box
 * @param {string} text
 * @param {number} number of the class
 * @param {number} wide the drawing
 */
function drawLabel(context, [x, y], text, number, wide) {
  context.font = `600 ${LABEL}px system-ui, sans-serif`;
  const needed = context.measureText(text).width + 2.2 * LABEL;
  const [left, above] = [Math.max(0, Math.min(x, wide - needed)), Math.max(0, y - 1.7 * LABEL)];
  context.fillStyle = "rgb(0 0 0 / 0.78)";
  context.fillRect(left, above, needed, 1.6 * LABEL);
  context.save();
  context.translate(left + 0.9 * LABEL, above + 0.8 * LABEL);
  context.scale(0.42 * LABEL, 0.42 * LABEL);
  context.fillStyle = styleOf(number);
  context.fill(new Path2D(SHAPES[markOf(Math.max(0, number)).shape]));
  context.restore();
  context.fillStyle = "#ffffff";
  context.fillText(text, left + 1.7 * LABEL, above + 1.16 * LABEL);
}
