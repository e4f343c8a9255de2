/**
 * Documents over HTTP, for programs that are no replicas: which there are, what is in them, and what is to be added. The token is the one of sessions,
 * and the gate the same; what somebody may not read looks as if it was not there.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import {
  CloseCode,
  comparePaths,
  CroftError,
  type DocPath,
  isDocPath,
  parseDocPath,
  type Principal,
  type Replica,
  submitPlain,
} from "@croft/core";
import * as Y from "yjs";
import { z } from "zod";
import { addressOf, type AddressLimits, type Visit } from "./address-limits.ts";
import type { Authenticate } from "./authenticate.ts";
import { documentToJson } from "./document-json.ts";
import type { LocalReplicas } from "./local-replicas.ts";
import type { Metrics } from "./metrics.ts";
import {
  type Answer,
  answerOf,
  empty,
  failed,
  json,
  misasked,
  notFound,
  sentence,
} from "./http-answers.ts";
import type { Log } from "./log.ts";
import { isHostAllowed, isOriginAllowed } from "./origin.ts";
import type { ServerSettings } from "./options.ts";
import { plainWriters } from "./plain-writers.ts";
import { isWorkspaceName } from "./workspace-name.ts";
import type { Workspaces } from "./workspaces.ts";

/** What the HTTP interface needs of its server. */
export interface HttpApiContext {
  readonly settings: ServerSettings;
  readonly authenticate: Authenticate;
  readonly limits: AddressLimits;
  readonly workspaces: Workspaces;
  readonly replicas: LocalReplicas;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Answers a request if it is for this interface; returns whether it is. */
export type HttpApi = (request: IncomingMessage, response: ServerResponse) => boolean;

/** How long an answer may take, in milliseconds. */
const PATIENCE = 30_000;
const MAX_PAGE = 10_000;
/** Most requests that are answered at once: each loads a document. */
const MAX_AT_ONCE = 64;
const METHODS = "GET, HEAD, POST, OPTIONS";

const FORMATS = {
  update: "application/octet-stream",
  vector: "application/octet-stream",
  json: "application/json",
  text: "text/plain; charset=utf-8",
} as const;
type Format = keyof typeof FORMATS;

const listQuery = z.object({
  prefix: z.string().max(2048).default(""),
  after: z.string().max(2048).default(""),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(1000),
});
const readQuery = z.object({
  format: z.enum(["update", "vector", "json", "text"]).optional(),
  root: z.string().max(1024).optional(),
});

/** Creates the {@link HttpApi} of a server. */
export function createHttpApi(context: HttpApiContext): HttpApi {
  let answering = 0;
  return (request, response) => {
    const { url = "" } = request;
    const [pathname = "", query = ""] = url.replace(/#.*$/s, "").split(/\?(.*)/s, 2);
    const parts = /^\/api\/([^/]+)\/documents(?:\/(.*))?$/s.exec(pathname);
    if (!parts) return false;
    const isTooMuch = answering >= MAX_AT_ONCE;
    answering++;
    const asked = { query: new URLSearchParams(query), parts, isTooMuch };
    respond(request, response, asked, context)
      .catch((error: unknown) => {
        context.log("error", "request failed", { error: String(error) });
        response.destroy();
      })
      .finally(() => answering--);
    return true;
  };
}

interface Asked {
  readonly query: URLSearchParams;
  /** The whole path, the workspace and the document's path, encoded. */
  readonly parts: RegExpExecArray;
  /** Whether there are more requests than are answered at once. */
  readonly isTooMuch: boolean;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
  context: HttpApiContext,
): Promise<void> {
  const { origin, host } = request.headers;
  const startedAt = performance.now();
  const { method = "" } = request;
  const { settings } = context;
  // A page whose name its owner points here asks as one of ours, without an origin.
  const isAllowed =
    isOriginAllowed({ origin, host }, settings) && isHostAllowed({ origin, host }, settings);
  let answer: Answer;
  try {
    answer = isAllowed
      ? await answerTo(request, asked, context)
      : failed(403, "access/denied", "Pages of this origin may not ask.");
  } catch (error) {
    answer = answerOf(error, context.log);
  }
  response.writeHead(answer.status, {
    "content-type": answer.type,
    "content-length": Buffer.byteLength(answer.body),
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
  response.end(method === "HEAD" ? undefined : answer.body);
  context.metrics.answered(method, answer.status, performance.now() - startedAt);
}

async function answerTo(
  request: IncomingMessage,
  { query, parts, isTooMuch }: Asked,
  context: HttpApiContext,
): Promise<Answer> {
  if (request.method === "OPTIONS") {
    return {
      ...empty(204),
      headers: {
        "access-control-allow-methods": METHODS,
        "access-control-allow-headers": "authorization, content-type, if-none-match",
        "access-control-max-age": "86400",
      },
    };
  }
  if (isTooMuch) {
    const answer = failed(503, "network/failed", "Too much is asked at once.");
    return { ...answer, headers: { "retry-after": "1" } };
  }
  const [, name = "", encoded = ""] = parts;
  const isAppend = request.method === "POST" && encoded !== "";
  if (request.method !== "GET" && request.method !== "HEAD" && !isAppend) {
    const answer = failed(405, "input/invalid", "Documents are read by GET, and changed by POST.");
    return { ...answer, headers: { allow: METHODS } };
  }
  const workspace = decoded(name);
  if (workspace === undefined || !isWorkspaceName(workspace)) return notFound();
  const admitted = await admit(request, workspace, context);
  if ("status" in admitted) return admitted;
  const path = decoded(encoded);
  if (encoded !== "" && (path === undefined || !isDocPath(path))) return notFound();
  if (isAppend && path !== undefined) {
    return append(request, { workspace, path: parseDocPath(path), principal: admitted }, context);
  }
  const replica = await context.replicas.join(workspace, admitted);
  try {
    if (path === undefined || path === "") return await list(replica, query);
    return await read(replica, path, { request, query });
  } finally {
    await replica.dispose();
  }
}

/** Who asks, or why it gets no answer. */
async function admit(
  request: IncomingMessage,
  workspace: string,
  { settings, authenticate, limits, log }: HttpApiContext,
): Promise<Principal | Answer> {
  const { headers, socket } = request;
  const address = addressOf(socket.remoteAddress, headers["x-forwarded-for"], settings.proxies);
  const visit: Visit | undefined = limits.enter(address);
  if (!visit) {
    const answer = failed(429, "auth/refused", "Too many tokens of this address were refused.");
    return { ...answer, headers: { "retry-after": String(limits.retryAfter) } };
  }
  try {
    const token = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1]?.trim() ?? "";
    const verdict = await authenticate({ workspace, token, address, origin: headers.origin });
    if (!("code" in verdict)) return verdict.principal;
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
    const answer = failed(401, "auth/refused", sentence(reason));
    return { ...answer, headers: { "www-authenticate": "Bearer" } };
  } finally {
    visit.left();
  }
}

async function list(replica: Replica, query: URLSearchParams): Promise<Answer> {
  const asked = listQuery.safeParse(Object.fromEntries(query));
  if (!asked.success) return misasked(asked.error);
  const { prefix, after, limit } = asked.data;
  const listing = replica.listing(prefix);
  try {
    await inTime(listing.ready);
    checkAlive(replica);
    const all = listing.documents.filter(({ path }) => comparePaths(path, after) > 0);
    const page = all.slice(0, limit);
    const documents = page.map(({ path, bytes, changedAt, ...at }) => {
      return { path, bytes, changedAt, version: etagOf(at) };
    });
    const next = all.length > page.length ? page.at(-1)?.path : undefined;
    return json(200, { documents, ...(next !== undefined && { next }) });
  } finally {
    listing.dispose();
  }
}

async function read(
  replica: Replica,
  path: string,
  { request, query }: { readonly request: IncomingMessage; readonly query: URLSearchParams },
): Promise<Answer> {
  const asked = readQuery.safeParse(Object.fromEntries(query));
  if (!asked.success) return misasked(asked.error);
  const { root } = asked.data;
  const format = asked.data.format ?? formatFor(request.headers.accept ?? "");
  const listing = replica.listing(path);
  let etag: string;
  try {
    await inTime(listing.ready);
    checkAlive(replica);
    const row = listing.documents.find((each) => each.path === path);
    if (!row) return notFound();
    etag = etagOf(row);
  } finally {
    listing.dispose();
  }
  // One document in several formats is several things.
  const headers = {
    etag: `"${etag}-${format}${root === undefined ? "" : `-${encodeURIComponent(root)}`}"`,
  };
  if (isKnown(request.headers["if-none-match"] ?? "", headers.etag))
    return { ...empty(304), headers };
  const handle = replica.open(path);
  try {
    await inTime(handle.caughtUp());
    const answer = show(handle.doc, format, root);
    return { ...answer, headers: answer.status === 200 ? headers : {} };
  } finally {
    handle.close();
  }
}

/** Appends an update, under its own client ids. */
async function append(
  request: IncomingMessage,
  { workspace, path, principal }: { workspace: string; path: DocPath; principal: Principal },
  { settings, workspaces }: HttpApiContext,
): Promise<Answer> {
  const update = await bodyOf(request, settings.maxUpdateBytes);
  if (!update) {
    const most = `An update has at most ${settings.maxUpdateBytes} bytes.`;
    return { ...failed(413, "update/invalid", most), headers: { connection: "close" } };
  }
  const lease = await workspaces.acquire(workspace);
  try {
    const writerOf = plainWriters(workspace, principal);
    const outcome = await submitPlain(lease.hub, {
      ...{ principal, path, update, writerOf },
      own: authorOf(update),
    });
    switch (outcome.kind) {
      case "stored":
        return empty(204);
      case "hidden":
        return notFound();
      case "incomplete":
        return failed(409, "update/invalid", `${sentence(outcome.reason)}`, {
          hint: "Send all that the document lacks: what is after its state vector (?format=vector).",
        });
      case "later": {
        const after = { "retry-after": String(Math.max(1, Math.ceil(outcome.wait / 1000))) };
        return { ...failed(503, "store/failed", sentence(outcome.reason)), headers: after };
      }
      case "refused":
        if (outcome.code === "no-access")
          return failed(403, "access/denied", sentence(outcome.reason));
        return failed(
          outcome.code === "fork" ? 409 : 422,
          "update/invalid",
          sentence(outcome.reason),
        );
    }
  } finally {
    lease.release();
  }
}

/** The only client that wrote in an update; nothing where there are several, or it is malformed, which the hub says. */
function authorOf(update: Uint8Array): number | undefined {
  try {
    const [client, ...others] = Y.parseUpdateMeta(update).to.keys();
    return others.length === 0 ? client : undefined;
  } catch {
    return undefined;
  }
}

/** The body of a request; nothing when it is too large. */
async function bodyOf(request: IncomingMessage, max: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > max) return undefined;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue;
    size += part.length;
    if (size > max) return undefined;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function show(doc: Y.Doc, format: Format, root: string | undefined): Answer {
  const type = FORMATS[format];
  if (format === "update") return { status: 200, type, body: Y.encodeStateAsUpdate(doc) };
  if (format === "vector") return { status: 200, type, body: Y.encodeStateVector(doc) };
  const all = documentToJson(doc);
  if (root === undefined && format === "json") return json(200, all);
  const names = Object.keys(all);
  if (root === undefined && names.length !== 1) {
    return failed(400, "input/invalid", "Say which root type is meant, as ?root=body.", {
      roots: names,
    });
  }
  const name = root ?? names[0] ?? "";
  const value = Object.hasOwn(all, name) ? all[name] : undefined;
  if (value === undefined)
    return failed(404, "input/invalid", `There is nothing in the root type ${name}.`, {
      roots: names,
    });
  if (format === "json") return json(200, value);
  return { status: 200, type, body: typeof value === "string" ? value : JSON.stringify(value) };
}

/** Whether a client has it: weak tags, which proxies make that compress, stand for the same. */
function isKnown(known: string, etag: string): boolean {
  return known.split(",").some((each) => each.trim().replace(/^W\//, "") === etag);
}

/** A replica that ends says of everything that it is not there. */
function checkAlive({ session }: Replica): void {
  if (session.name === "stopped") throw new CroftError("disposed", "The server is shutting down.");
}

function formatFor(accept: string): Format {
  if (/application\/json/i.test(accept)) return "json";
  return /text\/plain/i.test(accept) ? "text" : "update";
}

function etagOf({
  epoch,
  head,
  tag,
}: {
  readonly epoch: string;
  readonly head: number;
  readonly tag: string;
}): string {
  return `${epoch}-${head}-${tag}`;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new CroftError("store/failed", "The document cannot be read now.")),
      PATIENCE,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray `%`.
    return undefined;
  }
}
