/** The scripts' words in the page's language. The page carries the catalogue as JSON; English needs none. */

/** @type {Record<string, string | string[]>} */
const words = JSON.parse(document.getElementById("words")?.textContent || "{}");
const plural = new Intl.PluralRules(document.documentElement.lang || "en");

/** The text with `{name}` filled in. @param {string} text @param {Record<string, string | number>} [values] */
export function _(text, values = {}) {
  return filled(String(words[text] ?? text), values);
}

/** The right one of two forms for a number `n`. @param {string} one @param {string} many @param {number} n @param {Record<string, string | number>} [values] */
export function ngettext(one, many, n, values = {}) {
  const forms = /** @type {string[]} */ (words[one] ?? [one, many]);
  return filled(forms[plural.select(n) === "one" ? 0 : forms.length - 1], { ...values, n });
}

/** @param {string} text @param {Record<string, string | number>} values */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_whole, name) => String(values[name]));
}
