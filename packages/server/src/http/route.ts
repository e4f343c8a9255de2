/**
 * A route of the HTTP interface: which requests it is for, what they may say, and what is answered. What is said here of a query, a
 * body and the answers is checked, and is all that the OpenAPI document knows; a route opens nothing and knows no sockets.
 */

import type { IncomingMessage } from "node:http";
import type { Hub } from "@croft/core";
import { z } from "zod";
import type { Membership } from "../membership/membership.ts";
import type { VerifiedToken } from "../token.ts";
import { type Answer, failed, misasked, tooLarge, unauthorized } from "./answers.ts";
import { bodyOf } from "./request.ts";

/** How a route is asked. `HEAD` is answered as `GET`, without the body. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One kind of answer, for the OpenAPI document. */
export interface AnswerDescription {
  readonly description: string;
  /** What is in it; absent for nothing. */
  readonly schema?: z.ZodType;
  /** The media types; default: `application/json` where there is a schema. */
  readonly types?: readonly string[];
}

/** A request that was let in. */
export interface Asked<Q = unknown, B = unknown> {
  readonly request: IncomingMessage;
  readonly workspace: string;
  /** What stands in the place of `{name}` in the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Q;
  readonly body: B;
  /** Who asks. */
  readonly who: VerifiedToken;
  /** Where it comes from. */
  readonly address: string;
  readonly hub: Hub;
  readonly membership: Membership;
  /** What the route needs. */
  readonly needs: "token" | "admin";
}

/** Options of {@link createRoute}. */
export interface RouteOptions<Q extends z.ZodType, B extends z.ZodType> {
  readonly method: Method;
  /** Below `/api/{workspace}`, as `/members/{user}`. A last `{name*}` takes all that is left, slashes too. */
  readonly path: string;
  /** Who may ask: whoever is let in, or who administers the workspace. */
  readonly needs: "token" | "admin";
  /** Its name in programs that are made from the OpenAPI document. */
  readonly name: string;
  /** A line for people. */
  readonly summary: string;
  /** Under which heading it is. */
  readonly tag: string;
  /** An object of parameters, or {@link nothing}. */
  readonly query: Q;
  /** What a JSON body is, or {@link nothing}. */
  readonly body: B;
  /** The most bytes of such a body. Default: 1 MiB. */
  readonly maxBodyBytes?: number;
  /** What a body of bytes is, which the route reads by itself. */
  readonly bytes?: string;
  /** The answers by status; those that any request may get are added. */
  readonly answers: Readonly<Record<number, AnswerDescription>>;
  readonly answer: (asked: Asked<z.output<Q>, z.output<B>>) => Promise<Answer>;
}

/** A route, whatever it is asked with. */
export interface Route extends Omit<RouteOptions<z.ZodType, z.ZodType>, "answer"> {
  /** Checks the query and the body, and answers. */
  readonly answer: (
    asked: Omit<Asked, "query" | "body" | "needs">,
    query: URLSearchParams,
  ) => Promise<Answer>;
}

const MAX_BODY_BYTES = 1024 * 1024;

/** Of a route that takes no query, or no body of JSON. */
export const nothing: z.ZodUndefined = z.undefined();

/** Whether a query or a body is asked for. */
export function isSomething(schema: z.ZodType): boolean {
  return schema !== nothing;
}

/** Creates a {@link Route}. */
export function createRoute<Q extends z.ZodType, B extends z.ZodType>(
  options: RouteOptions<Q, B>,
): Route {
  const { maxBodyBytes = MAX_BODY_BYTES } = options;
  return {
    ...options,
    async answer(asked, search) {
      const given = isSomething(options.query) ? Object.fromEntries(search) : undefined;
      const query = options.query.safeParse(given);
      if (!query.success) return misasked(query.error, "the query");
      let sent: unknown;
      if (isSomething(options.body)) {
        const bytes = await bodyOf(asked.request, maxBodyBytes);
        if (!bytes) return tooLarge(`A body has at most ${maxBodyBytes} bytes.`);
        sent = jsonOf(bytes);
      }
      const body = options.body.safeParse(sent);
      if (!body.success) return misasked(body.error, "the body");
      const { needs } = options;
      // The body took its time.
      const refused = refusedBy(asked, needs);
      if (refused) return refused;
      return options.answer({ ...asked, needs, query: query.data, body: body.data });
    },
  };
}

/** The answer to who may not ask any more: its token was revoked, or it administers no longer. */
export function refusedBy(
  { membership, who: { principal } }: Pick<Asked, "membership" | "who">,
  needs: Route["needs"],
): Answer | undefined {
  const refusal = membership.refusalOf(principal);
  if (refusal) return unauthorized(refusal.reason);
  if (needs !== "admin" || membership.mayAdminister(principal)) return undefined;
  return failed(403, "access/denied", "This is for those who administer the workspace.");
}

/** What a request asks for. */
export interface Match {
  readonly routes: readonly Route[];
  /** Encoded. */
  readonly workspace: string;
  /** Encoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the routes of an address; nothing where it is for none, whatever its method. */
export type Router = (pathname: string) => Match | undefined;

/** Creates a {@link Router}. */
export function createRouter(routes: readonly Route[]): Router {
  const byPattern = new Map<string, { readonly pattern: RegExp; readonly routes: Route[] }>();
  for (const route of routes) {
    const known = byPattern.get(route.path);
    if (known) known.routes.push(route);
    else byPattern.set(route.path, { pattern: patternOf(route.path), routes: [route] });
  }
  const all = [...byPattern.values()];
  return (pathname) => {
    for (const each of all) {
      const found = each.pattern.exec(pathname);
      if (!found) continue;
      const { workspace = "", ...params } = found.groups ?? {};
      return { routes: each.routes, workspace, params };
    }
    return undefined;
  };
}

function patternOf(path: string): RegExp {
  const named = path.replace(
    /\{(\w+)(\*?)\}|[.+]/g,
    (whole, name: string | undefined, rest: string) =>
      name === undefined ? `\\${whole}` : `(?<${name}>${rest === "*" ? ".+" : "[^/]+"})`,
  );
  return new RegExp(`^/api/(?<workspace>[^/]+)${named}/?$`, "s");
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // No JSON is nothing that a schema takes.
    return undefined;
  }
}
