/** Which documents of a replica somebody holds a handle of. */

import type { DocPath } from "../doc-path.ts";
import { createEmitter, type Emitter, type Unsubscribe } from "../emitter.ts";

/** Which documents an application has open, in this process or tab. */
export interface OpenDocuments {
  /** Their paths, in the order in which they were opened. */
  list(): readonly DocPath[];
  /** Tells of each document that is opened and was not open before. */
  onOpened(listener: (path: DocPath) => void): Unsubscribe;
}

/** {@link OpenDocuments}, as the replica keeps them. */
export class OpenDocumentsList implements OpenDocuments {
  readonly #paths = new Set<DocPath>();
  readonly #openings: Emitter<DocPath> = createEmitter();

  list(): readonly DocPath[] {
    return [...this.#paths];
  }

  onOpened(listener: (path: DocPath) => void): Unsubscribe {
    return this.#openings.on(listener);
  }

  opened(path: DocPath): void {
    if (this.#paths.has(path)) return;
    this.#paths.add(path);
    this.#openings.emit(path);
  }

  closed(path: DocPath): void {
    this.#paths.delete(path);
  }

  /** Nothing is open any more, and nobody is told of anything. */
  clear(): void {
    this.#paths.clear();
    this.#openings.clear();
  }
}
