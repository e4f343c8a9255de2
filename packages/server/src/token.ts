/**
 * Tokens: JSON Web Tokens signed with a shared secret (HS256). The claims are
 *
 * - `sub`: the user's id, a plain name as it may stand in a doc path;
 * - `aud`: `"croft"`;
 * - `workspaces`: `[{ "id": "our-workspace", "grants": ["notes/**:write"] }]`;
 *   With `"plugin": { "id": "stats", "grants": ["notes/**:read"] }` beside them it admits that plugin alone, acting for the
 *   user: to its own subtree and what it was granted, and nowhere to more than the user's `grants`;
 * - `exp`: when it ends. A token without an end is refused unless the server asks otherwise.
 *
 * Any JWT library can mint them; the key is the UTF-8 bytes of the secret.
 */

import {
  CloseCode,
  CroftError,
  type Grant,
  isPluginId,
  parseDocPath,
  type Principal,
  type Refusal,
} from "@croft/core";
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { parseGrant } from "./grant-text.ts";
import { isWorkspaceName } from "./workspace-name.ts";

/** Shortest secret that is accepted, in characters. */
export const MIN_SECRET_LENGTH = 16;
/** HS256 wants a key as long as its hash; shorter ones work and are warned about. */
export const GOOD_SECRET_BYTES = 32;
/** How long a token lives unless said otherwise: 12 hours, in milliseconds. */
export const DEFAULT_TOKEN_LIFE: number = 12 * 60 * 60 * 1000;

const AUDIENCE = "croft";
const ALGORITHM = "HS256";
/** Clocks of issuer and server may differ by this, in seconds. */
const TOLERANCE_S = 30;
const MAX_USER_LENGTH = 128;

const grantsSchema = z.array(z.string()).max(1000);
const claimsSchema = z.object({
  sub: z.string().min(1).max(MAX_USER_LENGTH),
  exp: z.number().int().positive().optional(),
  workspaces: z
    .array(
      z.object({
        id: z.string(),
        grants: grantsSchema,
        plugin: z.object({ id: z.string().refine(isPluginId), grants: grantsSchema }).optional(),
      }),
    )
    .max(1000),
});

/** Options of {@link mintToken}. */
export interface MintOptions {
  readonly secret: string;
  readonly workspace: string;
  /** The user's id. */
  readonly user: string;
  /** For example `["notes/**:write"]`. Default: `["**:write"]`. */
  readonly grants?: readonly string[] | undefined;
  /** For a plugin that runs without a person's device: see {@link PluginTokenOptions}. Default: for the user. */
  readonly plugin?: PluginTokenOptions | undefined;
  /** Milliseconds, or `"never"`. Default: 12 hours. */
  readonly expiresIn?: number | "never" | undefined;
}

/** A plugin that a token admits in place of its user. */
export interface PluginTokenOptions {
  readonly id: string;
  /** What it may do outside of its own subtree, as far as the user may. Default: nothing. */
  readonly grants?: readonly string[] | undefined;
}

/** Options of {@link verifyToken}. */
export interface VerifyOptions {
  readonly secret: string;
  readonly token: string;
  /** The workspace that the peer asks for. */
  readonly workspace: string;
  /** Whether tokens must end. Default: true. */
  readonly requireExpiry?: boolean | undefined;
  /** Milliseconds since 1970. Default: now. */
  readonly now?: number | undefined;
}

/** What a good token says. */
export interface VerifiedToken {
  readonly principal: Principal;
  /** Milliseconds since 1970; absent for a token without an end. */
  readonly expiresAt?: number | undefined;
}

/**
 * Mints a token for one user of one workspace.
 *
 * @throws {@link CroftError} `input/invalid` when the secret is too short or a name or grant is
 * malformed.
 * @example
 * ```ts
 * await mintToken({ secret, workspace: "demo", user: "ada", grants: ["notes/**:write"] });
 * ```
 */
