/** Sending one photo in parts: its hash tells the server what it has already, so nothing is sent twice. */
import { sha256 } from "/assets/sha2.js";
import { call, put } from "../lib/http.js";
import { _ } from "../lib/i18n.js";

const SLICE = 2 ** 20;

/**
 * The SHA-256 of a file, without holding all of it in memory. crypto.subtle would need https, which a phone
 * on the same network does not have.
 * @param {Blob} blob
 */
export async function digest(blob) {
  const hash = sha256.create();
  for (let start = 0; start < blob.size; start += SLICE)
    hash.update(new Uint8Array(await blob.slice(start, start + SLICE).arrayBuffer()));
  return [...hash.digest()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Send what the server does not have of the file; returns the photo's id.
 * @param {Blob} blob @param {string} hash @param {string} person
 * @param {(share: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<number>}
 */
export async function send(blob, hash, person, onProgress, signal) {
  const { part_bytes: size, arrived } = await call("/api/v1/uploads", { sha256: [hash] }, { signal });
  const known = arrived[0];
  if (known?.photo_id) return known.photo_id;
  const of = Math.max(1, Math.ceil(blob.size / size));
  const missing = [...Array(of).keys()].filter((part) => !known?.parts.includes(part));
  if (!missing.length) missing.push(of - 1); // all are here, but nobody was told what became of them
  let sent = of - missing.length;
  for (const part of missing) {
    const query = new URLSearchParams({ of: String(of), ...(person && { person }) });
    const body = blob.slice(part * size, (part + 1) * size);
    const path = `/api/v1/uploads/${hash}/${part}?${query}`;
    const { photo } = await put(path, body, (share) => onProgress((sent + share) / of), signal);
    sent += 1;
    if (photo) return photo.id;
  }
  throw new Error(_("The photo did not arrive whole."));
}

/**
 * A smaller copy for a friend who saves data; the photo itself where the browser cannot open it.
 * @param {File} file @param {number} longest pixels of the longer side @returns {Promise<Blob>}
 */
export async function smaller(file, longest) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const copy = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.88));
    return copy && copy.size < file.size ? copy : file;
  } catch {
    return file; // a HEIC on a desktop: the server opens it
  }
}
