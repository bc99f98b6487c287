/**
 * Keyboard shortcuts. Each button names its keys; a person may choose others, which this browser remembers.
 */
import { find } from "./dom.js";
import { _ } from "./i18n.js";

/** @type {Record<string, string>} */
const SYMBOLS = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "␣", Enter: "↵", Backspace: "⌫",
};

/** A key as it is shown on a button. @param {string} key */
const symbol = (key) => SYMBOLS[key] ?? (key.length === 1 ? key.toUpperCase() : key);

/**
 * The key of an event, whether or not Shift or Caps Lock changes a letter's case.
 * @param {KeyboardEvent} event
 */
const keyOf = (event) => (event.key.length === 1 ? event.key.toLowerCase() : event.key);

/** @param {KeyboardEvent} event */
export const hasModifier = (event) => event.ctrlKey || event.metaKey || event.altKey;

/** @param {HTMLElement} button */
const actionOf = (button) => button.dataset.action ?? "";

export class Keys {
  /**
   * @param {HTMLElement} root contains the buttons: `data-action`, and `data-keys` separated by commas
   * @param {Record<string, () => unknown>} actions
   * @param {string} storageKey where localStorage keeps the person's own choice of keys
   */
  constructor(root, actions, storageKey) {
    this.buttons = [...root.querySelectorAll("[data-action]")].filter((button) => button instanceof HTMLElement);
    this.storageKey = storageKey;
    /** @type {Record<string, string[]>} */ this.chosen = JSON.parse(localStorage.getItem(storageKey) ?? "{}");
    this.show();
    document.addEventListener("keydown", (event) => {
      const action = this.actionFor(event);
      if (!action) return;
      event.preventDefault();
      actions[action]();
    });
    root.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-action]") : null;
      if (button instanceof HTMLElement) actions[actionOf(button)]();
    });
  }

  /**
   * The action of a key press; none where the browser, a field or a button handles it.
   * @param {KeyboardEvent} event
   */
  actionFor(event) {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.repeat || hasModifier(event)) return "";
    if (target.closest("dialog, input, select, textarea, [data-own-keys]")) return "";
    const key = keyOf(event);
    if ((key === " " || key === "Enter") && target.closest("button, a, summary")) return "";
    const button = this.buttons.find((candidate) => this.keysOf(candidate).includes(key));
    return button ? actionOf(button) : "";
  }

  /** @param {HTMLElement} button */
  keysOf(button) {
    return this.chosen[actionOf(button)] ?? (button.dataset.keys ?? "").split(",").filter(Boolean);
  }

  /**
   * Assign a key to a button's action and take it from any other.
   * @param {HTMLElement} button
   * @param {string} key
   */
  choose(button, key) {
    for (const other of this.buttons) {
      const keys = this.keysOf(other);
      if (keys.includes(key)) this.chosen[actionOf(other)] = keys.filter((otherKey) => otherKey !== key);
    }
    this.chosen[actionOf(button)] = [key];
    this.save();
  }

  reset() {
    this.chosen = {};
    this.save();
  }

  save() {
    localStorage.setItem(this.storageKey, JSON.stringify(this.chosen));
    this.show();
  }

  show() {
    for (const button of this.buttons) {
      const keys = this.keysOf(button);
      const hint = button.querySelector("kbd");
      if (hint) hint.textContent = keys.map(symbol).join(" ");
      button.setAttribute("aria-keyshortcuts", keys.map((key) => (key === " " ? "Space" : key)).join(" "));
    }
  }

  /** Fill a dialog in which every action can be given another key. @param {HTMLDialogElement} dialog */
  fillDialog(dialog) {
    const rows = find("ul", HTMLElement, dialog);
    const fill = () => rows.replaceChildren(...this.buttons.map((button) => this.dialogRow(button, fill)));
    fill();
    find("[data-reset]", HTMLElement, dialog).addEventListener("click", () => {
      this.reset();
      fill();
    });
  }

  /** @param {HTMLElement} button @param {() => void} refresh */
  dialogRow(button, refresh) {
    const row = document.createElement("li");
    const name = document.createElement("span");
    const change = document.createElement("button");
    name.textContent = button.dataset.name ?? "";
    change.textContent = this.keysOf(button).map(symbol).join(" ") || _("none");
    change.setAttribute("aria-label", _("Change the key for {name}", { name: name.textContent }));
    change.addEventListener("click", () => {
      change.textContent = _("Press a key");
      change.addEventListener("keydown", (event) => {
        event.preventDefault();
        event.stopPropagation();
        if (["Tab", "Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
        if (event.key !== "Escape") this.choose(button, keyOf(event));
        refresh();
      });
    });
    row.append(name, change);
    return row;
  }
}
