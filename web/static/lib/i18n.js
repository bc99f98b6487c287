/** Texts in the page's language. The page contains the catalogue as JSON; English needs none. */

/** @type {Record<string, string | string[]>} */
const catalogue = JSON.parse(document.getElementById("words")?.textContent || "{}");
const plural = new Intl.PluralRules(document.documentElement.lang || "en");

/**
 * The text with `{name}` filled in.
 * @param {string} text
 * @param {Record<string, string | number>} [values]
 */
export function _(text, values = {}) {
  return fillIn(String(catalogue[text] ?? text), values);
}

/**
 * The singular or plural text for a number `n`.
 * @param {string} singular
 * @param {string} pluralText
 * @param {number} n
 * @param {Record<string, string | number>} [values]
 */
export function ngettext(singular, pluralText, n, values = {}) {
  const forms = /** @type {string[]} */ (catalogue[singular] ?? [singular, pluralText]);
  return fillIn(forms[plural.select(n) === "one" ? 0 : forms.length - 1], { ...values, n });
}

/** @param {string} text @param {Record<string, string | number>} values */
function fillIn(text, values) {
  return text.replace(/\{(\w+)\}/g, (_match, name) => String(values[name]));
}
