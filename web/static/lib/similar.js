/** "More like this" on any page: a dialog with the faces most like the one whose link or key was used. */
import { rooted } from "./http.js";
import { _ } from "./i18n.js";
import { showSimilar } from "./similar_list.js";

/** @type {HTMLDialogElement | null} */ let dialog = null;

function makeDialog() {
  const made = document.createElement("dialog");
  made.id = "similar-dialog";
  made.setAttribute("aria-labelledby", "similar-title");
  const title = document.createElement("h2");
  title.id = "similar-title";
  title.textContent = _("More like this");
  const image = new Image(96, 96);
  const close = document.createElement("button");
  close.className = "quiet";
  close.textContent = _("Close");
  close.addEventListener("click", () => made.close());
  const head = document.createElement("div");
  head.className = "line";
  head.append(image, title, close);
  const box = document.createElement("div");
  box.className = "found";
  made.append(head, box);
  document.body.append(made);
  return made;
}

/** Show the faces most like this one, over the page. @param {number} face */
export function openSimilar(face) {
  dialog ??= makeDialog();
  const [image, box] = [dialog.querySelector("img"), dialog.querySelector(".found")];
  if (image) {
    image.src = rooted(`/faces/${face}/thumb.jpg`);
    image.alt = _("Face {n}", { n: face });
  }
  if (box instanceof HTMLElement) showSimilar(box, face);
  if (!dialog.open) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("[data-similar]") : null;
  if (!(link instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openSimilar(Number(link.dataset.similar));
});
