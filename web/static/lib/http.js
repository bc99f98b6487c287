/** Calls of the JSON API. The session cookie authenticates; the CSRF token shows that a page made the call. */
import { _ } from "./i18n.js";

/** The token that forms and calls of this page send. */
export const csrf = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";

const root = document.querySelector('meta[name="root"]')?.getAttribute("content") ?? "";

/** The address of a path of the workbench, which a proxy may serve under a prefix. @param {string} path */
export const rooted = (path) => root + path;

/** An error answer of the API. Its message is written for people. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {import("./api_types.js").ErrorText} error
   * @param {Record<string, unknown>} detail what else the answer says
   * @param {string | null} retryAfter seconds after which the server wants to be asked again
   */
  constructor(status, error, detail = {}, retryAfter = null) {
    super([error.message, error.hint].filter(Boolean).join(" ") || _("The server answered {status}.", { status }));
    this.status = status;
    this.code = error.code;
    this.detail = detail;
    this.wait = 1000 * Math.min(60, Number(retryAfter) || 0); // ms
  }
}

/** Whether a call that was answered so may succeed later. @param {number} status */
export const isTemporaryStatus = (status) => status === 408 || status === 429 || status >= 500;

/** Whether the same call may succeed later. @param {unknown} error */
export function isTemporary(error) {
  return !(error instanceof ApiError) || isTemporaryStatus(error.status);
}

/** How long to wait before the next attempt: as long as the server asks for, at least. @param {unknown} error @param {number} wait ms */
export const waitAfter = (error, wait) => Math.max(wait, error instanceof ApiError ? error.wait : 0);

/** @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {number} milliseconds @returns {Promise<void>} */
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Throws what is shown of a call without an answer, or with half of one. @param {AbortSignal | null} [signal] */
const lost = (signal) => (/** @type {Error} */ error) => {
  throw signal?.aborted ? error : new Error(_("The connection was lost."), { cause: error });
};

/**
 * fetch() of a path. Throws ApiError where the answer is an error, and an error in words without a connection.
 * @param {string} path
 * @param {RequestInit} [options]
 */
export async function ask(path, options) {
  const response = await fetch(rooted(path), options).catch(lost(options?.signal));
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new ApiError(response.status, answer.error ?? {}, answer, response.headers.get("Retry-After"));
}

/**
 * GET, or POST where there is a body, of the JSON API. Throws what `ask` throws.
 * @template T the JSON of the answer, which the caller states
 * @param {string} path
 * @param {object} [body]
 * @param {RequestInit} [options]
 * @returns {Promise<T>}
 */
export async function call(path, body, options = {}) {
  const method = options.method ?? (body ? "POST" : "GET");
  /** @type {Record<string, string>} */
  const headers = method === "GET" ? {} : { "Content-Type": "application/json", "X-CSRFToken": csrf };
  const response = await ask(path, {
    method,
    headers: { Accept: "application/json", ...headers },
    body: body ? JSON.stringify(body) : undefined,
    ...options,
  });
  // What is no JSON is cut off, or comes from something between: not to be taken for an answer.
  return response.status === 204 ? /** @type {T} */ ({}) : response.json().catch(lost(options.signal));
}

/**
 * PUT bytes and report the fraction sent. Uses XMLHttpRequest because fetch() has no upload progress.
 * @template T
 * @param {string} path
 * @param {Blob} body
 * @param {(fraction: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
export function put(path, body, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", rooted(path));
    request.setRequestHeader("X-CSRFToken", csrf);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
    request.onerror = request.onabort = () => reject(new Error(_("The connection was lost.")));
    request.onload = () => {
      if (request.status < 300) resolve(request.response);
      else {
        const wait = request.getResponseHeader("Retry-After");
        reject(new ApiError(request.status, request.response?.error ?? {}, {}, wait));
      }
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}