export async function mintToken(options: MintOptions): Promise<string> {
  const {
    secret,
    workspace,
    user,
    grants = ["**:write"],
    plugin,
    expiresIn = DEFAULT_TOKEN_LIFE,
  } = options;
  const key = keyOf(secret);
  if (!isWorkspaceName(workspace)) throw invalid(`Invalid workspace ${JSON.stringify(workspace)}.`);
  if (!isUserId(user)) throw invalid(`Invalid user ${JSON.stringify(user)}.`);
  if (plugin && !isPluginId(plugin.id)) {
    throw invalid(`Invalid plugin ${JSON.stringify(plugin.id)}.`);
  }
  for (const grant of [...grants, ...(plugin?.grants ?? [])]) parseGrant(grant);
  const attenuated = plugin && { id: plugin.id, grants: plugin.grants ?? [] };
  const token = new SignJWT({ workspaces: [{ id: workspace, grants, plugin: attenuated }] })
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
    .setSubject(user)
    .setAudience(AUDIENCE)
    .setIssuedAt();
  if (expiresIn !== "never") token.setExpirationTime(new Date(Date.now() + expiresIn));
  return token.sign(key);
}

/**
 * Checks a token and what it says about one workspace. A token that is not good is a value, with
 * a close code and a reason for people; nothing is thrown but for a bad secret.
 */
export async function verifyToken(options: VerifyOptions): Promise<VerifiedToken | Refusal> {
  const { token, workspace, requireExpiry = true, now = Date.now() } = options;
  const key = keyOf(options.secret);
  if (token === "") return unauthorized("a token is needed");
  let payload: JWTPayload;
  try {
    const verified = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      audience: AUDIENCE,
      clockTolerance: TOLERANCE_S,
      currentDate: new Date(now),
    });
    payload = verified.payload;
  } catch (error) {
    return unauthorized(whyUnverified(error));
  }
  const claims = claimsSchema.safeParse(payload);
  if (!claims.success || !isUserId(claims.data.sub)) {
    return unauthorized("the token does not say which user and workspaces it is for");
  }
  const { sub: user, exp, workspaces } = claims.data;
  if (exp === undefined && requireExpiry) return unauthorized("the token has no end");
  const entry = workspaces.find(({ id }) => id === workspace);
  if (!entry) {
    return { code: CloseCode.forbidden, reason: "the token is not for this workspace" };
  }
  let grants: readonly Grant[];
  let pluginGrants: readonly Grant[];
  try {
    grants = entry.grants.map(parseGrant);
    pluginGrants = (entry.plugin?.grants ?? []).map(parseGrant);
  } catch (error) {
    if (!(error instanceof CroftError)) throw error;
    return unauthorized("the token has a malformed grant");
  }
  const expiresAt = exp === undefined ? undefined : (exp + TOLERANCE_S) * 1000;
  const principal: Principal = entry.plugin
    ? { user, plugin: entry.plugin.id, grants: pluginGrants, within: grants }
    : { user, grants };
  return { principal, expiresAt };
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

/** Whether `user` can be a user's id: what may be one segment of a doc path. */
export function isUserId(user: string): boolean {
  if (user.length > MAX_USER_LENGTH) return false;
  try {
    const path = `app/users/${user}`;
    return parseDocPath(path) === path && !user.includes("/");
  } catch {
    return false;
  }
}

function keyOf(secret: string): Uint8Array {
  checkSecret(secret);
  return new TextEncoder().encode(secret);
}

function whyUnverified(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "the token has expired";
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return "the token was not signed with this server's secret";
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return "the token is not signed with HS256";
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "aud") return "the token is not for croft";
    if (error.claim === "nbf") return "the token is not valid yet";
  }
  return "the token is malformed";
}

function unauthorized(reason: string): Refusal {
  return { code: CloseCode.unauthorized, reason };
}

function invalid(message: string): CroftError {
  return new CroftError("input/invalid", message, {
    hint: "Use letters, digits and simple punctuation.",
  });
}
