/** What has arrived, in words. */
import { _, ngettext } from "../lib/i18n.js";

/** @param {number} photos @param {number} videos */
export function arrivedText(photos, videos) {
  return [
    photos || !videos ? ngettext("{n} photo sent.", "{n} photos sent.", photos) : "",
    videos ? ngettext("{n} video sent.", "{n} videos sent.", videos) : "",
  ].filter(Boolean).join(" ");
}

/** @param {number} videos how many of what arrived */
export const thanks = (videos) =>
  videos ? _("All of it arrived. Thank you!") : _("All photos arrived. Thank you!");
