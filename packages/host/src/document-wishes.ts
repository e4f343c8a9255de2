/**
 * Wakes a plugin when the application has a document open that it waits for (`document:<pattern>`). The gate is asked first, so
 * that nobody learns by being woken of a document that he may not read.
 */

import { type DocPath, type DocPattern, matchesPattern } from "@croft/core";
import { mayRead } from "./data-changed-feed.ts";
import type { HostedWorkspace } from "./plugin-host.ts";

/** Options of {@link wakeForDocuments}. */
export interface DocumentWishesOptions {
  readonly plugin: string;
  readonly patterns: readonly DocPattern[];
  readonly workspace: Pick<HostedWorkspace, "openDocuments" | "user" | "gate">;
  /** Whether it may be woken now. */
  readonly wakeable: () => boolean;
  readonly wake: () => void;
}

/** See the top of this file. */
export interface DocumentWishes {
  /** Looks whether such a document is open already: something else is different from before. */
  look(): void;
  /** Looks no more. */
  dispose(): void;
}

/** Begins to listen for documents being opened. */
export function wakeForDocuments(options: DocumentWishesOptions): DocumentWishes {
  const { plugin, patterns, workspace, wakeable, wake } = options;
  if (patterns.length === 0) return { look: () => undefined, dispose: () => undefined };
  const isReason = (path: DocPath): boolean =>
    patterns.some((pattern) => matchesPattern(pattern, path)) && mayRead(path, plugin, workspace);
  const stop = workspace.openDocuments.onOpened((path) => {
    if (wakeable() && isReason(path)) wake();
  });
  return {
    look() {
      if (wakeable() && workspace.openDocuments.list().some(isReason)) wake();
    },
    dispose: stop,
  };
}
