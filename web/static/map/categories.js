/**
 * The categories that the map colours faces by. Each has a colour and a shape, so that either one is enough.
 */
import { _ } from "../lib/i18n.js";
import { markOf } from "../lib/marks.js";

/**
 * The faces of the map, one array a property. In `label` and `person` -1 means none, in `margin` not scored.
 * @typedef {{faces: number[], versions: number[], x: number[], y: number[], label: number[], state: number[],
 *   margin: number[], person: number[], locked: number[], labels: string[], people: string[],
 *   states: string[]}} FaceTable
 * @typedef {{states: Record<string, string>, margins: number[], classes: string[], most: number}} PageData
 *   names of states, upper limits of "undecided" and "unsure", and how many faces go to review at once
 * @typedef {{name: string, colour: string, shape: string, count: number}} Category `colour` names a CSS variable
 * @typedef {{categories: Category[], indices: number[]}} Grouping `indices`: each face's category
 */

const OWN_COLOUR = 8; // people with the most faces, each a category

/** The category with the nth colour and shape. @param {string} name @param {number} n @returns {Category} */
const coloured = (name, n) => ({ name, ...markOf(n), count: 0 });

/** A category that does not stand out. @param {string} name @returns {Category} */
const neutral = (name) => ({ name, colour: "--soft", shape: "dot", count: 0 });

/** @type {Record<string, (table: FaceTable, page: PageData) => Grouping>} */
const GROUPINGS = {
  label(table, page) {
    const colourOf = (/** @type {string} */ name) => (page.classes.includes(name) ? page.classes.indexOf(name) : 9);
    const categories = table.labels.map((name) => coloured(name, colourOf(name)));
    const indices = table.label.map((label) => (label < 0 ? categories.length : label));
    return { categories: [...categories, neutral(_("to label"))], indices };
  },
  state(table, page) {
    /** @type {Record<string, Partial<Category>>} */
    const styles = {
      labelled: { colour: "--c0", shape: "circle" },
      disputed: { colour: "--c3", shape: "triangle" },
      unsure: { colour: "--c1", shape: "diamond" },
      doubtful: { shape: "plus" },
    };
    const categories = table.states.map((name) => ({ ...neutral(page.states[name]), ...styles[name] }));
    return { categories, indices: table.state };
  },
  uncertainty(table, page) {
    const [undecided, unsure] = page.margins;
    const categories = [
      { ...neutral(_("nearly undecided")), colour: "--c3", shape: "triangle" },
      { ...neutral(_("not quite sure")), colour: "--c1", shape: "diamond" },
      { ...neutral(_("fairly sure")), colour: "--c0", shape: "circle" },
      neutral(_("no guess yet")),
    ];
    const indices = table.margin.map((margin) => (margin < 0 ? 3 : margin < undecided ? 0 : margin < unsure ? 1 : 2));
    return { categories, indices };
  },
  person(table) {
    const counts = table.people.map((_name, n) => table.person.filter((person) => person === n).length);
    const first = counts.map((_count, n) => n).sort((a, b) => counts[b] - counts[a]).slice(0, OWN_COLOUR);
    const named = first.map((person, n) => coloured(table.people[person], n));
    const others = first.length;
    const indexOf = table.people.map((_name, n) => (first.includes(n) ? first.indexOf(n) : others));
    return {
      categories: [...named, { ...neutral(_("others")), shape: "plus" }, neutral(_("nobody named"))],
      indices: table.person.map((person) => (person < 0 ? others + 1 : indexOf[person])),
    };
  },
};

/**
 * Group the faces and count each category's.
 * @param {string} name of the grouping
 * @param {FaceTable} table
 * @param {PageData} page
 * @returns {Grouping}
 */
export function groupFaces(name, table, page) {
  const grouping = GROUPINGS[name](table, page);
  for (const index of grouping.indices) grouping.categories[index].count += 1;
  return grouping;
}

/**
 * One face in words: its label or state, the model's certainty, the person, whether it is locked.
 * @param {number} face
 * @param {FaceTable} table
 * @param {PageData} page
 * @returns {string[]}
 */
export function describeFace(face, table, page) {
  const { categories, indices } = GROUPINGS.uncertainty(table, page);
  const label = table.label[face];
  const lines = [label < 0 ? page.states[table.states[table.state[face]]] : table.labels[label]];
  if (table.margin[face] >= 0) lines.push(_("The model: {how}", { how: categories[indices[face]].name }));
  if (table.person[face] >= 0) lines.push(table.people[table.person[face]]);
  if (table.locked[face]) lines.push(_("locked set"));
  return lines;
}
