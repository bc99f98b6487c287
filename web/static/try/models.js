/** The models that the page offers, and what their probabilities mean. */

/**
 * @typedef {object} Model of a run
 * @property {number} run
 * @property {boolean} live
 * @property {number} margin share of a face's box added on each side
 * @property {[string, number[]][]} classes each name with the indices of the probabilities that add up to it
 * @property {string} file hash of the classifier
 * @property {string} url of the classifier
 * @property {string} detector hash
 * @property {string} detector_url
 */
/** @typedef {{label: string, probability: number}} Guess */

/**
 * The most probable class.
 * @param {Model} model
 * @param {number[]} probabilities in the order of the network's outputs
 * @returns {Guess}
 */
export function guessOf(model, probabilities) {
  const named = model.classes.map(([label, indices]) => ({
    label, probability: indices.reduce((sum, index) => sum + probabilities[index], 0),
  }));
  return named.reduce((best, one) => (one.probability > best.probability ? one : best));
}

/** A probability as a percentage that never claims to be certain. @param {number} probability */
export function percent(probability) {
  return `${Math.min(99, Math.floor(probability * 100))} %`;
}
