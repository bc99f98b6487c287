/**
 * The next cards: fetched, drawn and decoded before they are needed, and leased from the server meanwhile.
 */
import { decodeImages, drawCard } from "./card.js";
import { call, pause } from "../lib/http.js";

const FETCH_SIZE = 30; // cards in one request
const REFILL_BELOW = 14; // cards left
const DRAW_AHEAD = 6; // cards whose images are decoded
const RETRY_SOON = 300; // ms
const RETRY_LATER = 3000; // ms
const RENEW_EVERY = 120_000; // ms
const AWAY = 240_000; // ms; after so long out of sight, leases may have run out

/** @typedef {import("../lib/api_types.js").Card} Card */

/** Release the leases of faces. If that fails they expire by themselves. @param {number[]} faceIds */
export function releaseLeases(faceIds) {
  if (faceIds.length) call("/api/v1/leases", { drop: faceIds }, { keepalive: true }).catch(() => {});
}

export class PrefetchQueue {
  /**
   * @param {string} mode
   * @param {() => number} countUnsent answers that the server does not know yet
   * @param {() => void} onChange called when the first card changes
   * @param {(error: unknown) => void} onError
   */
  constructor(mode, countUnsent, onChange, onError) {
    this.mode = mode;
    this.countUnsent = countUnsent;
    this.onChange = onChange;
    this.onError = onError;
    /** @type {Card[]} */ this.cards = [];
    /** @type {Map<number, HTMLElement>} */ this.elements = new Map();
    /** Faces that are or were in the queue. @type {Set<number>} */ this.seen = new Set();
    this.skipped = 0;
    this.remaining = 0;
    this.loading = false;
    this.exhausted = false;
    this.renewedAt = Date.now();
    setInterval(() => this.renew(), RENEW_EVERY);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && Date.now() - this.renewedAt > AWAY) this.renew();
    });
    addEventListener("pagehide", () => releaseLeases(this.cards.map((card) => card.face_id)));
  }

  /** @returns {Card | undefined} */
  get first() {
    return this.cards[0];
  }

  /** The card's element, drawn now if it was not drawn ahead. @param {Card} card @returns {HTMLElement} */
  element(card) {
    const existing = this.elements.get(card.face_id);
    if (existing) return existing;
    const element = drawCard(card);
    this.elements.set(card.face_id, element);
    return element;
  }

  /** Remove and return the first card. */
  take() {
    const card = this.cards.shift();
    if (card) this.elements.delete(card.face_id);
    this.drawAhead();
    return card;
  }

  skip() {
    const card = this.take();
    if (!card) return;
    this.skipped += 1;
    releaseLeases([card.face_id]);
  }

  /** Put a card in front, whether or not it has been in the queue. @param {Card} card */
  putFirst(card) {
    this.cards = [card, ...this.cards.filter((other) => other.face_id !== card.face_id)];
    this.seen.add(card.face_id);
    this.drawAhead();
  }

  /** Remove the cards that the person cannot answer any more. @param {(card: Card) => boolean} isGone */
  drop(isGone) {
    const { first } = this;
    this.cards = this.cards.filter((card) => !isGone(card));
    for (const id of this.elements.keys()) if (!this.cards.some((card) => card.face_id === id)) this.elements.delete(id);
    this.drawAhead();
    if (this.first !== first) this.onChange();
  }

  async refill() {
    if (this.loading || this.cards.length >= REFILL_BELOW) return;
    this.loading = true;
    try {
      const limit = Math.min(200, FETCH_SIZE + this.cards.length + this.skipped + this.countUnsent());
      this.append(await call(`/api/v1/queue?mode=${this.mode}&limit=${limit}`));
    } catch (error) {
      this.onError(error);
      pause(RETRY_LATER).then(() => this.refill());
    } finally {
      this.loading = false;
    }
  }

  /** @param {import("../lib/api_types.js").QueuePage} page */
  append({ items, remaining }) {
    const fresh = items.filter((card) => !this.seen.has(card.face_id));
    for (const card of fresh) this.seen.add(card.face_id);
    this.remaining = remaining;
    this.exhausted = !fresh.length && !this.countUnsent();
    const { first } = this;
    this.cards.push(...fresh);
    this.drawAhead();
    if (!first) this.onChange();
    // All of them are answered already, but the server does not know that yet.
    if (!fresh.length && this.countUnsent()) pause(RETRY_SOON).then(() => this.refill());
  }

  drawAhead() {
    for (const card of this.cards.slice(0, DRAW_AHEAD)) decodeImages(this.element(card));
  }

  async renew() {
    this.renewedAt = Date.now();
    if (document.hidden || !this.cards.length) return;
    const keep = this.cards.map((card) => card.face_id);
    /** @type {import("../lib/api_types.js").Leases} */
    const { kept } = await call("/api/v1/leases", { keep }).catch(() => ({ kept: keep })); // offline: assume they hold
    this.drop((card) => !kept.includes(card.face_id));
    for (const id of keep) if (!kept.includes(id)) this.seen.delete(id);
    this.refill();
  }
}
