/** A photo with boxes, which are drawn, moved and resized by mouse, finger or keys; it zooms and pans. */
import { boxGroup, outline } from "./box_shapes.js";
import { between, clamp, moved, resized } from "./geometry.js";
import { find } from "../lib/dom.js";
import { Gestures } from "../lib/gestures.js";
import { hasModifier } from "../lib/keys.js";

/**
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {import("./geometry.js").Size} Size
 * @typedef {import("./geometry.js").Point} Point in pixels of the photo
 * @typedef {import("../lib/gestures.js").Point} ScreenPoint
 * @typedef {import("../lib/gestures.js").Drag} Drag
 * @typedef {import("./box_shapes.js").Face} Face
 */

const MAX_ZOOM = 12;
const WHEEL_ZOOM = 1.2;
const SLACK = 3; // CSS px
const MIN_DRAWN = 24; // CSS px: width and height of a new box together; less was hardly meant
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class BoxCanvas {
  /**
   * @param {SVGSVGElement} svg
   * @param {Size} size of the photo
   * @param {Face[]} faces shared with the caller, who adds to it
   * @param {{onSelect: (face: Face | null) => void, onMoved: (face: Face, before: Box, byKey: boolean) => void,
   *   onDrawn: (box: Box) => void}} listener
   */
  constructor(svg, size, faces, listener) {
    this.svg = svg;
    this.layer = find("g", SVGGElement, svg);
    this.size = size;
    this.faces = faces;
    this.listener = listener;
    /** @type {Face | null} */ this.selected = null;
    /** The box that is being drawn. @type {Box | null} */ this.draft = null;
    this.view = { x: 0, y: 0, zoom: 1 };
    this.restoringFocus = false;
    this.gestures = new Gestures(svg, this, SLACK);
    svg.addEventListener("keydown", (event) => this.key(event));
    svg.addEventListener("focusin", (event) => this.focused(event));
    new ResizeObserver(() => this.render()).observe(svg);
  }

  /** Photo pixels per CSS px. */
  get scale() {
    const { width, height } = this.svg.getBoundingClientRect();
    return Math.max(this.size[0] / Math.max(width, 1), this.size[1] / Math.max(height, 1)) / this.view.zoom;
  }

  /** @param {ScreenPoint} at @returns {Point} */
  onPhoto([x, y]) {
    const { left, top } = this.svg.getBoundingClientRect();
    const point = new DOMPoint(x + left, y + top).matrixTransform(this.svg.getScreenCTM()?.inverse());
    return [point.x, point.y];
  }

  /** @param {Face | null} face */
  select(face) {
    this.selected = face;
    this.listener.onSelect(face);
    this.render();
  }

  /**
   * Magnify about a point of the photo, by default the middle of the view.
   * @param {number} times
   * @param {Point} [about]
   */
  zoom(times, about) {
    const { zoom } = this.view;
    const next = clamp(zoom * times, 1, MAX_ZOOM);
    const [w, h] = [this.size[0] / zoom, this.size[1] / zoom];
    const [x, y] = about ?? [this.view.x + w / 2, this.view.y + h / 2];
    const ratio = zoom / next;
    this.setView(x - (x - this.view.x) * ratio, y - (y - this.view.y) * ratio, next);
  }

  /** @param {number} x @param {number} y the top left corner @param {number} zoom */
  setView(x, y, zoom) {
    const [w, h] = [this.size[0] / zoom, this.size[1] / zoom];
    this.view = { zoom, x: clamp(x, 0, this.size[0] - w), y: clamp(y, 0, this.size[1] - h) };
    this.render();
  }

  /**
   * Move the view so that a point of the photo lies under a point of the screen.
   * @param {Point} point
   * @param {ScreenPoint} at
   */
  bring(point, at) {
    const [x, y] = this.onPhoto(at);
    this.setView(this.view.x + point[0] - x, this.view.y + point[1] - y, this.view.zoom);
  }

  /** @param {ScreenPoint} at @param {PointerEvent} event @returns {Drag} */
  startDrag(at, { button, target }) {
    const start = this.onPhoto(at);
    if (button === 1) return this.dragPhoto(start);
    const face = this.faceOf(target);
    const corner = target instanceof Element ? target.closest("[data-corner]")?.getAttribute("data-corner") : null;
    return face ? this.dragBox(face, corner ?? null, start) : this.drawBox(start);
  }

  /** @param {EventTarget | null} target */
  faceOf(target) {
    const index = target instanceof Element ? target.closest("[data-index]")?.getAttribute("data-index") : null;
    return this.faces[Number(index ?? -1)] ?? null;
  }

  /** @param {Point} start @returns {Drag} */
  dragPhoto(start) {
    const deselect = () => this.select(null);
    return { move: (at) => this.bring(start, at), drop: deselect, tap: deselect, cancel: () => {} };
  }

  /**
   * @param {Face} face
   * @param {string | null} corner null moves the whole box
   * @param {Point} start
   * @returns {Drag}
   */
  dragBox(face, corner, start) {
    const before = face.box;
    return {
      move: (at) => {
        if (face !== this.selected) this.select(face); // not at the press: it may become a pinch
        const [x, y] = this.onPhoto(at);
        this.shift(face, before, corner, [x - start[0], y - start[1]]);
        this.render();
      },
      drop: () => this.listener.onMoved(face, before, false),
      tap: () => this.select(face),
      cancel: () => {
        face.box = before;
        this.render();
      },
    };
  }

  /** @param {Point} start @returns {Drag} */
  drawBox(start) {
    return {
      move: (at) => {
        this.draft = between(start, this.onPhoto(at), this.size);
        this.render();
      },
      drop: () => {
        const { draft } = this;
        this.draft = null;
        if (draft && (draft[2] + draft[3]) / this.scale > MIN_DRAWN) this.listener.onDrawn(draft);
        else this.select(null);
      },
      tap: () => this.select(null),
      cancel: () => {
        this.draft = null;
        this.render();
      },
    };
  }

  /** @param {ScreenPoint} start */
  startPinch(start) {
    const point = this.onPhoto(start);
    const { zoom } = this.view;
    return (/** @type {number} */ times, /** @type {ScreenPoint} */ middle) => {
      this.zoom((zoom * times) / this.view.zoom, point);
      this.bring(point, middle);
    };
  }

  /** @param {number} deltaY @param {ScreenPoint} at */
  wheel(deltaY, at) {
    this.zoom(deltaY < 0 ? WHEEL_ZOOM : 1 / WHEEL_ZOOM, this.onPhoto(at));
  }

  /**
   * Set a face's box to what it was, moved or with one corner moved.
   * @param {Face} face
   * @param {Box} before
   * @param {string | null} corner
   * @param {Point} by
   */
  shift(face, before, corner, [dx, dy]) {
    face.box = corner ? resized(before, corner, dx, dy, this.size) : moved(before, dx, dy, this.size);
  }

  /** Arrow keys move the focused box or corner by 1 pixel, with Shift by 10. @param {KeyboardEvent} event */
  key(event) {
    const arrow = ARROWS[event.key];
    const face = this.selected;
    if (!arrow || !face || hasModifier(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.shiftKey ? 10 : 1;
    const corner = event.target instanceof Element ? event.target.getAttribute("data-corner") : null;
    const before = face.box;
    this.shift(face, before, corner, [arrow[0] * step, arrow[1] * step]);
    this.listener.onMoved(face, before, true);
    this.render();
  }

  /** @param {FocusEvent} event */
  focused(event) {
    const face = this.faceOf(event.target);
    if (face && face !== this.selected && !this.gestures.busy && !this.restoringFocus) this.select(face);
  }

  render() {
    const focus = document.activeElement?.getAttribute("data-focus");
    const { x, y, zoom } = this.view;
    this.svg.setAttribute("viewBox", `${x} ${y} ${this.size[0] / zoom} ${this.size[1] / zoom}`);
    const shown = this.faces.map((face, index) => ({ face, index })).filter(({ face }) => face.state !== "rejected");
    // The selected box comes last, on top of the others.
    shown.sort((a, b) => Number(a.face === this.selected) - Number(b.face === this.selected));
    const groups = shown.map(({ face, index }) => boxGroup(face, index, face === this.selected, this.scale));
    const draft = this.draft ? [outline(this.draft, { class: "box current" })] : [];
    this.layer.replaceChildren(...groups, ...draft);
    this.restoringFocus = true; // so that it does not select the face
    if (focus) this.focus(focus);
    this.restoringFocus = false;
  }

  /** @param {string} name the `data-focus` of a box or corner @param {FocusOptions} [options] */
  focus(name, options = { preventScroll: true }) {
    const element = this.layer.querySelector(`[data-focus="${name}"]`);
    if (element instanceof SVGElement) element.focus(options);
  }
}
