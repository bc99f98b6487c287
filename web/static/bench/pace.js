/** Progress towards a worthwhile retrain, labels a minute, and a reminder to rest. */
import { find } from "../lib/dom.js";
import { call, pause } from "../lib/http.js";
import { ngettext } from "../lib/i18n.js";

const FETCH_AFTER = 3000; // ms after an answer; in between answers are counted here
const MINUTE = 60_000; // ms
const BREAK = 2 * MINUTE; // so long without an answer counts as a break
const REST_AFTER = 20 * MINUTE;

export class Pace {
  /** @param {HTMLElement} root contains `progress`, `.worth`, `.speed` and `.rest` */
  constructor(root) {
    this.bar = find("progress", HTMLProgressElement, root);
    this.worth = find(".worth", HTMLElement, root);
    this.speed = find(".speed", HTMLElement, root);
    this.rest = find(".rest", HTMLElement, root);
    /** When the answers of the last minute were given. @type {number[]} */ this.times = [];
    this.since = 0;
    this.fetching = false;
    /** @type {import("../lib/api_types.js").Progress | null} */ this.progress = null;
    this.fetch();
  }

  /** Count an answer. Call `show` when there is time to display it. */
  count() {
    const now = Date.now();
    if (!this.times.length || now - this.times[this.times.length - 1] > BREAK) {
      this.since = now;
      this.rest.hidden = true;
    }
    this.times = [...this.times.filter((time) => time > now - MINUTE), now];
    if (this.progress) this.progress.have += 1;
    this.fetchSoon();
    if (now - this.since > REST_AFTER) this.rest.hidden = false;
  }

  /** Take back the last answer. */
  uncount() {
    this.times.pop();
    if (this.progress) this.progress.have -= 1;
    this.fetchSoon();
  }

  /** The sentence is the server's, so it is asked for again, once for many quick answers. */
  fetchSoon() {
    if (this.fetching) return;
    this.fetching = true;
    pause(FETCH_AFTER).then(() => {
      this.fetching = false;
      return this.fetch();
    });
  }

  async fetch() {
    this.progress = await call("/api/v1/progress").catch(() => this.progress); // offline: continue to count here
    this.show();
  }

  show() {
    const first = this.times[0];
    const span = this.times.length > 4 ? this.times[this.times.length - 1] - first : 0;
    const rate = span ? Math.round(((this.times.length - 1) / span) * MINUTE) : 0;
    this.speed.textContent = rate ? ngettext("{n} a minute", "{n} a minute", rate) : "";
    if (!this.progress) return;
    const { have, needed, reason } = this.progress;
    this.bar.max = Math.max(1, needed);
    this.bar.value = Math.min(have, needed);
    this.worth.textContent = reason;
  }
}
