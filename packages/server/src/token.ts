/**
 * Tokens: JSON Web Tokens, signed with a shared secret (HS256) or with a key of an identity provider. The claims are
 *
 * - `sub`: the user's id, a plain name as it may stand in a doc path;
 * - `aud`: `"croft"`, unless the server asks for another one;
 * - `workspaces`: `[{ "id": "our-workspace", "grants": ["notes/**:write"] }]`;
 *   With `"plugin": { "id": "stats", "grants": ["notes/**:read"] }` beside them it admits that plugin alone, acting for the
 *   user: to its own subtree and what it was granted, and nowhere to more than the user's `grants`;
 *   With `"admin": true` it may administer the workspace. Where membership decides (`access: "members"`) the claim may be left
 *   out, by tokens that only say who somebody is: then they are for every workspace, and grant what the member may do;
 * - `exp`: when it ends. A token without an end is refused unless the server asks otherwise;
 * - `jti`: its id, by which it can be revoked; without one a hash of the token stands for it. A token that was made from another one
 *   (`POST /api/<workspace>/tokens`) names its `parents`, and has never more than what is `within` their grants.
 *
 * Any JWT library can mint them; the key is the UTF-8 bytes of the secret.
 */

import { createHash, randomUUID } from "node:crypto";
import {
  CloseCode,
  CroftError,
  type Grant,
  isPluginId,
  parseDocPath,
  type Principal,
  type Refusal,
} from "@croft/core";
import { SignJWT } from "jose";
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

/** Longest `jti` that stands for itself. */
const MAX_ID_LENGTH = 128;
/** How many tokens one may be made from, each from the next one. */
export const MAX_PARENTS = 8;

const grantsSchema = z.array(z.string()).max(1000);
const claimsSchema = z.object({
  sub: z.string().min(1).max(MAX_USER_LENGTH),
  exp: z.number().int().positive().optional(),
  iat: z.number().nonnegative().optional(),
  jti: z.string().optional(),
  parents: z.array(z.string().max(MAX_ID_LENGTH)).max(MAX_PARENTS).optional(),
  workspaces: z
    .array(
      z.object({
        id: z.string(),
        grants: grantsSchema,
        plugin: z.object({ id: z.string().refine(isPluginId), grants: grantsSchema }).optional(),
        admin: z.boolean().optional(),
        within: z.array(grantsSchema).max(MAX_PARENTS).optional(),
      }),
    )
    .max(1000)
    .optional(),
});
type Claims = z.output<typeof claimsSchema>;

/** What a token says of one workspace. */
export interface TokenEntry {
  readonly id: string;
  readonly grants: readonly string[];
  readonly plugin?: { readonly id: string; readonly grants: readonly string[] } | undefined;
  readonly admin?: boolean | undefined;
  /** The grants of the tokens that it was made from. */
  readonly within?: readonly (readonly string[])[] | undefined;
}

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
  /** Whether it may administer the workspace: its members, and what they may do. Not for a plugin. Default: false. */
  readonly admin?: boolean | undefined;
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
  /**
   * What decides who may do what: the `token` alone, or also whether its user is among the `members` of the workspace; the smaller of
   * the two wins. Then tokens need not say which workspaces they are for. Default: `token`.
   */
  readonly access?: "token" | "members" | undefined;
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
  /** By which it can be revoked: the claim `jti`, or a hash of the token. */
  readonly id?: string | undefined;
  /** Milliseconds since 1970. */
  readonly issuedAt?: number | undefined;
  /** Whether it may administer the workspace. Default: no. */
  readonly admin?: boolean | undefined;
  /** The ids of the tokens that it was made from; it is revoked with any of them. */
  readonly parents?: readonly string[] | undefined;
  /** What those grant: it never has more than each. */
  readonly bounds?: readonly (readonly Grant[])[] | undefined;
  /** Whether it names no workspaces: it makes none that are not there. Default: no. */
  readonly anywhere?: boolean | undefined;
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
    admin = false,
    expiresIn = DEFAULT_TOKEN_LIFE,
  } = options;
  if (!isWorkspaceName(workspace)) throw invalid(`Invalid workspace ${JSON.stringify(workspace)}.`);
  if (!isUserId(user)) throw invalid(`Invalid user ${JSON.stringify(user)}.`);
  if (plugin && !isPluginId(plugin.id)) {
    throw invalid(`Invalid plugin ${JSON.stringify(plugin.id)}.`);
  }
  if (plugin && admin) throw invalid("A plugin's token administers nothing.");
  for (const grant of [...grants, ...(plugin?.grants ?? [])]) parseGrant(grant);
  const attenuated = plugin && { id: plugin.id, grants: plugin.grants ?? [] };
  const entry: TokenEntry = {
    ...{ id: workspace, grants, plugin: attenuated },
    ...(admin && { admin }),
  };
  const expiresAt = expiresIn === "never" ? undefined : Date.now() + expiresIn;
  return signToken({ secret, user, id: randomUUID(), entry, expiresAt });
}

