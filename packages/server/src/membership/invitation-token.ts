/**
 * Invitations as they are handed out: signed, so that nobody makes one or guesses one, and of no use as a token. What an invitation
 * gives, and whether it is still good, the store says.
 */

import { errors, jwtVerify, SignJWT } from "jose";
import { keyOf, SHARED_ALGORITHM } from "../token-keys.ts";

/** Whom an invitation is for: no server takes it for a token. */
const AUDIENCE = "croft-invitation";

/** What an invitation says. */
export interface SignedInvitation {
  readonly workspace: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Signs an invitation. */
export function signInvitation(
  secret: string,
  { workspace, id, expiresAt }: SignedInvitation,
): Promise<string> {
  return new SignJWT({ workspace })
    .setProtectedHeader({ alg: SHARED_ALGORITHM, typ: "JWT" })
    .setAudience(AUDIENCE)
    .setJti(id)
    .setIssuedAt()
    .setExpirationTime(new Date(expiresAt))
    .sign(keyOf(secret));
}

/** The id of an invitation that was signed with one of the secrets, for this workspace, and has not ended; nothing otherwise. */
export async function verifyInvitation(
  text: string,
  {
    secrets,
    workspace,
    now,
  }: { readonly secrets: readonly string[]; readonly workspace: string; readonly now: number },
): Promise<string | undefined> {
  for (const secret of secrets) {
    try {
      const { payload } = await jwtVerify(text, keyOf(secret), {
        ...{ audience: AUDIENCE, algorithms: [SHARED_ALGORITHM] },
        currentDate: new Date(now),
      });
      return payload.workspace === workspace ? payload.jti : undefined;
    } catch (error) {
      // Another secret may fit; anything else is wrong with all of them.
      if (!(error instanceof errors.JOSEError)) throw error;
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) return undefined;
    }
  }
  return undefined;
}
