/** Files that are kept in this browser by their hash, so that they are fetched once. */
import { sha256 } from "../../assets/sha2.js";
import { rooted } from "../lib/http.js";
import { _ } from "../lib/i18n.js";

/** @typedef {{url: string, hash: string, size?: number}} File `size` in bytes, where it may be sent compressed */
/** @typedef {(received: number, total: number) => void} OnProgress bytes */

export class Files {
  /** @param {IDBDatabase | null} database null where the browser keeps nothing, as in a private window */
  constructor(database) {
    this.database = database;
  }

  static async open() {
    try {
      const request = indexedDB.open(rooted("try-files"), 1);
      request.onupgradeneeded = () => request.result.createObjectStore("files");
      return new Files(await resultOf(request));
    } catch {
      return new Files(null);
    }
  }

  /**
   * The content of a file. Throws where it is not kept and cannot be fetched.
   * @param {File} file
   * @param {OnProgress} onProgress
   * @returns {Promise<ArrayBuffer>}
   */
  async read({ url, hash, size }, onProgress) {
    const kept = await this.store("readonly", (files) => files.get(hash));
    if (kept instanceof ArrayBuffer) return kept;
    const content = await fetched(url, size, onProgress).catch((cause) => {
      throw new Error(_("The model's files cannot be fetched. Reload the page."), { cause });
    });
    if (digest(content) !== hash) throw new Error(_("A file arrived damaged. Reload the page."));
    await this.store("readwrite", (files) => files.put(content, hash));
    return content;
  }

  /** Forget all files but these. @param {string[]} hashes */
  async keepOnly(hashes) {
    const kept = /** @type {IDBValidKey[]} */ ((await this.store("readonly", (files) => files.getAllKeys())) ?? []);
    for (const key of kept.filter((one) => !hashes.includes(String(one))))
      await this.store("readwrite", (files) => files.delete(key));
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(files: IDBObjectStore) => IDBRequest} use
   */
  async store(mode, use) {
    try {
      return this.database && (await resultOf(use(this.database.transaction("files", mode).objectStore("files"))));
    } catch {
      return null; // no room is left: the file is fetched again next time
    }
  }
}

/** @param {string} url @param {number | undefined} size @param {OnProgress} onProgress */
async function fetched(url, size, onProgress) {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`${url}: ${response.status}`);
  const total = size ?? (Number(response.headers.get("Content-Length")) || 0);
  const parts = [];
  let received = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    received += value.length;
    onProgress(received, total);
  }
  return new Blob(parts).arrayBuffer();
}

/** The SHA-256 in hex; crypto.subtle would need https. @param {ArrayBuffer} content */
function digest(content) {
  return [...sha256(new Uint8Array(content))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @template R @param {IDBRequest<R>} request @returns {Promise<R>} */
function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
