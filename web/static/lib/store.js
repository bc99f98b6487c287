/** A list kept in the browser's IndexedDB, oldest first; in memory where the browser does not allow that. */

import { rooted } from "./http.js";

/** @template {object} T */
export class Store {
  /** @param {string} name of the database; includes the person, since several may share a browser */
  constructor(name) {
    this.name = rooted(name); // several workbenches may share a host
    /** @type {IDBDatabase | null} */ this.database = null;
    this.inMemory = 0;
  }

  /**
   * Open the database and return what an earlier page left in it.
   * @returns {Promise<(T & {id: number})[]>}
   */
  async open() {
    try {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore("entries", { keyPath: "id", autoIncrement: true });
      this.database = await resultOf(request);
      return await this.all();
    } catch {
      return []; // for example in a private window; add() then keeps things in memory
    }
  }

  /**
   * Everything in the database, including what other tabs put there.
   * @returns {Promise<(T & {id: number})[]>}
   */
  async all() {
    return this.database ? resultOf(this.entries("readonly").getAll()) : [];
  }

  /**
   * Keep a value. A negative id means that it is only in memory.
   * @param {T} value
   * @returns {Promise<T & {id: number}>}
   */
  async add(value) {
    try {
      return { ...value, id: Number(await resultOf(this.entries("readwrite").add(value))) };
    } catch {
      this.inMemory += 1; // no database, or no space left: the page must stay open
      return { ...value, id: -this.inMemory };
    }
  }

  /** @param {T & {id: number}} value */
  async update(value) {
    if (value.id > 0) await resultOf(this.entries("readwrite").put(value));
  }

  /** @param {{id: number}} value */
  async remove(value) {
    if (value.id > 0) await resultOf(this.entries("readwrite").delete(value.id));
    else this.inMemory -= 1;
  }

  /** @param {IDBTransactionMode} mode */
  entries(mode) {
    if (!this.database) throw new Error("The database is not open.");
    return this.database.transaction("entries", mode).objectStore("entries");
  }
}

/** @template R @param {IDBRequest<R>} request @returns {Promise<R>} */
function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
