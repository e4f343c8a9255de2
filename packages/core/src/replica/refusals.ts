/**
 * What was refused of the changes made to a document here. It is told once, by whichever hub it came: to the
 * application, with the cut-off, and to whoever waits until changes are safe.
 */

import type { DocPath } from "../doc-path.ts";
import { createEmitter, type Emitter } from "../emitter.ts";
import type { Denied, Refused } from "../protocol/document-messages.ts";
import type { DocumentContent } from "./document-content.ts";
import type { Denial } from "./document-handle.ts";
import type { DocumentStatus } from "./document-status.ts";
import { refusedError } from "./problems.ts";
import type { Changes, Submissions } from "./submissions.ts";

/** A refusal by the hub above the hub. */
export type RefusedAbove = Omit<Refused, "doc">;

/** See the top of this file. */
export class Refusals {
  readonly denials: Emitter<Denial> = createEmitter();
  readonly #path: DocPath;
  readonly #submissions: Submissions;
  readonly #content: DocumentContent;
  readonly #status: DocumentStatus;
  /** What was refused above before its acknowledgement by the hub was heard. */
  readonly #early: RefusedAbove[] = [];

  constructor(
    path: DocPath,
    submissions: Submissions,
    content: DocumentContent,
    status: DocumentStatus,
  ) {
    this.#path = path;
    this.#submissions = submissions;
    this.#content = content;
    this.#status = status;
  }

  /** The hub refused a submission, and hears nothing until the document is opened again. */
  denied({ n, code, reason }: Denied): void {
    const shown = this.#submissions.shown.length;
    const denied = this.#submissions.denied(n);
    if (!denied) return;
    this.#status.refused(refusedError(this.#path, reason), "device", "server");
    this.denials.emit({ code, reason, updates: [denied.update], ...cutOff(denied) });
    // Otherwise the document was built without it, and nothing that is shown depends on it.
    const isShown = !denied.doomed || this.#submissions.shown.length !== shown;
    if (isShown) this.#content.startOverWithout(denied.update);
  }

  /**
   * The server did not take what the device's hub had taken, and keeps in its quarantine. Returns whether that was told:
   * not if it is not waited for any more, or, while `mayBePending`, if its acknowledgement is still to come.
   */
  refusedAbove(refused: RefusedAbove, mayBePending: boolean): boolean {
    const { n, code, reason } = refused;
    if (mayBePending && this.#submissions.isPending(n)) {
      this.#early.push(refused);
      return false;
    }
    const changes = this.#submissions.refusedAbove(n);
    if (!changes) return false;
    this.#status.refused(refusedError(this.#path, reason), "server");
    this.denials.emit({ code, reason, updates: [], ...cutOff(changes) });
    return true;
  }

  /** What was refused above too early, to be looked at again now that the hub has acknowledged something. */
  takeEarly(): readonly RefusedAbove[] {
    return this.#early.splice(0);
  }
}

function cutOff({ before, made }: Changes): Pick<Denial, "accepted" | "refused"> {
  return { accepted: before, refused: made - before };
}
