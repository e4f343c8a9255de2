/**
 * Limits of whoever runs a hub: how much a peer may send, and a workspace hold. Who is over one is told to come later, never denied (SYNC
 * rule 12): nothing is lost, and what waits goes on by itself.
 */

import type { Principal } from "../access/access.ts";
import type { DocPath } from "../doc-path.ts";
import type { LaterCode } from "../protocol/document-messages.ts";

/** An edit that somebody wants to have stored. */
export interface LimitedEdit {
  readonly principal: Principal;
  /** The session that it came over, the same object each time; nothing for a peer without one, as over HTTP. */
  readonly session: object | undefined;
  readonly path: DocPath;
  /** Whether there is no such document yet. */
  readonly isNew: boolean;
  readonly bytes: number;
}

/** Why an edit is not taken now. */
export interface Postponement {
  readonly code: LaterCode;
  /** For a person. */
  readonly reason: string;
  /** After how many milliseconds it may be sent again. */
  readonly wait: number;
}

/**
 * Says whether an edit may be taken now, and counts it if so. It is asked once for each edit that arrives, before that is judged: also for
 * one that comes again, or will be denied.
 */
export type Limit = (edit: LimitedEdit) => Postponement | undefined;
