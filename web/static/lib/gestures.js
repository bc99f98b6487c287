/** What mouse, fingers and keys do on the map: move, zoom, point, and draw a lasso. */

/** @typedef {import("../map/viewport.js").Point} Point */
/** @typedef {{pan: (dx: number, dy: number) => void, zoom: (times: number, about?: Point) => void, all: () => void,
 *   near: (at: Point | null, reach: number) => void, draft: (path: Point[] | null) => void, lasso: (path: Point[]) => void}} Target
 * points are CSS px on the canvas; `near(null)` is nowhere, `draft` the lasso while it is drawn */

const TREMBLE = 4; // CSS px within which a press is no drag
const REACH = { mouse: 10, touch: 24 }; // CSS px from which a spot is hit
const STEP = 60; // CSS px an arrow key moves it
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Gestures {
  /** @param {HTMLElement} field @param {Target} target */
  constructor(field, target) {
    this.field = field;
    this.target = target;
    this.lassoing = false;
    /** @type {Map<number, Point>} */ this.fingers = new Map();
    /** @type {any} */ this.drag = null;
    field.addEventListener("pointerdown", (event) => this.down(event));
    field.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) field.addEventListener(end, (event) => this.up(/** @type {PointerEvent} */ (event)));
    field.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && target.near(null, 0));
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  /** @param {PointerEvent | WheelEvent} event @returns {Point} */
  at(event) {
    const { left, top } = this.field.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.pointerType === "mouse" && event.button > 1) return;
    const at = this.at(event);
    this.fingers.set(event.pointerId, at);
    this.field.setPointerCapture(event.pointerId);
    if (this.fingers.size === 1) {
      const lasso = event.button === 0 && (this.lassoing || event.shiftKey);
      this.drag = { from: at, last: at, path: lasso ? [at] : null, meant: false };
    } else if (this.fingers.size === 2) {
      this.drag = { pinch: this.spread() }; // what one finger had begun is given up
      this.target.draft(null);
    }
  }

  /** @param {PointerEvent} event */
  move(event) {
    const at = this.at(event);
    if (!this.drag) return this.target.near(at, REACH.mouse);
    if (!this.fingers.has(event.pointerId)) return;
    this.fingers.set(event.pointerId, at);
    const { drag } = this;
    if (drag.pinch) return this.pinch();
    drag.meant ||= Math.hypot(at[0] - drag.from[0], at[1] - drag.from[1]) > TREMBLE;
    if (!drag.meant) return;
    this.target.near(null, 0);
    if (drag.path) {
      drag.path.push(...event.getCoalescedEvents().map((one) => this.at(one)), at);
      this.target.draft(drag.path);
    } else this.target.pan(at[0] - drag.last[0], at[1] - drag.last[1]);
    drag.last = at;
  }

  /** @param {PointerEvent} event */
  up(event) {
    this.fingers.delete(event.pointerId);
    const { drag } = this;
    if (drag?.pinch && this.fingers.size) return; // the finger that is left moves nothing
    this.drag = null;
    this.target.draft(null);
    if (!drag || drag.pinch || event.type === "pointercancel") return;
    if (!drag.meant) this.target.near(this.at(event), event.pointerType === "mouse" ? REACH.mouse : REACH.touch);
    else if (drag.path) this.target.lasso(drag.path);
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
    this.target.pan(now.middle[0] - before.middle[0], now.middle[1] - before.middle[1]);
    this.target.zoom(now.apart / before.apart, now.middle);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    this.target.zoom(Math.exp(-Math.max(-120, Math.min(120, event.deltaY)) / 500), this.at(event));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) this.target.pan(-arrow[0] * STEP, -arrow[1] * STEP);
    else if (event.key === "+" || event.key === "=") this.target.zoom(1.4);
    else if (event.key === "-") this.target.zoom(1 / 1.4);
    else if (event.key === "0") this.target.all();
    else return;
    event.preventDefault();
  }
}
