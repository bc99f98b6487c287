/** What there is beside the answer to a face: the faces most like it, and the notes on it. */
import { find } from "../lib/dom.js";
import { ngettext } from "../lib/i18n.js";
import { openNotes } from "../lib/notes.js";
import { openSimilar } from "../lib/similar.js";

/** @typedef {import("../lib/api_types.js").Card} Card */

const badge = find("#notes", HTMLElement);

/** Say how many open notes there are on the face. @param {Card | undefined} card */
export function showNoteCount(card) {
  badge.hidden = !card?.notes;
  badge.textContent = card?.notes ? ngettext("{n} note", "{n} notes", card.notes) : "";
}

/** The actions of the keys. @param {() => Card | undefined} shown the card on the stage */
export const besideActions = (shown) => ({
  similar: () => {
    const card = shown();
    if (card) openSimilar(card.face_id);
  },
  notes: () => {
    const card = shown();
    if (!card) return;
    openNotes(card.face_id, (open) => {
      card.notes = open;
      if (shown() === card) showNoteCount(card);
    });
  },
});
