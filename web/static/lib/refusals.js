/** What could not be applied: shown until somebody has read it, with a way to have it after all. */
import { _ } from "./i18n.js";

/** @typedef {import("./outbox.js").Entry} Entry */

export class Trouble {
  /**
   * @param {HTMLElement} root
   * @param {import("./outbox.js").Outbox} outbox
   * @param {((card: any) => void)} [comeBack] shows a face again
   */
  constructor(root, outbox, comeBack) {
    this.root = root;
    this.outbox = outbox;
    this.comeBack = comeBack;
    this.text = /** @type {HTMLElement} */ (root.querySelector("p"));
    this.insist = /** @type {HTMLButtonElement} */ (root.querySelector("[data-insist]"));
    /** @type {Entry[]} */ this.entries = [];
    this.insist.addEventListener("click", () => {
      this.afterAll(this.entries[0]);
      this.read();
    });
    root.querySelector("[data-leave]")?.addEventListener("click", () => this.read());
  }

  /** @param {Entry} entry */
  add(entry) {
    this.entries.push(entry);
    this.show();
  }

  /** The first is read; on to the next. */
  read() {
    this.outbox.forget(/** @type {Entry} */ (this.entries.shift()));
    this.show();
  }

  /** Have an answer that was refused. @param {Entry} entry */
  afterAll(entry) {
    const { client_key: _old, ...answer } = entry.answer;
    const { answered } = entry.refusal;
    if (answered) this.outbox.add({ ...answer, seen_at: answered.at }, entry.card);
    else this.comeBack?.(entry.card);
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
    this.insist.hidden = !answered && !(entry.card && this.comeBack);
    this.insist.textContent = answered ? _("Use my answer") : _("Answer again");
  }
}

/** An answer without a class, in words. @param {string} kind */
export function said(kind) {
  if (kind === "reject") return _("Not a face");
  if (kind === "unsure") return _("Unsure");
  return kind === "undo" ? _("Undo") : kind === "redo" ? _("Redo") : _("Box");
}
