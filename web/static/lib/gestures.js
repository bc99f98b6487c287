/** Mouse, touch and pen on an element: drags, taps, two-finger pinches, hovering and the wheel. */

/** @typedef {[number, number]} Point CSS px from the element's top left corner */

/**
 * What one pointer does between press and release: `move` once it has left the slack, then `drop`; or `tap`.
 * `cancel` takes all of it back, when a second finger comes down or the browser takes the pointer away.
 * @typedef {object} Drag
 * @property {(at: Point, event: PointerEvent) => void} move
 * @property {() => void} drop
 * @property {(at: Point, event: PointerEvent) => void} tap
 * @property {() => void} cancel
 */

/**
 * @typedef {object} GestureTarget
 * @property {(at: Point, event: PointerEvent) => Drag} startDrag
 * @property {(middle: Point) => (times: number, middle: Point) => void} startPinch returns what follows the fingers:
 *   it gets how far apart they are, relative to the start, and the point between them
 * @property {(deltaY: number, at: Point) => void} wheel
 * @property {(at: Point | null) => void} [hover] null where the mouse leaves the element
 */

export class Gestures {
  /**
   * @param {GlobalEventHandlers & Element} element (in this order, so that event types are known)
   * @param {GestureTarget} target
   * @param {number} slack CSS px within which a press is a tap
   */
  constructor(element, target, slack) {
    this.element = element;
    this.target = target;
    this.slack = slack;
    /** @type {Map<number, Point>} */ this.pointers = new Map();
    /** @type {{drag: Drag, start: Point, moved: boolean} | null} */ this.current = null;
    /** @type {{follow: (times: number, middle: Point) => void, distance: number} | null} */ this.pinch = null;
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", (event) => this.up(event));
    element.addEventListener("pointercancel", (event) => this.up(event));
    element.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && target.hover?.(null));
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  /** Whether a drag or a pinch is under way. */
  get busy() {
    return this.current !== null || this.pinch !== null;
  }

  /** @param {MouseEvent} event @returns {Point} */
  pointOf(event) {
    const { left, top } = this.element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.pointerType === "mouse" && event.button > 1) return;
    const at = this.pointOf(event);
    this.pointers.set(event.pointerId, at);
    this.element.setPointerCapture(event.pointerId);
    if (this.pointers.size === 1) {
      this.current = { drag: this.target.startDrag(at, event), start: at, moved: false };
    } else if (this.pointers.size === 2) {
      const { drag } = this.current ?? {};
      this.current = null;
      drag?.cancel();
      const { middle, distance } = this.twoFingers();
      this.pinch = { follow: this.target.startPinch(middle), distance };
    }
  }

  /** @param {PointerEvent} event */
  move(event) {
    const at = this.pointOf(event);
    if (!this.busy) this.target.hover?.(at);
    if (!this.pointers.has(event.pointerId)) return;
    this.pointers.set(event.pointerId, at);
    const { current, pinch } = this;
    if (pinch && this.pointers.size > 1) {
      const { middle, distance } = this.twoFingers();
      pinch.follow(distance / pinch.distance, middle);
    } else if (current) {
      current.moved ||= Math.hypot(at[0] - current.start[0], at[1] - current.start[1]) > this.slack;
      if (current.moved) current.drag.move(at, event);
    }
  }

  /** @param {PointerEvent} event */
  up(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.pinch = null; // until then, the finger that is left does nothing
    const { current } = this;
    this.current = null;
    if (!current) return;
    if (event.type === "pointercancel") current.drag.cancel();
    else if (current.moved) current.drag.drop();
    else current.drag.tap(this.pointOf(event), event);
  }

  /**
   * The point between the first two fingers, and their distance.
   * @returns {{middle: Point, distance: number}}
   */
  twoFingers() {
    const [a, b] = [...this.pointers.values()];
    const distance = Math.max(Math.hypot(a[0] - b[0], a[1] - b[1]), 1);
    return { middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], distance };
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    this.target.wheel(event.deltaY, this.pointOf(event));
  }
}
