/** Pictures of spots, and what else is drawn on the map. */

/** @typedef {import("./viewport.js").Point} Point */

/** One spot as a picture: thousands of these are put down faster than as many outlines are filled. @param {string} shape @param {string} colour @param {string} edge @param {number} radius */
export function stamp(shape, colour, edge, radius) {
  const made = document.createElement("canvas");
  made.width = made.height = Math.ceil((2.8 * radius + 2) * devicePixelRatio);
  const pen = /** @type {CanvasRenderingContext2D} */ (made.getContext("2d"));
  pen.translate(made.width / 2, made.height / 2);
  pen.scale(radius * devicePixelRatio, radius * devicePixelRatio);
  const outline = new Path2D(shape);
  pen.fillStyle = colour;
  pen.fill(outline);
  pen.strokeStyle = edge;
  pen.lineWidth = 0.8 / radius;
  pen.stroke(outline);
  return made;
}

/** @param {CanvasRenderingContext2D} pen @param {Point} at @param {number} radius @param {string} colour */
export function ring(pen, at, radius, colour) {
  pen.lineWidth = 2;
  pen.strokeStyle = colour;
  pen.beginPath();
  pen.arc(...at, radius, 0, 2 * Math.PI);
  pen.stroke();
}

/** @param {CanvasRenderingContext2D} pen @param {Point[]} path @param {string} colour */
export function loop(pen, path, colour) {
  pen.lineWidth = 2;
  pen.strokeStyle = pen.fillStyle = colour;
  pen.beginPath();
  for (const point of path) pen.lineTo(...point);
  pen.closePath();
  pen.stroke();
  pen.globalAlpha = 0.12;
  pen.fill();
  pen.globalAlpha = 1;
}
