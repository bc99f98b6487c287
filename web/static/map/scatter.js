/** Thousands of faces as symbols on a canvas: the view of them, and how they are drawn. */
import { SHAPES } from "../lib/marks.js";
import { Navigation } from "./navigation.js";
import { contextOf, drawLasso, drawRing, symbolImage } from "./sprites.js";
import { isInside, viewOfAll, zoomed } from "./viewport.js";

/**
 * @typedef {import("../lib/gestures.js").Point} Point
 * @typedef {import("./categories.js").Grouping} Grouping
 */
/** @typedef {{x: number[], y: number[]}} Positions one number a face */

const MARGIN = 24; // CSS px around all faces
const MAX_ZOOM = 60; // relative to the view of all faces
const DIMMED = 0.16; // opacity of faces that are not selected

export class Scatter {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{onPoint: (index: number, at: Point) => void, onLasso: (indices: number[]) => void}} listener
   *   `onPoint` gets -1 when no face is pointed at
   */
  constructor(canvas, listener) {
    this.canvas = canvas;
    this.listener = listener;
    /** @type {Positions} */ this.positions = { x: [], y: [] };
    /** @type {Grouping} */ this.grouping = { categories: [], indices: [] };
    /** The faces in drawing order. @type {number[]} */ this.order = [];
    /** @type {Set<number> | null} */ this.selected = null;
    /** @type {Point[] | null} */ this.lasso = null;
    this.pointed = -1;
    this.view = { x: 0, y: 0, scale: 1 };
    this.scaleOfAll = 1;
    this.width = this.height = 0;
    this.redrawing = false;
    this.navigation = new Navigation(canvas, this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  /** Show other faces, all of them in view. @param {Positions} positions @param {Grouping} grouping */
  show(positions, grouping) {
    this.pointNear(null);
    this.positions = positions;
    this.colour(grouping);
    this.showAll();
  }

  /** Colour the faces by category; the first categories are drawn on top. @param {Grouping} grouping */
  colour(grouping) {
    this.grouping = grouping;
    const { indices } = grouping;
    this.order = indices.map((_category, face) => face).sort((a, b) => indices[b] - indices[a]);
    this.redraw();
  }

  /** Dim all faces but these; none with null. @param {Set<number> | null} selected */
  select(selected) {
    this.selected = selected;
    this.redraw();
  }

  showAll() {
    this.view = viewOfAll(this.positions.x, this.positions.y, [this.width, this.height], MARGIN);
    this.scaleOfAll = this.view.scale;
    this.viewChanged();
  }

  /** @param {number} times @param {Point} [about] the point of the screen that stays where it is */
  zoom(times, about = [this.width / 2, this.height / 2]) {
    const scale = Math.min(Math.max(this.view.scale * times, this.scaleOfAll / 2), this.scaleOfAll * MAX_ZOOM);
    this.view = zoomed(this.view, scale / this.view.scale, about);
    this.viewChanged();
  }

  /** @param {number} dx @param {number} dy CSS px */
  pan(dx, dy) {
    this.view = { ...this.view, x: this.view.x - dx / this.view.scale, y: this.view.y - dy / this.view.scale };
    this.viewChanged();
  }

  viewChanged() {
    this.pointNear(null); // the face that was pointed at has moved away
    this.redraw();
  }

  /** The faces on the screen. */
  inView() {
    return this.order.filter((face) => {
      const [x, y] = this.onScreen(face);
      return x >= 0 && y >= 0 && x <= this.width && y <= this.height;
    });
  }

  /** @param {number} face @returns {Point} */
  onScreen(face) {
    const { x, y, scale } = this.view;
    return [(this.positions.x[face] - x) * scale, (this.positions.y[face] - y) * scale];
  }

  /**
   * Point at the face nearest to a point, if one is within reach; at none with null.
   * @param {Point | null} at
   * @param {number} [reach] CSS px
   */
  pointNear(at, reach = 0) {
    let [nearest, least] = [-1, reach];
    for (const face of at ? this.order : []) {
      const [x, y] = this.onScreen(face);
      const distance = at ? Math.hypot(x - at[0], y - at[1]) : Infinity;
      if (distance < least) [nearest, least] = [face, distance];
    }
    if (nearest === this.pointed) return;
    this.pointed = nearest;
    this.listener.onPoint(nearest, nearest < 0 ? [0, 0] : this.onScreen(nearest));
    this.redraw();
  }

  /** Show the lasso as far as it is drawn. @param {Point[] | null} path */
  showLasso(path) {
    this.lasso = path;
    this.redraw();
  }

  /** @param {Point[]} path */
  selectInside(path) {
    this.listener.onLasso(this.order.filter((face) => isInside(path, this.onScreen(face))));
  }

  resize() {
    const before = [this.width, this.height];
    const { width, height } = this.canvas.getBoundingClientRect();
    [this.width, this.height] = [width, height];
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    if (!before[0]) this.showAll();
    else this.pan((width - before[0]) / 2, (height - before[1]) / 2);
  }

  /** Draw in the next frame, once, however often this is called. */
  redraw() {
    if (this.redrawing) return;
    this.redrawing = true;
    requestAnimationFrame(() => {
      this.redrawing = false;
      this.draw();
    });
  }

  draw() {
    const context = contextOf(this.canvas);
    const style = getComputedStyle(this.canvas);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name);
    const radius = this.radius();
    const images = this.grouping.categories.map((category) =>
      symbolImage(SHAPES[category.shape], colour(category.colour), colour("--card"), radius),
    );
    const { selected } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.globalAlpha = selected ? DIMMED : 1;
    for (const face of this.order) if (!selected?.has(face)) this.drawFace(context, face, images);
    context.globalAlpha = 1;
    if (selected) for (const face of this.order) if (selected.has(face)) this.drawFace(context, face, images);
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    if (this.pointed >= 0) drawRing(context, this.onScreen(this.pointed), radius + 4, colour("--ink"));
    if (this.lasso) drawLasso(context, this.lasso, colour("--accent"));
  }

  /** CSS px; larger with fewer faces, and when zoomed in. */
  radius() {
    const base = Math.min(Math.max(75 / Math.sqrt(this.order.length || 1), 2.2), 6);
    return Math.min(base * (this.view.scale / this.scaleOfAll) ** 0.35, 9);
  }

  /**
   * Draw a face's symbol, aligned to whole pixels to keep it sharp.
   * @param {CanvasRenderingContext2D} context
   * @param {number} face
   * @param {HTMLCanvasElement[]} images
   */
  drawFace(context, face, images) {
    const [x, y] = this.onScreen(face);
    if (x < -20 || y < -20 || x > this.width + 20 || y > this.height + 20) return;
    const image = images[this.grouping.indices[face]];
    const half = image.width / 2;
    context.drawImage(image, Math.round(x * devicePixelRatio - half), Math.round(y * devicePixelRatio - half));
  }
}
