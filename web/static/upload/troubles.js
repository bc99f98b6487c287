/** Why a photo is not sent, or not now. */
import { ApiError, isTemporary } from "../lib/http.js";
import { _ } from "../lib/i18n.js";

/** Why sending waits before it tries again. @param {unknown} error */
export function reasonOf(error) {
  if (error instanceof ApiError && isTemporary(error)) return `${error.message} ${_("Sending resumes by itself.")}`;
  return navigator.onLine
    ? _("The connection was lost. Sending resumes by itself.")
    : _("You are offline. Sending resumes by itself.");
}

/** Whether sending the same photo again helps. @param {ApiError} error */
export const isDamage = (error) => error.status === 409 && error.code === "upload_damaged";

/** Throw ApiError for a file that cannot be sent. @param {Blob} blob @param {number} limit MB */
export function checkSize(blob, limit) {
  if (blob.size > limit * 2 ** 20) {
    const hint = _("The limit is {limit} MB. Send the photo in its normal size.", { limit });
    throw new ApiError(413, { message: _("This file is too large."), hint });
  }
  if (!blob.size) throw new ApiError(400, { message: _("This file is empty."), hint: _("Choose the photo again.") });
}
