/** Thousands of spots on a canvas: drawn sharp on any screen, moved by mouse, finger or keys, caught by a lasso. */
import { SHAPES } from "./kinds.js";
import { inside, whole, zoomed } from "./region.js";

/** @typedef {import("./region.js").Point} Point @typedef {import("./kinds.js").Sorted} Sorted @typedef {{x: number[], y: number[]}} Plane */

const MARGIN = 24; // CSS px around the whole map
const TREMBLE = 4; // CSS px within which a press is no drag
const REACH = { mouse: 10, touch: 24 }; // CSS px from which a spot is hit
const CLOSEST = 60; // times the whole
const STEP = 60; // CSS px an arrow key moves it
const DIMMED = 0.16;
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

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
    this.pointed = -1;
    this.lassoing = false;
    this.view = { x: 0, y: 0, scale: 1 };
    this.fit = 1;
    this.width = this.height = 0;
    /** @type {Map<number, Point>} */ this.fingers = new Map();
    /** @type {any} */ this.drag = null;
    this.waiting = false;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => this.up(/** @type {PointerEvent} */ (event)));
    canvas.addEventListener("pointerleave", () => this.point(-1));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  /** Show these spots; where the map was empty, all of it. @param {Plane} spots @param {Sorted} sorted */
  show(spots, sorted) {
    const first = !this.spots.x.length;
    this.spots = spots;
    this.paint(sorted);
    if (first) this.all();
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
    this.redraw();
  }

  /** @param {number} times @param {Point} [about] of the screen; its middle without one */
  zoom(times, about = [this.width / 2, this.height / 2]) {
    const scale = Math.min(Math.max(this.view.scale * times, this.fit / 2), this.fit * CLOSEST);
    this.view = zoomed(this.view, scale / this.view.scale, about);
    this.redraw();
  }

  /** @param {number} dx @param {number} dy CSS px */
  pan(dx, dy) {
    this.view = { ...this.view, x: this.view.x - dx / this.view.scale, y: this.view.y - dy / this.view.scale };
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

  /** @param {PointerEvent | WheelEvent} event @returns {Point} */
  at(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.pointerType === "mouse" && event.button > 1) return;
    const at = this.at(event);
    this.fingers.set(event.pointerId, at);
    this.canvas.setPointerCapture(event.pointerId);
    if (this.fingers.size === 2) this.drag = { pinch: this.spread() };
    if (this.fingers.size > 1) return this.redraw();
    const lasso = event.button === 0 && (this.lassoing || event.shiftKey);
    this.drag = { from: at, last: at, path: lasso ? [at] : null, meant: false };
  }

  /** @param {PointerEvent} event */
  move(event) {
    const at = this.at(event);
    if (!this.drag) return this.point(this.nearest(at, REACH.mouse));
    if (!this.fingers.has(event.pointerId)) return;
    this.fingers.set(event.pointerId, at);
    const { drag } = this;
    if (drag.pinch) return this.pinch();
    drag.meant ||= Math.hypot(at[0] - drag.from[0], at[1] - drag.from[1]) > TREMBLE;
    if (!drag.meant) return;
    this.point(-1);
    if (drag.path) drag.path.push(...event.getCoalescedEvents().map((one) => this.at(one)), at);
    else this.pan(at[0] - drag.last[0], at[1] - drag.last[1]);
    drag.last = at;
    this.redraw();
  }

  /** @param {PointerEvent} event */
  up(event) {
    this.fingers.delete(event.pointerId);
    const { drag } = this;
    if (drag?.pinch && this.fingers.size) return; // the finger that is left moves nothing
    this.drag = null;
    if (!drag || drag.pinch || event.type === "pointercancel") return this.redraw();
    if (!drag.meant) this.point(this.nearest(this.at(event), event.pointerType === "mouse" ? REACH.mouse : REACH.touch));
    else if (drag.path) this.listener.onLasso(this.caught(drag.path));
    this.redraw();
  }

  /** Where two fingers are, and how far apart. */
  spread() {
    const [a, b] = [...this.fingers.values()];
    return { middle: /** @type {Point} */ ([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]), apart: Math.max(Math.hypot(a[0] - b[0], a[1] - b[1]), 1) };
  }

  pinch() {
    if (this.fingers.size < 2) return;
    const [before, now] = [this.drag.pinch, this.spread()];
    this.drag.pinch = now;
    this.pan(now.middle[0] - before.middle[0], now.middle[1] - before.middle[1]);
    this.zoom(now.apart / before.apart, now.middle);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-Math.max(-120, Math.min(120, event.deltaY)) / 500), this.at(event));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) this.pan(-arrow[0] * STEP, -arrow[1] * STEP);
    else if (event.key === "+" || event.key === "=") this.zoom(1.4);
    else if (event.key === "-") this.zoom(1 / 1.4);
    else if (event.key === "0") this.all();
    else return;
    event.preventDefault();
  }

  /** @param {number} n */
  point(n) {
    if (n === this.pointed) return;
    this.pointed = n;
    this.listener.onPoint(n, n < 0 ? [0, 0] : this.onScreen(n));
    this.redraw();
  }

  /** The spot nearest to a place, within reach; -1: none. @param {Point} at @param {number} reach CSS px */
  nearest(at, reach) {
    let [best, least] = [-1, reach];
    for (const n of this.order) {
      const [x, y] = this.onScreen(n);
      const apart = Math.hypot(x - at[0], y - at[1]);
      if (apart < least) [best, least] = [n, apart];
    }
    return best;
  }

  /** Spots within a path on the screen. @param {Point[]} path */
  caught(path) {
    return this.order.filter((n) => inside(path, ...this.onScreen(n)));
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
    const radius = this.radius();
    const stamps = this.sorted.kinds.map((kind) => stamp(SHAPES[kind.shape], style.getPropertyValue(kind.colour), style.getPropertyValue("--card"), radius));
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const { chosen } = this;
    pen.globalAlpha = chosen ? DIMMED : 1;
    for (const n of this.order) if (!chosen?.has(n)) this.put(pen, n, stamps);
    pen.globalAlpha = 1;
    if (chosen) for (const n of this.order) if (chosen.has(n)) this.put(pen, n, stamps);
    pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    pen.strokeStyle = style.getPropertyValue("--ink");
    if (this.pointed >= 0) ring(pen, this.onScreen(this.pointed), radius + 4);
    if (this.drag?.path) loop(pen, this.drag.path, style.getPropertyValue("--accent"));
  }

  /** Larger where there are few, and nearer by. */
  radius() {
    const few = Math.min(Math.max(75 / Math.sqrt(this.order.length || 1), 2.2), 6);
    return Math.min(few * (this.view.scale / this.fit) ** 0.35, 9);
  }

  /** On whole pixels of the screen, where it stays sharp. @param {CanvasRenderingContext2D} pen @param {number} n @param {HTMLCanvasElement[]} stamps */
  put(pen, n, stamps) {
    const x = (this.spots.x[n] - this.view.x) * this.view.scale;
    const y = (this.spots.y[n] - this.view.y) * this.view.scale;
    if (x < -20 || y < -20 || x > this.width + 20 || y > this.height + 20) return;
    const picture = stamps[this.sorted.of[n]];
    const half = picture.width / 2;
    pen.drawImage(picture, Math.round(x * devicePixelRatio - half), Math.round(y * devicePixelRatio - half));
  }
}

