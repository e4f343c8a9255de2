// Keeps the app itself, so that it opens while its server is away; the notes are in IndexedDB anyway.
// The network comes first: what the server has now is what is run.

const CACHE = "croft-demo";

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(keepFirst());
});

addEventListener("activate", (event) => {
  event.waitUntil(clients.claim());
});

addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  // A token is never kept.
  const own = origin === location.origin && !pathname.startsWith("/api/");
  if (own && event.request.method === "GET") event.respondWith(answer(event.request, pathname));
});

async function answer(request, pathname) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    // A full disk must not keep anybody from what the network has.
    if (response.ok) await keep(cache, pathname, response.clone()).catch(console.warn);
    return response;
  } catch (error) {
    const kept = await cache.match(pathname);
    if (kept) return kept;
    throw error;
  }
}

async function keep(cache, pathname, response) {
  if (pathname === "/") {
    // Another build: the files of the old one are of no use.
    const before = await (await cache.match("/"))?.text();
    if (before !== undefined && before !== (await response.clone().text())) {
      for (const old of await cache.keys()) await cache.delete(old);
    }
  }
  await cache.put(pathname, response);
}

/** What the first visit loaded before this worker was there: the page, and what it names. */
async function keepFirst() {
  const cache = await caches.open(CACHE);
  const page = await fetch("/");
  const names = [...(await page.clone().text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)];
  await cache.addAll(names.map(([, name]) => name));
  // Examples to install without a network; without them the app is as good.
  await keepExamples(cache).catch(console.warn);
  await cache.put("/", page);
}

async function keepExamples(cache) {
  const list = await fetch("/plugins/index.json");
  const { plugins } = await list.clone().json();
  await cache.addAll(plugins.map(({ file }) => `/plugins/${file}`));
  await cache.put("/plugins/index.json", list);
}
