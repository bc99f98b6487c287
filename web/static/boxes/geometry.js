/** Boxes as [x, y, width, height] in pixels of the upright photo. Pure functions on numbers. */

const MIN_SIDE = 8; // px

/**
 * @typedef {import("../lib/api_types.js").Box} Box
 * @typedef {[number, number]} Size
 * @typedef {[number, number]} Point
 */

/**
 * Move a box and keep it inside the photo.
 * @param {Box} box
 * @param {number} dx
 * @param {number} dy
 * @param {Size} size
 * @returns {Box}
 */
export function moved([x, y, w, h], dx, dy, [width, height]) {
  return rounded([clamp(x + dx, 0, width - w), clamp(y + dy, 0, height - h), w, h]);
}

/**
 * Move one corner ("nw", "ne", "sw" or "se").
 * @param {Box} box
 * @param {string} corner
 * @param {number} dx
 * @param {number} dy
 * @param {Size} size
 * @returns {Box}
 */
export function resized([x, y, w, h], corner, dx, dy, [width, height]) {
  let [left, top, right, bottom] = [x, y, x + w, y + h];
  if (corner.includes("w")) left = clamp(left + dx, 0, right - MIN_SIDE);
  else right = clamp(right + dx, left + MIN_SIDE, width);
  if (corner.includes("n")) top = clamp(top + dy, 0, bottom - MIN_SIDE);
  else bottom = clamp(bottom + dy, top + MIN_SIDE, height);
  return rounded([left, top, right - left, bottom - top]);
}

/**
 * The box between two points, inside the photo; null if it is too small.
 * @param {Point} a
 * @param {Point} b
 * @param {Size} size
 * @returns {Box | null}
 */
export function between(a, b, [width, height]) {
  const [left, right] = [clamp(Math.min(a[0], b[0]), 0, width), clamp(Math.max(a[0], b[0]), 0, width)];
  const [top, bottom] = [clamp(Math.min(a[1], b[1]), 0, height), clamp(Math.max(a[1], b[1]), 0, height)];
  if (right - left < MIN_SIDE || bottom - top < MIN_SIDE) return null;
  return rounded([left, top, right - left, bottom - top]);
}

/**
 * The square around a face given by eyes and mouth, also of a tilted head. Proportions of the 112-pixel template of
 * ArcFace (Deng et al. 2019): eyes and mouth are 40.7 apart, and the centre is 16.3 above their middle.
 * @param {Record<string, Point>} keypoints of MTCNN @param {Size} size @returns {Box}
 */
export function squareFromKeypoints(keypoints, [width, height]) {
  const eyes = middle(keypoints.left_eye, keypoints.right_eye);
  const mouth = middle(keypoints.mouth_left, keypoints.mouth_right);
  const [ux, uy] = [eyes[0] - mouth[0], eyes[1] - mouth[1]];
  const side = Math.min((112 / 40.7) * Math.hypot(ux, uy), width, height);
  const [mx, my] = middle(eyes, mouth);
  const [cx, cy] = [mx + (16.3 / 40.7) * ux, my + (16.3 / 40.7) * uy];
  return rounded([clamp(cx - side / 2, 0, width - side), clamp(cy - side / 2, 0, height - side), side, side]);
}

/** @param {Box} box @returns {Point} */
export const centre = ([x, y, w, h]) => [x + w / 2, y + h / 2];

/** @param {Point} a @param {Point} b @returns {Point} */
const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

/** To tenths of a pixel. @param {Box} box @returns {Box} */
const rounded = ([x, y, w, h]) => [tenths(x), tenths(y), tenths(w), tenths(h)];

/** @param {number} value */
const tenths = (value) => Math.round(value * 10) / 10;
