/** The detector's thresholds, moved on its curve: where each stands, what it finds and what it costs. */

const WIDTH = 600, HEIGHT = 160;
const drawing = /** @type {SVGElement} */ (/** @type {unknown} */ (document.getElementById("trade-off")));
/** @type {[number, number, number][]} Threshold, false boxes a photo, share found; highest threshold first. */
const points = JSON.parse(drawing.dataset.points ?? "[]");
const maximum = Number(drawing.dataset.top);

/** The last point that still has at least this chance. @param {number} threshold */
function at(threshold) {
  const kept = points.filter(([chance]) => chance >= threshold);
  return kept[kept.length - 1] ?? [1, 0, 0];
}

/** @param {HTMLInputElement} slider */
function show(slider) {
  const [, wrong, found] = at(Number(slider.value));
  const x = Math.min(WIDTH, (wrong / maximum) * WIDTH), y = HEIGHT * (1 - found);
  document.getElementById(`mark-${slider.name}`)?.setAttribute("d", `M${x} ${HEIGHT}V${y}`);
  const label = /** @type {HTMLElement} */ (slider.closest("label"));
  /** @type {HTMLElement} */ (label.querySelector("output")).textContent = Number(slider.value).toFixed(2);
  const note = /** @type {HTMLElement} */ (label.querySelector("[data-text]"));
  note.textContent = (note.dataset.text ?? "").replace("{recall}", String(Math.round(found * 100))).replace("{false}", wrong.toFixed(2));
}

for (const slider of document.querySelectorAll("input[type=range]")) {
  const input = /** @type {HTMLInputElement} */ (slider);
  input.addEventListener("input", () => show(input));
  show(input);
}
