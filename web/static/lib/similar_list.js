/** Faces that look like another one, with their similarity: to be selected, sent to review and tagged. */
import { call, messageOf, rooted } from "./http.js";
import { _, ngettext } from "./i18n.js";

/** @typedef {import("./api_types.js").SimilarFace} SimilarFace */

export const SHOWN = 24;
const LONGEST_TAG = 80; // characters

/** The faces most like one of ours. @param {number} face @returns {Promise<{items: SimilarFace[]}>} */
export const findSimilar = (face) => call(`/api/v1/faces/${face}/similar?limit=${SHOWN}`);

/**
 * Show the faces most like one of ours; what keeps them from being found is said in their place.
 * @param {HTMLElement} box @param {number} face
 */
export async function showSimilar(box, face) {
  box.replaceChildren(note(_("Looking for similar faces…")));
  const found = await findSimilar(face).then(
    ({ items }) => list(items),
    (error) => [note(messageOf(error))],
  );
  box.replaceChildren(...found);
}

/** The list and what can be done with it. @param {SimilarFace[]} items @returns {HTMLElement[]} */
export function list(items) {
  if (!items.length) return [note(_("There is no other face yet."))];
  const rows = document.createElement("ul");
  rows.className = "grid faces similar";
  rows.append(...items.map(row));
  const said = note("");
  said.setAttribute("role", "status");
  const send = button("", () => sendSelected(rows, send, said));
  send.className = "primary";
  const all = button(_("Select all"), () => {
    const boxes = checkboxes(rows);
    const some = boxes.some((one) => !one.checked);
    for (const one of boxes) one.checked = some;
    count(rows, send);
  });
  const tag = tagForm(rows, said);
  rows.addEventListener("change", () => count(rows, send));
  count(rows, send);
  const actions = document.createElement("div");
  actions.className = "row";
  actions.append(send, all, tag);
  return [actions, said, rows];
}

/** A field for a tag that is put on what is selected. @param {HTMLElement} rows @param {HTMLElement} said */
function tagForm(rows, said) {
  const form = document.createElement("form");
  const field = document.createElement("input");
  const put = document.createElement("button");
  form.className = "tag-form";
  field.required = true;
  field.maxLength = LONGEST_TAG;
  field.autocomplete = "off";
  field.placeholder = _("Tag");
  field.setAttribute("aria-label", _("Tag"));
  put.textContent = _("Put tag on");
  form.append(field, put);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const face_ids = selected(rows);
    if (!face_ids.length) {
      said.textContent = _("Select faces first.");
      return;
    }
    /** @type {string} */
    const text = await call("/api/v1/tags", { name: field.value, face_ids }, { method: "PUT" }).then(
      () => ngettext("{n} face tagged.", "{n} faces tagged.", face_ids.length),
      messageOf,
    );
    said.textContent = text;
  });
  return form;
}

/** @param {SimilarFace} item */
function row({ face_id, thumb_url, similarity, label }) {
  const element = document.createElement("li");
  const choice = document.createElement("label");
  const box = document.createElement("input");
  const image = new Image(160, 160);
  const link = document.createElement("a");
  box.type = "checkbox";
  box.value = String(face_id);
  box.setAttribute("aria-label", _("Face {n}", { n: face_id }));
  image.src = thumb_url;
  image.alt = "";
  link.href = rooted(`/faces/${face_id}`);
  link.dataset.similar = String(face_id);
  link.title = _("More like this");
  link.textContent = `${similarity.toFixed(2)} · ${label ?? _("to label")}`;
  choice.append(box, image);
  element.append(choice, link);
  return element;
}

/** @param {HTMLElement} rows */
const checkboxes = (rows) => [...rows.querySelectorAll("input")];

/** @param {HTMLElement} rows */
const selected = (rows) => checkboxes(rows).flatMap((box) => (box.checked ? [Number(box.value)] : []));

/** @param {HTMLElement} rows @param {HTMLButtonElement} send */
function count(rows, send) {
  const n = selected(rows).length;
  send.textContent = n ? ngettext("Send {n} to review", "Send {n} to review", n) : _("Send to review");
  send.disabled = !n;
}

/** @param {HTMLElement} rows @param {HTMLButtonElement} send @param {HTMLElement} said */
async function sendSelected(rows, send, said) {
  send.disabled = true;
  try {
    /** @type {{text: string, undo: number | null}} */
    const sent = await call("/map/review", { face_ids: selected(rows) });
    for (const box of checkboxes(rows)) box.checked = false;
    said.replaceChildren(`${sent.text} `, ...(sent.undo === null ? [] : [undoButton(sent.undo, said)]));
  } catch (error) {
    said.textContent = messageOf(error);
  }
  count(rows, send);
}

/** @param {number} event @param {HTMLElement} said */
function undoButton(event, said) {
  const undo = button(_("Undo"), async () => {
    undo.disabled = true;
    /** @type {{text: string}} */
    const undone = await call(`/map/undo/${event}`, {}).catch((error) => ({ text: messageOf(error) }));
    said.textContent = undone.text;
  });
  return undo;
}

/** @param {string} text @param {() => unknown} action */
function button(text, action) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = text;
  element.addEventListener("click", action);
  return element;
}

/** @param {string} text */
function note(text) {
  const element = document.createElement("p");
  element.className = "note";
  element.textContent = text;
  return element;
}
