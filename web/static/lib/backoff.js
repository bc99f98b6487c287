/** Waiting times that grow while there is nothing to do, so that an idle page hardly calls the server. */
const GROWTH = 1.5;

export class Backoff {
  /** @param {number} first ms @param {number} last ms */
  constructor(first, last) {
    this.first = first;
    this.last = last;
    this.wait = first;
  }

  /** How long to wait now, in ms. */
  next() {
    const now = this.wait;
    this.wait = Math.min(this.last, now * GROWTH);
    return now;
  }

  reset() {
    this.wait = this.first;
  }
}
