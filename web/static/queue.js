/**
 * Photos on their way, kept in the browser (IndexedDB) until the server has them: a closed tab or a dead
 * phone goes on where it was. Where the browser refuses to keep them, they wait in memory.
 */

/** @typedef {{id: number, name: string, blob: Blob | null, person: string, sha256?: string, error?: string}} Entry */

export class Queue {
  /** @param {string} name each person has one, however many share a browser */
  constructor(name) {
    this.name = name;
    /** @type {IDBDatabase | null} */ this.database = null;
    this.inMemory = 0;
  }

  /** What is left from last time, oldest first. @returns {Promise<Entry[]>} */
  async open() {
    try {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore("entries", { keyPath: "id", autoIncrement: true });
      this.database = await done(request);
      return await done(this.store("readonly").getAll());
    } catch {
      return []; // a private window, perhaps: add() says so
    }
  }

  /** Keep a photo. @param {string} name @param {Blob} blob @param {string} person @returns {Promise<Entry>} */
  async add(name, blob, person) {
    const entry = { name, blob, person };
    try {
      const id = Number(await done(this.store("readwrite").add(entry)));
      return { ...entry, id };
    } catch {
      this.inMemory += 1; // no room, or no store: the page must stay open
      return { ...entry, id: -this.inMemory };
    }
  }

  /** @param {Entry} entry */
  async update(entry) {
    if (entry.id > 0) await done(this.store("readwrite").put(entry));
  }

  /** @param {Entry} entry */
  async remove(entry) {
    if (entry.id > 0) await done(this.store("readwrite").delete(entry.id));
    else this.inMemory -= 1;
  }

  /** @param {IDBTransactionMode} mode */
  store(mode) {
    if (!this.database) throw new Error("no store");
    return this.database.transaction("entries", mode).objectStore("entries");
  }
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
