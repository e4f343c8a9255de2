/**
 * What the server knows of a principal's token beside who it is: its id, what it was made of, and by what it is bounded. It goes with
 * the principal, so that each check of the gate sees it, in whatever session that is.
 */

import type { Grant, Principal } from "@croft/core";

/** What a {@link Credential} is made of; all of it may be unknown. */
export interface CredentialFacts {
  /** What it is revoked by: the claim `jti`, or a hash of the token. */
  readonly id?: string | undefined;
  /** Milliseconds since 1970. */
  readonly issuedAt?: number | undefined;
  /** The ids of the tokens that it was made from, the first one last; revoked with any of them. */
  readonly parents?: readonly string[] | undefined;
  /** What the tokens that it was made from grant; it never has more than each. */
  readonly bounds?: readonly (readonly Grant[])[] | undefined;
  /** Whether it may administer the workspace. */
  readonly admin?: boolean | undefined;
  /** Whether it is a program of the server itself, for which no membership counts. */
  readonly exempt?: boolean | undefined;
}

/** See the top of this file. */
export class Credential {
  readonly id: string | undefined;
  readonly issuedAt: number | undefined;
  readonly parents: readonly string[];
  readonly bounds: readonly (readonly Grant[])[];
  readonly admin: boolean;
  readonly exempt: boolean;

  constructor({ id, issuedAt, parents = [], bounds = [], admin, exempt }: CredentialFacts) {
    this.id = id;
    this.issuedAt = issuedAt;
    this.parents = parents;
    this.bounds = bounds;
    this.admin = admin ?? false;
    this.exempt = exempt ?? false;
  }
}

/** A principal with what is known of its token. */
export function withCredential(principal: Principal, facts: CredentialFacts): Principal {
  const held: Principal & { readonly credential: Credential } = {
    ...principal,
    credential: new Credential(facts),
  };
  return held;
}

const UNKNOWN = new Credential({});

/** What is known of a principal's token. */
export function credentialOf(principal: Principal): Credential {
  const held = "credential" in principal ? principal.credential : undefined;
  return held instanceof Credential ? held : UNKNOWN;
}
