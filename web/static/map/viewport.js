/** The map's plane and what of it is on the screen. Pure: numbers in, numbers out. */

/** @typedef {[number, number]} Point */
/** @typedef {{x: number, y: number, scale: number}} View the point of the plane in the top left corner; CSS px a unit */

/** The whole of a set of points in a field of that size. @param {number[]} xs @param {number[]} ys @param {number} width @param {number} height @param {number} margin CSS px @returns {View} */
export function whole(xs, ys, width, height, margin) {
  const [left, right] = ends(xs);
  const [top, bottom] = ends(ys);
  const scale = Math.min((width - 2 * margin) / Math.max(right - left, 1), (height - 2 * margin) / Math.max(bottom - top, 1));
  const kept = Math.max(scale, 1e-6);
  return { scale: kept, x: (left + right - width / kept) / 2, y: (top + bottom - height / kept) / 2 };
}

/** Magnified about a point of the screen, which stays where it is. @param {View} view @param {number} times @param {Point} about @returns {View} */
export function zoomed({ x, y, scale }, times, [px, py]) {
  const share = (1 - 1 / times) / scale;
  return { scale: scale * times, x: x + px * share, y: y + py * share };
}

/** Whether a point lies within a polygon, by the rule of odd crossings. @param {Point[]} polygon @param {number} x @param {number} y */
export function inside(polygon, x, y) {
  let within = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within;
  }
  return within;
}

/** @param {number[]} values @returns {[number, number]} */
function ends(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [0, 1] : [low, high];
}
