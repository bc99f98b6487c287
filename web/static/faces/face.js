/** The page of one face: the faces most like it, and the notes on it. */
import { find } from "../lib/dom.js";
import { showNotes } from "../lib/notes.js";
import { showSimilar } from "../lib/similar_list.js";

const box = find("#similar", HTMLElement);
showSimilar(box, Number(box.dataset.face));
showNotes(find("#notes", HTMLElement), Number(box.dataset.face));
