/** What could not be applied: shown until somebody has read it, with a way to have it after all. */
import { _ } from "./words.js";

/** @typedef {import("./outbox.js").Entry} Entry */

export class Trouble {
  /**
   * @param {HTMLElement} root
   * @param {(entry: Entry) => void} onRead
   * @param {(entry: Entry) => void} onInsist
   */
  constructor(root, onRead, onInsist) {
    this.root = root;
    this.text = /** @type {HTMLElement} */ (root.querySelector("p"));
    this.insist = /** @type {HTMLButtonElement} */ (root.querySelector("[data-insist]"));
    /** @type {Entry[]} */ this.entries = [];
    const next = () => this.entries.shift();
    this.insist.addEventListener("click", () => this.done(next(), onInsist, onRead));
    root.querySelector("[data-leave]")?.addEventListener("click", () => this.done(next(), onRead));
  }

  /** @param {Entry} entry */
  add(entry) {
    this.entries.push(entry);
    this.show();
  }

  /** @param {Entry | undefined} entry @param {((entry: Entry) => void)[]} what */
  done(entry, ...what) {
    if (entry) for (const one of what) one(entry);
    this.show();
  }

  show() {
    const entry = this.entries[0];
    this.root.hidden = !entry;
    if (!entry) return;
    const { answered, error } = entry.refusal;
    const mine = entry.answer.label ?? said(entry.answer.kind);
    this.text.textContent = answered
      ? _("{who} answered “{theirs}” meanwhile. Your “{mine}” was not applied.", {
          who: answered.who, theirs: answered.label ?? said(answered.kind), mine,
        })
      : `${_("Your “{mine}” was not applied.", { mine })} ${error.message} ${error.hint}`;
    this.insist.hidden = !answered && !entry.card;
    this.insist.textContent = answered ? _("Mine after all") : _("Answer again");
  }
}

/** An answer without a class, in words. @param {string} kind */
export function said(kind) {
  if (kind === "reject") return _("Not a face");
  if (kind === "unsure") return _("Unsure");
  return kind === "undo" ? _("Undo") : kind === "redo" ? _("Redo") : _("Box");
}
