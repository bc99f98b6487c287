/** One way to call the JSON API: the cookie signs in, the token in the page proves that the page asked. */
import { _ } from "./i18n.js";

const csrf = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";

/** What the API says when it refuses. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {{message?: string, hint?: string}} error
   */
  constructor(status, error) {
    super([error.message, error.hint].filter(Boolean).join(" ") || _("The server answered {status}.", { status }));
    this.status = status;
  }
}

/** Whether trying the same again later may help. @param {unknown} error */
export function passing(error) {
  return !(error instanceof Refused) || error.status === 429 || error.status >= 500;
}

/** @param {number} milliseconds */
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * @param {string} path
 * @param {object} [body]
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
export async function call(path, body, options = {}) {
  const method = options.method ?? (body ? "POST" : "GET");
  const response = await fetch(path, {
    method,
    headers: { Accept: "application/json", ...(method === "GET" ? {} : { "Content-Type": "application/json", "X-CSRFToken": csrf }) },
    body: body ? JSON.stringify(body) : undefined,
    ...options,
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer.error ?? {});
  return answer;
}

/**
 * PUT bytes, telling how much of them is through (0 to 1). fetch() cannot tell, so this is XMLHttpRequest.
 * @param {string} path
 * @param {Blob} body
 * @param {(share: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export function put(path, body, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", path);
    request.setRequestHeader("X-CSRFToken", csrf);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
    request.onerror = request.onabort = () => reject(new Error(_("The connection was lost.")));
    request.onload = () =>
      request.status < 300 ? resolve(request.response) : reject(new Refused(request.status, request.response?.error ?? {}));
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}
