/** The handle that {@link Replica.open} gives out: a view of a document that can be closed. */

import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import type { DocPath } from "../doc-path.ts";
import type { Emitter, Unsubscribe } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import type {
  Denial,
  DocumentHandle,
  DocumentReset,
  DocumentState,
  SaveLevel,
} from "./document-handle.ts";
import type { ReplicaDocument } from "./replica-document.ts";

/** Creates a handle; `onClose` is called once. */
export function createHandle(document: ReplicaDocument, onClose: () => void): DocumentHandle {
  return new Handle(document, onClose);
}

class Handle implements DocumentHandle {
  readonly path: DocPath;
  readonly #document: ReplicaDocument;
  readonly #onClose: () => void;
  readonly #subscriptions = new Set<Unsubscribe>();
  #closed = false;

  constructor(document: ReplicaDocument, onClose: () => void) {
    this.path = document.path;
    this.#document = document;
    this.#onClose = onClose;
  }

  get doc(): Y.Doc {
    return this.#use().doc;
  }

  get awareness(): Awareness {
    return this.#use().presence.awareness;
  }

  get state(): DocumentState {
    return this.#document.status.state;
  }

  get ready(): Promise<void> {
    return this.#document.status.ready;
  }

  async caughtUp({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#use().status.caughtUp(signal);
  }

  async saved(
    level: Exclude<SaveLevel, "memory">,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.#use().status.saved(level, signal);
  }

  onState(listener: (state: DocumentState) => void): Unsubscribe {
    return this.#subscribe(this.#use().status.states, listener);
  }

  onReset(listener: (reset: DocumentReset) => void): Unsubscribe {
    return this.#subscribe(this.#use().resets, listener);
  }

  onDenied(listener: (denial: Denial) => void): Unsubscribe {
    return this.#subscribe(this.#use().denials, listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions.clear();
    this.#onClose();
  }

  #use(): ReplicaDocument {
    if (!this.#closed && !this.#document.disposed) return this.#document;
    const what = this.#closed ? `The handle of ${this.path}` : `The replica of ${this.path}`;
    throw new CroftError("disposed", `${what} was closed: edits go nowhere.`, {
      path: this.path,
      hint: "Open the document again.",
    });
  }

  #subscribe<T>(emitter: Emitter<T>, listener: (value: T) => void): Unsubscribe {
    const unsubscribe = emitter.on(listener);
    this.#subscriptions.add(unsubscribe);
    return () => {
      this.#subscriptions.delete(unsubscribe);
      unsubscribe();
    };
  }
}
