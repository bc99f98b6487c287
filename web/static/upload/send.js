/** Sending one photo in parts. The server knows a file by its hash, so no part is sent twice. */
import { sha256 } from "../../assets/sha2.js";
import { call, put } from "../lib/http.js";
import { _ } from "../lib/i18n.js";

/**
 * @typedef {import("../lib/api_types.js").Uploads} Uploads
 * @typedef {import("../lib/api_types.js").UploadedPart} UploadedPart
 */

const SLICE = 2 ** 20; // bytes

/**
 * The SHA-256 of a file, in hex, read in slices to save memory. crypto.subtle would need https, which a phone on
 * the same network does not have.
 * @param {Blob} blob
 */
export async function digest(blob) {
  const hash = sha256.create();
  for (let start = 0; start < blob.size; start += SLICE)
    hash.update(new Uint8Array(await blob.slice(start, start + SLICE).arrayBuffer()));
  return [...hash.digest()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Send the parts of a file that the server does not have.
 * @param {Blob} blob @param {string} hash @param {string} person
 * @param {(fraction: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<{photo: number} | {clip: number}>} the id of the photo or video
 */
export async function send(blob, hash, person, onProgress, signal) {
  /** @type {Uploads} */
  const { part_bytes: size, arrived } = await call("/api/v1/uploads", { sha256: [hash] }, { signal });
  const upload = arrived[0];
  if (upload?.photo_id) return { photo: upload.photo_id };
  if (upload?.clip_id) return { clip: upload.clip_id };
  const total = Math.max(1, Math.ceil(blob.size / size));
  const missing = [...Array(total).keys()].filter((part) => !upload?.parts.includes(part));
  if (!missing.length) missing.push(total - 1); // all parts are there, but the photo's id never reached us
  let sent = total - missing.length;
  for (const part of missing) {
    const query = new URLSearchParams({ of: String(total), ...(person && { person }) });
    const body = blob.slice(part * size, (part + 1) * size);
    const path = `/api/v1/uploads/${hash}/${part}?${query}`;
    /** @type {UploadedPart} */
    const { photo, clip } = await put(path, body, (fraction) => onProgress((sent + fraction) / total), signal);
    sent += 1;
    if (photo) return { photo: photo.id };
    if (clip) return { clip: clip.id };
  }
  throw new Error(_("The photo did not arrive whole."));
}

/**
 * A smaller JPEG for people who save data; the file itself where the browser cannot decode it.
 * @param {File} file @param {number} longest pixels of the longer side @returns {Promise<Blob>}
 */
export async function shrink(file, longest) {
  if (file.type.startsWith("video/")) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, longest / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    /** @type {Blob | null} */
    const copy = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.88));
    return copy && copy.size < file.size ? copy : file;
  } catch {
    return file; // for example a HEIC file on a desktop; the server can decode it
  }
}
