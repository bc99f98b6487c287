/** Passkeys: adding one on the profile, and signing in with it on the page for strangers. */
import { call, messageOf } from "../lib/http.js";
import { _ } from "../lib/i18n.js";

/**
 * @typedef {{id: string, type: PublicKeyCredentialType}} Descriptor
 * @typedef {{challenge: string, user: {id: string, name: string, displayName: string}, excludeCredentials: Descriptor[]}
 *   & Omit<PublicKeyCredentialCreationOptions, "challenge" | "user" | "excludeCredentials">} AddingOptions
 * @typedef {{challenge: string} & Omit<PublicKeyCredentialRequestOptions, "challenge" | "allowCredentials">} SignInOptions
 */

/** @param {string} text base64url */
const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

/** As base64url. @param {ArrayBuffer} buffer */
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

/** @returns {Promise<{url: string}>} */
async function add() {
  /** @type {AddingOptions} */
  const options = await call("/profile/passkeys/options", {});
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: options.excludeCredentials.map((known) => ({ ...known, id: bytes(known.id) })),
    },
  });
  if (!(made instanceof PublicKeyCredential)) throw new Error(_("Nothing was added."));
  const response = /** @type {AuthenticatorAttestationResponse} */ (made.response);
  return call("/profile/passkeys", {
    credential: described(made, { attestationObject: text(response.attestationObject) }),
  });
}

/** @returns {Promise<{url: string}>} */
async function signIn() {
  /** @type {SignInOptions} */
  const options = await call("/hello/passkey/options", {});
  const found = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge) } });
  if (!(found instanceof PublicKeyCredential)) throw new Error(_("Nothing was chosen."));
  const response = /** @type {AuthenticatorAssertionResponse} */ (found.response);
  const signed = { authenticatorData: text(response.authenticatorData), signature: text(response.signature) };
  return call("/hello/passkey", { credential: described(found, signed) });
}

/** @param {PublicKeyCredential} credential @param {Record<string, string>} signed */
const described = (credential, signed) => ({
  id: credential.id,
  rawId: text(credential.rawId),
  type: credential.type,
  response: { clientDataJSON: text(credential.response.clientDataJSON), ...signed },
});

/**
 * Show the button where the browser has passkeys.
 * @param {string} id @param {() => Promise<{url: string}>} act
 */
function offer(id, act) {
  const button = document.getElementById(id);
  if (!(button instanceof HTMLButtonElement)) return;
  if (!window.PublicKeyCredential) {
    document.getElementById("no-passkeys")?.removeAttribute("hidden");
    return;
  }
  button.hidden = false;
  button.addEventListener("click", async () => {
    const trouble = document.getElementById("passkey-trouble");
    button.disabled = true;
    trouble?.setAttribute("hidden", "");
    try {
      location.assign((await act()).url);
    } catch (error) {
      button.disabled = false;
      if (!trouble) return;
      trouble.hidden = false;
      // The browser's own words for a prompt that was closed name a specification.
      const closed = error instanceof DOMException && error.name === "NotAllowedError";
      const known = error instanceof DOMException && error.name === "InvalidStateError";
      if (closed) trouble.textContent = _("The prompt was closed. Try again.");
      else trouble.textContent = known ? _("This device has a passkey already.") : messageOf(error);
    }
  });
}

offer("add-passkey", add);
offer("use-passkey", signIn);
