/** The SVG elements of a box: its outline, the area that grips it, and the handles at its corners. */
import { _ } from "../lib/i18n.js";

/** @typedef {import("../lib/api_types.js").Box} Box */
/**
 * @typedef {object} Face
 * @property {number | null} face_id null until the server has it
 * @property {string | null} key the client key that drew it here
 * @property {Box} box
 * @property {string} state
 * @property {string} [source] of a face that was there when the page was loaded
 * @property {string | null} label
 * @property {boolean} doubtful
 * @property {Record<string, [number, number]> | null} keypoints
 * @property {string} name what it is, in words
 * @property {string} colour a CSS class
 */

const SVG = "http://www.w3.org/2000/svg";
const CORNERS = ["nw", "ne", "sw", "se"];
const TOUCH_SIZE = 46; // CSS px; the recommended minimum for a finger is 44
const KNOB_RADIUS = 7; // CSS px

/**
 * A box with its grip, and with handles if it is selected.
 * @param {Face} face
 * @param {number} index
 * @param {boolean} selected
 * @param {number} scale photo pixels per CSS px
 */
export function boxGroup(face, index, selected, scale) {
  const group = element("g", { "data-index": index });
  const unsure = face.doubtful && face.state === "proposed" ? " doubtful" : "";
  const name = [_("Box {n}", { n: index + 1 }), face.name, _("arrow keys move it")].join(", ");
  group.append(
    outline(face.box, { class: `box${unsure}${selected ? " current" : ""} ${face.colour}` }),
    outline(face.box, { class: "grip", "aria-pressed": selected, "aria-label": name, ...focusable(`box ${index}`) }),
  );
  if (selected) group.append(...CORNERS.map((corner) => handle(face.box, corner, index, scale)));
  return group;
}

/**
 * A corner of a size for fingers. On a small box it stands off, to leave the middle free.
 * @param {Box} box
 * @param {string} corner
 * @param {number} index
 * @param {number} scale
 */
function handle([x, y, w, h], corner, index, scale) {
  const offset = (/** @type {number} */ side) => Math.max(0, (2 * TOUCH_SIZE * scale - side) / 2);
  const cx = corner.includes("w") ? x - offset(w) : x + w + offset(w);
  const cy = corner.includes("n") ? y - offset(h) : y + h + offset(h);
  const focus = focusable(`${corner} ${index}`);
  const group = element("g", { class: "handle", "data-corner": corner, "aria-label": cornerName(corner), ...focus });
  group.append(
    element("circle", { cx, cy, r: (TOUCH_SIZE / 2) * scale, class: "reach" }),
    element("circle", { cx, cy, r: KNOB_RADIUS * scale, class: "knob" }),
  );
  return group;
}

/** Attributes of what keys can reach. @param {string} name finds it again after it is redrawn */
const focusable = (name) => ({ tabindex: 0, role: "button", "data-focus": name });

/** @param {string} corner */
function cornerName(corner) {
  if (corner === "nw") return _("Top left corner");
  if (corner === "ne") return _("Top right corner");
  return corner === "sw" ? _("Bottom left corner") : _("Bottom right corner");
}

/** @param {Box} box @param {Record<string, string | number | boolean>} attributes */
export function outline([x, y, width, height], attributes) {
  return element("rect", { x, y, width, height, "vector-effect": "non-scaling-stroke", ...attributes });
}

/** @param {string} name @param {Record<string, string | number | boolean>} attributes */
function element(name, attributes) {
  const created = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, String(value));
  return created;
}