/** A token as it is signed. */
export interface TokenToSign {
  readonly secret: string;
  readonly user: string;
  readonly id: string;
  readonly entry: TokenEntry;
  /** Milliseconds since 1970; absent for no end. */
  readonly expiresAt: number | undefined;
  readonly parents?: readonly string[] | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
}

/** Signs a token. Throws as {@link mintToken} for a secret that is too short. */
export async function signToken(options: TokenToSign): Promise<string> {
  const { secret, user, id, entry, expiresAt, parents, issuer } = options;
  const token = new SignJWT({ workspaces: [entry], ...(parents && { parents }) })
    .setProtectedHeader({ alg: SHARED_ALGORITHM, typ: "JWT" })
    .setSubject(user)
    .setAudience(options.audience ?? DEFAULT_AUDIENCE)
    .setJti(id)
    .setIssuedAt();
  if (issuer !== undefined) token.setIssuer(issuer);
  if (expiresAt !== undefined) token.setExpirationTime(new Date(expiresAt));
  return token.sign(keyOf(secret));
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
  const { requireExpiry = true, clockTolerance = DEFAULT_CLOCK_TOLERANCE, access } = options;
  const keys = createTokenKeys(options);
  return async ({ token, workspace, now = Date.now() }) => {
    if (token === "") return unauthorized("a token is needed");
    const checked = await keys(token, now);
    if ("code" in checked) return checked;
    const claims = claimsSchema.safeParse(checked.payload);
    if (!claims.success || !isUserId(claims.data.sub)) return unauthorized(UNCLEAR);
    const { exp, iat, jti, parents } = claims.data;
    if (exp === undefined && requireExpiry) return unauthorized("the token has no end");
    const entry = entryFor(claims.data, workspace, access ?? "token");
    if ("code" in entry) return entry;
    const granted = readEntry(claims.data.sub, entry);
    if ("code" in granted) return granted;
    return {
      ...granted,
      expiresAt: exp === undefined ? undefined : exp * 1000 + clockTolerance,
      id: idOf(token, jti),
      issuedAt: iat === undefined ? undefined : iat * 1000,
      ...(parents && { parents }),
      ...(!claims.data.workspaces && { anywhere: true }),
    };
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

const UNCLEAR = "the token does not say which user and workspaces it is for";

/** What a token says of one workspace. */
function entryFor(
  { workspaces }: Claims,
  workspace: string,
  access: "token" | "members",
): TokenEntry | Refusal {
  if (!workspaces) {
    // It only says who somebody is: the members of the workspace say the rest.
    return access === "members" ? { id: workspace, grants: ["**:write"] } : unauthorized(UNCLEAR);
  }
  const entry = workspaces.find(({ id }) => id === workspace);
  if (entry) return entry;
  return { code: CloseCode.forbidden, reason: "the token is not for this workspace" };
}

function readEntry(
  user: string,
  { grants, plugin, admin = false, within }: TokenEntry,
): Pick<VerifiedToken, "principal" | "admin" | "bounds"> | Refusal {
  try {
    const own = grants.map(parseGrant);
    const bounds = within?.map((bound) => bound.map(parseGrant));
    const principal: Principal = plugin
      ? { user, plugin: plugin.id, grants: plugin.grants.map(parseGrant), within: own }
      : { user, grants: own };
    return { principal, ...(admin && { admin }), ...(bounds && { bounds }) };
  } catch (error) {
    if (!(error instanceof CroftError)) throw error;
    return unauthorized("the token has a malformed grant");
  }
}

/** The id of a token: its claim `jti`, or a hash of what is signed; a signature can be written in several ways. */
export function idOf(token: string, jti: string | undefined): string {
  if (jti !== undefined && jti !== "" && jti.length <= MAX_ID_LENGTH) return jti;
  const signed = token.slice(0, token.lastIndexOf("."));
  return `sha256-${createHash("sha256").update(signed).digest("base64url")}`;
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
