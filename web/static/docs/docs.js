/** Trying calls of the API on the page that documents them: with a pasted token, or as who is signed in here. */
import { _ } from "../lib/i18n.js";
import { messageOf, rooted } from "../lib/http.js";

/** Headers of an answer that its reader may need. */
const SHOWN = ["ETag", "Idempotency-Replayed", "X-Run-Id"];

const token = /** @type {HTMLInputElement} */ (document.getElementById("token"));
const find = /** @type {HTMLInputElement} */ (document.getElementById("find"));

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches(".try")) return;
  event.preventDefault();
  if (form.dataset.method === "DELETE" && !confirm(_("This deletes. Send it?"))) return;
  void send(form);
});

find.addEventListener("input", () => {
  const wanted = find.value.trim().toLowerCase();
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".call"))) {
    one.hidden = !(one.querySelector("summary")?.textContent ?? "").toLowerCase().includes(wanted);
  }
  for (const group of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".calls"))) {
    group.hidden = !group.querySelector(".call:not([hidden])");
  }
});

// A link to one call opens it.
const named = document.getElementById(location.hash.slice(1));
if (named instanceof HTMLDetailsElement) named.open = true;

/** @param {HTMLFormElement} form */
async function send(form) {
  const output = /** @type {HTMLOutputElement} */ (form.querySelector("output"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  button.disabled = true;
  output.hidden = false;
  output.replaceChildren();
  try {
    const { path, options } = requestOf(form);
    const headers = { ...options.headers, ...(await identity(form.dataset.method ?? "GET")) };
    const credentials = token.value ? "omit" : "same-origin";
    const response = await fetch(rooted(path), { ...options, headers, credentials });
    output.replaceChildren(...(await shown(path, response)));
  } catch (error) {
    output.replaceChildren(line(messageOf(error), true));
  } finally {
    button.disabled = false;
  }
}

/**
 * What the fields of a form say is to be sent.
 * @param {HTMLFormElement} form
 */
function requestOf(form) {
  let path = form.dataset.path ?? "";
  const query = new URLSearchParams();
  const body = new FormData();
  /** @type {Record<string, string>} */
  const headers = {};
  /** @type {RequestInit["body"]} */
  let sent;
  for (const field of form.elements) {
    if (field instanceof HTMLInputElement && field.type === "file") {
      for (const file of field.files ?? []) {
        if (field.dataset.in === "body") sent = file;
        else body.append(field.name, file);
      }
    } else if (isField(field) && field.value !== "") {
      const where = field.dataset.in;
      if (where === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
      else if (where === "query") query.set(field.name, field.value);
      else if (where === "form") body.append(field.name, field.value);
      else if (where === "header") headers[field.name] = field.value;
      else if (where === "json") [sent, headers["Content-Type"]] = [field.value, "application/json"];
    }
  }
  if (form.querySelector('[data-in="form"]')) sent = body;
  const search = query.size ? `?${query}` : "";
  return { path: path + search, options: { method: form.dataset.method, headers, body: sent } };
}

/** @param {Element} field @returns {field is HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} */
const isField = (field) =>
  field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement;

/**
 * The headers that say who sends: the pasted token, or that a page of ours does.
 * @param {string} method
 * @returns {Promise<Record<string, string>>}
 */
async function identity(method) {
  if (token.value) return { Authorization: `Bearer ${token.value.trim()}` };
  if (method === "GET") return {};
  // This page is the same for everybody, so that it has no token against forged requests: another one has.
  const page = await fetch(rooted("/"), { headers: { Accept: "text/html" } });
  const made = new DOMParser().parseFromString(await page.text(), "text/html");
  const csrf = made.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
  return { "X-CSRFToken": csrf };
}

/**
 * An answer as elements: what was asked, status and headers, the body.
 * @param {string} path
 * @param {Response} response
 */
async function shown(path, response) {
  const names = response.ok ? SHOWN : [...SHOWN, "Retry-After"];
  const headers = names.map((name) => [name, response.headers.get(name)]).filter(([, value]) => value);
  const status = `${response.status} ${response.statusText}`.trim();
  const texts = [`${path} → ${status}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  const lines = texts.map((text) => line(text, !response.ok && text.includes("→")));
  if (response.headers.get("Content-Type")?.startsWith("image/")) {
    const picture = document.createElement("img");
    picture.src = URL.createObjectURL(await response.blob());
    picture.alt = _("The answer is a picture.");
    return [...lines, picture];
  }
  const text = await response.text();
  if (!text) return lines;
  const body = document.createElement("pre");
  body.tabIndex = 0;
  body.textContent = pretty(text);
  return [...lines, body];
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** @param {string} text @param {boolean} failed */
function line(text, failed) {
  const element = document.createElement("div");
  element.textContent = text;
  element.classList.toggle("failed", failed);
  return element;
}
