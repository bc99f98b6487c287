/** The faces of a picture as a list beside it: what each model says of each, and a button if that is wrong. */
import { _ } from "../lib/i18n.js";
import { SHAPES, markOf } from "../lib/marks.js";
import { guessOf, percent } from "./models.js";

/** @typedef {import("./models.js").Model} Model @typedef {import("./worker.js").Face} Face */

const SVG = "http://www.w3.org/2000/svg";

export class FaceList {
  /**
   * @param {HTMLElement} element
   * @param {string[]} classes
   * @param {((face: Face) => void) | null} onWrong null for those who may not answer
   */
  constructor(element, classes, onWrong) {
    this.element = element;
    this.classes = classes;
    this.onWrong = onWrong;
    /** @type {Map<number, {row: HTMLElement, face: Face}>} */ this.rows = new Map();
  }

  /** @param {Face[]} faces @param {Model[]} models */
  show(faces, models) {
    const ids = new Set(faces.map(({ id }) => id));
    for (const [id, { row }] of this.rows) if (!ids.has(id)) row.remove();
    for (const id of [...this.rows.keys()]) if (!ids.has(id)) this.rows.delete(id);
    for (const face of faces) this.update(face, models);
  }

  /** @param {Face} face @param {Model[]} models */
  update(face, models) {
    const entry = this.rows.get(face.id) ?? this.add(face);
    entry.face = face;
    const guesses = models.map((model) => {
      const known = face.probabilities.find(([run]) => run === model.run);
      return known ? guessOf(model, known[1]) : null;
    });
    const text = guesses.map((guess) => (guess ? `${guess.label} ${percent(guess.probability)}` : "…")).join(" | ");
    if (entry.row.dataset.text === text) return; // so that nothing is drawn anew many times a second
    entry.row.dataset.text = text;
    entry.row.querySelector(".guesses")?.replaceChildren(...guesses.map((guess) => this.guess(guess)));
  }

  /** @param {Face} face */
  add(face) {
    const row = document.createElement("li");
    const number = Object.assign(document.createElement("b"), { textContent: String(face.id) });
    const guesses = Object.assign(document.createElement("span"), { className: "guesses" });
    row.append(number, guesses);
    const entry = { row, face };
    if (this.onWrong) row.append(this.wrongButton(entry));
    this.rows.set(face.id, entry);
    this.element.append(row);
    return entry;
  }

  /** @param {{face: Face}} entry */
  wrongButton(entry) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = _("Wrong?");
    button.setAttribute("aria-label", _("Face {n} is wrong: give the right answer", { n: entry.face.id }));
    button.addEventListener("click", () => this.onWrong?.(entry.face));
    return button;
  }

  /** @param {import("./models.js").Guess | null} guess */
  guess(guess) {
    const span = document.createElement("span");
    if (!guess) return Object.assign(span, { textContent: "…" });
    const { colour, shape } = markOf(Math.max(0, this.classes.indexOf(guess.label)));
    const svg = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    svg.setAttribute("viewBox", "-1.4 -1.4 2.8 2.8");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", SHAPES[shape]);
    path.style.fill = `var(${colour})`;
    svg.append(path);
    span.append(svg, `${guess.label} `, Object.assign(document.createElement("b"), { textContent: percent(guess.probability) }));
    return span;
  }
}
