/** Swiping a card with a finger: it follows the finger, and goes away if it was moved far enough. */

const THRESHOLD = 56; // CSS px a card must be moved

/** @typedef {"left" | "right" | "up" | "down"} Direction */

/**
 * @param {HTMLElement} stage its first element is the card
 * @param {(direction: Direction) => void} onSwipe
 * @param {(direction: Direction | null) => void} onAim the direction if the finger were lifted now
 */
export function enableSwipes(stage, onSwipe, onAim) {
  /** @type {{x: number, y: number, id: number, card: HTMLElement} | null} */ let start = null;

  /** @type {Direction | null} */ let aimed = null;
  const aim = (/** @type {Direction | null} */ direction) => {
    if (direction !== aimed) onAim((aimed = direction));
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
    aim(directionOf(dx, dy));
  });
  const end = (/** @type {PointerEvent} */ event) => {
    if (!start || event.pointerId !== start.id) return;
    const direction = event.type === "pointerup" ? directionOf(event.clientX - start.x, event.clientY - start.y) : null;
    start.card.style.transform = "";
    start = null;
    aim(null);
    if (direction) onSwipe(direction);
  };
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);
}

/** @param {number} dx @param {number} dy @returns {Direction | null} */
function directionOf(dx, dy) {
  if (Math.max(Math.abs(dx), Math.abs(dy)) < THRESHOLD) return null;
  if (Math.abs(dx) > Math.abs(dy)) return dx < 0 ? "left" : "right";
  return dy < 0 ? "up" : "down";
}
