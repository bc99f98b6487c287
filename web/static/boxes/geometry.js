/** Boxes as [x, y, width, height] in pixels of the upright photo. Pure: numbers in, numbers out. */

export const SMALLEST = 8;

/** @typedef {[number, number, number, number]} Box @typedef {[number, number]} Size @typedef {[number, number]} Point */

/** Move a box, keeping it inside the photo. @param {Box} box @param {number} dx @param {number} dy @param {Size} size @returns {Box} */
export function moved([x, y, w, h], dx, dy, [width, height]) {
  return rounded([clamp(x + dx, 0, width - w), clamp(y + dy, 0, height - h), w, h]);
}

/** Move one corner ("nw", "ne", "sw" or "se"). @param {Box} box @param {string} corner @param {number} dx @param {number} dy @param {Size} size @returns {Box} */
export function resized([x, y, w, h], corner, dx, dy, [width, height]) {
  let [left, top, right, bottom] = [x, y, x + w, y + h];
  if (corner.includes("w")) left = clamp(left + dx, 0, right - SMALLEST);
  else right = clamp(right + dx, left + SMALLEST, width);
  if (corner.includes("n")) top = clamp(top + dy, 0, bottom - SMALLEST);
  else bottom = clamp(bottom + dy, top + SMALLEST, height);
  return rounded([left, top, right - left, bottom - top]);
}

/** The box between two points; null where it is too small to be meant. @param {Point} a @param {Point} b @param {Size} size @returns {Box | null} */
export function between(a, b, [width, height]) {
  const [left, right] = [clamp(Math.min(a[0], b[0]), 0, width), clamp(Math.max(a[0], b[0]), 0, width)];
  const [top, bottom] = [clamp(Math.min(a[1], b[1]), 0, height), clamp(Math.max(a[1], b[1]), 0, height)];
  if (right - left < SMALLEST || bottom - top < SMALLEST) return null;
  return rounded([left, top, right - left, bottom - top]);
}

/**
 * The square that eyes and mouth ask for, however the head is tilted: as in the usual 112-pixel template
 * (Deng et al. 2019), where they are 40.7 apart and the centre is 16.3 towards the forehead.
 * @param {Record<string, Point>} points MTCNN's keypoints @param {Size} size @returns {Box}
 */
export function snapped(points, [width, height]) {
  const eyes = middle(points.left_eye, points.right_eye);
  const mouth = middle(points.mouth_left, points.mouth_right);
  const [ux, uy] = [eyes[0] - mouth[0], eyes[1] - mouth[1]];
  const side = Math.min((112 / 40.7) * Math.hypot(ux, uy), width, height);
  const [mx, my] = middle(eyes, mouth);
  const [cx, cy] = [mx + (16.3 / 40.7) * ux, my + (16.3 / 40.7) * uy];
  return rounded([clamp(cx - side / 2, 0, width - side), clamp(cy - side / 2, 0, height - side), side, side]);
}

/** @param {Point} a @param {Point} b @returns {Point} */
const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

/** @param {Box} box @returns {Box} */
const rounded = (box) => /** @type {Box} */ (box.map((value) => Math.round(value * 10) / 10));