/** One spot as a picture: thousands of these are put down faster than as many outlines are filled. @param {string} shape @param {string} colour @param {string} edge @param {number} radius */
function stamp(shape, colour, edge, radius) {
  const made = document.createElement("canvas");
  made.width = made.height = Math.ceil((2.8 * radius + 2) * devicePixelRatio);
  const pen = /** @type {CanvasRenderingContext2D} */ (made.getContext("2d"));
  pen.translate(made.width / 2, made.height / 2);
  pen.scale(radius * devicePixelRatio, radius * devicePixelRatio);
  const outline = new Path2D(shape);
  pen.fillStyle = colour;
  pen.fill(outline);
  pen.strokeStyle = edge;
  pen.lineWidth = 0.8 / radius;
  pen.stroke(outline);
  return made;
}

/** @param {CanvasRenderingContext2D} pen @param {Point} at @param {number} radius */
function ring(pen, at, radius) {
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(...at, radius, 0, 2 * Math.PI);
  pen.stroke();
}

/** @param {CanvasRenderingContext2D} pen @param {Point[]} path @param {string} colour */
function loop(pen, path, colour) {
  pen.lineWidth = 2;
  pen.strokeStyle = pen.fillStyle = colour;
  pen.beginPath();
  for (const point of path) pen.lineTo(...point);
  pen.closePath();
  pen.stroke();
  pen.globalAlpha = 0.12;
  pen.fill();
  pen.globalAlpha = 1;
}
