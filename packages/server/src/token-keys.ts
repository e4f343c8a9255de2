/**
 * What tokens are checked with: shared secrets, and the public keys that an identity provider publishes. Which of them a token is
 * held against follows from its algorithm alone, so that a public key is never taken for a secret.
 */

import { CloseCode, CroftError, type Refusal } from "@croft/core";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from "jose";

/** Shortest secret that is accepted, in characters. */
export const MIN_SECRET_LENGTH = 16;
/** HS256 wants a key as long as its hash; shorter ones work and are warned about. */
export const GOOD_SECRET_BYTES = 32;
/** The audience of tokens unless said otherwise. */
export const DEFAULT_AUDIENCE = "croft";
/** How much clocks of issuer and server may differ unless said otherwise, in milliseconds. */
export const DEFAULT_CLOCK_TOLERANCE = 30_000;
/** What tokens are signed with where a secret is shared. */
export const SHARED_ALGORITHM = "HS256";

const PUBLIC_ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
/** How long fetched keys are good, in milliseconds; what a provider takes back is good for that long. */
const JWKS_MAX_AGE = 10 * 60_000;
const JWKS_TIMEOUT = 5_000;
/** How long no key is fetched after another one, in milliseconds. */
const JWKS_COOLDOWN = 30_000;

/** What tokens are checked with. */
export interface TokenKeysOptions {
  /** The secret that tokens are signed with (HS256). */
  readonly secret?: string | undefined;
  /** Secrets of before, with which tokens that are not used up yet were signed. */
  readonly formerSecrets?: readonly string[] | undefined;
  /**
   * Where an identity provider publishes its public keys, as a JSON Web Key Set. They are fetched when they are needed first, every
   * ten minutes, and when a token names one that is not known.
   */
  readonly jwks?: string | undefined;
  /** How long keys that a token names and that are not known are not asked for again, in milliseconds. Default: 30 seconds. */
  readonly jwksCooldown?: number | undefined;
  /** Who may have issued tokens (`iss`). Default: anybody who has the keys. */
  readonly issuers?: readonly string[] | undefined;
  /** Whom tokens must be for (`aud`). Default: `croft`. */
  readonly audience?: string | undefined;
  /** How much clocks of issuer and server may differ, in milliseconds. Default: 30 seconds. */
  readonly clockTolerance?: number | undefined;
  /** Told when keys cannot be fetched. */
  readonly onProblem?: ((problem: CroftError) => void) | undefined;
}

/** Checks the signature of a token, and for whom and when it is good. */
export type TokenKeys = (
  token: string,
  now: number,
) => Promise<{ readonly payload: JWTPayload } | Refusal>;

/**
 * Creates {@link TokenKeys}. Nothing is fetched yet.
 *
 * @throws {@link CroftError} `input/invalid` for a secret that is too short.
 */
export function createTokenKeys(options: TokenKeysOptions): TokenKeys {
  const { secret, formerSecrets = [], jwks } = options;
  const { audience = DEFAULT_AUDIENCE, clockTolerance = DEFAULT_CLOCK_TOLERANCE } = options;
  const secrets = [...(secret === undefined ? [] : [secret]), ...formerSecrets].map(keyOf);
  const published = jwks === undefined ? undefined : createPublishedKeys(jwks, options);

  async function check(token: string, checks: JWTVerifyOptions): Promise<JWTPayload> {
    if (published && PUBLIC_ALGORITHMS.includes(algorithmOf(token))) {
      const asked = { ...checks, algorithms: PUBLIC_ALGORITHMS };
      try {
        return (await jwtVerify(token, published, asked)).payload;
      } catch (error) {
        if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
        // It does not say which one.
        for await (const key of error) {
          const verified = await jwtVerify(token, key, asked).catch((other: unknown) => {
            if (!(other instanceof errors.JWSSignatureVerificationFailed)) throw other;
          });
          if (verified) return verified.payload;
        }
        throw new errors.JWSSignatureVerificationFailed();
      }
    }
    let problem: unknown = new errors.JOSEAlgNotAllowed("there is no secret");
    for (const key of secrets) {
      try {
        return (await jwtVerify(token, key, { ...checks, algorithms: [SHARED_ALGORITHM] })).payload;
      } catch (error) {
        problem = error;
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break;
      }
    }
    throw problem;
  }

  return async (token, now) => {
    try {
      const payload = await check(token, {
        audience,
        clockTolerance: clockTolerance / 1000,
        currentDate: new Date(now),
        ...(options.issuers && { issuer: [...options.issuers] }),
      });
      return { payload };
    } catch (error) {
      if (error instanceof KeysUnavailable) {
        return {
          code: CloseCode.failed,
          reason: "the keys that tokens are checked with cannot be fetched now",
        };
      }
      const wanted = [secrets.length > 0 && SHARED_ALGORITHM, published && "a published key"];
      return unauthorized(whyUnverified(error, wanted.filter(Boolean).join(" or ")));
    }
  };
}

