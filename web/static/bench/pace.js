/** What keeps one going: how far it is to a retrain that is worth it, labels a minute, and a pause in time. */
import { call } from "../lib/http.js";
import { _, ngettext } from "../lib/i18n.js";

const ASK_EVERY = 10; // answers; in between we count ourselves
const MINUTE = 60_000;
const IDLE = 2 * MINUTE; // without an answer for so long, one has rested
const REST_AFTER = 20 * MINUTE;

export class Pace {
  /** @param {HTMLElement} root holds `progress`, `.worth`, `.speed` and `.rest` */
  constructor(root) {
    this.bar = /** @type {HTMLProgressElement} */ (root.querySelector("progress"));
    this.worth = /** @type {HTMLElement} */ (root.querySelector(".worth"));
    this.speed = /** @type {HTMLElement} */ (root.querySelector(".speed"));
    this.rest = /** @type {HTMLElement} */ (root.querySelector(".rest"));
    /** @type {number[]} */ this.times = [];
    this.since = 0;
    this.given = 0;
    /** @type {any} */ this.plan = null;
    this.ask();
  }

  /** An answer was given; `show` says so when there is time. */
  count() {
    const now = Date.now();
    if (!this.times.length || now - this.times[this.times.length - 1] > IDLE) {
      this.since = now;
      this.rest.hidden = true;
    }
    this.times = [...this.times.filter((time) => time > now - MINUTE), now];
    this.given += 1;
    if (this.plan) this.plan.have += 1;
    if (this.given % ASK_EVERY === 0) this.ask();
    if (now - this.since > REST_AFTER) this.rest.hidden = false;
  }

  /** The last answer was taken back. */
  uncount() {
    this.times.pop();
    if (this.plan) this.plan.have -= 1;
  }

  async ask() {
    this.plan = await call("/api/v1/progress").catch(() => this.plan); // offline: we go on counting
    this.show();
  }

  show() {
    const first = this.times[0];
    const span = this.times.length > 4 ? this.times[this.times.length - 1] - first : 0;
    const rate = span ? Math.round(((this.times.length - 1) / span) * MINUTE) : 0;
    this.speed.textContent = rate ? ngettext("{n} a minute", "{n} a minute", rate) : "";
    if (!this.plan) return;
    const { have, needed, reason } = this.plan;
    const left = Math.max(0, needed - have);
    this.bar.max = Math.max(1, needed);
    this.bar.value = Math.min(have, needed);
    this.worth.textContent = left
      ? `${ngettext("{n} more answer makes a retrain worthwhile.", "{n} more answers make a retrain worthwhile.", left)} ${reason}`
      : `${_("A retrain is worthwhile now.")} ${reason}`;
  }
}
