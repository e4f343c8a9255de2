/** What an application or plugin holds while it has a document open. */

import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import type { Access } from "../access/access.ts";
import type { DocPath } from "../doc-path.ts";
import type { Unsubscribe } from "../emitter.ts";
import type { CroftError } from "../errors.ts";
import type { RefusalCode } from "../protocol/document-messages.ts";

/** Where a local change is safe. */
export type SaveLevel =
  /** Only in this page or process. */
  | "memory"
  /** Committed to this device's store. */
  | "device"
  /** On the server's disk (fsynced). */
  | "server";

/** What is known about an open document; a new object whenever something changes. */
export interface DocumentState {
  /** What may be done here, now. Edits without `write` are refused and taken back. */
  readonly access: Access;
  /** Whether the content that this device has is shown. */
  readonly ready: boolean;
  /** Whether everything that the server had came down, and the link is up. */
  readonly live: boolean;
  /** The lowest level that holds all local changes; `device` at most without a server. */
  readonly saved: SaveLevel;
  /** Changes on this device, of all tabs and plugins, that the server has not confirmed yet. */
  readonly waiting: number;
  /** Whether the document was deleted; writing to it makes it anew. */
  readonly deleted: boolean;
  /** What is wrong now: a full disk, a refused token, a server restored from a backup. */
  readonly error: CroftError | undefined;
}

/** The document was built anew from the accepted content, under a new client id. */
export interface DocumentReset {
  /** The new document, which {@link DocumentHandle.doc} now is; bind editors to it. */
  readonly doc: Y.Doc;
  /** The former one. It is dead: changes to it go nowhere. */
  readonly former: Y.Doc;
}

/** Local changes were refused for good. They are in the quarantine of the device's hub. */
export interface Denial {
  readonly code: RefusalCode;
  /** For a person. */
  readonly reason: string;
  /**
   * The refused changes, Yjs updates v1; none where the server refused what this device had taken:
   * see the quarantine.
   */
  readonly updates: readonly Uint8Array[];
  /**
   * The cut-off: of the changes (transactions) made to this document here since it was opened, this many
   * came before the refused ones and were taken.
   */
  readonly accepted: number;
  /** How many changes were refused from there on. What does not depend on them goes on. */
  readonly refused: number;
}

/**
 * An open document.
 *
 * @example
 * ```ts
 * const page = workspace.open("notes/welcome");
 * await page.ready;
 * page.doc.getText("body").insert(0, "Hello");
 * await page.saved("server");
 * page.close();
 * ```
 */
export interface DocumentHandle {
  readonly path: DocPath;
  /** The live document. Another object after {@link DocumentHandle.onReset}. */
  readonly doc: Y.Doc;
  /**
   * Who else is here: a y-protocols Awareness, for editors' cursors and names. Its `clientID` is
   * a presence id, not the document's client id. Each remote state has the field `principal`,
   * the stamp of who sent it, which the hub vouches for.
   */
  readonly awareness: Awareness;
  readonly state: DocumentState;
  /** Tells of every change of {@link DocumentHandle.state}. */
  onState(listener: (state: DocumentState) => void): Unsubscribe;
  /** Resolves when the content that this device has is in {@link DocumentHandle.doc}. */
  readonly ready: Promise<void>;
  /** Resolves when everything that the server had came down. Never, while offline. */
  caughtUp(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Resolves when all local changes made until now are safe at `level`, or above it: what a full
   * disk could not take and the server has counts as saved on the device. Rejects with
   * `access/denied` when one of them was refused, with `disposed` when the handle is closed.
   */
  saved(
    level: Exclude<SaveLevel, "memory">,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
  /** Tells that {@link DocumentHandle.doc} is another one now: bind editors to it. */
  onReset(listener: (reset: DocumentReset) => void): Unsubscribe;
  /** Tells that changes made here were refused for good. */
  onDenied(listener: (denial: Denial) => void): Unsubscribe;
  /** Gives the document back. What is not saved yet is saved before it is freed. Idempotent. */
  close(): void;
}
