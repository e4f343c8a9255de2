/**
 * Who a peer is: by its token, or, where the operator allowed anonymous access, a guest by the
 * name it gives itself. What it may do follows from the grants; this module opens nothing.
 */

import { CloseCode, parsePattern, type Principal, type Refusal } from "@croft/core";
import { isUserId, type VerifiedToken, verifyToken } from "./token.ts";

/** Options of {@link createAuthenticator}. */
export interface AuthenticatorOptions {
  /** What tokens are signed with; without it no token is good. */
  readonly secret?: string | undefined;
  /**
   * Lets everybody who reaches the port in as a guest, who may write everything but other users'
   * `app/users` documents.
   */
  readonly anonymousAccess: boolean;
  /** Whether tokens must end. */
  readonly requireExpiry: boolean;
}

/** Tells who asks for a workspace. */
export type Authenticate = (request: {
  readonly workspace: string;
  readonly token: string;
}) => Promise<VerifiedToken | Refusal>;

const GUEST = /^guest:[\p{L}\p{N}](?:[\p{L}\p{N} ._-]{0,62}[\p{L}\p{N}])?$/u;

/** Creates an {@link Authenticate}. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { secret, anonymousAccess, requireExpiry } = options;
  return async ({ workspace, token }) => {
    if (anonymousAccess) {
      const guest = guestOf(token);
      if (guest) return { principal: guest };
    }
    if (secret !== undefined) return verifyToken({ secret, token, workspace, requireExpiry });
    return {
      code: CloseCode.unauthorized,
      reason: "this server has no secret: a name like `guest:ada` is all it takes as a token",
    };
  };
}

/**
 * The guest that a token names: `guest:` and a plain name. The prefix is part of the user's id, so
 * that a guest is never mistaken for somebody with a real token. Without a token: `guest:anonymous`.
 */
export function guestOf(token: string): Principal | undefined {
  const user = token === "" ? "guest:anonymous" : token;
  if (!GUEST.test(user) || !isUserId(user)) return undefined;
  return { user, grants: [{ pattern: parsePattern("**"), access: "write" }] };
}
