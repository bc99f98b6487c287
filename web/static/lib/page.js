/** Small behaviours of every page: copy buttons, menus, and selecting many checkboxes at once. */
import { _ } from "./i18n.js";

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-copy], [data-copy-of]") : null;
  if (!(button instanceof HTMLElement)) return;
  const shown = document.getElementById(button.dataset.copyOf ?? "");
  if (shown) getSelection()?.selectAllChildren(shown);
  else button.parentElement?.querySelector("input")?.select();
  try {
    await navigator.clipboard.writeText(shown?.textContent ?? button.dataset.copy ?? "");
  } catch {
    document.execCommand("copy"); // the clipboard API needs https, which a page on the local network does not have
  }
  button.textContent = _("Copied");
  setTimeout(() => (button.textContent = _("Copy")), 2000);
});

// On a phone the navigation and the tabs may be wider than the screen: scroll them, never the page, to where one is.
for (const tab of document.querySelectorAll(":is(.bar nav, .tabs) > [aria-current]")) {
  const [place, shown] = [tab.getBoundingClientRect(), tab.parentElement?.getBoundingClientRect()];
  if (shown) tab.parentElement?.scrollBy(Math.max(place.right - shown.right, 0) + Math.min(place.left - shown.left, 0), 0);
}

// A menu closes as menus do: by a click beside it, and by Escape.
/** @param {Node | null} within a menu that stays open */
function closeMenus(within) {
  for (const menu of /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.more[open]"))) {
    if (!menu.contains(within)) menu.open = false;
  }
}
document.addEventListener("click", (event) => closeMenus(event.target instanceof Node ? event.target : null));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus(null);
});

/** @returns {HTMLInputElement[]} */
const rowCheckboxes = () =>
  [...document.querySelectorAll('input[name="id"]')].filter((box) => box instanceof HTMLInputElement);

/** @type {HTMLInputElement | null} */ let lastClicked = null;
document.addEventListener("click", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.type !== "checkbox" || box.name !== "id") return;
  const boxes = rowCheckboxes();
  if (event.shiftKey && lastClicked) {
    const [start, end] = [boxes.indexOf(lastClicked), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const between of boxes.slice(start, end + 1)) between.checked = box.checked;
  }
  lastClicked = box;
});

const all = document.getElementById("all");
all?.addEventListener("change", () => {
  if (all instanceof HTMLInputElement) for (const box of rowCheckboxes()) box.checked = all.checked;
});
