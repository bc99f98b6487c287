/**
 * Answers on their way: kept in the browser first, then sent in their order until the server has them.
 * Each has a key of its own, so sending it twice, from two tabs too, is the same as once.
 */
import { call, passing, pause, Refused } from "./http.js";
import { Store } from "./store.js";

const AT_ONCE = 50; // answers in one request, after an outage
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;
const LOOK_AGAIN = 15_000; // what a closed tab left is sent by one that is open

/**
 * @typedef {{client_key: string, kind: string, face_id?: number, drawn_key?: string, photo_id?: number, label?: string,
 *   box?: number[], seconds?: number, seen_at?: string}} Answer
 * @typedef {{id: number, answer: Answer, card?: any, refusal?: any}} Entry `card` is what the answer was given to
 */

/** A key that nobody else makes. randomUUID needs https or localhost; a phone on the same network has neither. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  /**
   * @param {string} person each has one, however many share a browser
   * @param {{onChange: (state: {waiting: number, trouble: string, kept: boolean}) => void,
   *   onRefused: (entry: Entry) => void, onSent: (entry: Entry, result: any) => void}} listener
   */
  constructor(person, listener) {
    /** @type {Store<any>} */ this.store = new Store(`answers-${person}`);
    this.listener = listener;
    /** @type {Entry[]} */ this.waiting = [];
    this.sending = false;
    this.trouble = "";
    addEventListener("online", () => this.send());
    setInterval(() => this.lookAgain(), LOOK_AGAIN);
  }

  /** Goes on with what an earlier page left; returns it. @returns {Promise<Entry[]>} */
  async open() {
    const left = await this.store.open();
    for (const entry of left.filter((one) => one.refusal)) this.listener.onRefused(entry);
    const unsent = left.filter((one) => !one.refusal);
    this.waiting.unshift(...unsent);
    this.send();
    return unsent;
  }

  /** @param {Omit<Answer, "client_key"> & {client_key?: string}} answer @param {any} [card] */
  async add(answer, card) {
    const kept = { answer: { client_key: freshKey(), ...answer }, card };
    const entry = { id: 0, ...kept };
    this.waiting.push(entry);
    entry.id = (await this.store.add(kept)).id;
    this.send();
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    let wait = FIRST_WAIT;
    for (let batch = this.ready(); batch.length; batch = this.ready()) {
      try {
        const { results } = await call("/api/v1/answers/many", { answers: batch.map((entry) => entry.answer) });
        this.trouble = "";
        wait = FIRST_WAIT;
        for (const [index, result] of results.entries()) await this.settle(batch[index], result);
      } catch (error) {
        this.trouble = error instanceof Refused && !passing(error) ? error.message : "offline";
        this.tell();
        await pause(wait);
        wait = Math.min(wait * 2, LONGEST_WAIT);
      }
      this.tell();
    }
    this.sending = false;
    this.tell();
  }

  /** The first of those that are kept: none is sent before it is safe here. */
  ready() {
    const unkept = this.waiting.findIndex((entry) => entry.id === 0);
    return this.waiting.slice(0, unkept < 0 ? AT_ONCE : Math.min(unkept, AT_ONCE));
  }

  /** @param {Entry} entry @param {any} result */
  async settle(entry, result) {
    this.waiting = this.waiting.filter((one) => one !== entry);
    if (result.status < 300) {
      await this.store.remove(entry);
      this.listener.onSent(entry, result);
    } else {
      entry.refusal = result;
      await this.store.update(entry); // until somebody has read it
      this.listener.onRefused(entry);
    }
  }

  /** Somebody has read why an answer was refused. @param {Entry} entry */
  forget(entry) {
    this.store.remove(entry);
  }

  async lookAgain() {
    const known = new Set(this.waiting.map((entry) => entry.id));
    const others = (await this.store.all()).filter((entry) => !entry.refusal && !known.has(entry.id));
    if (this.sending || !others.length) return;
    this.waiting.push(...others);
    this.send();
  }

  tell() {
    const kept = this.store.inMemory === 0;
    this.listener.onChange({ waiting: this.waiting.length, trouble: this.trouble, kept });
  }
}
