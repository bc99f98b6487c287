/** The part of the map's plane that is on the screen. Pure functions on numbers. */

/** @typedef {import("../lib/gestures.js").Point} Point */
/**
 * @typedef {{x: number, y: number, scale: number}} View the plane's point in the top left corner; CSS px per unit
 */

/**
 * The view that shows all points in a field of this size.
 * @param {number[]} xs
 * @param {number[]} ys
 * @param {[number, number]} size
 * @param {number} margin CSS px
 * @returns {View}
 */
export function viewOfAll(xs, ys, [width, height], margin) {
  const [left, right] = range(xs);
  const [top, bottom] = range(ys);
  const across = (width - 2 * margin) / Math.max(right - left, 1);
  const down = (height - 2 * margin) / Math.max(bottom - top, 1);
  const scale = Math.max(Math.min(across, down), 1e-6);
  return { scale, x: (left + right - width / scale) / 2, y: (top + bottom - height / scale) / 2 };
}

/**
 * Magnify about a point of the screen, which stays where it is.
 * @param {View} view
 * @param {number} times
 * @param {Point} about
 * @returns {View}
 */
export function zoomed({ x, y, scale }, times, [px, py]) {
  const shift = (1 - 1 / times) / scale;
  return { scale: scale * times, x: x + px * shift, y: y + py * shift };
}

/**
 * Whether a point lies inside a polygon, by the even-odd rule.
 * @param {Point[]} polygon
 * @param {Point} point
 */
export function isInside(polygon, [x, y]) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Least and greatest value; [0, 1] for none. @param {number[]} values @returns {[number, number]} */
function range(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [0, 1] : [low, high];
}
