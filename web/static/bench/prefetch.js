/** The cards in hand: fetched, drawn and decoded before they are needed, and held by a lease while we are here. */
import { draw, ready } from "./card.js";
import { call, pause } from "../lib/http.js";

const FETCH = 30; // cards asked for at once
const REFILL = 14; // fewer than this in hand: ask for more
const DRAWN = 6; // cards whose pictures are decoded
const SOON = 300; // ms
const LEASE_EVERY = 120_000;
const AWAKE = 240_000; // gone for longer than this, ask whether the cards are still ours

/** @typedef {import("./card.js").Card} Card */

export class Hand {
  /**
   * @param {string} mode @param {() => number} unsent answers that the server does not know of yet
   * @param {() => void} onChange @param {(error: Error) => void} onTrouble
   */
  constructor(mode, unsent, onChange, onTrouble) {
    this.mode = mode;
    this.unsent = unsent;
    this.onChange = onChange;
    this.onTrouble = onTrouble;
    /** @type {Card[]} */ this.cards = [];
    /** @type {Map<number, HTMLElement>} */ this.drawn = new Map();
    this.seen = new Set();
    this.skipped = 0;
    this.remaining = 0;
    this.loading = false;
    this.over = false;
    this.renewed = Date.now();
    setInterval(() => this.renew(), LEASE_EVERY);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && Date.now() - this.renewed > AWAKE) this.renew();
    });
    addEventListener("pagehide", () => this.release(this.cards.map((card) => card.face_id)));
  }

  get first() {
    return this.cards[0];
  }

  /** The card as an element, drawn at the latest now. @param {Card} card @returns {HTMLElement} */
  element(card) {
    const known = this.drawn.get(card.face_id);
    if (known) return known;
    const made = draw(card);
    this.drawn.set(card.face_id, made);
    return made;
  }

  /** Take the first card out of the hand. */
  take() {
    const card = this.cards.shift();
    if (card) this.drawn.delete(card.face_id);
    this.drawAhead();
    return card;
  }

  skip() {
    const card = this.take();
    if (!card) return;
    this.skipped += 1;
    this.release([card.face_id]);
  }

  /** Put a card on top, again or for the first time. @param {Card} card */
  putBack(card) {
    this.cards = [card, ...this.cards.filter((one) => one.face_id !== card.face_id)];
    this.seen.add(card.face_id);
    this.drawAhead();
  }

  /** Leave out cards that are no longer ours to answer. @param {(card: Card) => boolean} gone */
  drop(gone) {
    const first = this.first;
    this.cards = this.cards.filter((card) => !gone(card));
    for (const id of this.drawn.keys()) if (!this.cards.some((card) => card.face_id === id)) this.drawn.delete(id);
    this.drawAhead();
    if (this.first !== first) this.onChange();
  }

  async refill() {
    if (this.loading || this.cards.length >= REFILL) return;
    this.loading = true;
    try {
      const limit = Math.min(200, FETCH + this.cards.length + this.skipped + this.unsent());
      const batch = await call(`/api/v1/queue?mode=${this.mode}&limit=${limit}`);
      const fresh = batch.items.filter((/** @type {Card} */ card) => !this.seen.has(card.face_id));
      for (const card of fresh) this.seen.add(card.face_id);
      this.remaining = batch.remaining;
      this.over = !fresh.length && !this.unsent();
      const first = this.first;
      this.cards.push(...fresh);
      this.drawAhead();
      if (!first) this.onChange();
      if (!fresh.length && this.unsent()) pause(SOON).then(() => this.refill()); // it gave us what we have answered
    } catch (error) {
      this.onTrouble(/** @type {Error} */ (error));
      pause(3000).then(() => this.refill());
    } finally {
      this.loading = false;
    }
  }

  drawAhead() {
    for (const card of this.cards.slice(0, DRAWN)) ready(this.element(card));
  }

  async renew() {
    this.renewed = Date.now();
    if (document.hidden || !this.cards.length) return;
    const keep = this.cards.map((card) => card.face_id);
    const { kept } = await call("/api/v1/leases", { keep }).catch(() => ({ kept: keep })); // offline: nobody knows
    this.drop((card) => !kept.includes(card.face_id));
    for (const id of keep) if (!kept.includes(id)) this.seen.delete(id);
    this.refill();
  }

  /** Let others have them. @param {number[]} drop */
  release(drop) {
    if (drop.length) call("/api/v1/leases", { drop }, { keepalive: true }).catch(() => {}); // else they run out
  }
}
