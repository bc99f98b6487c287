/**
 * Cutting and resizing pictures exactly as the trainer does (`trainer/features/crops.py`), which uses OpenCV.
 *
 * A canvas' `drawImage` resamples otherwise, which moves the probabilities of a face by up to 0.12.
 */

/** @typedef {[number, number, number, number]} Box x, y, width and height in pixels */
/** @typedef {{data: Uint8ClampedArray, width: number, height: number}} Picture RGBA pixels, as `ImageData` */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Edges whole pixels; right and bottom outside */
/** @typedef {{starts: Int32Array, counts: Int32Array, weights: Float32Array, most: number}} Taps of each output pixel */

export const SIDE = 160;
const MARGIN = 0.1;

/**
 * The face as the classifier takes it: SIDE × SIDE RGB in [-1, 1].
 * @param {Picture} picture
 * @param {Box} box
 * @param {number} margin share of the box added on each side
 * @returns {Float32Array}
 */
export function faceInput(picture, box, margin = MARGIN) {
  const edges = cropEdges(picture, box, margin);
  const isLarge = Math.min(edges.right - edges.left, edges.bottom - edges.top) > SIDE;
  const pixels = resized(picture, edges, SIDE, SIDE, isLarge ? areaTaps : linearTaps);
  const input = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) input[i] = pixels[i] / 127.5 - 1;
  return input;
}

/**
 * The box with its margin, in whole pixels inside the picture; at least one pixel.
 * @param {{width: number, height: number}} picture
 * @param {Box} box
 * @param {number} margin
 * @returns {Edges}
 */
export function cropEdges({ width, height }, [x, y, w, h], margin) {
  const left = Math.min(Math.max(0, roundHalfEven(x - margin * w)), width - 1);
  const top = Math.min(Math.max(0, roundHalfEven(y - margin * h)), height - 1);
  const right = Math.min(Math.max(left + 1, roundHalfEven(x + w + margin * w)), width);
  const bottom = Math.min(Math.max(top + 1, roundHalfEven(y + h + margin * h)), height);
  return { left, top, right, bottom };
}

/**
 * A part of a picture in another size: RGB bytes, row by row.
 * @param {Picture} picture
 * @param {Edges} edges
 * @param {number} width
 * @param {number} height
 * @param {(from: number, to: number) => Taps} taps
 * @returns {Uint8ClampedArray}
 */
export function resized(picture, edges, width, height, taps) {
  if (taps === linearTaps) return blended(picture, edges, width, height);
  const across = taps(edges.right - edges.left, width);
  const down = taps(edges.bottom - edges.top, height);
  const rows = squeezed(picture, edges, across, width);
  const out = new Uint8ClampedArray(width * height * 3); // rounds when a value is stored
  const stride = width * 3;
  // OpenCV halves a picture with whole numbers, where a half is rounded up. Sums are whole quarters then.
  const extra = edges.right - edges.left === 2 * width && edges.bottom - edges.top === 2 * height ? 0.125 : 0;
  const sums = new Float32Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(extra);
    for (let k = 0; k < down.counts[y]; k++) {
      const weight = down.weights[y * down.most + k];
      const row = (down.starts[y] + k) * stride;
      for (let i = 0; i < stride; i++) sums[i] += weight * rows[row + i];
    }
    out.set(sums, y * stride);
  }
  return out;
}

/**
 * The rows between the edges, each in its new width.
 * @param {Picture} picture
 * @param {Edges} edges
 * @param {Taps} taps
 * @param {number} width
 * @returns {Float32Array} RGB
 */
