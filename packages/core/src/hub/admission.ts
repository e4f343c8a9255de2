/** Whether a peer may come in: the question that a hub's host answers, from a greeting and from each new token. */

import type { Principal } from "../access/access.ts";
import type { CloseCode } from "../protocol/close-code.ts";
import type { Hello } from "../protocol/session-messages.ts";
import type { Hub } from "./hub.ts";

/** A peer that may come in. */
export interface Admission {
  readonly hub: Hub;
  readonly principal: Principal;
  /** When the credentials end, in milliseconds since 1970; absent for never. */
  readonly expiresAt?: number | undefined;
}

/** A peer that may not. */
export interface Refusal {
  readonly code: CloseCode;
  /** For a person; at most 123 bytes of UTF-8. */
  readonly reason: string;
}

/** Decides about a peer from its greeting; asked again with each new token. */
export type Admit = (
  hello: Pick<Hello, "workspace" | "token" | "writer" | "agent">,
) => Promise<Admission | Refusal>;
