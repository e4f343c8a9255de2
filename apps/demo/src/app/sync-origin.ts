/** Remembers where the sync server is, so that it is closed to plugins from the start, without a network too. */

const KEY = "croft-demo/sync-origin";

/** The server's address, as pages would reach it by HTTP; `undefined` before it was ever known. */
export function knownSyncOrigin(storage: Pick<Storage, "getItem">): string | undefined {
  return storage.getItem(KEY) ?? undefined;
}

/** Keeps the origin of `url`, which is `ws://…` or `wss://…`; returns it. */
export function keepSyncOrigin(storage: Pick<Storage, "setItem">, url: string): string {
  const origin = originOfSync(url);
  storage.setItem(KEY, origin);
  return origin;
}

/** WebSockets are on the server's HTTP port. */
export function originOfSync(url: string): string {
  return new URL(url.replace(/^ws/, "http")).origin;
}