function squeezed(picture, { left, top, bottom }, { starts, counts, weights, most }, width) {
  const rows = new Float32Array((bottom - top) * width * 3);
  let out = 0;
  for (let y = top; y < bottom; y++) {
    const row = (y * picture.width + left) * 4;
    for (let x = 0; x < width; x++) {
      let [red, green, blue] = [0, 0, 0];
      let from = row + starts[x] * 4;
      for (let k = 0; k < counts[x]; k++, from += 4) {
        const weight = weights[x * most + k];
        red += weight * picture.data[from];
        green += weight * picture.data[from + 1];
        blue += weight * picture.data[from + 2];
      }
      rows[out++] = red;
      rows[out++] = green;
      rows[out++] = blue;
    }
  }
  return rows;
}

/**
 * `resized` with the fixed-point arithmetic of OpenCV's INTER_LINEAR: weights of 11 bits, sums that are cut off.
 * Rounding them instead moves one value in eight by 1, almost always upwards, which a classifier notices.
 * @param {Picture} picture
 * @param {Edges} edges
 * @param {number} width
 * @param {number} height
 * @returns {Uint8ClampedArray}
 */
function blended({ data, width: stride }, { left, top, right, bottom }, width, height) {
  const across = linearTaps(right - left, width);
  const down = linearTaps(bottom - top, height);
  const rows = new Int32Array((bottom - top) * width * 3);
  let out = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * stride + left + across.starts[x]) * 4;
      const next = across.counts[x] === 2 ? from + 4 : from;
      const [here, there] = [across.weights[2 * x], across.weights[2 * x + 1]];
      for (let c = 0; c < 3; c++) rows[out++] = (here * data[from + c] + there * data[next + c]) >> 4;
    }
  }
  const result = new Uint8ClampedArray(width * height * 3);
  out = 0;
  for (let y = 0; y < height; y++) {
    const row = down.starts[y] * width * 3;
    const next = down.counts[y] === 2 ? row + width * 3 : row;
    const [above, below] = [down.weights[2 * y], down.weights[2 * y + 1]];
    for (let i = 0; i < width * 3; i++) {
      result[out++] = (((above * rows[row + i]) >> 16) + ((below * rows[next + i]) >> 16) + 2) >> 2;
    }
  }
  return result;
}

/**
 * What each pixel is the mean of when a line is made shorter: OpenCV's INTER_AREA.
 * @param {number} from pixels of the line
 * @param {number} to pixels of the new line, no more than `from`
 * @returns {Taps}
 */
export function areaTaps(from, to) {
  const scale = from / to;
  const taps = emptyTaps(to, Math.ceil(scale) + 2);
  for (let i = 0; i < to; i++) {
    const [begin, end] = [i * scale, Math.min((i + 1) * scale, from)];
    const first = Math.floor(begin + 1e-3);
    const last = Math.max(Math.ceil(end - 1e-3), first + 1);
    taps.starts[i] = first;
    taps.counts[i] = last - first;
    for (let k = first; k < last; k++) {
      taps.weights[i * taps.most + k - first] = (Math.min(k + 1, end) - Math.max(k, begin)) / (end - begin);
    }
  }
  return taps;
}

/**
 * The two pixels that each new one lies between, the outermost one twice: OpenCV's INTER_LINEAR.
 * @param {number} from
 * @param {number} to
 * @returns {Taps} with weights in 2048ths
 */
export function linearTaps(from, to) {
  const taps = emptyTaps(to, 2);
  for (let i = 0; i < to; i++) {
    const at = Math.fround(((i + 0.5) * from) / to - 0.5);
    const first = Math.floor(at);
    taps.starts[i] = Math.max(first, 0);
    taps.counts[i] = first >= 0 && first < from - 1 ? 2 : 1;
    taps.weights[2 * i] = roundHalfEven((1 - (at - first)) * 2048);
    taps.weights[2 * i + 1] = roundHalfEven((at - first) * 2048);
  }
  return taps;
}

/** @param {number} count @param {number} most @returns {Taps} */
function emptyTaps(count, most) {
  return { starts: new Int32Array(count), counts: new Int32Array(count), weights: new Float32Array(count * most), most };
}

/** To the nearest whole number, halves to the even one, as Python does. @param {number} value */
export function roundHalfEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
