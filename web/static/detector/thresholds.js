/** Sliders for the detector's thresholds, with the recall and the false boxes at each. */
import { find } from "../lib/dom.js";

const WIDTH = 600;
const HEIGHT = 160;
const plot = find("#trade-off", SVGSVGElement);
/**
 * Threshold, false boxes per photo, and recall; highest threshold first.
 * @type {[number, number, number][]}
 */
const points = JSON.parse(plot.dataset.points ?? "[]");
const maximum = Number(plot.dataset.top); // false boxes per photo at the right end of the curve

/** The last point whose threshold is at least this one. @param {number} threshold */
function pointAt(threshold) {
  return points.filter(([pointThreshold]) => pointThreshold >= threshold).at(-1) ?? [1, 0, 0];
}

/** @param {HTMLInputElement} slider */
function show(slider) {
  const [, falseBoxes, recall] = pointAt(Number(slider.value));
  const x = Math.min(WIDTH, (falseBoxes / maximum) * WIDTH);
  const y = HEIGHT * (1 - recall);
  document.getElementById(`mark-${slider.name}`)?.setAttribute("d", `M${x} ${HEIGHT}V${y}`);
  const label = slider.closest("label");
  if (!label) return;
  find("output", HTMLOutputElement, label).textContent = Number(slider.value).toFixed(2);
  const note = find("[data-text]", HTMLElement, label);
  const text = note.dataset.text ?? "";
  const percent = String(Math.round(recall * 100));
  note.textContent = text.replace("{recall}", percent).replace("{false}", falseBoxes.toFixed(2));
}

for (const slider of document.querySelectorAll("input[type=range]")) {
  if (!(slider instanceof HTMLInputElement)) continue;
  slider.addEventListener("input", () => show(slider));
  show(slider);
}
