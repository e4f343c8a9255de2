/**
 * Which tab this is: an id that stays while the tab goes from page to page, also when a page dies. It is kept in the storage of the
 * tab's session, which the browser copies when a person duplicates the tab. So the page holds a Web Lock by that name while it
 * lives, and draws another id where the lock is taken.
 */

/** Where the id is kept, and what tells that it is in use. */
export interface TabIdOptions {
  /** Returns the storage of the tab's session, or throws where it is forbidden. */
  readonly storage: () => Pick<Storage, "getItem" | "setItem">;
  /** Without locks, which only secure pages have, a copy of the tab has the same id. */
  readonly locks: Pick<LockManager, "request"> | undefined;
}

const KEY = "croft/tab";
/** How long to wait for the lock, in milliseconds: the page before this one may not be gone entirely yet. */
const PATIENCE = 500;

/** Resolves with the tab's id, which is this page's alone for as long as it lives. */
export async function claimTabId({ storage, locks }: TabIdOptions): Promise<string> {
  const fresh = crypto.randomUUID();
  try {
    const kept = storage();
    const known = kept.getItem(KEY);
    if (known !== null && (await hold(locks, known))) return known;
    kept.setItem(KEY, fresh);
  } catch {
    // The storage is forbidden: then each page is a writer of its own.
  }
  await hold(locks, fresh);
  return fresh;
}

/** Holds the lock of an id from now on; resolves with false when somebody else has it. */
function hold(locks: TabIdOptions["locks"], id: string): Promise<boolean> {
  if (!locks) return Promise.resolve(true);
  const signal = AbortSignal.timeout(PATIENCE);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const held = (): Promise<void> => {
    resolve(true);
    // The browser gives it back when the page is gone, however that went.
    return new Promise(() => undefined);
  };
  // Where locks are forbidden nobody can know: as without them.
  locks.request(`${KEY}/${id}`, { signal }, held).catch(() => resolve(!signal.aborted));
  return promise;
}
