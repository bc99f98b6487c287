/** Swiping a card with a thumb: it follows, and flies when it was meant. */

const FAR = 56; // px from which a swipe is meant; less is a trembling thumb

/** @typedef {"left" | "right" | "up" | "down"} Direction */

/**
 * @param {HTMLElement} stage holds the card as its first element
 * @param {(direction: Direction) => void} onSwipe
 * @param {(direction: Direction | null) => void} onAim which way it would go if it were let go now
 */
export function swipe(stage, onSwipe, onAim) {
  /** @type {{x: number, y: number, id: number, card: HTMLElement} | null} */ let start = null;

  /** @type {Direction | null} */ let aimed = null;
  const aim = (/** @type {Direction | null} */ way) => {
    if (way !== aimed) onAim((aimed = way));
  };

  stage.addEventListener("pointerdown", (event) => {
    const card = stage.firstElementChild;
    if (event.pointerType === "mouse" || !event.isPrimary || !(card instanceof HTMLElement)) return;
    start = { x: event.clientX, y: event.clientY, id: event.pointerId, card };
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    if (!start || event.pointerId !== start.id) return;
    const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
    start.card.style.transform = `translate(${dx}px, ${dy}px) rotate(${dx / 40}deg)`;
    aim(direction(dx, dy));
  });
  const end = (/** @type {PointerEvent} */ event) => {
    if (!start || event.pointerId !== start.id) return;
    const meant = event.type === "pointerup" ? direction(event.clientX - start.x, event.clientY - start.y) : null;
    start.card.style.transform = "";
    start = null;
    aim(null);
    if (meant) onSwipe(meant);
  };
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);
}

/** @param {number} dx @param {number} dy @returns {Direction | null} */
function direction(dx, dy) {
  if (Math.max(Math.abs(dx), Math.abs(dy)) < FAR) return null;
  if (Math.abs(dx) > Math.abs(dy)) return dx < 0 ? "left" : "right";
  return dy < 0 ? "up" : "down";
}
