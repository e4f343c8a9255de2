/** The documents under a prefix, as they are now, for an application that shows them. */

import { createEmitter, type Unsubscribe } from "../emitter.ts";
import type { ListedDocument } from "../protocol/listing-messages.ts";
import { comparePaths } from "../doc-path.ts";
import type { ClientSession } from "../session/client-session.ts";

/** A live listing. */
export interface DocumentListing {
  /** By path; another array after each change. What a person may not read is not in it. */
  readonly documents: readonly ListedDocument[];
  /** Resolves when the listing was told for the first time. */
  readonly ready: Promise<void>;
  /** Tells of every change of {@link DocumentListing.documents}. */
  onChange(listener: (documents: readonly ListedDocument[]) => void): Unsubscribe;
  /** Ends it. Idempotent. */
  dispose(): void;
}

/** Opens a {@link DocumentListing} at a session; `ended` is called when it is disposed. */
export function createDocumentListing(
  session: Pick<ClientSession, "list">,
  prefix: string,
  ended: () => void,
): DocumentListing {
  const changes = createEmitter<readonly ListedDocument[]>();
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const known = new Map<string, ListedDocument>();
  /** What is being told anew; shown when it is complete. */
  let coming: Map<string, ListedDocument> | undefined;
  let documents: readonly ListedDocument[] = [];
  const asked = session.list(prefix, {
    after: () => undefined,
    take({ fresh, documents: told, gone, complete }) {
      if (fresh) coming = new Map();
      const into = coming ?? known;
      for (const document of told) into.set(document.path, document);
      for (const path of gone) into.delete(path);
      if (!complete) return;
      if (coming) {
        known.clear();
        for (const [path, document] of coming) known.set(path, document);
        coming = undefined;
      }
      documents = [...known.values()].sort((a, b) => comparePaths(a.path, b.path));
      resolve();
      changes.emit(documents);
    },
  });
  return {
    get documents() {
      return documents;
    },
    ready,
    onChange: (listener) => changes.on(listener),
    dispose() {
      ended();
      asked.close();
      changes.clear();
      // Nobody is to wait for it for ever.
      resolve();
    },
  };
}
