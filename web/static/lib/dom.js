/** Looking up elements that a page is known to contain, with their types checked. */

/**
 * The first element that matches. Throws where there is none, or one of another type.
 * @template {Element} T
 * @param {string} selector @param {new () => T} type @param {ParentNode} [root]
 * @returns {T}
 */
export function find(selector, type, root = document) {
  const element = root.querySelector(selector);
  if (!(element instanceof type)) throw new TypeError(`${selector} is not a ${type.name}`);
  return element;
}

/**
 * The JSON in a `<script type="application/json">`; the caller states its type.
 * @template T
 * @param {string} selector
 * @returns {T}
 */
export function readJson(selector) {
  return JSON.parse(find(selector, HTMLScriptElement).text);
}
