/** Things kept in the browser (IndexedDB) in the order they came. Where it refuses to keep them, they wait in memory. */

/** @template {object} T */
export class Store {
  /** @param {string} name each person has one, however many share a browser */
  constructor(name) {
    this.name = name;
    /** @type {IDBDatabase | null} */ this.database = null;
    this.inMemory = 0;
  }

  /** What is left from last time, oldest first. @returns {Promise<(T & {id: number})[]>} */
  async open() {
    try {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore("entries", { keyPath: "id", autoIncrement: true });
      this.database = await done(request);
      return await this.all();
    } catch {
      return []; // a private window, perhaps: add() says so
    }
  }

  /** Everything in it, also what another tab put there. @returns {Promise<(T & {id: number})[]>} */
  async all() {
    return this.database ? done(this.entries("readonly").getAll()) : [];
  }

  /** Keep a thing. A negative id says that it is only in memory. @param {T} thing @returns {Promise<T & {id: number}>} */
  async add(thing) {
    try {
      return { ...thing, id: Number(await done(this.entries("readwrite").add(thing))) };
    } catch {
      this.inMemory += 1; // no room, or no store: the page must stay open
      return { ...thing, id: -this.inMemory };
    }
  }

  /** @param {T & {id: number}} thing */
  async update(thing) {
    if (thing.id > 0) await done(this.entries("readwrite").put(thing));
  }

  /** @param {{id: number}} thing */
  async remove(thing) {
    if (thing.id > 0) await done(this.entries("readwrite").delete(thing.id));
    else this.inMemory -= 1;
  }

  /** @param {IDBTransactionMode} mode */
  entries(mode) {
    if (!this.database) throw new Error("no store");
    return this.database.transaction("entries", mode).objectStore("entries");
  }
}

/** @template R @param {IDBRequest<R>} request @returns {Promise<R>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
