/** Thousands of spots on a canvas: what is shown of them and how it is drawn, sharp on any screen. */
import { Gestures } from "../lib/gestures.js";
import { SHAPES } from "./categories.js";
import { inside, whole, zoomed } from "./viewport.js";
import { loop, ring, stamp } from "./sprites.js";

/** @typedef {import("./viewport.js").Point} Point @typedef {import("./categories.js").Sorted} Sorted @typedef {{x: number[], y: number[]}} Plane */

const MARGIN = 24; // CSS px around the whole map
const CLOSEST = 60; // times the whole
const DIMMED = 0.16;

export class Sky {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{onPoint: (n: number, at: Point) => void, onLasso: (caught: number[]) => void}} listener `n` is -1 for no spot
   */
  constructor(canvas, listener) {
    this.canvas = canvas;
    this.listener = listener;
    /** @type {Plane} */ this.spots = { x: [], y: [] };
    /** @type {Sorted} */ this.sorted = { kinds: [], of: [] };
    /** @type {number[]} */ this.order = [];
    /** @type {Set<number> | null} */ this.chosen = null;
    /** @type {Point[] | null} */ this.path = null;
    this.pointed = -1;
    this.view = { x: 0, y: 0, scale: 1 };
    this.fit = 1;
    this.width = this.height = 0;
    this.waiting = false;
    this.gestures = new Gestures(canvas, this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  /** Show these spots, all of them: the plane may be another than before. @param {Plane} spots @param {Sorted} sorted */
  show(spots, sorted) {
    this.near(null, 0);
    this.spots = spots;
    this.paint(sorted);
    this.all();
  }

  /** In these colours; kinds that come first lie on top. @param {Sorted} sorted */
  paint(sorted) {
    this.sorted = sorted;
    this.order = sorted.of.map((_kind, n) => n).sort((a, b) => sorted.of[b] - sorted.of[a]);
    this.redraw();
  }

  /** Light up these and dim the others; all are alike without any. @param {Set<number> | null} chosen */
  choose(chosen) {
    this.chosen = chosen;
    this.redraw();
  }

  /** Show the whole map. */
  all() {
    this.view = whole(this.spots.x, this.spots.y, this.width, this.height, MARGIN);
    this.fit = this.view.scale;
    this.moved();
  }

  /** @param {number} times @param {Point} [about] of the screen; its middle without one */
  zoom(times, about = [this.width / 2, this.height / 2]) {
    const scale = Math.min(Math.max(this.view.scale * times, this.fit / 2), this.fit * CLOSEST);
    this.view = zoomed(this.view, scale / this.view.scale, about);
    this.moved();
  }

  /** @param {number} dx @param {number} dy CSS px */
  pan(dx, dy) {
    this.view = { ...this.view, x: this.view.x - dx / this.view.scale, y: this.view.y - dy / this.view.scale };
    this.moved();
  }

  /** Whatever was pointed at lies elsewhere now. */
  moved() {
    this.near(null, 0);
    this.redraw();
  }

  /** Every spot that can be seen. */
  inView() {
    return this.order.filter((n) => {
      const [x, y] = this.onScreen(n);
      return x >= 0 && y >= 0 && x <= this.width && y <= this.height;
    });
  }

  /** @param {number} n @returns {Point} */
  onScreen(n) {
    return [(this.spots.x[n] - this.view.x) * this.view.scale, (this.spots.y[n] - this.view.y) * this.view.scale];
  }

  /** Point at the spot nearest to a place, if one is within reach. @param {Point | null} at @param {number} reach CSS px */
  near(at, reach) {
    let [best, least] = [-1, reach];
    for (const n of at ? this.order : []) {
      const [x, y] = this.onScreen(n);
      const apart = Math.hypot(x - /** @type {Point} */ (at)[0], y - /** @type {Point} */ (at)[1]);
      if (apart < least) [best, least] = [n, apart];
    }
    if (best === this.pointed) return;
    this.pointed = best;
    this.listener.onPoint(best, best < 0 ? [0, 0] : this.onScreen(best));
    this.redraw();
  }

  /** @param {Point[] | null} path */
  draft(path) {
    this.path = path;
    this.redraw();
  }

  /** @param {Point[]} path */
  lasso(path) {
    this.listener.onLasso(this.order.filter((n) => inside(path, ...this.onScreen(n))));
  }

  resize() {
    const before = [this.width, this.height];
    const { width, height } = this.canvas.getBoundingClientRect();
    [this.width, this.height] = [width, height];
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    if (!before[0]) this.all();
    else this.pan((width - before[0]) / 2, (height - before[1]) / 2);
  }

  /** Draw in the next frame, however often it is asked for. */
  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw() {
    const pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const style = getComputedStyle(this.canvas);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name);
    const radius = this.radius();
    const stamps = this.sorted.kinds.map((kind) => stamp(SHAPES[kind.shape], colour(kind.colour), colour("--card"), radius));
    const { chosen } = this;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.globalAlpha = chosen ? DIMMED : 1;
    for (const n of this.order) if (!chosen?.has(n)) this.put(pen, n, stamps);
    pen.globalAlpha = 1;
    if (chosen) for (const n of this.order) if (chosen.has(n)) this.put(pen, n, stamps);
    pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    if (this.pointed >= 0) ring(pen, this.onScreen(this.pointed), radius + 4, colour("--ink"));
    if (this.path) loop(pen, this.path, colour("--accent"));
  }

  /** Larger where there are few, and nearer by. */
  radius() {
    const few = Math.min(Math.max(75 / Math.sqrt(this.order.length || 1), 2.2), 6);
    return Math.min(few * (this.view.scale / this.fit) ** 0.35, 9);
  }

  /** On whole pixels of the screen, where it stays sharp. @param {CanvasRenderingContext2D} pen @param {number} n @param {HTMLCanvasElement[]} stamps */
  put(pen, n, stamps) {
    const [x, y] = this.onScreen(n);
    if (x < -20 || y < -20 || x > this.width + 20 || y > this.height + 20) return;
    const picture = stamps[this.sorted.of[n]];
    const half = picture.width / 2;
    pen.drawImage(picture, Math.round(x * devicePixelRatio - half), Math.round(y * devicePixelRatio - half));
  }
}
