/** The page of one face: the faces most like it. */
import { find } from "../lib/dom.js";
import { showSimilar } from "../lib/similar_list.js";

const box = find("#similar", HTMLElement);
showSimilar(box, Number(box.dataset.face));
