/**
 * What a host remembers on this device from one start of the application to the next: a short text. It is written in
 * one go, without waiting, since the page may die in the very next moment.
 */

import type { Unsubscribe } from "@croft/core";
import { claimTabId } from "./tab-id.ts";

/**
 * What a host remembers on this device from one start of the application to the next: a short text, written without waiting,
 * since the page may die in the very next moment. Whatever it throws is told to `onProblem`, and the host goes on without it.
 */
export interface HostMemory {
  /** What was written last, by whoever shares this memory. */
  read(): string | undefined;
  /** Must be kept when this returns. */
  write(text: string): void;
  /**
   * Who writes, where several share the memory as tabs do. What was begun by the same writer before is over for sure; of
   * what others began that is known only after a while. Default: there is one writer.
   */
  readonly writer?: string | undefined;
  /**
   * Tells that the page goes, in an orderly way: what is being started then did not fail. `forGood` is false
   * while it may come back.
   */
  readonly onLeave?: ((listener: (forGood: boolean) => void) => Unsubscribe) | undefined;
}

/** A memory that lasts as long as the application runs. */
export function createTransientMemory(): HostMemory {
  let text: string | undefined;
  return {
    read: () => text,
    write(written) {
      text = written;
    },
  };
}

/**
 * A memory in the browser's localStorage, for one user of one workspace; all tabs share it. When the page is closed it lets
 * the host end its plugins. Resolves when it is known which tab this is: at once, but for a tab that is the copy of an open one.
 *
 * @example
 * ```ts
 * const memory = await createLocalMemory(workspace);
 * const host = createPluginHost({ workspace, memory });
 * ```
 */
export async function createLocalMemory({
  id,
  user,
}: {
  /** The workspace's. */
  readonly id: string;
  readonly user: string;
}): Promise<HostMemory> {
  // Neither has a slash in it.
  const key = `croft/plugins/${id}/${user}`;
  return {
    read: () => localStorage.getItem(key) ?? undefined,
    write: (text) => localStorage.setItem(key, text),
    writer: await ownTabId(),
    onLeave(listener) {
      const hear = ({ persisted }: PageTransitionEvent): void => listener(!persisted);
      addEventListener("pagehide", hear);
      return () => removeEventListener("pagehide", hear);
    },
  };
}

let tabId: Promise<string> | undefined;

/** This page's; it has one, however many hosts it has. */
function ownTabId(): Promise<string> {
  // Pages that are not secure have no locks, whatever the types say.
  const { locks } = navigator as { readonly locks?: LockManager };
  tabId ??= claimTabId({ storage: () => sessionStorage, locks });
  return tabId;
}
