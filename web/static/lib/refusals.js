/**
 * Answers that the server refused: shown one at a time until dismissed, with a button to submit them again.
 */
import { find } from "./dom.js";
import { _ } from "./i18n.js";

/** @typedef {import("./outbox.js").Entry} Entry @typedef {import("./api_types.js").Card} Card */

export class Refusals {
  /**
   * @param {HTMLElement} root
   * @param {import("./outbox.js").Outbox} outbox
   * @param {(card: Card) => void} [showAgain] puts a face back in front of the person
   */
  constructor(root, outbox, showAgain) {
    this.root = root;
    this.outbox = outbox;
    this.showAgain = showAgain;
    this.text = find("p", HTMLElement, root);
    this.retryButton = find("[data-insist]", HTMLButtonElement, root);
    /** @type {Entry[]} */ this.entries = [];
    this.retryButton.addEventListener("click", () => {
      this.retry(this.entries[0]);
      this.dismiss();
    });
    find("[data-leave]", HTMLElement, root).addEventListener("click", () => this.dismiss());
  }

  /** @param {Entry} entry */
  add(entry) {
    this.entries.push(entry);
    this.show();
  }

  /** Forget the refusal that is shown and show the next. */
  dismiss() {
    const entry = this.entries.shift();
    if (entry) this.outbox.forget(entry);
    this.show();
  }

  /**
   * Submit the answer over the other person's, or show the face to be answered again.
   * @param {Entry} entry
   */
  retry({ answer, card, refusal }) {
    const { client_key: _used, ...copy } = answer;
    if (refusal?.answered) this.outbox.add({ ...copy, seen_at: refusal.answered.at }, card);
    else if (card) this.showAgain?.(card);
  }

  show() {
    const entry = this.entries[0];
    this.root.hidden = !entry;
    if (!entry) return;
    const { answered, error } = entry.refusal ?? {};
    const mine = entry.answer.label ?? answerName(entry.answer.kind);
    this.text.textContent = answered
      ? _("{who} answered “{theirs}” meanwhile. Your “{mine}” was not applied.", {
          who: answered.who, theirs: answered.label ?? answerName(answered.kind), mine,
        })
      : `${_("Your “{mine}” was not applied.", { mine })} ${error?.message} ${error?.hint}`;
    this.retryButton.hidden = !answered && !(entry.card && this.showAgain);
    this.retryButton.textContent = answered ? _("Use my answer") : _("Answer again");
  }
}

/** The name of an answer that gives no class. @param {string} kind */
export function answerName(kind) {
  if (kind === "reject") return _("Not a face");
  if (kind === "unsure") return _("Unsure");
  return kind === "undo" ? _("Undo") : kind === "redo" ? _("Redo") : _("Box");
}
