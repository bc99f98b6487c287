/** Keys: each button says which are its own; a person may choose others, and this browser remembers. */
import { _ } from "./i18n.js";

/** @type {Record<string, string>} */
const SIGNS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "␣", Enter: "↵", Backspace: "⌫" };

/** @param {string} key */
export const sign = (key) => SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key);

/** The key of an event, whatever Shift or Caps Lock do to a letter. @param {KeyboardEvent} event */
const keyOf = (event) => (event.key.length === 1 ? event.key.toLowerCase() : event.key);

export class Keys {
  /**
   * @param {HTMLElement} root holds the buttons: `data-action`, and `data-keys` separated by commas
   * @param {(action: string) => void} run
   * @param {string} store where this browser keeps what was chosen
   */
  constructor(root, run, store) {
    this.buttons = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-action]")]);
    this.store = store;
    /** @type {Record<string, string[]>} */ this.chosen = JSON.parse(localStorage.getItem(store) ?? "{}");
    this.show();
    document.addEventListener("keydown", (event) => {
      const action = this.action(event);
      if (!action) return;
      event.preventDefault();
      run(action);
    });
    root.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-action]") : null;
      if (button instanceof HTMLElement) run(button.dataset.action ?? "");
    });
  }

  /** What a key press means; nothing where it belongs to the browser, a field or a button. @param {KeyboardEvent} event */
  action(event) {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return "";
    if (target.closest("dialog, input, select, textarea, [data-own-keys]")) return "";
    const key = keyOf(event);
    if ((key === " " || key === "Enter") && target.closest("button, a, summary")) return "";
    return this.buttons.find((button) => this.keys(button).includes(key))?.dataset.action ?? "";
  }

  /** @param {HTMLElement} button */
  keys(button) {
    return this.chosen[button.dataset.action ?? ""] ?? (button.dataset.keys ?? "").split(",").filter(Boolean);
  }

  /** Give a key to an action; whoever had it loses it. @param {HTMLElement} button @param {string} key */
  choose(button, key) {
    for (const other of this.buttons)
      if (this.keys(other).includes(key)) this.chosen[other.dataset.action ?? ""] = this.keys(other).filter((one) => one !== key);
    this.chosen[button.dataset.action ?? ""] = [key];
    this.keep();
  }

  reset() {
    this.chosen = {};
    this.keep();
  }

  keep() {
    localStorage.setItem(this.store, JSON.stringify(this.chosen));
    this.show();
  }

  show() {
    for (const button of this.buttons) {
      const shown = button.querySelector("kbd");
      if (shown) shown.textContent = this.keys(button).map(sign).join(" ");
      button.setAttribute("aria-keyshortcuts", this.keys(button).map((key) => (key === " " ? "Space" : key)).join(" "));
    }
  }

  /** A dialog in which every action can be given another key. @param {HTMLDialogElement} dialog */
  offer(dialog) {
    const rows = /** @type {HTMLElement} */ (dialog.querySelector("ul"));
    const fill = () => rows.replaceChildren(...this.buttons.map((button) => this.row(button, fill)));
    fill();
    dialog.querySelector("[data-reset]")?.addEventListener("click", () => {
      this.reset();
      fill();
    });
  }

  /** @param {HTMLElement} button @param {() => void} again */
  row(button, again) {
    const row = document.createElement("li");
    const name = document.createElement("span");
    const change = document.createElement("button");
    name.textContent = button.dataset.name ?? "";
    change.textContent = this.keys(button).map(sign).join(" ") || _("none");
    change.setAttribute("aria-label", _("Change the key for {name}", { name: name.textContent }));
    change.addEventListener("click", () => {
      change.textContent = _("Press a key");
      change.addEventListener("keydown", (event) => {
        event.preventDefault();
        event.stopPropagation();
        if (["Tab", "Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
        if (event.key !== "Escape") this.choose(button, keyOf(event));
        again();
      });
    });
    row.append(name, change);
    return row;
  }
}