/** There are no keys to check a token with, which says nothing about the token. */
class KeysUnavailable extends Error {}

/** Finds the key that a token names. While they cannot be fetched, those that were fetched last stay good. */
function createPublishedKeys(
  url: string,
  { jwksCooldown = JWKS_COOLDOWN, onProblem }: TokenKeysOptions,
): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(new URL(url), {
    cooldownDuration: jwksCooldown,
    cacheMaxAge: JWKS_MAX_AGE,
    timeoutDuration: JWKS_TIMEOUT,
  });
  let failedAt = Number.NEGATIVE_INFINITY;
  const known: JWTVerifyGetKey = async (header, token) => {
    const keys = remote.jwks();
    if (!keys) throw new KeysUnavailable();
    try {
      return await createLocalJWKSet(keys)(header, token);
    } catch (error) {
      // It may be a new one.
      throw error instanceof errors.JWKSNoMatchingKey ? new KeysUnavailable() : error;
    }
  };
  return async (header, token) => {
    // Who cannot answer is not asked by every token that comes.
    if (Date.now() - failedAt < jwksCooldown) return known(header, token);
    const isCool = remote.coolingDown;
    try {
      return await remote(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey && isCool) throw new KeysUnavailable();
      if (isOfKeys(error)) throw error;
      failedAt = Date.now();
      onProblem?.(
        new CroftError(
          "network/failed",
          `The keys at ${url} cannot be fetched: ${String(error)}.`,
          {
            hint: "Those that were fetched before stay good; who comes with another one waits.",
            cause: error,
          },
        ),
      );
      return known(header, token);
    }
  };
}

/** Whether the keys were there, and what a token asks for is not among them. */
function isOfKeys(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function algorithmOf(token: string): string {
  try {
    return decodeProtectedHeader(token).alg ?? "";
  } catch {
    // Malformed, which the check says.
    return "";
  }
}

/** The key that a secret is. Throws as {@link checkSecret}. */
export function keyOf(secret: string): Uint8Array {
  checkSecret(secret);
  return new TextEncoder().encode(secret);
}

/**
 * Checks that a secret can be used.
 *
 * @throws {@link CroftError} `input/invalid` when it is too short.
 */
export function checkSecret(secret: string): void {
  if (secret.length >= MIN_SECRET_LENGTH) return;
  throw new CroftError(
    "input/invalid",
    `The secret has ${secret.length} characters; it needs at least ${MIN_SECRET_LENGTH}.`,
    { hint: "Make one with `openssl rand -base64 32`." },
  );
}

/** A refusal for the sake of a token. */
export function unauthorized(reason: string): Refusal {
  return { code: CloseCode.unauthorized, reason };
}

/** What is wrong with a token. `wanted`: what it should be signed with. */
function whyUnverified(error: unknown, wanted: string): string {
  if (error instanceof errors.JWTExpired) return "the token has expired";
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return "the token was not signed with this server's secret or keys";
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return `the token is not signed with ${wanted}`;
  if (isOfKeys(error)) return "the token names no key that is known";
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "aud") return "the token is not for croft";
    if (error.claim === "iss") return "the token is of another issuer";
    if (error.claim === "nbf") return "the token is not valid yet";
  }
  return "the token is malformed";
}
