/** The mark of a class or another category: a colour and a shape, so that either one is enough. */

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
const SHAPE_CYCLE = ["circle", "square", "triangle", "diamond", "plus", "wedge"];

/** The mark with the number n; `colour` names a CSS variable. @param {number} n */
export const markOf = (n) => ({ colour: `--c${n % 10}`, shape: SHAPE_CYCLE[n % SHAPE_CYCLE.length] });
