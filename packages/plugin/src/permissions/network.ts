/**
 * Leave to exchange data with an origin, on some paths and by some methods. What decides is the URL as it was parsed,
 * never its text: see {@link urlProblem}.
 */

import { CroftError } from "@croft/core";
import * as z from "zod";
import { list, reason, text } from "../manifest-fields.ts";
import { coversSegments } from "./documents.ts";
import type { Asked, PermissionKind } from "./kind.ts";

/** What may be asked of a server. */
export type NetworkMethod = (typeof METHODS)[number];

/** Leave to exchange data with an origin. */
export interface NetworkGrant {
  /** For example `https://api.example.com`, without a path. */
  readonly origin: string;
  /** For example `/v1/*`: `*` stands for one segment, `**` at the end for any number. Queries are always included. */
  readonly paths: readonly string[];
  readonly methods: readonly NetworkMethod[];
}

/** Asks for it. */
export interface NetworkPermission extends NetworkGrant, Asked {}

/** A {@link NetworkGrant}, as data. Default: all paths, `GET`; when it is taken away, whatever is granted of it. */
export interface GivenNetwork {
  readonly origin: string;
  readonly paths?: readonly string[] | undefined;
  readonly methods?: readonly string[] | undefined;
}

/** A {@link NetworkPermission} as the author writes it. */
export interface AskedNetwork extends GivenNetwork, Asked {}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
const ALL_PATHS = "/**";
/** One host: there are no patterns of them. */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:]+\])$/;
/** Letters of a segment, as `URL` writes them. */
const SEGMENT = /^(?:[A-Za-z0-9._~!$&'()+,;=:@-]|%[0-9A-Fa-f]{2})+$/;
/** Slashes, dots and NULs in disguise, once or more than once: servers read them one way, and who checks another. */
const DISGUISED = /%(?:25)*(?:2f|5c|2e|00)/i;

const methods = z.array(z.enum(METHODS, { error: `must be one of ${METHODS.join(", ")}` }));
const asked = z.strictObject({
  origin: text('an origin, for example "https://api.example.com"', 256).superRefine(
    (origin, context) => complain(context, originProblem(origin)),
  ),
  paths: list(
    text('a path, for example "/v1/*"', 256).superRefine((path, context) =>
      complain(context, pathProblem(path)),
    ),
    "paths",
  )
    .min(1, { error: "must not be empty" })
    .default([ALL_PATHS]),
  methods: methods.min(1, { error: "must not be empty" }).default(["GET"]),
  reason,
  optional: z.boolean().optional(),
});

/** See {@link PermissionKind}. */
export const network: PermissionKind<GivenNetwork, NetworkGrant, NetworkPermission> = {
  asked,
  given: z.object({
    origin: z.string(),
    paths: z.array(z.string()).optional(),
    methods: z.array(z.string()).optional(),
  }),
  field: "origin",
  parse,
  keyOf: (grant) => [grant.origin, ...grant.methods, ...grant.paths].join(" "),
  isTaken(grant, { origin, paths, methods: removed }) {
    const isOf = (all: readonly string[], some: readonly string[] | undefined): boolean =>
      some === undefined || all.join(" ") === some.toSorted().join(" ");
    return grant.origin === origin && isOf(grant.paths, paths) && isOf(grant.methods, removed);
  },
  isWithin: (grant, whole) =>
    grant.origin === whole.origin &&
    grant.methods.every((method) => whole.methods.includes(method)) &&
    grant.paths.every((path) => whole.paths.some((wide) => coversPath(wide, path))),
  nameOf: (grant) => `the network permission for ${shown(grant)}`,
  describe: (grant) => `Exchange data with ${shown(grant)}`,
  problemOf: () => [],
};

/** Whether one of the grants allows a request. `url` must have passed {@link urlProblem}. */
export function allowsRequest(
  grants: readonly NetworkGrant[],
  method: string,
  { origin, pathname }: URL,
): boolean {
  return grants.some(
    (grant) =>
      grant.origin === origin &&
      grant.methods.some((each) => each === method) &&
      grant.paths.some((path) => coversPath(path, pathname)),
  );
}

/** What is wrong with a URL whatever is granted, as a continuation of "it"; `undefined` if nothing is. */
export function urlProblem(url: URL): string | undefined {
  if (url.protocol !== "https:" && !isLocal(url)) return "does not begin with https:";
  if (url.username !== "" || url.password !== "") return "has a name or a password in it";
  if (DISGUISED.test(url.pathname)) return "has an encoded slash, dot or null in its path";
  const segments = url.pathname.slice(1).split("/");
  if (segments.slice(0, -1).includes("")) return "has an empty segment in its path";
  // Some servers take off what follows a semicolon, and then read the dots.
  if (segments.some((segment) => /^\.{1,2}(?:;|$)/.test(segment))) return "has dots in its path";
  return undefined;
}

/** Whether a URL is plain HTTP to this very machine. */
export function isLocal({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);
}

function parse(given: GivenNetwork): NetworkGrant {
  const { origin, paths = [ALL_PATHS], methods: wanted = ["GET"] } = given;
  const problem = originProblem(origin) ?? paths.map(pathProblem).find((found) => found);
  const checked = methods.safeParse(wanted);
  if (problem === undefined && checked.success) {
    // One form, so that what is equal looks equal.
    return { origin, paths: paths.toSorted(), methods: checked.data.toSorted() };
  }
  const why = problem ?? `methods ${checked.error?.issues[0]?.message ?? "are wrong"}`;
  throw new CroftError("input/invalid", `That is no network permission: ${why}.`);
}

function coversPath(wide: string, narrow: string): boolean {
  return coversSegments(wide.slice(1).split("/"), narrow.slice(1).split("/"));
}

function originProblem(origin: string): string | undefined {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (!url || !HOST.test(url.hostname) || (url.protocol !== "https:" && !isLocal(url))) {
    return `${JSON.stringify(origin)} is no origin; write for example "https://api.example.com"`;
  }
  // Names in other scripts look like what they are not.
  if (url.origin !== origin) return `write ${JSON.stringify(url.origin)}, just the origin`;
  return undefined;
}

function pathProblem(path: string): string | undefined {
  const [first, ...segments] = path.split("/");
  const isPath =
    first === "" &&
    segments.length > 0 &&
    !DISGUISED.test(path) &&
    segments.every((segment, index) => {
      const isLast = index === segments.length - 1;
      if (segment === "" || segment === "**") return isLast;
      return segment === "*" || (SEGMENT.test(segment) && !/^\.{1,2}(?:;|$)/.test(segment));
    });
  if (isPath) return undefined;
  return `${JSON.stringify(path)} is no path; write for example "/v1/*" or "/v1/**"`;
}

function complain(context: z.core.$RefinementCtx, message: string | undefined): void {
  if (message !== undefined) context.addIssue({ code: "custom", message });
}

/** Not by which methods: what asks for something carries data out in its query. */
function shown({ origin, paths }: NetworkGrant): string {
  return paths.includes(ALL_PATHS) ? origin : `${origin} (${paths.join(", ")})`;
}
