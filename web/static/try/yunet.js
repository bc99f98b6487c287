/** YuNet (Wu et al. 2023): from pixels to its input, and from its outputs to faces, as OpenCV's FaceDetectorYN does. */

/** @typedef {import("./pixels.js").Box} Box */
/** @typedef {{box: Box, confidence: number}} Detection in pixels of the picture that was looked at */
/** @typedef {Record<string, {data: Float32Array}>} Outputs by name */

const STRIDES = [8, 16, 32];
const MULTIPLE = 32;
const SAME_FACE = 0.3;

/**
 * The network's input: blue, green and red planes, padded with black at the right and below.
 * @param {Uint8ClampedArray} rgb row by row
 * @param {number} width
 * @param {number} height
 * @returns {{data: Float32Array, dims: [number, number, number, number]}}
 */
export function input(rgb, width, height) {
  const across = padded(width);
  const plane = across * padded(height);
  const data = new Float32Array(3 * plane);
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0, to = y * across; x < width; x++, to++, from += 3) {
      data[to] = rgb[from + 2];
      data[plane + to] = rgb[from + 1];
      data[2 * plane + to] = rgb[from];
    }
  }
  return { data, dims: [1, 3, padded(height), across] };
}

/**
 * The faces of at least this confidence, most confident first, one box for each.
 * @param {Outputs} outputs
 * @param {number} width of the picture
 * @param {number} least
 * @returns {Detection[]}
 */
export function detections(outputs, width, least) {
  const found = STRIDES.flatMap((stride) => candidates(outputs, stride, padded(width) / stride, least));
  found.sort((one, other) => other.confidence - one.confidence);
  /** @type {Detection[]} */ const kept = [];
  for (const one of found) {
    if (kept.every((other) => overlap(one.box, other.box) <= SAME_FACE)) kept.push(one);
  }
  return kept;
}

/**
 * @param {Outputs} outputs
 * @param {number} stride pixels of a cell
 * @param {number} columns
 * @param {number} least
 * @returns {Detection[]}
 */
function candidates(outputs, stride, columns, least) {
  const [face, object, boxes] = ["cls", "obj", "bbox"].map((name) => outputs[`${name}_${stride}`].data);
  /** @type {Detection[]} */ const found = [];
  for (let cell = 0; cell < face.length; cell++) {
    const confidence = Math.sqrt(unit(face[cell]) * unit(object[cell]));
    if (confidence < least) continue;
    const [right, down, wide, high] = boxes.subarray(4 * cell, 4 * cell + 4);
    const [w, h] = [Math.exp(wide) * stride, Math.exp(high) * stride];
    const x = ((cell % columns) + right) * stride - w / 2;
    const y = (Math.floor(cell / columns) + down) * stride - h / 2;
    found.push({ box: [x, y, w, h], confidence });
  }
  return found;
}

/**
 * Intersection over union of two boxes.
 * @param {Box} one
 * @param {Box} other
 */
export function overlap([x, y, w, h], [left, top, wide, high]) {
  const across = Math.min(x + w, left + wide) - Math.max(x, left);
  const down = Math.min(y + h, top + high) - Math.max(y, top);
  if (across <= 0 || down <= 0) return 0;
  return (across * down) / (w * h + wide * high - across * down);
}

/** @param {number} length */
function padded(length) {
  return Math.ceil(length / MULTIPLE) * MULTIPLE;
}

/** @param {number} value */
function unit(value) {
  return Math.min(Math.max(value, 0), 1);
}
