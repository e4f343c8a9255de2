/**
 * The HTTP interface below `/api/<workspace>/`: finds the route of a request, lets it in as a session is let in, with the same token, and
 * sends the answer. What a route does is its own; what somebody may not read looks as if it was not there.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { CloseCode } from "@croft/core";
import { addressOf, type AddressLimits } from "../address-limits.ts";
import type { Authenticate } from "../authenticate.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { ServerSettings } from "../options.ts";
import { isHostAllowed, isOriginAllowed } from "../origin.ts";
import type { VerifiedToken } from "../token.ts";
import { endSpan, startServerSpan } from "../tracing.ts";
import { isWorkspaceName } from "../workspace-name.ts";
import type { Workspaces } from "../workspaces.ts";
import {
  type Answer,
  answerOf,
  empty,
  failed,
  json,
  notFound,
  sentence,
  unauthorized,
} from "./answers.ts";
import { createOpenApi, OPENAPI_PATH } from "./openapi.ts";
import { addressPartsOf, bearerOf, decoded } from "./request.ts";
import { createRouter, refusedBy, type Match, type Route } from "./route.ts";

/** What the HTTP interface needs of its server. */
export interface HttpApiContext {
  readonly settings: ServerSettings;
  readonly authenticate: Authenticate;
  readonly limits: AddressLimits;
  readonly workspaces: Workspaces;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Answers a request if it is for this interface; returns whether it is. */
export type HttpApi = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Most requests that are answered at once: each may load a document. */
const MAX_AT_ONCE = 64;

/** Creates the {@link HttpApi} of a server. */
export function createHttpApi(routes: readonly Route[], context: HttpApiContext): HttpApi {
  const find = createRouter(routes);
  const description = json(200, createOpenApi(routes));
  let answering = 0;
  return (request, response) => {
    const { pathname, query } = addressPartsOf(request);
    const match = find(pathname);
    if (!match && pathname !== OPENAPI_PATH) return false;
    const isTooMuch = answering >= MAX_AT_ONCE;
    answering++;
    const asked = match && { match, query: new URLSearchParams(query), isTooMuch };
    const route = match ? `/api/{workspace}${match.routes[0]?.path ?? ""}` : OPENAPI_PATH;
    const answerIt = async (): Promise<Answer> =>
      asked ? answerTo(request, asked, context) : description;
    respond(request, response, { answerIt, route }, context)
      .catch((error: unknown) => {
        // Who asked may have gone in the middle of an answer.
        if (!request.socket.destroyed)
          context.log("error", "request failed", { error: String(error) });
        response.destroy();
      })
      .finally(() => answering--);
    return true;
  };
}

interface Asking {
  readonly match: Match;
  readonly query: URLSearchParams;
  /** Whether there are more requests than are answered at once. */
  readonly isTooMuch: boolean;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { answerIt, route }: { readonly answerIt: () => Promise<Answer>; readonly route: string },
  context: HttpApiContext,
): Promise<void> {
  const { origin, host } = request.headers;
  const startedAt = performance.now();
  const { method = "" } = request;
  const { settings } = context;
  const span = startServerSpan(settings.tracer, `${method} ${route}`, {
    "http.request.method": method,
    "http.route": route,
  });
  // A page whose name its owner points here asks as one of ours, without an origin.
  const isAllowed =
    isOriginAllowed({ origin, host }, settings) && isHostAllowed({ origin, host }, settings);
  let answer: Answer;
  try {
    answer = isAllowed
      ? await answerIt()
      : failed(403, "access/denied", "Pages of this origin may not ask.");
  } catch (error) {
    answer = answerOf(error, context.log);
  }
  response.writeHead(answer.status, {
    "content-type": answer.type,
    ...(!answer.stream && { "content-length": Buffer.byteLength(answer.body) }),
    "cache-control": "private, no-cache",
    vary: "origin, accept, authorization",
    "x-content-type-options": "nosniff",
    ...(origin !== undefined &&
      isAllowed && {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "etag, retry-after",
      }),
    ...answer.headers,
  });
  try {
    if (answer.stream && method !== "HEAD") await pipeline(answer.stream, response);
    else response.end(method === "HEAD" ? undefined : answer.body);
  } finally {
    answer.sent?.();
    const status = answer.status;
    const error = status >= 500 ? `the answer is ${status}` : undefined;
    endSpan(span, { "http.response.status_code": status }, error);
  }
  context.metrics.answered(method, answer.status, performance.now() - startedAt);
}

async function answerTo(
  request: IncomingMessage,
  { match, query, isTooMuch }: Asking,
  context: HttpApiContext,
): Promise<Answer> {
  const methods = methodsOf(match);
  if (request.method === "OPTIONS") {
    return {
      ...empty(204),
      headers: {
        "access-control-allow-methods": methods,
        "access-control-allow-headers": "authorization, content-type, if-match, if-none-match",
        "access-control-max-age": "86400",
      },
    };
  }
  if (isTooMuch) {
    const answer = failed(503, "network/failed", "Too much is asked at once.");
    return { ...answer, headers: { "retry-after": "1" } };
  }
  const method = request.method === "HEAD" ? "GET" : request.method;
  const route = match.routes.find((each) => each.method === method);
  if (!route) {
    const answer = failed(405, "input/invalid", `This takes ${methods}.`);
    return { ...answer, headers: { allow: methods } };
  }
  const workspace = decoded(match.workspace);
  if (workspace === undefined || !isWorkspaceName(workspace)) return notFound();
  const address = addressOf(
    request.socket.remoteAddress,
    request.headers["x-forwarded-for"],
    context.settings.proxies,
  );
  const who = await admit(request, { workspace, address }, context);
  if ("status" in who) return who;
  const params: Record<string, string> = {};
  for (const [name, encoded] of Object.entries(match.params)) {
    const value = decoded(encoded);
    if (value === undefined) return notFound();
    params[name] = value;
  }
  const lease = await context.workspaces.acquire(workspace);
  let isStreamed = false;
  try {
    const { hub, membership } = lease;
    if (route.needs === "admin") await membership.refresh();
    const refused = refusedBy({ membership, who }, route.needs);
    if (refused) return refused;
    const asked = { request, workspace, params, who, address, hub, membership };
    const answer = await route.answer(asked, query);
    if (!answer.stream) return answer;
    // What is sent as it comes is still read from the workspace.
    isStreamed = true;
    return { ...answer, sent: () => lease.release() };
  } finally {
    if (!isStreamed) lease.release();
  }
}

function methodsOf({ routes }: Match): string {
  const methods = routes.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  return [...methods, "OPTIONS"].join(", ");
}

/** Who asks, or why it gets no answer. */
async function admit(
  request: IncomingMessage,
  { workspace, address }: { readonly workspace: string; readonly address: string },
  { authenticate, limits, log }: HttpApiContext,
): Promise<VerifiedToken | Answer> {
  const visit = limits.enter(address);
  if (!visit) {
    const answer = failed(429, "auth/refused", "Too many tokens of this address were refused.");
    return { ...answer, headers: { "retry-after": String(limits.retryAfter) } };
  }
  try {
    const token = bearerOf(request) ?? "";
    const { origin } = request.headers;
    const verdict = await authenticate({ workspace, token, address, origin });
    if (!("code" in verdict)) return verdict;
    const { code, reason } = verdict;
    log("warn", "request refused", { workspace, code, reason });
    if (code === CloseCode.forbidden) {
      visit.refused();
      return failed(403, "access/denied", `${sentence(reason)}`);
    }
    if (code !== CloseCode.unauthorized) {
      return {
        ...failed(503, "network/failed", sentence(reason)),
        headers: { "retry-after": "5" },
      };
    }
    visit.refused();
    return unauthorized(reason);
  } finally {
    visit.left();
  }
}
