/** Small things on every page: copying a link, and marking many boxes at once. */
import { _ } from "./i18n.js";

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
  if (!(button instanceof HTMLElement)) return;
  const field = button.parentElement?.querySelector("input");
  field?.select();
  try {
    await navigator.clipboard.writeText(button.dataset.copy ?? "");
  } catch {
    document.execCommand("copy"); // the clipboard needs https; a page on the same network has none
  }
  button.textContent = _("Copied");
  setTimeout(() => (button.textContent = _("Copy")), 2000);
});

// On a phone the tabs may be wider than the screen, more so in other languages: the one we are on is in sight.
document.querySelector(".bar [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

/** @type {HTMLInputElement | null} */ let last = null;
document.addEventListener("click", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.type !== "checkbox" || box.name !== "id") return;
  const boxes = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('input[name="id"]')]);
  if (event.shiftKey && last) {
    const ends = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const one of boxes.slice(ends[0], ends[1] + 1)) one.checked = box.checked;
  }
  last = box;
});
document.getElementById("all")?.addEventListener("change", (event) => {
  for (const one of document.querySelectorAll('input[name="id"]'))
    /** @type {HTMLInputElement} */ (one).checked = /** @type {HTMLInputElement} */ (event.target).checked;
});
