/** The camera of this device. */
import { _ } from "../lib/i18n.js";

const WIDTH = 960; // pixels that are asked for: more make each look slower and a face hardly clearer

/** Whether the page may use a camera at all: browsers hide it from pages that came by plain http. */
export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

/**
 * Start the camera that faces the person, or the other way. Throws an Error with a message for people.
 * @param {"user" | "environment"} facing
 */
export async function startCamera(facing) {
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { facingMode: facing, width: { ideal: WIDTH } }, audio: false,
    });
  } catch (error) {
    throw new Error(reason(error instanceof DOMException ? error.name : ""), { cause: error });
  }
}

/** End the camera; its light goes out. @param {MediaStream | null} stream */
export function stopCamera(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Whether the camera looks at the person, who then expects a mirror. @param {MediaStream} stream */
export function looksAtPerson(stream) {
  const { facingMode } = stream.getVideoTracks()[0]?.getSettings() ?? {};
  return facingMode !== "environment";
}

/** @param {string} name of the DOMException */
function reason(name) {
  if (name === "NotAllowedError" || name === "SecurityError")
    return _("The camera is not allowed here. Allow it beside the address, then start again.");
  if (name === "NotFoundError" || name === "OverconstrainedError") return _("This device has no camera.");
  if (name === "NotReadableError" || name === "AbortError")
    return _("The camera is in use by another program. Close it, then start again.");
  return _("The camera could not be started.");
}
