/**
 * The next cards: fetched, drawn and decoded before they are needed, and leased from the server meanwhile.
 */
import { decodeImages, drawCard } from "./card.js";
import { Backoff } from "../lib/backoff.js";
import { call, pause } from "../lib/http.js";

const FETCH_SIZE = 30; // cards in one request
const REFILL_BELOW = 14; // cards left
const DRAW_AHEAD = 6; // cards whose images are decoded
const RETRY_SOON = 300; // ms
const RETRY_LATER = 3000; // ms
const POLL_FIRST = 5000; // ms after a reply without new faces
const POLL_LAST = 60_000; // ms
const RENEW_EVERY = 120_000; // ms
const AWAY = 240_000; // ms; after so long out of sight, leases may have run out

/** @typedef {import("../lib/api_types.js").Card} Card */

/** Release the leases of faces. If that fails they expire by themselves. @param {number[]} faceIds */
export function releaseLeases(faceIds) {
  if (faceIds.length) call("/api/v1/leases", { drop: faceIds }, { keepalive: true }).catch(() => {});
}

export class PrefetchQueue {
  /**
   * @param {string} query which queue: `mode=...` or `assignment=...`
   * @param {() => number} countUnsent answers that the server does not know yet
   * @param {() => void} onChange called when the first card changes
   * @param {(error: unknown) => void} onError
   */
  constructor(query, countUnsent, onChange, onError) {
    this.query = query;
    this.countUnsent = countUnsent;
    this.onChange = onChange;
    this.onError = onError;
    /** @type {Card[]} */ this.cards = [];
    /** @type {Map<number, HTMLElement>} */ this.elements = new Map();
    /** Faces that are or were in the queue. @type {Set<number>} */ this.seen = new Set();
    /** Faces that were skipped; they come again after all others. @type {Set<number>} */ this.skipped = new Set();
    this.remaining = 0;
    this.withOthers = 0;
    /** Why the number of faces has just changed. */ this.note = "";
    this.loading = false;
    /** Whether the server has said that no face is free. */ this.exhausted = false;
    /** For answers on their way. */ this.soon = new Backoff(RETRY_SOON, POLL_FIRST);
    /** For faces that may come. */ this.later = new Backoff(POLL_FIRST, POLL_LAST);
    this.notBefore = 0;
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
    this.skipped.add(card.face_id);
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
    if (this.loading || this.cards.length >= REFILL_BELOW || Date.now() < this.notBefore) return;
    this.loading = true;
    try {
      const limit = Math.min(200, FETCH_SIZE + this.cards.length + this.skipped.size + this.countUnsent());
      this.append(await call(`/api/v1/queue?${this.query}&limit=${limit}`));
    } catch (error) {
      this.onError(error);
      pause(RETRY_LATER).then(() => this.refill());
    } finally {
      this.loading = false;
    }
  }

  /** @param {import("../lib/api_types.js").QueuePage} page */
  append({ items, remaining, with_others, note }) {
    let fresh = items.filter((card) => !this.seen.has(card.face_id));
    if (!fresh.length && !this.cards.length) fresh = items.filter((card) => this.skipped.delete(card.face_id));
    for (const card of fresh) this.seen.add(card.face_id);
    this.remaining = remaining;
    this.withOthers = with_others;
    this.note = note ?? "";
    this.exhausted = remaining === 0;
    if (fresh.length) this.hurry();
    else this.askAgainIn(this.countUnsent() ? this.soon.next() : this.later.next());
    const { first } = this;
    this.cards.push(...fresh);
    this.drawAhead();
    if (!first) this.onChange();
  }

  /** Ask again as soon as cards run low. */
  hurry() {
    this.soon.reset();
    this.later.reset();
    this.notBefore = 0;
  }

  /** @param {number} wait ms in which the server is not asked */
  askAgainIn(wait) {
    this.notBefore = Date.now() + wait;
    pause(wait).then(() => this.refill());
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
