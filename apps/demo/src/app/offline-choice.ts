/** Remembers, for this window, that somebody chose to work offline, so that a reload stays offline. */

const KEY = "croft-demo/offline";

/** Whether this window is to stay offline. */
export function isOfflineChosen(storage: Pick<Storage, "getItem">): boolean {
  return storage.getItem(KEY) === "yes";
}

/** Keeps the choice. */
export function keepOffline(
  storage: Pick<Storage, "setItem" | "removeItem">,
  offline: boolean,
): void {
  if (offline) storage.setItem(KEY, "yes");
  else storage.removeItem(KEY);
}
