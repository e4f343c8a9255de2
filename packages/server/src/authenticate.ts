/**
 * Who a peer is: by its token, by what the operator's own program says of it, or, where the operator allowed anonymous access, a
 * guest by the name it gives itself. What it may do follows from the grants; this module opens nothing.
 */

import { CloseCode, parsePattern, type Principal, type Refusal } from "@croft/core";
import type { Log } from "./log.ts";
import { withCredential } from "./membership/credential.ts";
import {
  createTokenVerifier,
  isUserId,
  type TokenVerifierOptions,
  type VerifiedToken,
} from "./token.ts";

/** Somebody who asks to be let in, or comes with another token. */
export interface AuthenticationRequest {
  readonly workspace: string;
  /** What it shows, whatever that is. */
  readonly token: string;
  /** Where it comes from, as far as that is known. */
  readonly address: string;
  /** The web page that it is on; absent outside of browsers. */
  readonly origin: string | undefined;
}

/** Options of {@link createAuthenticator}. */
export interface AuthenticatorOptions extends TokenVerifierOptions {
  /** Decides in place of tokens. */
  readonly authenticate?: Authenticate | undefined;
  /**
   * Lets everybody who reaches the port in as a guest, who may write everything but other users'
   * `app/users` documents.
   */
  readonly anonymousAccess: boolean;
}

/** Tells who asks for a workspace, or why it is not let in. */
export type Authenticate = (request: AuthenticationRequest) => Promise<VerifiedToken | Refusal>;

const GUEST = /^guest:[\p{L}\p{N}](?:[\p{L}\p{N} ._-]{0,62}[\p{L}\p{N}])?$/u;

/** Creates an {@link Authenticate}. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { secret, jwks, formerSecrets = [], anonymousAccess, authenticate } = options;
  const hasKeys = secret !== undefined || jwks !== undefined || formerSecrets.length > 0;
  const verify = hasKeys ? createTokenVerifier(options) : undefined;
  return async (request) => {
    if (anonymousAccess) {
      const guest = guestOf(request.token);
      if (guest) return { principal: guest };
    }
    if (authenticate) return authenticate(request);
    if (verify) return verify(request);
    return {
      code: CloseCode.unauthorized,
      reason: "this server has no secret: a name like `guest:ada` is all it takes as a token",
    };
  };
}

/**
 * The same, which answers whatever happens: who cannot be checked now may come back. A token that names no workspaces makes none that is
 * not there. What is known of a token goes with its principal
 * from here on.
 */
export function createCautious(
  authenticate: Authenticate,
  log: Log,
  exists: (workspace: string) => boolean = () => true,
): Authenticate {
  return async (request) => {
    try {
      const verdict = await authenticate(request);
      if ("code" in verdict) return verdict;
      const { principal } = verdict;
      // Else whoever can sign in anywhere could fill the disk.
      if (verdict.anywhere && !exists(request.workspace)) {
        return { code: CloseCode.forbidden, reason: "there is no such workspace" };
      }
      if (isUserId(principal.user)) {
        // What has no id is no token: whoever vouches for it does so now.
        const vouchedAt = verdict.id === undefined ? Date.now() : undefined;
        const { issuedAt = vouchedAt } = verdict;
        return { ...verdict, principal: withCredential(principal, { ...verdict, issuedAt }) };
      }
      throw new TypeError(`${JSON.stringify(verdict.principal.user)} cannot be a user's id`);
    } catch (error) {
      const { workspace } = request;
      log("error", "authentication failed", { workspace, error: String(error) });
      return { code: CloseCode.failed, reason: "who you are cannot be checked now" };
    }
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
