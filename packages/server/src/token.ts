/**
 * Tokens: JSON Web Tokens, signed with a shared secret (HS256) or with a key of an identity provider. The claims are
 *
 * - `sub`: the user's id, a plain name as it may stand in a doc path;
 * - `aud`: `"croft"`, unless the server asks for another one;
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
import { type JWTPayload, SignJWT } from "jose";
import { z } from "zod";
import { parseGrant } from "./grant-text.ts";
import {
  createTokenKeys,
  DEFAULT_AUDIENCE,
  DEFAULT_CLOCK_TOLERANCE,
  keyOf,
  SHARED_ALGORITHM,
  type TokenKeysOptions,
  unauthorized,
} from "./token-keys.ts";
import { isWorkspaceName } from "./workspace-name.ts";

/** How long a token lives unless said otherwise: 12 hours, in milliseconds. */
export const DEFAULT_TOKEN_LIFE: number = 12 * 60 * 60 * 1000;

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

/** Options of {@link createTokenVerifier}. */
export interface TokenVerifierOptions extends TokenKeysOptions {
  /** Whether tokens must end. Default: true. */
  readonly requireExpiry?: boolean | undefined;
}

/** A token, and what for. */
export interface PresentedToken {
  readonly token: string;
  /** The workspace that the peer asks for. */
  readonly workspace: string;
  /** Milliseconds since 1970. Default: now. */
  readonly now?: number | undefined;
}

/** Checks a token and what it says about one workspace. */
export type TokenVerifier = (presented: PresentedToken) => Promise<VerifiedToken | Refusal>;

/** Options of {@link verifyToken}. */
export interface VerifyOptions extends TokenVerifierOptions, PresentedToken {}

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
    .setProtectedHeader({ alg: SHARED_ALGORITHM, typ: "JWT" })
    .setSubject(user)
    .setAudience(DEFAULT_AUDIENCE)
    .setIssuedAt();
  if (expiresIn !== "never") token.setExpirationTime(new Date(Date.now() + expiresIn));
  return token.sign(key);
}

/**
 * Creates what checks tokens, which keeps the keys that it fetched. A token that is not good is a value, with a close code and a
 * reason for people; it throws nothing.
 *
 * @throws {@link CroftError} `input/invalid` for a secret that is too short.
 * @example
 * ```ts
 * const verify = createTokenVerifier({
 *   jwks: "https://login.example.org/.well-known/jwks.json",
 *   issuers: ["https://login.example.org/"],
 * });
 * const verdict = await verify({ token: "eyJhbGciOi…", workspace: "acme" });
 * if ("principal" in verdict) console.log(verdict.principal.user);
 * ```
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { requireExpiry = true, clockTolerance = DEFAULT_CLOCK_TOLERANCE } = options;
  const keys = createTokenKeys(options);
  return async ({ token, workspace, now = Date.now() }) => {
    if (token === "") return unauthorized("a token is needed");
    const checked = await keys(token, now);
    if ("code" in checked) return checked;
    const read = readClaims(checked.payload, workspace);
    if ("code" in read) return read;
    const { principal, exp } = read;
    if (exp === undefined && requireExpiry) return unauthorized("the token has no end");
    const expiresAt = exp === undefined ? undefined : exp * 1000 + clockTolerance;
    return { principal, expiresAt };
  };
}

/**
 * Checks one token. Where keys are fetched (`jwks`), create a verifier once instead ({@link createTokenVerifier}).
 *
 * @throws {@link CroftError} as {@link createTokenVerifier}.
 */
export async function verifyToken(options: VerifyOptions): Promise<VerifiedToken | Refusal> {
  return createTokenVerifier(options)(options);
}

/** What the claims of a token that was checked say of one workspace. */
function readClaims(
  payload: JWTPayload,
  workspace: string,
): { readonly principal: Principal; readonly exp: number | undefined } | Refusal {
  const claims = claimsSchema.safeParse(payload);
  if (!claims.success || !isUserId(claims.data.sub)) {
    return unauthorized("the token does not say which user and workspaces it is for");
  }
  const { sub: user, exp, workspaces } = claims.data;
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
  const principal: Principal = entry.plugin
    ? { user, plugin: entry.plugin.id, grants: pluginGrants, within: grants }
    : { user, grants };
  return { principal, exp };
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

function invalid(message: string): CroftError {
  return new CroftError("input/invalid", message, {
    hint: "Use letters, digits and simple punctuation.",
  });
}
