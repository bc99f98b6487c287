/** Drawing on the map's canvas: the symbol of a face, the ring around one, and the lasso. */

/** @typedef {import("../lib/gestures.js").Point} Point */

/**
 * A symbol as an image. Drawing thousands of images is faster than filling as many paths.
 * @param {string} shape
 * @param {string} colour
 * @param {string} edge
 * @param {number} radius CSS px
 */
export function symbolImage(shape, colour, edge, radius) {
  const image = document.createElement("canvas");
  image.width = image.height = Math.ceil((2.8 * radius + 2) * devicePixelRatio);
  const context = contextOf(image);
  context.translate(image.width / 2, image.height / 2);
  context.scale(radius * devicePixelRatio, radius * devicePixelRatio);
  const outline = new Path2D(shape);
  context.fillStyle = colour;
  context.fill(outline);
  context.strokeStyle = edge;
  context.lineWidth = 0.8 / radius;
  context.stroke(outline);
  return image;
}

/** @param {HTMLCanvasElement} canvas */
export function contextOf(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser has no 2D canvas.");
  return context;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point} centre
 * @param {number} radius
 * @param {string} colour
 */
export function drawRing(context, centre, radius, colour) {
  context.lineWidth = 2;
  context.strokeStyle = colour;
  context.beginPath();
  context.arc(...centre, radius, 0, 2 * Math.PI);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {Point[]} path @param {string} colour */
export function drawLasso(context, path, colour) {
  context.lineWidth = 2;
  context.strokeStyle = context.fillStyle = colour;
  context.beginPath();
  for (const point of path) context.lineTo(...point);
  context.closePath();
  context.stroke();
  context.globalAlpha = 0.12;
  context.fill();
  context.globalAlpha = 1;
}
