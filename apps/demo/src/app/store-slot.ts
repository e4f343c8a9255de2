/**
 * A store for each window: one store is one device, and two windows of a browser that shared one would
 * push each other out. A window keeps its slot over reloads; a closed window's slot is taken
 * by the next one, with all that it holds. Goes away when the windows of a browser share a hub.
 */

const KEY = "croft-demo/slot";
const MOST = 32;

/** A store of this window's own, until the window closes. */
export interface StoreSlot {
  /** Name of the IndexedDB database. */
  readonly name: string;
}

/** Takes the slot that this window had, or else the first free one. */
export async function takeStoreSlot(base: string): Promise<StoreSlot> {
  const own = Number(sessionStorage.getItem(KEY) ?? "0");
  const others = Array.from({ length: MOST }, (_, slot) => slot).filter((slot) => slot !== own);
  for (const slot of [own, ...others]) {
    const name = slot === 0 ? base : `${base}:${slot + 1}`;
    if (await lockForever(name)) {
      sessionStorage.setItem(KEY, String(slot));
      return { name };
    }
  }
  throw new Error(`More than ${MOST} windows of this workspace are open.`);
}

/** Locks `name` until the window closes; false when another window has it. */
function lockForever(name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, async (lock) => {
        resolve(lock !== null);
        // Held until the window is gone.
        if (lock) await new Promise(() => undefined);
      })
      .catch(reject);
  });
}
