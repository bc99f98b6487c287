/**
 * Answers waiting to be sent: first stored in the browser, then sent in order until the server has them.
 * Each has a unique key, so the server applies it once even if it is sent twice or from two tabs.
 */
import { ApiError, call, isTemporaryStatus, pause, waitAfter } from "./http.js";
import { Store } from "./store.js";

const MAX_BATCH = 50; // answers in one request, for instance after an outage
const FIRST_WAIT = 500; // ms
const LONGEST_WAIT = 10_000; // ms
const CHECK_EVERY = 15_000; // ms; an open tab sends what a closed one left

/**
 * @typedef {import("./api_types.js").Answer} Answer
 * @typedef {import("./api_types.js").AnswerResult} AnswerResult
 * @typedef {import("./api_types.js").Card} Card
 * @typedef {{answer: Answer, card?: Card, refusal?: AnswerResult}} StoredAnswer `card` is the face it is about
 * @typedef {StoredAnswer & {id: number}} Entry `id` is 0 until it is stored
 */

/** A random key. randomUUID() needs https or localhost, which a phone on the same network does not have. */
export function uniqueKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The key of one of many answers confirmed together. @param {string} batch @param {number} faceId */
export const keyInBatch = (batch, faceId) => `batch-${batch}:${faceId}`;

/** The batch that a key belongs to. @param {string} clientKey */
export const batchOfKey = (clientKey) => /^batch-(\w+):/.exec(clientKey)?.[1];

export class Outbox {
  /**
   * @param {string} person each has an outbox of their own, since several may share a browser
   * @param {{onChange: (state: {waiting: number, trouble: string, stored: boolean}) => void,
   *   onRefused: (entry: Entry) => void, onSent: (entry: Entry, result: AnswerResult) => void}} listener
   */
  constructor(person, listener) {
    /** @type {Store<StoredAnswer>} */ this.store = new Store(`answers-${person}`);
    this.listener = listener;
    /** @type {Entry[]} */ this.waiting = [];
    this.sending = false;
    this.trouble = "";
    addEventListener("online", () => this.send());
    setInterval(() => this.adoptOthers(), CHECK_EVERY);
  }

  /** Continue with what an earlier page left unsent, and return it. @returns {Promise<Entry[]>} */
  async open() {
    const entries = await this.store.open();
    for (const entry of entries.filter(({ refusal }) => refusal)) this.listener.onRefused(entry);
    const unsent = entries.filter(({ refusal }) => !refusal);
    this.waiting.unshift(...unsent);
    this.send();
    return unsent;
  }

  /** @param {Omit<Answer, "client_key"> & {client_key?: string}} answer @param {Card} [card] */
  async add(answer, card) {
    const stored = { answer: { client_key: uniqueKey(), ...answer }, card };
    const entry = { id: 0, ...stored };
    this.waiting.push(entry);
    entry.id = (await this.store.add(stored)).id;
    this.send();
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    let wait = FIRST_WAIT;
    for (let batch = this.nextBatch(); batch.length; batch = this.nextBatch()) {
      try {
        /** @type {{results: AnswerResult[]}} */
        const { results } = await call("/api/v1/answers/many", { answers: batch.map((entry) => entry.answer) });
        this.trouble = "";
        wait = FIRST_WAIT;
        for (const [index, result] of results.entries()) {
          if (isTemporaryStatus(result.status)) throw new ApiError(result.status, result.error ?? {});
          await this.finish(batch[index], result);
        }
      } catch (error) {
        this.trouble = error instanceof ApiError ? error.message : "offline";
        this.notify();
        await pause(waitAfter(error, wait));
        wait = Math.min(wait * 2, LONGEST_WAIT);
      }
      this.notify();
    }
    this.sending = false;
    this.notify();
  }

  /** The oldest answers, up to the first that is not stored yet: none is sent before it is stored. */
  nextBatch() {
    const unstored = this.waiting.findIndex((entry) => entry.id === 0);
    return this.waiting.slice(0, unstored < 0 ? MAX_BATCH : Math.min(unstored, MAX_BATCH));
  }

  /** @param {Entry} entry @param {AnswerResult} result */
  async finish(entry, result) {
    this.waiting = this.waiting.filter((other) => other !== entry);
    if (result.status < 300) {
      await this.store.remove(entry);
      this.listener.onSent(entry, result);
    } else {
      entry.refusal = result;
      await this.store.update(entry); // kept until the person dismisses it
      this.listener.onRefused(entry);
    }
  }

  /** Delete a refused answer, which the person has read. @param {Entry} entry */
  forget(entry) {
    this.store.remove(entry);
  }

  /** Take over stored answers that this page does not know, such as those of a closed tab. */
  async adoptOthers() {
    const ids = new Set(this.waiting.map((entry) => entry.id));
    const others = (await this.store.all()).filter((entry) => !entry.refusal && !ids.has(entry.id));
    if (this.sending || !others.length) return;
    this.waiting.push(...others);
    this.send();
  }

  notify() {
    const stored = this.store.inMemory === 0;
    this.listener.onChange({ waiting: this.waiting.length, trouble: this.trouble, stored });
  }
}
