/**
 * Answers on their way: kept in the browser until the server has them, sent one by one in their order.
 * Each has a key of its own, so sending it twice is the same as once.
 */
import { call, passing, pause } from "./http.js";

const LONGEST_PAUSE = 10_000;

/** @typedef {{client_key: string, kind: string, face_id?: number, label?: string, seconds?: number}} Answer */

export class Outbox {
  /**
   * @param {string} store where it is kept; each person has one, however many share a browser
   * @param {(waiting: number, offline: boolean) => void} onChange
   * @param {(error: Error, answer: Answer) => void} onRefused
   * @param {(answer: Answer, result: any) => void} onSent
   */
  constructor(store, onChange, onRefused, onSent) {
    this.store = store;
    this.onChange = onChange;
    this.onRefused = onRefused;
    this.onSent = onSent;
    /** @type {Answer[]} */
    this.waiting = JSON.parse(localStorage.getItem(store) ?? "[]");
    this.sending = false;
    addEventListener("online", () => this.send());
    this.send();
  }

  /** @param {Omit<Answer, "client_key">} answer */
  add(answer) {
    // randomUUID needs https or localhost; a phone on the same network has neither.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const client_key = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.waiting.push({ ...answer, client_key });
    this.keep();
    this.send();
  }

  keep() {
    localStorage.setItem(this.store, JSON.stringify(this.waiting));
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    let wait = 500;
    while (this.waiting.length) {
      const answer = this.waiting[0];
      try {
        const result = await call("/api/v1/answers", answer);
        this.done();
        this.onSent(answer, result);
        wait = 500;
      } catch (error) {
        if (passing(error)) {
          this.onChange(this.waiting.length, true);
          await pause(wait);
          wait = Math.min(wait * 2, LONGEST_PAUSE);
        } else {
          this.done();
          this.onRefused(/** @type {Error} */ (error), answer);
        }
      }
    }
    this.sending = false;
    this.onChange(0, false);
  }

  done() {
    this.waiting.shift();
    this.keep();
  }
}
