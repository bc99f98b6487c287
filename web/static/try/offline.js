/**
 * The service worker of the page Try it alone: without a connection it answers with what was last fetched. The models
 * are kept by the page itself, by their hash.
 */

const CACHE = "try";
const worker = /** @type {any} */ (self);

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));

// The page says what it needs, once it has begun.
worker.addEventListener("message", (/** @type {any} */ event) => event.waitUntil(keepAll(event.data)));

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  if (event.request.method === "GET") event.respondWith(fetchOrKept(event.request));
});

/** @param {string[]} addresses */
async function keepAll(addresses) {
  const cache = await caches.open(CACHE);
  const wanted = new Set(addresses.map((address) => new URL(address, location.href).href));
  for (const { url } of await cache.keys()) if (!wanted.has(new URL(url).href)) await cache.delete(url);
  await Promise.all([...wanted].map((url) => keepOne(cache, url)));
}

/** @param {Cache} cache @param {string} url */
async function keepOne(cache, url) {
  const response = await fetch(url, { credentials: "same-origin" });
  if (response.ok && !response.redirected) await cache.put(url, response);
}

/** What the server says; without it, what is kept. @param {Request} request */
async function fetchOrKept(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match(request, { ignoreSearch: true, ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}
