/** What the map's colours mean: each kind of face has a colour and a shape, so that neither is needed alone. */
import { _ } from "../lib/i18n.js";

/** @typedef {{faces: number[], versions: number[], x: number[], y: number[], label: number[], state: number[], margin: number[],
 *   person: number[], locked: number[], labels: string[], people: string[], states: string[]}} Spots */
/** @typedef {{states: Record<string, string>, margins: number[], classes: string[]}} About */
/** @typedef {{name: string, colour: string, shape: string, count: number}} Kind `colour` names a CSS variable */
/** @typedef {{kinds: Kind[], of: number[]}} Sorted the kinds, and the place of each face's among them */

const FEW = 8; // people with a colour of their own

/** Outlines about the origin, about as large as a circle of radius 1. @type {Record<string, string>} */
export const SHAPES = {
  circle: "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z",
  square: "M-.88-.88H.88V.88H-.88Z",
  triangle: "M0-1.25L1.2.9H-1.2Z",
  diamond: "M0-1.3L1.3 0L0 1.3L-1.3 0Z",
  plus: "M-.42-1.2H.42V-.42H1.2V.42H.42V1.2H-.42V.42H-1.2V-.42H-.42Z",
  wedge: "M0 1.25L1.2-.9H-1.2Z",
  dot: "M.6 0A.6.6 0 1 1-.6 0A.6.6 0 1 1 .6 0Z",
};
const TURNS = ["circle", "square", "triangle", "diamond", "plus", "wedge"];

/** A kind by its place in the row of colours. @param {string} name @param {number} place @returns {Kind} */
const nth = (name, place) => ({ name, colour: `--c${place % 10}`, shape: TURNS[place % TURNS.length], count: 0 });

/** Those of whom there is nothing to say. @param {string} name @returns {Kind} */
const plain = (name) => ({ name, colour: "--soft", shape: "dot", count: 0 });

/** @type {Record<string, (spots: Spots, about: About) => Sorted>} */
const WAYS = {
  label(spots, about) {
    const kinds = spots.labels.map((name) => nth(name, about.classes.includes(name) ? about.classes.indexOf(name) : 9));
    return { kinds: [...kinds, plain(_("to label"))], of: spots.label.map((n) => (n < 0 ? kinds.length : n)) };
  },
  state(spots, about) {
    /** @type {Record<string, Partial<Kind>>} */
    const looks = { labelled: { colour: "--c0", shape: "circle" }, disputed: { colour: "--c3", shape: "triangle" }, unsure: { colour: "--c1", shape: "diamond" }, doubtful: { shape: "plus" } };
    return { kinds: spots.states.map((name) => ({ ...plain(about.states[name]), ...looks[name] })), of: spots.state };
  },
  uncertainty(spots, about) {
    const [undecided, unsure] = about.margins;
    const kinds = [
      { ...plain(_("nearly undecided")), colour: "--c3", shape: "triangle" },
      { ...plain(_("not quite sure")), colour: "--c1", shape: "diamond" },
      { ...plain(_("fairly sure")), colour: "--c0", shape: "circle" },
      plain(_("no guess yet")),
    ];
    return { kinds, of: spots.margin.map((m) => (m < 0 ? 3 : m < undecided ? 0 : m < unsure ? 1 : 2)) };
  },
  person(spots) {
    const counts = spots.people.map((_name, n) => spots.person.filter((one) => one === n).length);
    const first = counts.map((_count, n) => n).sort((a, b) => counts[b] - counts[a]).slice(0, FEW);
    const kinds = [...first.map((n, place) => nth(spots.people[n], place)), { ...plain(_("others")), shape: "plus" }, plain(_("nobody named"))];
    const places = spots.people.map((_name, n) => (first.includes(n) ? first.indexOf(n) : first.length));
    return { kinds, of: spots.person.map((n) => (n < 0 ? first.length + 1 : places[n])) };
  },
};

/** The faces by kind, counted. @param {string} way @param {Spots} spots @param {About} about @returns {Sorted} */
export function sorted(way, spots, about) {
  const made = WAYS[way](spots, about);
  for (const place of made.of) made.kinds[place].count += 1;
  return made;
}

/** What is known of one face, a line each. @param {number} n @param {Spots} spots @param {About} about @returns {string[]} */
export function told(n, spots, about) {
  const sure = WAYS.uncertainty(spots, about);
  const lines = [spots.label[n] < 0 ? about.states[spots.states[spots.state[n]]] : spots.labels[spots.label[n]]];
  if (spots.margin[n] >= 0) lines.push(_("The model: {how}", { how: sure.kinds[sure.of[n]].name }));
  if (spots.person[n] >= 0) lines.push(spots.people[spots.person[n]]);
  if (spots.locked[n]) lines.push(_("locked set"));
  return lines;
}
