/** What mouse, fingers and keys do on the map: move it, zoom, point at a face, and draw a lasso. */
import { Gestures } from "../lib/gestures.js";
import { hasModifier } from "../lib/keys.js";

/** @typedef {import("../lib/gestures.js").Point} Point @typedef {import("../lib/gestures.js").Drag} Drag */

const SLACK = 4; // CSS px
const MOUSE_REACH = 10; // CSS px within which a face is hit
const TOUCH_REACH = 24;
const ARROW_STEP = 60; // CSS px
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Navigation {
  /** @param {HTMLCanvasElement} canvas @param {import("./scatter.js").Scatter} scatter */
  constructor(canvas, scatter) {
    this.scatter = scatter;
    this.lassoOn = false;
    this.gestures = new Gestures(canvas, this, SLACK);
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {Point} at @param {PointerEvent} event @returns {Drag} */
  startDrag(at, event) {
    return event.button === 0 && (this.lassoOn || event.shiftKey) ? this.drawLasso(at) : this.dragMap(at);
  }

  /** @param {Point} at @returns {Drag} */
  dragMap(at) {
    let last = at;
    return {
      move: (next) => {
        this.scatter.pan(next[0] - last[0], next[1] - last[1]);
        last = next;
      },
      drop: () => {},
      tap: this.tap,
      cancel: () => {},
    };
  }

  /** @param {Point} at @returns {Drag} */
  drawLasso(at) {
    const path = [at];
    return {
      move: (next, event) => {
        path.push(...event.getCoalescedEvents().map((earlier) => this.gestures.pointOf(earlier)), next);
        this.scatter.pointNear(null);
        this.scatter.showLasso(path);
      },
      drop: () => {
        this.scatter.showLasso(null);
        this.scatter.selectInside(path);
      },
      tap: this.tap,
      cancel: () => this.scatter.showLasso(null),
    };
  }

  /** @param {Point} at @param {PointerEvent} event */
  tap = (at, event) => this.scatter.pointNear(at, event.pointerType === "mouse" ? MOUSE_REACH : TOUCH_REACH);

  /** @param {Point} start */
  startPinch(start) {
    const { scale } = this.scatter.view;
    let last = start;
    return (/** @type {number} */ times, /** @type {Point} */ middle) => {
      this.scatter.pan(middle[0] - last[0], middle[1] - last[1]);
      this.scatter.zoom((scale * times) / this.scatter.view.scale, middle);
      last = middle;
    };
  }

  /** @param {number} deltaY @param {Point} at */
  wheel(deltaY, at) {
    this.scatter.zoom(Math.exp(-Math.max(-120, Math.min(120, deltaY)) / 500), at);
  }

  /** @param {Point | null} at */
  hover(at) {
    this.scatter.pointNear(at, MOUSE_REACH);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (hasModifier(event)) return;
    const arrow = ARROWS[event.key];
    if (arrow) this.scatter.pan(-arrow[0] * ARROW_STEP, -arrow[1] * ARROW_STEP);
    else if (event.key === "+" || event.key === "=") this.scatter.zoom(1.4);
    else if (event.key === "-") this.scatter.zoom(1 / 1.4);
    else if (event.key === "0") this.scatter.showAll();
    else return;
    event.preventDefault();
  }
}
