/** Notes on a face in a dialog, on any page: read, written, answered, resolved, deleted. */
import { call, messageOf, rooted } from "./http.js";
import { _ } from "./i18n.js";

/**
 * @typedef {{id: number, text: string, person: string, mine: boolean, created: string}} Comment
 * @typedef {Comment & {resolved: string | null, answers: Comment[]}} Note
 */

const LONGEST = 1000; // characters

const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

/**
 * Show the notes on a face, and a field for a new one.
 * @param {HTMLElement} box @param {number} face @param {(open: number) => void} [onChange] called with the open notes
 */
export async function showNotes(box, face, onChange = () => {}) {
  const threads = element("ol", "", "notes");
  const reload = async () => {
    try {
      /** @type {{items: Note[]}} */ const { items } = await call(`/api/v1/faces/${face}/comments`);
      threads.replaceChildren(...items.map((note) => thread(note, face, reload)));
      onChange(items.filter((note) => !note.resolved).length);
    } catch (error) {
      threads.replaceChildren(element("li", messageOf(error), "note"));
    }
  };
  box.replaceChildren(threads, form(face, _("Add note"), reload)); // the field is there at once: somebody types already
  await reload();
}

/** @param {Note} note @param {number} face @param {() => unknown} reload */
function thread(note, face, reload) {
  const row = document.createElement("li");
  const change = async (/** @type {string} */ path, /** @type {RequestInit} */ options = {}) => {
    await call(path, options.method ? undefined : {}, options).catch((error) => row.append(element("p", messageOf(error), "bad")));
    reload();
  };
  const actions = element("div", "", "row");
  const toggle = note.resolved ? "reopen" : "resolve";
  actions.append(button(note.resolved ? _("Reopen") : _("Resolve"), () => change(`/api/v1/comments/${note.id}/${toggle}`)));
  actions.append(button(_("Answer"), () => actions.replaceWith(form(face, _("Answer"), reload, note.id))));
  row.classList.toggle("resolved", Boolean(note.resolved));
  row.append(...[note, ...note.answers].map((one) => said(one, () => change(`/api/v1/comments/${one.id}`, { method: "DELETE" }))), actions);
  return row;
}

/** @param {Comment} comment @param {() => unknown} remove */
function said(comment, remove) {
  const block = element("div", "", "said-by");
  const head = element("p", `${comment.person || _("somebody")}, ${when.format(new Date(comment.created))}`, "note");
  if (comment.mine) head.append(" ", button(_("Delete"), remove));
  block.append(head, element("p", comment.text));
  return block;
}

/** @param {number} face @param {string} text of the button @param {() => unknown} reload @param {number} [answers] the note that is answered */
function form(face, text, reload, answers) {
  const made = document.createElement("form");
  const field = document.createElement("textarea");
  const problem = element("p", "", "bad");
  field.maxLength = LONGEST;
  field.rows = 2;
  field.required = true;
  field.setAttribute("aria-label", answers ? _("Your answer") : _("Your note"));
  const send = document.createElement("button");
  send.textContent = text;
  if (!answers) send.className = "primary";
  made.append(field, send, problem);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      await call(`/api/v1/faces/${face}/comments`, { text: field.value, ...(answers ? { answers } : {}) });
      field.value = problem.textContent = "";
      reload();
    } catch (error) {
      problem.textContent = messageOf(error);
    }
    send.disabled = false;
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) made.requestSubmit();
  });
  if (answers) requestAnimationFrame(() => field.focus());
  return made;
}

/** @type {HTMLDialogElement | null} */ let dialog = null;

function makeDialog() {
  const made = document.createElement("dialog");
  made.id = "notes-dialog";
  made.setAttribute("aria-labelledby", "notes-title");
  const title = element("h2", _("Notes"));
  title.id = "notes-title";
  const head = element("div", "", "line");
  head.append(new Image(96, 96), title, button(_("Close"), () => made.close()));
  made.append(head, element("div", "", "found"));
  document.body.append(made);
  return made;
}

/** Show the notes on a face over the page. @param {number} face @param {(open: number) => void} [onChange] */
export function openNotes(face, onChange) {
  dialog ??= makeDialog();
  const [image, box] = [dialog.querySelector("img"), dialog.querySelector(".found")];
  if (image) {
    image.src = rooted(`/faces/${face}/thumb.jpg`);
    image.alt = _("Face {n}", { n: face });
  }
  if (!dialog.open) dialog.showModal();
  if (box instanceof HTMLElement) showNotes(box, face, onChange);
  dialog.querySelector("textarea")?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("[data-notes]") : null;
  if (!(link instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openNotes(Number(link.dataset.notes));
});

/** @param {string} name @param {string} [text] @param {string} [kind] */
function element(name, text = "", kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

/** @param {string} text @param {() => unknown} action */
function button(text, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "quiet";
  made.textContent = text;
  made.addEventListener("click", action);
  return made;
}
