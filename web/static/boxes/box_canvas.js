/** A photo with boxes on it: drawn, moved and resized by mouse, finger or keys; zoomed and panned. */
import { between, moved, resized } from "./geometry.js";
import { _ } from "../lib/i18n.js";

/** @typedef {import("./geometry.js").Box} Box @typedef {import("./geometry.js").Size} Size @typedef {import("./geometry.js").Point} Point */
/** @typedef {{face_id: number | null, key: string | null, box: Box, state: string, label: string | null, doubtful: boolean,
 *   keypoints: Record<string, Point> | null, name: string, colour: string}} Face */

const SVG = "http://www.w3.org/2000/svg";
const CORNERS = ["nw", "ne", "sw", "se"];
const TOUCH = 46; // CSS px: a thumb hits 44
const CLOSEST = 12; // times
const TREMBLE = 3; // CSS px within which a press is no drag
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Board {
  /**
   * @param {SVGSVGElement} svg @param {Size} size of the photo @param {() => Face[]} faces
   * @param {{onSelect: (face: Face | null) => void, onMoved: (face: Face, before: Box, byKey: boolean) => void, onDrawn: (box: Box) => void}} listener
   */
  constructor(svg, size, faces, listener) {
    this.svg = svg;
    this.layer = /** @type {SVGGElement} */ (svg.querySelector("g"));
    this.size = size;
    this.faces = faces;
    this.listener = listener;
    /** @type {Face | null} */ this.selected = null;
    this.view = { x: 0, y: 0, zoom: 1 };
    /** @type {Map<number, Point>} */ this.fingers = new Map();
    /** @type {any} */ this.drag = null;
    this.drawing = false;
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, (event) => this.up(/** @type {PointerEvent} */ (event)));
    svg.addEventListener("keydown", (event) => this.key(event));
    svg.addEventListener("focusin", (event) => this.focused(event));
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    new ResizeObserver(() => this.render()).observe(svg);
  }

  /** Pixels of the photo for one on the screen. */
  get scale() {
    const { width, height } = this.svg.getBoundingClientRect();
    return Math.max(this.size[0] / Math.max(width, 1), this.size[1] / Math.max(height, 1)) / this.view.zoom;
  }

  /** @param {{clientX: number, clientY: number}} event @returns {Point} */
  point(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM()?.inverse());
    return [at.x, at.y];
  }

  /** @param {Face | null} face */
  select(face) {
    this.selected = face;
    this.listener.onSelect(face);
    this.render();
  }

  /** Magnify about a point of the photo; the middle without one. @param {number} times @param {Point} [about] */
  zoom(times, about) {
    const { zoom } = this.view;
    const next = Math.min(Math.max(zoom * times, 1), CLOSEST);
    const [w, h] = [this.size[0] / zoom, this.size[1] / zoom];
    const [x, y] = about ?? [this.view.x + w / 2, this.view.y + h / 2];
    const share = zoom / next;
    this.look(x - (x - this.view.x) * share, y - (y - this.view.y) * share, next);
  }

  /** @param {number} x @param {number} y @param {number} zoom */
  look(x, y, zoom) {
    const [w, h] = [this.size[0] / zoom, this.size[1] / zoom];
    this.view = { zoom, x: Math.min(Math.max(x, 0), this.size[0] - w), y: Math.min(Math.max(y, 0), this.size[1] - h) };
    this.render();
  }

  /** @param {PointerEvent} event */
  down(event) {
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    this.svg.setPointerCapture(event.pointerId);
    if (this.fingers.size === 2) return this.startPinch();
    if (this.fingers.size > 2 || (event.pointerType === "mouse" && event.button > 1)) return;
    const target = /** @type {SVGElement} */ (event.target);
    const face = this.faces()[Number(target.closest("[data-index]")?.getAttribute("data-index") ?? -1)] ?? null;
    const at = this.point(event);
    const from = [event.clientX, event.clientY];
    if (event.button === 1) this.drag = { pan: true, at, from };
    else if (face) this.drag = { face, at, from, before: face.box, corner: target.closest("[data-corner]")?.getAttribute("data-corner") };
    else this.drag = { at, from, draw: null };
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.fingers.has(event.pointerId)) return;
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.drag?.pinch) return this.pinch();
    if (!this.drag || this.trembles(event)) return;
    const at = this.point(event);
    const [dx, dy] = [at[0] - this.drag.at[0], at[1] - this.drag.at[1]];
    if (this.drag.pan) return this.look(this.view.x - dx, this.view.y - dy, this.view.zoom);
    const { face, corner, before } = this.drag;
    if (face && face !== this.selected) this.select(face); // only now: two fingers on it would zoom
    if (face) face.box = corner ? resized(before, corner, dx, dy, this.size) : moved(before, dx, dy, this.size);
    else this.drag.draw = between(this.drag.at, at, this.size);
    this.render();
  }

  /** Whether the pointer is as good as where it went down. @param {PointerEvent} event */
  trembles(event) {
    const { from } = this.drag;
    this.drag.meant ||= Math.hypot(event.clientX - from[0], event.clientY - from[1]) > TREMBLE;
    return !this.drag.meant;
  }

  /** @param {PointerEvent} event */
  up(event) {
    this.fingers.delete(event.pointerId);
    const drag = this.drag;
    if (!drag || drag.pinch) {
      if (!this.fingers.size) this.drag = null;
      return;
    }
    this.drag = null;
    if (event.type === "pointercancel") {
      if (drag.face) drag.face.box = drag.before;
    } else if (drag.face && drag.face.box !== drag.before) this.listener.onMoved(drag.face, drag.before, false);
    else if (drag.face) this.select(drag.face);
    else if (drag.draw && (drag.draw[2] + drag.draw[3]) / this.scale > 24) this.listener.onDrawn(drag.draw);
    else this.select(null);
    this.render();
  }

  /** Two fingers zoom and pan; what one of them had begun is given up. */
  startPinch() {
    if (this.drag?.face) this.drag.face.box = this.drag.before;
    const [a, b] = [...this.fingers.values()];
    const at = this.point({ clientX: (a[0] + b[0]) / 2, clientY: (a[1] + b[1]) / 2 });
    this.drag = { pinch: true, at, apart: Math.hypot(a[0] - b[0], a[1] - b[1]), zoom: this.view.zoom };
    this.render();
  }

  pinch() {
    const [a, b] = [...this.fingers.values()];
    if (!b) return;
    const times = (this.drag.zoom * Math.hypot(a[0] - b[0], a[1] - b[1])) / this.drag.apart / this.view.zoom;
    this.zoom(times, this.drag.at);
    const now = this.point({ clientX: (a[0] + b[0]) / 2, clientY: (a[1] + b[1]) / 2 });
    this.look(this.view.x + this.drag.at[0] - now[0], this.view.y + this.drag.at[1] - now[1], this.view.zoom);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    this.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, this.point(event));
  }

  /** Arrows move the box or the corner that has the focus: by 1 px, with Shift by 10. @param {KeyboardEvent} event */
  key(event) {
    const step = ARROWS[event.key];
    const face = this.selected;
    if (!step || !face || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const by = event.shiftKey ? 10 : 1;
    const corner = /** @type {Element} */ (event.target).getAttribute("data-corner");
    const before = face.box;
    const [dx, dy] = [step[0] * by, step[1] * by];
    face.box = corner ? resized(before, corner, dx, dy, this.size) : moved(before, dx, dy, this.size);
    this.listener.onMoved(face, before, true);
    this.render();
  }

  /** @param {FocusEvent} event */
  focused(event) {
    const index = /** @type {Element} */ (event.target).closest("[data-index]")?.getAttribute("data-index");
    const face = this.faces()[Number(index ?? -1)];
    if (face && face !== this.selected && !this.drag && !this.drawing) this.select(face);
  }

  render() {
    const focus = document.activeElement?.getAttribute("data-focus");
    const { x, y, zoom } = this.view;
    this.svg.setAttribute("viewBox", `${x} ${y} ${this.size[0] / zoom} ${this.size[1] / zoom}`);
    const boxes = this.faces().map((face, index) => ({ face, index })).filter(({ face }) => face.state !== "rejected");
    boxes.sort((a, b) => Number(a.face === this.selected) - Number(b.face === this.selected)); // its corners lie on top
    const drawn = boxes.map(({ face, index }) => this.box(face, index));
    const draft = this.drag?.draw ? [rect(this.drag.draw, { class: "box current" })] : [];
    this.layer.replaceChildren(...drawn, ...draft);
    this.drawing = true; // giving the focus back chooses nothing
    if (focus) /** @type {SVGElement | null} */ (this.layer.querySelector(`[data-focus="${focus}"]`))?.focus({ preventScroll: true });
    this.drawing = false;
  }

  /** @param {Face} face @param {number} index */
  box(face, index) {
    const selected = face === this.selected;
    const group = element("g", { "data-index": index });
    const unsure = face.doubtful && face.state === "proposed" ? " doubtful" : "";
    const name = [_("Box {n}", { n: index + 1 }), face.name, _("arrow keys move it")].join(", ");
    group.append(
      rect(face.box, { class: `box${unsure}${selected ? " current" : ""} ${face.colour}` }),
      rect(face.box, { class: "grip", tabindex: 0, role: "button", "aria-pressed": selected, "aria-label": name, "data-focus": `box ${index}` }),
    );
    if (selected) group.append(...CORNERS.map((corner) => this.handle(face.box, corner, index)));
    return group;
  }

  /** A corner that a thumb can hold; on a small box it stands off, so that the middle is left to move it by. @param {Box} box @param {string} corner @param {number} index */
  handle([x, y, w, h], corner, index) {
    const scale = this.scale;
    const off = (/** @type {number} */ side) => Math.max(0, (2 * TOUCH * scale - side) / 2);
    const cx = corner.includes("w") ? x - off(w) : x + w + off(w);
    const cy = corner.includes("n") ? y - off(h) : y + h + off(h);
    const group = element("g", { class: "handle", "data-corner": corner, tabindex: 0, role: "button", "data-focus": `${corner} ${index}` });
    group.setAttribute("aria-label", { nw: _("Top left corner"), ne: _("Top right corner"), sw: _("Bottom left corner"), se: _("Bottom right corner") }[corner] ?? "");
    group.append(element("circle", { cx, cy, r: (TOUCH / 2) * scale, class: "reach" }), element("circle", { cx, cy, r: 7 * scale, class: "knob" }));
    return group;
  }
}

/** @param {string} name @param {Record<string, any>} attributes */
function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** @param {Box} box @param {Record<string, any>} attributes */
function rect([x, y, width, height], attributes) {
  return element("rect", { x, y, width, height, "vector-effect": "non-scaling-stroke", ...attributes });
}
