/**
 * Documents over HTTP, for programs that are no replicas: which there are, and what is in them. The token is the one of sessions,
 * and the gate the same; what somebody may not read looks as if it was not there.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import {
  CloseCode,
  CroftError,
  isDocPath,
  type Principal,
  type Replica,
  toCroftError,
} from "@croft/core";
import * as Y from "yjs";
import { z } from "zod";
import { addressOf, type AddressLimits, type Visit } from "./address-limits.ts";
import type { Authenticate } from "./authenticate.ts";
import { documentToJson } from "./document-json.ts";
import type { LocalReplicas } from "./local-replicas.ts";
import type { Log } from "./log.ts";
import { isOriginAllowed } from "./origin.ts";
import type { ServerSettings } from "./options.ts";
import { isWorkspaceName } from "./workspace-name.ts";

/** What the HTTP interface needs of its server. */
export interface HttpApiContext {
  readonly settings: ServerSettings;
  readonly authenticate: Authenticate;
  readonly limits: AddressLimits;
  readonly replicas: LocalReplicas;
  readonly log: Log;
}

/** Answers a request if it is for this interface; returns whether it is. */
export type HttpApi = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What is answered. */
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How long an answer may take, in milliseconds. */
const PATIENCE = 30_000;
const MAX_PAGE = 10_000;

const FORMATS = {
  update: "application/octet-stream",
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
  format: z.enum(["update", "json", "text"]).optional(),
  root: z.string().max(1024).optional(),
});

/** Creates the {@link HttpApi} of a server. */
export function createHttpApi(context: HttpApiContext): HttpApi {
  return (request, response) => {
    const url = new URL(request.url ?? "", "http://server");
    const parts = /^\/api\/([^/]+)\/documents(?:\/(.*))?$/s.exec(url.pathname);
    if (!parts) return false;
    void respond(request, response, { url, parts }, context);
    return true;
  };
}

interface Asked {
  readonly url: URL;
  /** The whole path, the workspace and the document's path, encoded. */
  readonly parts: RegExpExecArray;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
  context: HttpApiContext,
): Promise<void> {
  const { origin, host } = request.headers;
  const isAllowed = isOriginAllowed({ origin, host }, context.settings);
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
    ...(origin !== undefined && isAllowed && { "access-control-allow-origin": origin }),
    ...answer.headers,
  });
  response.end(request.method === "HEAD" ? undefined : answer.body);
}

async function answerTo(
  request: IncomingMessage,
  { url, parts }: Asked,
  context: HttpApiContext,
): Promise<Answer> {
  if (request.method === "OPTIONS") {
    return {
      ...empty(204),
      headers: {
        "access-control-allow-methods": "GET, HEAD",
        "access-control-allow-headers": "authorization, if-none-match",
        "access-control-max-age": "86400",
      },
    };
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    const answer = failed(405, "input/invalid", "Only GET and HEAD are answered here.");
    return { ...answer, headers: { allow: "GET, HEAD, OPTIONS" } };
  }
  const [, name = "", encoded] = parts;
  const workspace = decoded(name);
  if (workspace === undefined || !isWorkspaceName(workspace)) return notFound();
  const admitted = await admit(request, workspace, context);
  if ("status" in admitted) return admitted;
  const replica = await context.replicas.join(workspace, admitted);
  try {
    if (encoded === undefined || encoded === "") return await list(replica, url);
    const path = decoded(encoded);
    if (path === undefined || !isDocPath(path)) return notFound();
    return await read(replica, path, { request, url });
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

async function list(replica: Replica, url: URL): Promise<Answer> {
  const query = listQuery.safeParse(Object.fromEntries(url.searchParams));
  if (!query.success) return misasked(query.error);
  const { prefix, after, limit } = query.data;
  const listing = replica.listing(prefix);
  try {
    await inTime(listing.ready);
    const all = listing.documents.filter(({ path }) => path > after);
    const page = all.slice(0, limit);
    const documents = page.map(({ path, bytes, changedAt, ...at }) => {
      return { path, bytes, changedAt, etag: etagOf(at) };
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
  { request, url }: { readonly request: IncomingMessage; readonly url: URL },
): Promise<Answer> {
  const query = readQuery.safeParse(Object.fromEntries(url.searchParams));
  if (!query.success) return misasked(query.error);
  const { root } = query.data;
  const format = query.data.format ?? formatFor(request.headers.accept ?? "");
  const listing = replica.listing(path);
  let etag: string;
  try {
    await inTime(listing.ready);
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
  if (request.headers["if-none-match"] === headers.etag) return { ...empty(304), headers };
  const handle = replica.open(path);
  try {
    await inTime(handle.caughtUp());
    const answer = show(handle.doc, format, root);
    return { ...answer, headers: answer.status === 200 ? headers : {} };
  } finally {
    handle.close();
  }
}

function show(doc: Y.Doc, format: Format, root: string | undefined): Answer {
  const type = FORMATS[format];
  if (format === "update") return { status: 200, type, body: Y.encodeStateAsUpdate(doc) };
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

function sentence(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}

function json(status: number, value: unknown): Answer {
  return { status, type: "application/json", body: JSON.stringify(value) };
}

function failed(status: number, code: string, message: string, more: object = {}): Answer {
  return json(status, { error: { code, message, ...more } });
}

/** The same for what is not there and for what somebody may not read. */
function notFound(): Answer {
  return failed(404, "access/denied", "There is no such document, or it may not be read.");
}

function misasked(error: z.ZodError): Answer {
  const [issue] = error.issues;
  const name = String(issue?.path[0] ?? "the query");
  return failed(400, "input/invalid", `Invalid ${name}: ${issue?.message ?? "not valid"}.`);
}

function empty(status: number): Answer {
  return { status, type: "text/plain", body: "" };
}

function answerOf(thrown: unknown, log: Log): Answer {
  const error = toCroftError(thrown, "store/failed", "The request failed");
  const { code, message, hint } = error;
  if (code === "access/denied") return notFound();
  if (code !== "disposed") log("error", "request failed", { code, error: message });
  const answer = failed(503, code, message, hint === undefined ? {} : { hint });
  return { ...answer, headers: { "retry-after": "5" } };
}
